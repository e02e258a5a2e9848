//! One folder of files for each distinct pair of commit and patch series.
//!
//! A worktree is sealed when it is made: a digest over every file's path, mode, size and time
//! of change lies beside it. One that no longer fits its seal was changed by somebody, and is
//! made again rather than measured. Bytecode that Python keeps beside its sources
//! (`__pycache__`) does not count: see [`super::compile`].
//!
//! Files are laid out as they are in the commit, byte for byte, whatever git configuration or
//! `.gitattributes` say about line endings: a measurement must not depend on who runs it.
//! Submodules are empty folders. Where a worktree of the same repository is at hand, what they have in
//! common is taken from there ([`super::sibling`]).

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{Commit, Repository, Signature, Time};

use crate::error::Context as _;
use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::outcome::Outcome;
use crate::prepare::Blocked;
use crate::prepare::patch::{Patch, PatchedTree};

use super::sibling::{self, Changes};
use super::{Context, Part, Pinned};

/// Another worktree of the same repository, compiled.
#[derive(Clone, Copy)]
pub(super) struct Sibling<'a> {
    pub(super) part: &'a Part,
    pub(super) tree: &'a Path,
}

/// Changes when the same commit and patches would be laid out differently.
const KIND: &str = "worktree 2";

/// What a worktree's folder is called: it depends on nothing but what is in it.
pub(super) fn fingerprint(pinned: &Pinned, patches: &[Patch]) -> String {
    let commit = Fingerprint::of(KIND).part(pinned.commit.to_string());
    patches.iter().fold(commit, |print, patch| print.part(&patch.sha256)).short()
}

/// The worktree's folder, made if it is not in the cache; and how it went.
pub(super) fn ensure(
    part: &Part,
    sibling: Option<Sibling<'_>>,
    context: Context<'_>,
) -> Result<(PathBuf, String), Blocked> {
    let folder = context.cache.folder("worktrees")?.join(&part.fingerprint);
    let tree = folder.join("tree");
    if is_sealed(&folder) {
        return Ok((tree, "cached".to_owned()));
    }
    let name = format!("worktree-{}", part.fingerprint);
    let _lock = context.cache.lock(&name, context.observer, context.interrupt)?;
    if is_sealed(&folder) {
        return Ok((tree, "cached".to_owned()));
    }
    if folder.exists() {
        let text = format!("{} was changed since it was made: making it again", tree.display());
        context.observer.event(Event::Notice { text });
        context.cache.discard(&folder)?;
    }
    let mut own = None;
    context.cache.publish(&folder, |unfinished| {
        own = make(part, sibling, unfinished)?;
        Ok::<_, Blocked>(())
    })?;
    let files = walk(&tree).len();
    let own = own.map(|own| format!(", {own} of its own")).unwrap_or_default();
    let modules = tree.join(".gitmodules").exists();
    let empty = if modules { "; its submodules are left empty" } else { "" };
    Ok((tree, format!("{files} files{own}{empty}")))
}

/// How many of its files are not as in `sibling`, if that could be used.
fn make(
    part: &Part,
    sibling: Option<Sibling<'_>>,
    folder: &Path,
) -> Result<Option<usize>, Blocked> {
    let repository = Repository::open_bare(&part.pinned.repository)?;
    let commit = patched(&repository, part)?;
    let tree = folder.join("tree");
    let own = sibling.and_then(|sibling| derive(&repository, &commit, sibling, &tree).ok());
    if own.is_none() {
        // The sibling may have been removed meanwhile: what came of it does not count.
        let _ = fs_err::remove_dir_all(&tree);
        check_out(&repository, &commit, &[], &tree)?;
    }
    fs_err::write(folder.join("seal"), seal(&tree))
        .context(|| "a worktree can't be sealed".to_owned())?;
    Ok(own)
}

/// Lays `commit` out with what it has in common with `sibling` copied from there.
fn derive(
    repository: &Repository,
    commit: &Commit<'_>,
    sibling: Sibling<'_>,
    tree: &Path,
) -> Result<usize, Blocked> {
    let other = patched(repository, sibling.part)?;
    let changes = Changes::between(repository, &other.tree()?, &commit.tree()?)?;
    sibling::copy(sibling.tree, tree, &changes)?;
    if !changes.new.is_empty() {
        check_out(repository, commit, &changes.new, tree)?;
    }
    Ok(changes.new.len())
}

/// Writes `paths` of `commit`, or all if none are named.
fn check_out(
    repository: &Repository,
    commit: &Commit<'_>,
    paths: &[PathBuf],
    tree: &Path,
) -> Result<(), Blocked> {
    fs_err::create_dir_all(tree).context(|| "a worktree can't be made".to_owned())?;
    // In this handle only: libgit2 looks submodules up, which it refuses to do in a bare repository.
    repository.set_workdir(tree, false)?;
    let mut checkout = CheckoutBuilder::new();
    checkout.target_dir(tree).force().disable_filters(true).update_index(false).refresh(false);
    checkout.disable_pathspec_match(true);
    for path in paths {
        checkout.path(path);
    }
    Ok(repository.checkout_tree(commit.as_object(), Some(&mut checkout))?)
}

/// The commit that the patches make: the same on every machine.
fn patched<'r>(repository: &'r Repository, part: &Part) -> Result<Commit<'r>, Blocked> {
    let (base, patches) = (repository.find_commit(part.pinned.commit)?, &part.patches);
    if patches.is_empty() {
        return Ok(base);
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
    let commit = repository.commit(None, &who, &who, &message.join("\n"), &tree, &[&base])?;
    Ok(repository.find_commit(commit)?)
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
