//! The trees under test: fetched into bare repositories in the cache, patched there in memory,
//! and laid out as one worktree for each distinct pair of commit and patch series.
//!
//! ```text
//! <cache>/repositories/<name>-<fingerprint>.git   a git source: a bare clone
//! <cache>/distributions/<name>-<version>.git      a Python distribution: one commit
//! <cache>/worktrees/<fingerprint>/tree            the files of one commit with its patches
//! ```
//!
//! A worktree is a plain folder of files. It has no `.git`, nothing in it refers to anything
//! outside, and it is shared: by all cells of a state, by states that mean the same, and by later
//! runs. The user's own repository is only ever read, and never while anything is measured.

mod archive;
mod bytecode;
mod commits;
mod distribution;
mod lineage;
mod location;
mod repository;
mod sibling;
mod worktree;

pub use commits::{Between, ChangeLog, Commits, short};
pub use lineage::{CommitInfo, Lineage, Resolved};

use std::path::{Path, PathBuf};

use git2::Oid;
use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;

use crate::collect::record::{SourceRecord, StateRecord};
use crate::config::{Origin, PatchFile, Source, State};
use crate::event::{Observer, step};
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;
use crate::prepare::patch::Patch;

use location::Location;
use worktree::Sibling;

/// A state whose worktrees are there.
#[derive(Clone, Debug, PartialEq)]
pub struct PreparedState {
    /// Folders by source name. To be read only.
    pub worktrees: IndexMap<String, PathBuf>,
    /// What a run's manifest says of it.
    pub record: StateRecord,
    /// SHA-256 and text of every patch.
    pub patches: Vec<(String, Vec<u8>)>,
}

/// What preparing needs all the way down.
#[derive(Clone, Copy)]
struct Context<'a> {
    cache: &'a Cache,
    /// An interpreter that has pip.
    python: Option<&'a Path>,
    observer: &'a dyn Observer,
    interrupt: &'a Interrupt,
}

/// A commit in a bare repository of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pinned {
    repository: PathBuf,
    commit: Oid,
}

/// A source at a revision (`None`: its own), and what became of fetching it.
type Fetched<'a> = IndexMap<(&'a str, Option<&'a str>), Result<Pinned, Blocked>>;

/// One source of one state, before it has a worktree.
struct Part {
    origin: String,
    pinned: Pinned,
    patches: Vec<Patch>,
    fingerprint: String,
}

