//! A tree in the making: a commit's files, and what patches did to them so far, in memory.

use std::path::{Component, Path};

use git2::{Index, IndexEntry, IndexTime, Oid, Repository, Tree};

/// An executable file's mode in git.
pub(super) const EXECUTABLE: u32 = 0o100_755;
/// An ordinary file's mode in git.
pub(super) const FILE: u32 = 0o100_644;
/// A symbolic link's mode in git.
pub(super) const SYMLINK: u32 = 0o120_000;

/// Files by path; new contents go to the repository's object database.
pub struct PatchedTree<'r> {
    pub(super) repository: &'r Repository,
    index: Index,
}

/// A file in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) blob: Oid,
    pub(super) mode: u32,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    File(File),
    Folder,
    Nothing,
}

impl<'r> PatchedTree<'r> {
    /// Starts from `tree`.
    ///
    /// # Errors
    /// When the tree can't be read.
    pub fn of(repository: &'r Repository, tree: &Tree<'_>) -> Result<Self, git2::Error> {
        let mut index = Index::new()?;
        index.read_tree(tree)?;
        Ok(Self { repository, index })
    }

    /// Writes the tree as it is now and gives its id.
    ///
    /// # Errors
    /// When the object database can't be written.
    pub fn write(mut self) -> Result<Oid, git2::Error> {
        self.index.write_tree_to(self.repository)
    }

    pub(super) fn get(&self, path: &str) -> Found {
        // git2 panics when asked for what could be no entry's path, such as "" and "./x".
        if !matches!(Path::new(path).components().next(), Some(Component::Normal(_))) {
            return Found::Nothing;
        }
        if let Some(entry) = self.index.get_path(Path::new(path), 0) {
            return Found::File(File { blob: entry.id, mode: entry.mode });
        }
        match self.index.find_prefix(format!("{path}/")) {
            Ok(_) => Found::Folder,
            Err(_) => Found::Nothing,
        }
    }

    pub(super) fn set(&mut self, path: &str, file: File) -> Result<(), git2::Error> {
        self.index.add(&IndexEntry {
            ctime: IndexTime::new(0, 0),
            mtime: IndexTime::new(0, 0),
            dev: 0,
            ino: 0,
            mode: file.mode,
            uid: 0,
            gid: 0,
            file_size: 0,
            id: file.blob,
            flags: 0,
            flags_extended: 0,
            path: path.as_bytes().to_vec(),
        })
    }

    pub(super) fn remove(&mut self, path: &str) -> Result<(), git2::Error> {
        self.index.remove(Path::new(path), 0)
    }

    /// The file whose path is most like this one.
    pub(super) fn nearest(&self, path: &str) -> Option<String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let likeness = |other: &str| {
            let same_name = other.rsplit('/').next() == Some(name);
            strsim::normalized_levenshtein(path, other) + if same_name { 0.5 } else { 0.0 }
        };
        self.index
            .iter()
            .filter_map(|entry| String::from_utf8(entry.path).ok())
            .map(|other| (likeness(&other), other))
            .filter(|(likeness, _)| *likeness >= 0.6)
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, other)| other)
    }
}
