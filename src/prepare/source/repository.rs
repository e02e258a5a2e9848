//! Git sources: one bare clone for each repository, in the cache.
//!
//! A revision that the clone has and that can't move (a commit, a tag) needs no network. A
//! branch is looked up again each time; if that fails, the clone's own idea of it is used, and
//! the user is told.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::build::{CloneLocal, RepoBuilder};
use git2::{
    AutotagOption, Direction, ErrorCode, FetchOptions, Oid, RemoteCallbacks, Repository,
    StatusOptions,
};

use crate::event::Event;
use crate::fingerprint::Fingerprint;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;
use crate::prepare::tool::Tool;

use super::location::Location;
use super::{Context, Pinned};

/// What is fetched: branches, tags, and what is checked out there.
const REFSPECS: [&str; 3] =
    ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+HEAD:refs/memgrid/HEAD"];
/// A checkout's own view of other repositories, so that `origin/main` means there what it means here.
const REMOTE_BRANCHES: &str = "+refs/remotes/*:refs/remotes/*";
/// How many near names a missing revision is answered with.
const NEAR_NAMES: usize = 3;

/// The cache's folder for clones.
const FOLDER: &str = "repositories";

/// What a revision is in a clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It stays what it is.
    Fixed(Oid),
    /// It may have moved since.
    Moving(Oid),
}

/// A clone that was looked at for some revisions.
pub(super) struct Fetched {
    /// Where it is.
    pub(super) path: PathBuf,
    /// One answer for each of the revisions.
    pub(super) pinned: Vec<Result<Pinned, Blocked>>,
    /// Why it could not be brought up to date, if it was to be: branches are as they were.
    pub(super) unreachable: Option<Blocked>,
    /// How it went, in a word.
    pub(super) detail: &'static str,
}

/// The clone of `location`, made or brought up to date if one of `revisions` asks for that.
pub(super) fn ensure(
    location: &Location,
    revisions: &[&str],
    context: Context<'_>,
) -> Result<Fetched, Blocked> {
    let name = file_name(location);
    let path = context.cache.folder(FOLDER)?.join(&name);
    let _lock = context.cache.lock(&name, context.observer, context.interrupt)?;
    let mut detail = "cached";
    let mut fresh = false;
    let clone = match Repository::open_bare(&path) {
        Ok(clone) => clone,
        Err(_) => {
            context.cache.discard(&path)?;
            context.cache.publish(&path, |unfinished| make(location, unfinished, context))?;
            (fresh, detail) = (true, "cloned");
            Repository::open_bare(&path)?
        }
    };
    let fixed = |revision: &&str| matches!(look_up(&clone, revision), Ok(Some(Known::Fixed(_))));
    let mut unreachable = None;
    if !fresh && !revisions.iter().all(fixed) {
        match fetch(&clone, location, context) {
            Ok(()) => detail = "fetched",
            Err(blocked) if blocked.outcome == Outcome::Interrupted => return Err(blocked),
            Err(blocked) => unreachable = Some(blocked),
        }
    }
    note_uncommitted(location, revisions, context);
    let pin = |revision: &&str| {
        let commit = pin(&clone, location, revision, unreachable.as_ref(), context)?;
        Ok(Pinned { repository: path.clone(), commit })
    };
    let pinned = revisions.iter().map(pin).collect();
    Ok(Fetched { path, pinned, unreachable, detail })
}

/// Says it where somebody may take what lies in a checkout for what is measured.
fn note_uncommitted(location: &Location, revisions: &[&str], context: Context<'_>) {
    let Location::Local(path) = location else { return };
    let Ok(checkout) = Repository::open(path) else { return };
    let branch = checkout.head().ok();
    let branch = branch.as_ref().and_then(|head| head.shorthand().ok());
    let is_checked_out = |revision: &&str| *revision == "HEAD" || Some(*revision) == branch;
    if checkout.is_bare() || !revisions.iter().any(is_checked_out) {
        return;
    }
    let mut options = StatusOptions::new();
    options.include_untracked(false).exclude_submodules(true);
    let changed = checkout.statuses(Some(&mut options)).map_or(0, |changed| changed.len());
    if changed > 0 {
        let files = if changed == 1 { "a file" } else { &format!("{changed} files") };
        let text = format!("{location}: changes to {files} are not committed, and not measured");
        context.observer.event(Event::Notice { text });
    }
}

/// Where the clone is, if there is one.
pub(super) fn path(cache: &Cache, location: &Location) -> PathBuf {
    cache.root().join(FOLDER).join(file_name(location))
}

fn file_name(location: &Location) -> String {
    let print = Fingerprint::of("repository").part(location.identity()).short();
    format!("{}-{print}.git", location.name())
}