/// States by name, and what they consist of, by source name.
type Parts<'a> = IndexMap<&'a String, Result<Vec<(&'a String, Part)>, Blocked>>;

/// Fetches what `states` need of `sources` and makes their worktrees, as far as they aren't in
/// the cache. `python` is an interpreter whose `-m pip` works: it downloads sources that are Python
/// distributions (`python3` on PATH if there is none), and the worktrees' Python files are compiled
/// for it. What can't be compiled now is compiled in each attempt, alike.
///
/// Every state gets an answer: one state's failure is no other's.
pub fn prepare_states(
    sources: &IndexMap<String, Source>,
    states: &IndexMap<String, State>,
    python: Option<&Path>,
    cache: &Cache,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> IndexMap<String, Result<PreparedState, Blocked>> {
    let context = Context { cache, python, observer, interrupt };
    for folder in ["repositories", "distributions", "worktrees"] {
        // A failure here shows, if it matters, when something is made there.
        let _ = cache.sweep(folder);
    }
    let fetched = fetch_all(sources, states, context);
    let parts: Parts<'_> =
        states.iter().map(|(name, state)| (name, parts_of(state, sources, &fetched))).collect();
    let worktrees = lay_out(&parts, context);
    let prepared = parts.into_iter().map(|(name, parts)| {
        let description = states[name].description.clone();
        (name.clone(), parts.and_then(|parts| assemble(parts, description, &worktrees)))
    });
    prepared.collect()
}

/// A state as it is asked for, and the SHA-256 and text of its patches.
pub type Described = (StateRecord, Vec<(String, Vec<u8>)>);

/// What `state` asks for, as far as that can be told without fetching anything: no commits, and no
/// patches that can't be read.
#[must_use]
pub fn describe(sources: &IndexMap<String, Source>, state: &State) -> Described {
    let mut patches = Vec::new();
    let mut record =
        StateRecord { description: state.description.clone(), sources: IndexMap::new() };
    for (name, source) in sources {
        let files = state.changes.get(name).map_or(&[][..], |change| &change.patches);
        let mut records = Vec::new();
        for file in files {
            let Ok(text) = fs_err::read(&file.path) else { continue };
            let patch = Patch::described(&file_name(&file.path), text).labelled(file.label.clone());
            records.push(patch.record());
            patches.push((patch.sha256, patch.text));
        }
        let origin = origin_of(source);
        record
            .sources
            .insert(name.clone(), SourceRecord { origin, commit: None, patches: records });
    }
    (record, patches)
}

fn parts_of<'a>(
    state: &State,
    sources: &'a IndexMap<String, Source>,
    fetched: &Fetched<'_>,
) -> Result<Vec<(&'a String, Part)>, Blocked> {
    let part = |(name, source): (&'a String, &'a Source)| {
        let pinned = fetched
            .get(&(name.as_str(), revision(state, name)))
            .cloned()
            .unwrap_or_else(|| Err(Blocked::unavailable(format!("{name} was not fetched"))))?;
        let files = state.changes.get(name).map_or(&[][..], |change| &change.patches);
        let patches = files.iter().map(read_patch).collect::<Result<Vec<_>, _>>()?;
        let fingerprint = worktree::fingerprint(&pinned, &patches);
        Ok((name, Part { origin: origin_of(source), pinned, patches, fingerprint }))
    };
    sources.iter().map(part).collect()
}

/// Makes each distinct worktree once, whichever states share it. The others of a repository are made
/// from the first, which is the one with the fewest patches.
fn lay_out(parts: &Parts<'_>, context: Context<'_>) -> IndexMap<String, Result<PathBuf, Blocked>> {
    let mut distinct: IndexMap<&str, (&Part, Vec<&str>)> = IndexMap::new();
    for (state, parts) in parts {
        for (_, part) in parts.iter().flatten() {
            let (_, states) =
                distinct.entry(&part.fingerprint).or_insert_with(|| (part, Vec::new()));
            states.push(state);
        }
    }
    let mut repositories: IndexMap<&Path, Vec<(&Part, Vec<&str>)>> = IndexMap::new();
    for (part, states) in distinct.into_values() {
        repositories.entry(&part.pinned.repository).or_default().push((part, states));
    }
    let family = |mut family: Vec<(&Part, Vec<&str>)>| {
        family.sort_by_key(|(part, _)| part.patches.len());
        let mut family = family.into_iter();
        let first = family.next().map(|(part, states)| (part, make(part, &states, None, context)));
        let sibling = first
            .as_ref()
            .and_then(|(part, made)| Some(Sibling { part, tree: made.as_ref().ok()? }));
        let rest = Vec::from_iter(family).into_par_iter().map(|(part, states)| {
            (part.fingerprint.clone(), make(part, &states, sibling, context))
        });
        let mut made: Vec<_> = rest.collect();
        made.extend(first.map(|(part, made)| (part.fingerprint.clone(), made)));
        made
    };
    let repositories: Vec<_> = repositories.into_values().collect();
    repositories.into_par_iter().flat_map_iter(family).collect::<Vec<_>>().into_iter().collect()
}

/// One worktree with its bytecode.
fn make(
    part: &Part,
    states: &[&str],
    sibling: Option<Sibling<'_>>,
    context: Context<'_>,
) -> Result<PathBuf, Blocked> {
    let (origin, states) = (&part.origin, states.join(", "));
    // A matrix without states has one that needs no name.
    let whom = if states.is_empty() { states } else { format!(" for {states}") };
    let what = match part.patches.len() {
        0 => format!("laying out {origin}{whom}"),
        1 => format!("applying 1 patch to {origin}{whom}"),
        count => format!("applying {count} patches to {origin}{whom}"),
    };
    let tree = step(context.observer, &what, || worktree::ensure(part, sibling, context))?;
    if let Some(python) = context.python {
        // Not worth a failure: an attempt can do without.
        let _ = bytecode::compile(python, &tree, &whom, context);
    }
    Ok(tree)
}

fn assemble(
    parts: Vec<(&String, Part)>,
    description: Option<String>,
    worktrees: &IndexMap<String, Result<PathBuf, Blocked>>,
) -> Result<PreparedState, Blocked> {
    let mut prepared = PreparedState {
        worktrees: IndexMap::new(),
        record: StateRecord { description, sources: IndexMap::new() },
        patches: Vec::new(),
    };
    for (name, part) in parts {
        let worktree = worktrees[&part.fingerprint].clone()?;
        prepared.worktrees.insert(name.clone(), worktree);
        let record = SourceRecord {
            origin: part.origin,
            commit: Some(part.pinned.commit.to_string()),
            patches: part.patches.iter().map(Patch::record).collect(),
        };
        prepared.record.sources.insert(name.clone(), record);
        for patch in part.patches {
            if prepared.patches.iter().all(|(sha256, _)| *sha256 != patch.sha256) {
                prepared.patches.push((patch.sha256, patch.text));
            }
        }
    }
    Ok(prepared)
}

fn fetch_all<'a>(
    sources: &'a IndexMap<String, Source>,
    states: &'a IndexMap<String, State>,
    context: Context<'_>,
) -> Fetched<'a> {
    let fetch = |(name, source): (&'a String, &'a Source)| {
        let revisions: IndexSet<Option<&str>> =
            states.values().map(|state| revision(state, name)).collect();
        let pinned = fetch_source(source, &revisions, context);
        std::iter::zip(revisions, pinned)
            .map(|(revision, pinned)| ((name.as_str(), revision), pinned))
            .collect::<Vec<_>>()
    };
    sources
        .iter()
        .collect::<Vec<_>>()
        .into_par_iter()
        .flat_map_iter(fetch)
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}

