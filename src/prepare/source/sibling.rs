//! A worktree made from another one of the same repository, which most often differs in a few files.
//!
//! What both have in common is copied, with the bytecode that Python keeps beside it, and only the
//! rest is checked out and compiled. The copies are files of their own (on Btrfs and XFS they share
//! blocks): through a hard link a workload that writes into its tree would change the other states
//! as well.

use std::collections::HashSet;
use std::fs::{File, FileTimes};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use git2::{Delta, Repository, Tree};
use walkdir::{DirEntry, WalkDir};

use crate::error::{Error, Result};

/// Where Python keeps bytecode.
const BYTECODE: &str = "__pycache__";

/// The paths in which two trees differ.
#[derive(Debug, Default)]
pub(super) struct Changes {
    all: HashSet<PathBuf>,
    /// Those that the new tree has, in order.
    pub(super) new: Vec<PathBuf>,
}

impl Changes {
    /// From `old` to `new`.
    pub(super) fn between(
        repository: &Repository,
        old: &Tree<'_>,
        new: &Tree<'_>,
    ) -> std::result::Result<Self, git2::Error> {
        let mut changes = Self::default();
        for delta in repository.diff_tree_to_tree(Some(old), Some(new), None)?.deltas() {
            changes.all.extend(delta.old_file().path().map(Path::to_owned));
            changes.all.extend(delta.new_file().path().map(Path::to_owned));
            if delta.status() != Delta::Deleted {
                changes.new.extend(delta.new_file().path().map(Path::to_owned));
            }
        }
        Ok(changes)
    }

    /// Whether the file at `path` is the same in both trees; bytecode, if its source is.
    fn keeps(&self, path: &Path) -> bool {
        let Some(folder) = path.parent().filter(|folder| folder.ends_with(BYTECODE)) else {
            return !self.all.contains(path);
        };
        let name = path.file_name().unwrap_or_default().as_bytes();
        let sources = folder.parent().unwrap_or(folder);
        // `x.cpython-311.pyc`, `x.y.cpython-311.opt-1.pyc`: a source's name may hold dots too.
        let ends = (0..name.len()).filter(|end| name[*end] == b'.');
        let source = |end: usize| {
            let source = [&name[..end], b".py"].concat();
            sources.join(std::ffi::OsStr::from_bytes(&source))
        };
        name.ends_with(b".pyc") && !ends.map(source).any(|source| self.all.contains(&source))
    }
}

/// Copies what `changes` keeps of the worktree `from` to the folder `to`: modes and times stay.
pub(super) fn copy(from: &Path, to: &Path, changes: &Changes) -> Result<()> {
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry.map_err(|error| Error::from(std::io::Error::from(error)))?;
        let path = entry.path().strip_prefix(from).unwrap_or(entry.path());
        if changes.keeps(path) {
            copy_entry(&entry, &to.join(path))?;
        }
    }
    Ok(())
}

fn copy_entry(entry: &DirEntry, to: &Path) -> Result<()> {
    if entry.file_type().is_dir() {
        // An empty one is a submodule. Others come with what is kept in them: Python would
        // import an empty folder.
        return match fs_err::read_dir(entry.path())?.next() {
            None => Ok(fs_err::create_dir_all(to)?),
            Some(_) => Ok(()),
        };
    }
    if let Some(folder) = to.parent() {
        fs_err::create_dir_all(folder)?;
    }
    if entry.path_is_symlink() {
        fs_err::os::unix::fs::symlink(fs_err::read_link(entry.path())?, to)?;
        return Ok(());
    }
    fs_err::copy(entry.path(), to)?;
    // Bytecode is for a source of a certain time.
    let times = FileTimes::new().set_modified(fs_err::metadata(entry.path())?.modified()?);
    Ok(File::options().append(true).open(to).and_then(|file| file.set_times(times))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytecode_is_kept_with_its_source() {
        let all = ["a/base.py", "a/x.y.py", "gone/only.py"].map(PathBuf::from);
        let changes = Changes { all: all.into(), new: Vec::new() };
        let keeps = |path: &str| changes.keeps(Path::new(path));
        assert!(!keeps("a/base.py") && keeps("b/base.py") && keeps("a/base.txt"));
        assert!(!keeps("a/__pycache__/base.cpython-311.pyc"));
        assert!(!keeps("a/__pycache__/base.cpython-311.opt-1.pyc"));
        assert!(!keeps("a/__pycache__/x.y.cpython-311.pyc"));
        assert!(keeps("a/__pycache__/x.cpython-311.pyc"));
        assert!(keeps("b/__pycache__/base.cpython-311.pyc"));
        assert!(!keeps("b/__pycache__/base.cpython-311.pyc.140"), "not whole yet");
    }
}