fn make(location: &Location, unfinished: &Path, context: Context<'_>) -> Result<(), Blocked> {
    let clone = match location {
        Location::Local(path) => copy(path, unfinished)?,
        Location::Remote(_) => Repository::init_bare(unfinished)?,
    };
    fetch(&clone, location, context)
}

/// Copies a local repository's objects, which is much faster than packing them again. They are not linked:
/// nothing that happens to the cache may reach the user's files.
fn copy(path: &Path, unfinished: &Path) -> Result<Repository, Blocked> {
    let source = open(path)?;
    let clone = RepoBuilder::new()
        .bare(true)
        .clone_local(CloneLocal::NoLinks)
        .clone(&source.path().to_string_lossy(), unfinished)
        .map_err(|error| {
            Blocked::unavailable(format!("{}: {}", path.display(), error.message()))
        })?;
    // libgit2 made these from branches; ours come with `fetch`.
    remove_references(&clone, |name| name.starts_with("refs/remotes/"))?;
    Ok(clone)
}

fn open(path: &Path) -> Result<Repository, Blocked> {
    Repository::open(path).map_err(|error| {
        let path = path.display();
        match error.code() {
            ErrorCode::NotFound => {
                Blocked::unavailable(format!("{path}: no git repository is there"))
            }
            ErrorCode::Owner => Blocked {
                help: Some(format!("git config --global --add safe.directory {path}")),
                ..Blocked::unavailable(format!("{path}: the repository belongs to another user"))
            },
            _ => Blocked::unavailable(format!("{path}: {}", error.message())),
        }
    })
}

fn fetch(clone: &Repository, location: &Location, context: Context<'_>) -> Result<(), Blocked> {
    match location {
        Location::Local(path) => fetch_local(clone, path, context.interrupt),
        Location::Remote(url) => fetch_remote(clone, location, &REFSPECS, url, context.interrupt),
    }
}

fn fetch_local(clone: &Repository, path: &Path, interrupt: &Interrupt) -> Result<(), Blocked> {
    let source = open(path)?;
    let mut remote = clone.remote_anonymous(&source.path().to_string_lossy())?;
    remote.connect(Direction::Fetch)?;
    let there: HashSet<String> = remote.list()?.iter().map(|head| head.name().to_owned()).collect();
    // Before fetching: a branch `a` that is gone would be in the way of a new `a/b`.
    remove_references(clone, |name| !name.starts_with("refs/memgrid/") && !there.contains(name))?;
    let mut callbacks = RemoteCallbacks::new();
    callbacks.transfer_progress(|_| !interrupt.is_raised());
    let mut options = FetchOptions::new();
    options.remote_callbacks(callbacks).download_tags(AutotagOption::None).update_fetchhead(false);
    let refspecs: Vec<&str> = REFSPECS.into_iter().chain([REMOTE_BRANCHES]).collect();
    match remote.fetch(&refspecs, Some(&mut options), None) {
        Err(_) if interrupt.is_raised() => Err(Blocked {
            outcome: Outcome::Interrupted,
            ..Blocked::unavailable(format!("fetching {} was interrupted", path.display()))
        }),
        fetched => Ok(fetched?),
    }
}

