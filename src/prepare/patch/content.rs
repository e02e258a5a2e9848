//! A file's new content. Hunks, once their places are known, are written down in git's form and
//! handed to libgit2, which wants every hunk exactly where it says; names and modes are not its
//! business here: it sees a tree of one file.

use std::fmt::Write;

use git2::{Diff, Oid, Repository};

use super::error::PatchError;
use super::failure::HunkFailure;
use super::locate::{Endings, lines, locate, split_ending};
use super::model::{Hunk, Line, LineKind};
use super::tree::FILE;

/// The only file of the tree that libgit2 sees.
const NAME: &str = "content";

/// Applies hunks to a blob and gives the new blob.
pub(super) fn text(
    repository: &Repository,
    path: &str,
    old: Oid,
    hunks: &[Hunk],
) -> Result<Oid, PatchError> {
    let git = PatchError::git(path);
    let blob = repository.find_blob(old).map_err(&git)?;
    let file = lines(blob.content());
    let (places, endings) = place(&file, hunks)
        .map_err(|failed| Box::new(HunkFailure::explain(path, &file, hunks, failed)))?;
    let placed: Vec<Placed> = std::iter::zip(hunks, &places)
        .map(|(hunk, at)| Placed { at: *at, lines: settle(hunk, *at, &file, endings) })
        .collect();
    if placed.iter().all(|hunk| hunk.lines.is_empty()) {
        return Ok(old);
    }
    apply(repository, old, &git_form(&placed)).map_err(&git)
}

/// Applies a `GIT binary patch` to a blob and gives the new blob.
pub(super) fn binary(
    repository: &Repository,
    path: &str,
    old: Oid,
    block: &[u8],
) -> Result<Oid, PatchError> {
    let zeros = "0".repeat(40);
    let head = format!("diff --git a/{NAME} b/{NAME}\nindex {zeros}..{zeros} 100644\n");
    let patch = [head.as_bytes(), block].concat();
    apply(repository, old, &patch).map_err(|error| {
        PatchError::refused(path, format!("the binary patch does not apply: {}", error.message()))
    })
}

fn apply(repository: &Repository, old: Oid, patch: &[u8]) -> Result<Oid, git2::Error> {
    let mut builder = repository.treebuilder(None)?;
    builder.insert(NAME, old, FILE as i32)?;
    let tree = repository.find_tree(builder.write()?)?;
    let after = repository.apply_to_tree(&tree, &Diff::from_buffer(patch)?, None)?;
    let entry = after.get_path(NAME.as_ref(), 0);
    entry.map(|entry| entry.id).ok_or_else(|| git2::Error::from_str("the file is gone"))
}

/// A hunk that knows its place, with the line endings of the file that it is for.
struct Placed {
    at: usize,
    lines: Vec<Line>,
}

/// Where the hunks belong: as they are if that is possible, and otherwise whatever the line endings.
fn place(file: &[&[u8]], hunks: &[Hunk]) -> Result<(Vec<usize>, Endings), usize> {
    let compares = hunks.iter().any(|hunk| hunk.before().next().is_some());
    // Without old lines nothing speaks for the patch's own endings.
    if compares && let Ok(places) = locate(file, hunks, Endings::Strict) {
        return Ok((places, Endings::Strict));
    }
    locate(file, hunks, Endings::Loose).map(|places| (places, Endings::Loose))
}

/// The hunk's lines as they will be: old ones as they are in the file, new ones with its endings. In a
/// run of changes the removed lines come first, as in git's own patches.
fn settle(hunk: &Hunk, at: usize, file: &[&[u8]], endings: Endings) -> Vec<Line> {
    let own = usual_ending(file).filter(|_| endings == Endings::Loose);
    let mut old = file[at..].iter();
    let mut lines = hunk.lines.clone();
    for line in &mut lines {
        if line.kind != LineKind::Added {
            line.text = old.next().copied().unwrap_or_default().to_vec();
        } else if let (Some(ending), (text, true)) = (own, split_ending(&line.text)) {
            line.text = [text, ending].concat();
        }
    }
    for run in lines.chunk_by_mut(|one, next| {
        (one.kind == LineKind::Context) == (next.kind == LineKind::Context)
    }) {
        run.sort_by_key(|line| line.kind == LineKind::Added);
    }
    lines
}

/// How most of a file's lines end; `None` if none of them has an ending.
fn usual_ending(file: &[&[u8]]) -> Option<&'static [u8]> {
    let ended = file.iter().filter(|line| line.ends_with(b"\n")).count();
    let crlf = file.iter().filter(|line| line.ends_with(b"\r\n")).count();
    (ended > 0).then_some(if crlf * 2 > ended { b"\r\n" } else { b"\n" })
}

fn git_form(hunks: &[Placed]) -> Vec<u8> {
    let mut patch =
        format!("diff --git a/{NAME} b/{NAME}\n--- a/{NAME}\n+++ b/{NAME}\n").into_bytes();
    let mut shift = 0_isize;
    for hunk in hunks.iter().filter(|hunk| !hunk.lines.is_empty()) {
        let count = |not| hunk.lines.iter().filter(|line| line.kind != not).count();
        let (old, new) = (count(LineKind::Added), count(LineKind::Removed));
        let start = hunk.at + 1;
        // libgit2 goes by the new start, and takes it for a line's number even if nothing is left.
        let new_start = start.saturating_add_signed(shift);
        let mut header = String::new();
        let _ = writeln!(header, "@@ -{start},{old} +{new_start},{new} @@");
        patch.extend_from_slice(header.as_bytes());
        for line in &hunk.lines {
            patch.push(match line.kind {
                LineKind::Context => b' ',
                LineKind::Removed => b'-',
                LineKind::Added => b'+',
            });
            patch.extend_from_slice(&line.text);
            if !line.text.ends_with(b"\n") {
                patch.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        }
        shift += new as isize - old as isize;
    }
    patch
}
