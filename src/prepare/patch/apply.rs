//! A patch onto a tree, file by file in the patch's order.

use super::content;
use super::error::PatchError;
use super::model::{Content, FilePatch, Kind};
use super::target::{self, Target};
use super::tree::{EXECUTABLE, FILE, File, Found, PatchedTree, SYMLINK};

pub(super) fn apply(files: &[FilePatch], tree: &mut PatchedTree<'_>) -> Result<(), PatchError> {
    let mut depth = None;
    for file in files {
        let target = target::resolve(file, tree, &mut depth)?;
        apply_file(file, &target, tree)?;
    }
    Ok(())
}

fn apply_file(
    patch: &FilePatch,
    target: &Target,
    tree: &mut PatchedTree<'_>,
) -> Result<(), PatchError> {
    let git = PatchError::git(target.path());
    let before = match &target.old {
        Some(path) => source(path, tree)?,
        None => {
            let empty = tree.repository.blob(b"").map_err(&git)?;
            File { blob: empty, mode: patch.mode.unwrap_or(FILE) }
        }
    };
    let blob = new_content(patch, target.path(), before, tree)?;
    if matches!(patch.kind, Kind::Create | Kind::Rename | Kind::Copy) {
        refuse_taken(target.path(), File { blob, mode: before.mode }, tree)?;
    }
    if let (Kind::Delete | Kind::Rename, Some(path)) = (patch.kind, &target.old) {
        if patch.kind == Kind::Delete && patch.content != Content::Same {
            refuse_remainder(path, blob, tree)?;
        }
        tree.remove(path).map_err(&git)?;
    }
    if let (true, Some(path)) = (patch.kind != Kind::Delete, &target.new) {
        let mode = allowed_mode(path, patch.mode.unwrap_or(before.mode))?;
        if mode == SYMLINK {
            let link = tree.repository.find_blob(blob).map_err(&git)?;
            target::refuse_leading_out(path, link.content())
                .map_err(|why| PatchError::refused(path, why))?;
        }
        tree.set(path, File { blob, mode }).map_err(&git)?;
    }
    Ok(())
}

fn source(path: &str, tree: &PatchedTree<'_>) -> Result<File, PatchError> {
    match tree.get(path) {
        Found::File(file) => {
            allowed_mode(path, file.mode)?;
            Ok(file)
        }
        Found::Folder => Err(PatchError::refused(path, "a folder, not a file")),
        Found::Nothing => {
            Err(PatchError::Missing { path: path.to_owned(), near: tree.nearest(path) })
        }
    }
}

fn new_content(
    patch: &FilePatch,
    path: &str,
    before: File,
    tree: &PatchedTree<'_>,
) -> Result<git2::Oid, PatchError> {
    match &patch.content {
        Content::Same => Ok(before.blob),
        Content::Text(hunks) => content::text(tree.repository, path, before.blob, hunks),
        Content::Binary(block) => {
            refuse_other_version(patch, path, before)?;
            content::binary(tree.repository, path, before.blob, block)
        }
        Content::Withheld => Err(PatchError::refused(
            path,
            "a binary file, whose content the patch does not hold: make it again with \
             `git diff --binary`",
        )),
    }
}

/// A binary patch may say no more than which bytes stay: it fits many files, and is for one.
fn refuse_other_version(patch: &FilePatch, path: &str, before: File) -> Result<(), PatchError> {
    let meant = |id: &String| before.blob.to_string().starts_with(&id.to_ascii_lowercase());
    match &patch.old_id {
        Some(id) if patch.kind != Kind::Create && !meant(id) => {
            let why = "a binary file, and not the version of it that the patch is for";
            Err(PatchError::refused(path, why))
        }
        _ => Ok(()),
    }
}

/// What a patch makes must not be there yet.
fn refuse_taken(path: &str, wanted: File, tree: &PatchedTree<'_>) -> Result<(), PatchError> {
    match tree.get(path) {
        Found::Nothing => Ok(()),
        Found::Folder => Err(PatchError::refused(path, "a folder, not a file")),
        Found::File(there) => {
            let applied = there.blob == wanted.blob;
            Err(PatchError::Exists { path: path.to_owned(), applied })
        }
    }
}

/// A patch that deletes a file has all of its lines; if some stay, it is for another version of it.
fn refuse_remainder(path: &str, blob: git2::Oid, tree: &PatchedTree<'_>) -> Result<(), PatchError> {
    let rest = tree.repository.find_blob(blob).map_err(PatchError::git(path))?;
    if rest.size() == 0 {
        return Ok(());
    }
    let why = format!(
        "the patch deletes it, but the file has {} bytes that the patch does not know",
        rest.size()
    );
    Err(PatchError::refused(path, why))
}

/// git knows no others; whatever the group bits were, a file is executable or not.
fn allowed_mode(path: &str, mode: u32) -> Result<u32, PatchError> {
    match mode {
        SYMLINK => Ok(SYMLINK),
        0o160_000 => Err(PatchError::refused(path, "a submodule: patches can't change those")),
        mode if mode & 0o170_000 == 0o100_000 => {
            Ok(if mode & 0o111 == 0 { FILE } else { EXECUTABLE })
        }
        mode => Err(PatchError::refused(path, format!("not a file mode that git knows: {mode:o}"))),
    }
}
