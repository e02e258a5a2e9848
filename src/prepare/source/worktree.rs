//! One folder of files for each distinct pair of commit and patch series.
//!
//! A worktree is sealed when it is made: a digest over every file's path, mode, size and time
//! of change lies beside it. One that no longer fits its seal was changed by somebody, and is
//! made again rather than measured. Bytecode that Python keeps beside its sources
//! (`__pycache__`) does not count: see [`super::compile`].
//!
//! Files are laid out as they are in the commit, byte for byte, whatever git configuration or
//! `.gitattributes` say about line endings: a measurement must not depend on who runs it.
//! Submodules are empty folders.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{Commit, Oid, Repository, Signature, Time};

use crate::error::Context as _;
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::outcome::Outcome;
use crate::prepare::Blocked;
use crate::prepare::patch::{Patch, PatchedTree};

use super::{Context, Pinned};

/// Changes when the same commit and patches would be laid out differently.
const KIND: &str = "worktree 1";

/// What a worktree's folder is called: it depends on nothing but what is in it.
pub(super) fn fingerprint(pinned: &Pinned, patches: &[Patch]) -> String {
    let commit = Fingerprint::of(KIND).part(pinned.commit.to_string());
    patches.iter().fold(commit, |print, patch| print.part(&patch.sha256)).short()
}

/// The worktree's folder, made if it is not in the cache; and how it went.
pub(super) fn ensure(
    fingerprint: &str,
    pinned: &Pinned,
    patches: &[Patch],
    context: Context<'_>,
) -> Result<(PathBuf, String), Blocked> {
    let folder = context.cache.folder("worktrees")?.join(fingerprint);
    let tree = folder.join("tree");
    if is_sealed(&folder) {
        return Ok((tree, "cached".to_owned()));
    }
    let name = format!("worktree-{fingerprint}");
    let _lock = context.cache.lock(&name, context.observer, context.interrupt)?;
    if is_sealed(&folder) {
        return Ok((tree, "cached".to_owned()));
    }
    if folder.exists() {
        let text = format!("{} was changed since it was made: making it again", tree.display());
        context.observer.event(Event::Notice { text });
        context.cache.discard(&folder)?;
    }
    context.cache.publish(&folder, |unfinished| make(pinned, patches, unfinished))?;
    let files = walk(&tree).len();
    Ok((tree, format!("{files} files")))
}

fn make(pinned: &Pinned, patches: &[Patch], folder: &Path) -> Result<(), Blocked> {
    let repository = Repository::open_bare(&pinned.repository)?;
    let base = repository.find_commit(pinned.commit)?;
    let commit = patched(&repository, &base, patches)?;
    let tree = folder.join("tree");
    fs_err::create_dir_all(&tree).context(|| "a worktree can't be made".to_owned())?;
    let mut checkout = CheckoutBuilder::new();
    checkout.target_dir(&tree).force().disable_filters(true).update_index(false).refresh(false);
    repository.checkout_tree(repository.find_commit(commit)?.as_object(), Some(&mut checkout))?;
    fs_err::write(folder.join("seal"), seal(&tree))
        .context(|| "a worktree can't be sealed".to_owned())?;
    Ok(())
}

/// The commit that the patches make of `base`: the same on every machine.
fn patched(repository: &Repository, base: &Commit<'_>, patches: &[Patch]) -> Result<Oid, Blocked> {
    if patches.is_empty() {
        return Ok(base.id());
    }
    let mut tree = PatchedTree::of(repository, &base.tree()?)?;
    for patch in patches {
        patch.apply(&mut tree).map_err(|error| Blocked {
            outcome: Outcome::PatchFailed,
            reason: format!("{}: {error}", patch.name),
            help: None,
        })?;
    }
    let tree = repository.find_tree(tree.write()?)?;
    let message: Vec<&str> = patches.iter().map(|patch| patch.subject.as_str()).collect();
    let time = base.committer().when();
    let who = author(time)?;
    Ok(repository.commit(None, &who, &who, &message.join("\n"), &tree, &[base])?)
}

/// Who makes the commits in the cache's repositories.
pub(super) fn author(time: Time) -> Result<Signature<'static>, git2::Error> {
    Signature::new("memgrid", "memgrid@localhost", &time)
}

fn is_sealed(folder: &Path) -> bool {
    let stated = fs_err::read_to_string(folder.join("seal"));
    stated.is_ok_and(|stated| stated == seal(&folder.join("tree")))
}

/// A digest over what is there, without reading it.
fn seal(tree: &Path) -> String {
    let files = walk(tree);
    files.into_iter().fold(Fingerprint::of("seal"), Fingerprint::part).hex()
}

/// One line for each file, in a stable order; none if something can't be looked at.
fn walk(tree: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(tree).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| entry.file_name() != "__pycache__");
    let line = |entry: walkdir::DirEntry| {
        let data = entry.metadata().ok()?;
        let path = entry.path().strip_prefix(tree).ok()?;
        (!data.is_dir()).then(|| {
            let (mode, size, time) = (data.mode(), data.size(), (data.mtime(), data.mtime_nsec()));
            format!("{} {mode:o} {size} {time:?}", path.display())
        })
    };
    entries.filter_map(Result::ok).filter_map(line).collect()
}
