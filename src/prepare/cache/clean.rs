//! Emptying the cache, but only one that is ours and that nobody uses.

use std::path::PathBuf;

use walkdir::WalkDir;

use super::{Cache, remove};
use crate::error::{Error, Result};

/// The file that says that a folder is a cache, to us and to backup programs
/// (<https://bford.info/cachedir/>).
pub(super) const TAG: &str = "CACHEDIR.TAG";
pub(super) const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # memgrid keeps here what it can make again; `memgrid clean` empties it.\n";

/// Something in the cache's folder, and how many bytes it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// A file or a folder.
    pub path: PathBuf,
    /// The sum of its files' sizes.
    pub bytes: u64,
}

impl Cache {
    /// Says that this process uses the cache, so that nobody empties it meanwhile.
    ///
    /// # Errors
    /// When the cache can't be written to.
    pub fn occupy(&self) -> Result<()> {
        self.presence().map(|_| ())
    }

    /// What is in the cache and takes room; locks and empty folders don't count.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn contents(&self) -> Result<Vec<Content>> {
        let measured = self.entries()?.into_iter().map(|path| {
            let files = WalkDir::new(&path).into_iter().flatten();
            let sizes = files.filter_map(|file| file.metadata().ok().filter(|it| it.is_file()));
            Content { bytes: sizes.map(|it| it.len()).sum(), path }
        });
        Ok(measured.filter(|content| content.bytes > 0).collect())
    }

    fn entries(&self) -> Result<Vec<PathBuf>> {
        let mut entries = Vec::new();
        for entry in fs_err::read_dir(&self.root)? {
            entries.push(entry?.path());
        }
        entries.retain(|path| path.file_name().is_some_and(|name| name != TAG));
        entries.sort();
        Ok(entries)
    }

    /// Removes everything in the cache, and returns what there was.
    ///
    /// # Errors
    /// When the folder is no cache of ours, when another memgrid uses it, or when something
    /// can't be removed.
    pub fn empty(&self) -> Result<Vec<Content>> {
        let root = self.root.display();
        if !self.root.join(TAG).is_file() {
            return Err(Error::usage(format!("{root} was not made by memgrid: it has no {TAG}"))
                .hint("name memgrid's own folder with --cache, or remove it yourself"));
        }
        for entry in fs_err::read_dir(self.folder("processes")?)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !self.is_dead(&name)? {
                return Err(Error::usage(format!("another memgrid is using {root}"))
                    .hint("wait until it has ended"));
            }
        }
        let contents = self.contents()?;
        for path in self.entries()? {
            remove(&path)?;
        }
        Ok(contents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_emptied_and_keeps_its_tag() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        fs_err::write(cache.folder("worktrees").unwrap().join("file"), "12345").unwrap();
        let removed = cache.empty().unwrap();
        assert!(removed.iter().any(|it| it.path.ends_with("worktrees") && it.bytes == 5));
        assert!(cache.contents().unwrap().is_empty());
        assert!(cache.root().join(TAG).exists());
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("thesis.tex"), "years of work").unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        assert!(cache.empty().unwrap_err().to_string().contains("not made by memgrid"));
        assert!(folder.path().join("thesis.tex").exists());
    }

    #[test]
    fn a_cache_in_use_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        let (user, cleaner) = (Cache::at(&root).unwrap(), Cache::at(&root).unwrap());
        user.occupy().unwrap();
        assert!(cleaner.empty().unwrap_err().to_string().contains("another memgrid"));
        drop(user);
        cleaner.empty().unwrap();
    }
}
