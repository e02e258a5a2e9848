//! Which path of a tree a patch means, and whether it may touch it.

use super::error::PatchError;
use super::model::{FilePatch, Kind};
use super::tree::{Found, PatchedTree, SYMLINK};

/// How many leading folders of a name may be a prefix that the tree doesn't have.
const DEEPEST_PREFIX: usize = 3;

/// The paths that a file's changes are about: where it is, and where it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

impl Target {
    /// The one to name in messages.
    pub(super) fn path(&self) -> &str {
        self.new.as_deref().or(self.old.as_deref()).unwrap_or_default()
    }
}

/// Finds the paths in `tree` that `file` means. `depth` is how many leading folders were a
/// prefix in the files before it, if that is known yet.
pub(super) fn resolve(
    file: &FilePatch,
    tree: &PatchedTree<'_>,
    depth: &mut Option<usize>,
) -> Result<Target, PatchError> {
    for name in [&file.old, &file.new].into_iter().flatten() {
        refuse_outside(name)?;
    }
    let target = if file.exact {
        Target { old: file.old.clone(), new: file.new.clone() }
    } else {
        guess(file, tree, depth)
    };
    for path in [&target.old, &target.new].into_iter().flatten() {
        refuse_outside(path)?;
        refuse_through(path, tree)?;
    }
    Ok(target)
}

/// Names of `diff -u` may have prefixes, and the old and the new one may differ (`x.py.orig`): the one
/// that is in the tree is meant.
fn guess(file: &FilePatch, tree: &PatchedTree<'_>, depth: &mut Option<usize>) -> Target {
    let names: Vec<&str> =
        [&file.new, &file.old].into_iter().flatten().map(String::as_str).collect();
    let likely = *depth;
    let depths = likely.into_iter().chain(usual_depths(&names)).chain(0..=DEEPEST_PREFIX);
    let mut stripped = depths
        .clone()
        .flat_map(|depth| names.iter().filter_map(move |name| Some((depth, strip(name, depth)?))));
    let there = stripped.clone().find(|(_, path)| matches!(tree.get(path), Found::File(_)));
    // A new file is in none of the places that it could mean: then its folder decides.
    let folder_there = |path: &&str| match path.rsplit_once('/') {
        Some((folder, _)) => tree.get(folder) == Found::Folder,
        None => false,
    };
    let beside = || stripped.clone().find(|(_, path)| folder_there(path));
    let first = || depths.clone().find_map(|depth| Some((depth, strip(names.first()?, depth)?)));
    let found = if file.kind == Kind::Create && likely.is_none() {
        there.or_else(beside).or_else(first)
    } else if file.kind == Kind::Create {
        stripped.next()
    } else {
        there.or_else(first)
    };
    let (found_depth, path) = found.unwrap_or_default();
    if matches!(tree.get(path), Found::File(_)) || file.kind == Kind::Create {
        *depth = Some(found_depth);
    }
    let path = Some(path.to_owned());
    match file.kind {
        Kind::Create => Target { old: None, new: path },
        Kind::Delete => Target { old: path, new: None },
        _ => Target { old: path.clone(), new: path },
    }
}

/// With `a/` and `b/`, or two folders that were compared, one folder is a prefix; else none is.
fn usual_depths(names: &[&str]) -> [usize; 2] {
    let first = |name: &str| name.split_once('/').map(|(first, _)| first.to_owned());
    let prefixed = match names {
        [new, old] => first(new) != first(old),
        [only] => matches!(first(only).as_deref(), Some("a" | "b")),
        _ => false,
    };
    if prefixed { [1, 0] } else { [0, 1] }
}

/// The path below `depth` folders.
fn strip(name: &str, depth: usize) -> Option<&str> {
    let name = name.strip_prefix("./").unwrap_or(name);
    (0..depth).try_fold(name, |name, _| super::name::without_first(name))
}

/// Refuses what is no plain relative path, and git's own folder.
fn refuse_outside(path: &str) -> Result<(), PatchError> {
    let why = if path.starts_with('/') {
        "an absolute path: a patch may only touch its own tree"
    } else if path.contains('\0') {
        "a path with a NUL"
    } else if path.split('/').any(|part| part == "..") {
        "a path with `..`: a patch may only touch its own tree"
    } else if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        "git's own folder: a patch must not touch it"
    } else {
        return Ok(());
    };
    Err(PatchError::refused(path, why))
}

/// Refuses what would go through something that is no folder, and paths that git can't hold.
fn refuse_through(path: &str, tree: &PatchedTree<'_>) -> Result<(), PatchError> {
    if path.split('/').any(|part| part.is_empty() || part == ".") {
        return Err(PatchError::refused(path, "not a file's path"));
    }
    for (at, _) in path.match_indices('/') {
        if let Found::File(file) = tree.get(&path[..at]) {
            let what = if file.mode == SYMLINK { "a symbolic link" } else { "a file" };
            return Err(PatchError::refused(
                path,
                format!("{} is {what}, not a folder", &path[..at]),
            ));
        }
    }
    Ok(())
}

/// Refuses a symbolic link at `path` that leads out of the tree.
pub(crate) fn refuse_leading_out(path: &str, link: &[u8]) -> Result<(), &'static str> {
    let folders = path.matches('/').count();
    let parts = link.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let depth = parts.into_iter().try_fold(folders, |depth, part| match part {
        b".." => depth.checked_sub(1),
        _ => Some(depth + 1),
    });
    match depth {
        Some(_) if !link.starts_with(b"/") => Ok(()),
        _ => Err("a symbolic link that leads out of its tree"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_must_stay_inside() {
        for (path, link) in [("a/b", "../c"), ("b", "c"), ("a/b/c", "../../d/../e"), ("a", "./b")] {
            assert_eq!(refuse_leading_out(path, link.as_bytes()), Ok(()), "{path} {link}");
        }
        for (path, link) in
            [("a", "../b"), ("a/b", "../../c"), ("a", "/etc"), ("a/b", "c/../../../d")]
        {
            assert!(refuse_leading_out(path, link.as_bytes()).is_err(), "{path} {link}");
        }
    }

    #[test]
    fn what_is_no_path_below_the_tree_is_refused() {
        for path in ["/etc/passwd", "../x", "a/../../x", ".git/config", "a/.GIT/x", "a\0b"] {
            assert!(refuse_outside(path).is_err(), "{path}");
        }
        for path in ["a/..b", ".gitignore", "a/.github/x", "..."] {
            assert_eq!(refuse_outside(path), Ok(()), "{path}");
        }
    }
}
