//! Patches in every form that people have them in, applied to trees in a real object database.

#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

#[path = "../common/mod.rs"]
mod common;
mod failures;
mod forms;
mod properties;
mod refusals;

use std::collections::BTreeMap;

use git2::{Index, IndexEntry, IndexTime, Oid, Repository, Tree};
use memgrid::prepare::patch::{Patch, PatchedTree};

/// Contents by path; what is not an ordinary file has its mode before the path: `120000 link`.
type Files = BTreeMap<String, Vec<u8>>;

fn files(pairs: &[(&str, &str)]) -> Files {
    pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

/// A bare repository for one test.
struct Place {
    _folder: tempfile::TempDir,
    repository: Repository,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::init_bare(folder.path()).unwrap();
        Self { _folder: folder, repository }
    }

    fn tree(&self, files: &Files) -> Tree<'_> {
        let mut index = Index::new().unwrap();
        for (key, text) in files {
            let (mode, path) = split_key(key);
            let never = IndexTime::new(0, 0);
            let entry = IndexEntry {
                ctime: never,
                mtime: never,
                dev: 0,
                ino: 0,
                mode,
                uid: 0,
                gid: 0,
                file_size: 0,
                id: self.repository.blob(text).unwrap(),
                flags: 0,
                flags_extended: 0,
                path: path.as_bytes().to_vec(),
            };
            index.add(&entry).unwrap();
        }
        self.repository.find_tree(index.write_tree_to(&self.repository).unwrap()).unwrap()
    }

    fn files(&self, tree: Oid) -> Files {
        let mut index = Index::new().unwrap();
        index.read_tree(&self.repository.find_tree(tree).unwrap()).unwrap();
        let file = |entry: IndexEntry| {
            let path = String::from_utf8(entry.path).unwrap();
            let key = match entry.mode {
                0o100_644 => path,
                mode => format!("{mode:o} {path}"),
            };
            (key, self.repository.find_blob(entry.id).unwrap().content().to_vec())
        };
        index.iter().map(file).collect()
    }

    fn apply(&self, before: &Files, patch: &[u8]) -> Result<Files, String> {
        let tree = self.tree(before);
        let mut tree = PatchedTree::of(&self.repository, &tree).unwrap();
        Patch::parse("x.patch", patch.to_vec())
            .and_then(|patch| patch.apply(&mut tree))
            .map_err(|error| error.to_string())?;
        Ok(self.files(tree.write().unwrap()))
    }
}

fn split_key(key: &str) -> (u32, &str) {
    match key.split_once(' ') {
        Some((mode, path)) if mode.len() == 6 && mode.starts_with('1') => {
            (u32::from_str_radix(mode, 8).unwrap(), path)
        }
        _ => (0o100_644, key),
    }
}

fn apply(before: &[(&str, &str)], patch: &str) -> Result<Files, String> {
    Place::new().apply(&files(before), patch.as_bytes())
}

/// The patch applies and gives `after`.
#[track_caller]
fn gives(before: &[(&str, &str)], patch: &str, after: &[(&str, &str)]) {
    let text = |files: Files| -> BTreeMap<String, String> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        files.into_iter().map(|(path, bytes)| (path, text(bytes))).collect()
    };
    assert_eq!(apply(before, patch).map(text), Ok(text(files(after))));
}

/// The patch fails with a message that contains `said`.
#[track_caller]
fn fails(before: &[(&str, &str)], patch: &str, said: &str) {
    let message = apply(before, patch).unwrap_err();
    assert!(message.contains(said), "{message}");
}