/// As cargo's `net.git-fetch-with-cli`: git knows the user's credentials, proxies and certificates.
fn fetch_remote(
    clone: &Repository,
    location: &Location,
    refspecs: &[&str],
    url: &str,
    interrupt: &Interrupt,
) -> Result<(), Blocked> {
    let mut git = Tool::new("git")
        .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
        .args(["fetch", "--quiet", "--force", "--prune", "--no-tags", "--"])
        .arg(url)
        .args(refspecs)
        .dir(clone.path())
        .env("GIT_DIR", ".")
        .env("GIT_TERMINAL_PROMPT", "0");
    // They are set while a git hook runs, and would lead git to another repository.
    for name in ["GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
        git = git.env_remove(name);
    }
    if std::env::var_os("GIT_SSH_COMMAND").is_none() {
        git = git.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    if let Some(secret) = location.secret() {
        git = git.secret(secret);
    }
    let missing = |error: &_| matches!(error, crate::prepare::tool::ToolError::Missing { .. });
    git.run(interrupt).map(drop).map_err(|error| {
        let help = missing(&error).then(|| "sudo apt-get install git".to_owned());
        error.blocked(&format!("{location} could not be fetched"), help)
    })
}

/// The commit that `revision` means, after the clone was brought up to date if that could be done.
fn pin(
    clone: &Repository,
    location: &Location,
    revision: &str,
    unreachable: Option<&Blocked>,
    context: Context<'_>,
) -> Result<Oid, Blocked> {
    match (look_up(clone, revision)?, unreachable) {
        (Some(Known::Fixed(commit)), _) | (Some(Known::Moving(commit)), None) => Ok(commit),
        (Some(Known::Moving(commit)), Some(blocked)) => {
            // First, since lists of notes show the first line.
            let text =
                format!("{location}: using {revision} as it was last time, {commit}: {blocked}");
            context.observer.event(Event::Notice { text });
            Ok(commit)
        }
        (None, Some(blocked)) => Err(blocked.clone()),
        (None, None) => {
            fetch_alone(clone, location, revision, context.interrupt);
            look_up(clone, revision)?
                .map(|(Known::Fixed(commit) | Known::Moving(commit))| commit)
                .ok_or_else(|| missing(clone, location, revision))
        }
    }
}

/// Servers give out what no branch or tag leads to (a pull request's commit) only if they are
/// asked for it by name; whether that went well shows when it is looked up.
fn fetch_alone(clone: &Repository, location: &Location, revision: &str, interrupt: &Interrupt) {
    let Location::Remote(url) = location else { return };
    let refspec = if revision.starts_with("refs/") {
        format!("+{revision}:{revision}")
    } else if is_full_hash(revision) {
        format!("+{revision}:refs/memgrid/commits/{revision}")
    } else {
        return;
    };
    let _ = fetch_remote(clone, location, &[&refspec], url, interrupt);
}

fn is_full_hash(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What `revision` is in the clone: a branch (here or of a remote), a tag, a commit, or anything
/// else that git can tell.
fn look_up(clone: &Repository, revision: &str) -> Result<Option<Known>, Blocked> {
    let commit = |name: &str| {
        let object = clone.find_reference(name).ok()?.peel_to_commit().ok()?;
        Some(object.id())
    };
    if is_full_hash(revision) {
        let commit = clone.find_commit(Oid::from_str(revision)?).ok();
        return Ok(commit.map(|commit| Known::Fixed(commit.id())));
    }
    let head = (revision == "HEAD").then_some("refs/memgrid/HEAD".to_owned());
    let moving = head
        .into_iter()
        .chain(["refs/heads/", "refs/remotes/"].map(|kind| format!("{kind}{revision}")))
        .chain(revision.starts_with("refs/").then(|| revision.to_owned()));
    if let Some(branch) = moving.into_iter().find_map(|name| commit(&name)) {
        return Ok(Some(Known::Moving(branch)));
    }
    if let Some(tag) = commit(&format!("refs/tags/{revision}")) {
        return Ok(Some(Known::Fixed(tag)));
    }
    match clone.revparse_single(revision).and_then(|object| object.peel_to_commit()) {
        // An expression such as `main~3` moves with its branch.
        Ok(commit) if revision.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(Some(Known::Fixed(commit.id())))
        }
        Ok(commit) => Ok(Some(Known::Moving(commit.id()))),
        Err(error) if error.code() == ErrorCode::Ambiguous => Err(Blocked::unavailable(format!(
            "{revision} is the beginning of more than one commit: give more digits"
        ))),
        Err(_) => Ok(None),
    }
}

fn missing(clone: &Repository, location: &Location, revision: &str) -> Blocked {
    if clone.references().is_ok_and(|mut all| all.next().is_none()) {
        return Blocked::unavailable(format!("{location} has no commits yet"));
    }
    let near = near_names(clone, revision);
    let hint = match near.is_empty() {
        true => String::new(),
        false => format!("; did you mean {}?", near.join(", ")),
    };
    Blocked::unavailable(format!("{location} has no branch, tag or commit {revision}{hint}"))
}

/// Branches and tags that are most like `revision`.
fn near_names(clone: &Repository, revision: &str) -> Vec<String> {
    let Ok(references) = clone.references() else { return Vec::new() };
    let short = |name: &str| {
        let kinds = ["refs/heads/", "refs/tags/", "refs/remotes/"];
        kinds.iter().find_map(|kind| name.strip_prefix(kind)).map(str::to_owned)
    };
    let mut names: Vec<(f64, String)> = references
        .flatten()
        .filter_map(|reference| short(reference.name().ok()?))
        .map(|name| {
            let part = name.contains(revision) || revision.contains(&name);
            let likeness = strsim::normalized_damerau_levenshtein(&name, revision);
            (likeness + if part { 0.5 } else { 0.0 }, name)
        })
        .filter(|(likeness, _)| *likeness > 0.5)
        .collect();
    names.sort_by(|(one, name), (other, rest)| other.total_cmp(one).then_with(|| name.cmp(rest)));
    names.into_iter().map(|(_, name)| name).take(NEAR_NAMES).collect()
}

fn remove_references(clone: &Repository, which: impl Fn(&str) -> bool) -> Result<(), git2::Error> {
    for reference in clone.references()? {
        let mut reference = reference?;
        if reference.name().is_ok_and(&which) {
            reference.delete()?;
        }
    }
    Ok(())
}