fn revision<'a>(state: &'a State, source: &str) -> Option<&'a str> {
    state.changes.get(source).and_then(|change| change.rev.as_deref())
}

/// One answer for each of `revisions`.
fn fetch_source(
    source: &Source,
    revisions: &IndexSet<Option<&str>>,
    context: Context<'_>,
) -> Vec<Result<Pinned, Blocked>> {
    match &source.origin {
        Origin::Pip { name, version } => {
            let what = format!("fetching {name}=={version}");
            let pinned =
                step(context.observer, &what, || distribution::ensure(name, version, context));
            vec![pinned; revisions.len()]
        }
        Origin::Git { repository, rev } => {
            let location = Location::of(repository);
            let revisions: Vec<&str> =
                revisions.iter().map(|revision| revision.unwrap_or(rev)).collect();
            let what = format!("fetching {location}");
            let pinned = step(context.observer, &what, || {
                let fetched = repository::ensure(&location, &revisions, context)?;
                match fetched.pinned.as_slice() {
                    [Err(blocked)] => Err(blocked.clone()),
                    _ => Ok((fetched.pinned, fetched.detail.to_owned())),
                }
            });
            pinned.unwrap_or_else(|blocked| vec![Err(blocked); revisions.len()])
        }
    }
}

/// How people know it: without credentials.
fn origin_of(source: &Source) -> String {
    match &source.origin {
        Origin::Pip { name, version } => format!("{name}=={version}"),
        Origin::Git { repository, .. } => Location::of(repository).to_string(),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn read_patch(file: &PatchFile) -> Result<Patch, Blocked> {
    let name = file_name(&file.path);
    let failed = |reason| Blocked { outcome: Outcome::PatchFailed, reason, help: None };
    let text = fs_err::read(&file.path).map_err(|error| failed(error.to_string()))?;
    let patch = Patch::parse(&name, text).map_err(|error| failed(format!("{name}: {error}")))?;
    Ok(patch.labelled(file.label.clone()))
}
