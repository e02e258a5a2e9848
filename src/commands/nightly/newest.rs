//! Brings the sources up to date, and holds the night to what was found: a branch that moves while
//! cells are measured is measured at one commit.

use indexmap::{IndexMap, IndexSet};

use crate::analyse::change;
use crate::collect::RunDir;
use crate::collect::night::{Night, NightVerdict};
use crate::config::{Commits, Origin};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::outcome::Outcome;
use crate::plan::Cell;
use crate::prepare::Blocked;
use crate::prepare::source::Lineage;

use super::super::job::Surroundings;
use super::super::manifest;
use super::super::nights;
use super::super::project::Project;
use super::baseline::Baseline;

/// How much of a commit's hash is shown.
const SHORT: usize = 12;

/// Fetches the revisions that the cells' states name, says what is new, and makes the project
/// measure just that.
///
/// # Errors
/// When a source can't be brought up to date: what was measured then would be an old night.
pub(super) fn pin(
    project: &mut Project,
    cells: &[Cell],
    baseline: Option<&Baseline>,
    around: &Surroundings,
) -> Result<()> {
    let states: IndexSet<String> =
        cells.iter().map(|cell| cell.state().unwrap_or_default().to_owned()).collect();
    let mut commits: Commits = Commits::new();
    for (name, source) in &project.config.sources {
        let Origin::Git { rev, .. } = &source.origin else {
            let what = source.origin.describe(None);
            let text = format!("{what} is one version, of which nothing newer can be fetched");
            around.progress.event(Event::Notice { text });
            continue;
        };
        let revisions: IndexMap<&String, &str> = states
            .iter()
            .map(|state| {
                let change = project.config.states.get(state).and_then(|it| it.changes.get(name));
                (state, change.and_then(|change| change.rev.as_deref()).unwrap_or(rev))
            })
            .collect();
        let distinct: IndexSet<&str> = revisions.values().copied().collect();
        let asked: Vec<&str> = distinct.iter().copied().collect();
        let (lineage, found) =
            around.lineage(&source.origin, &asked).map_err(|why| not_updated(name, &why))?;
        if let Some(why) = lineage.stale() {
            return Err(not_updated(name, why));
        }
        for (revision, found) in std::iter::zip(distinct, found) {
            let commit = found.map_err(|why| not_updated(name, &why))?;
            let of_revision = revisions.iter().filter(|(_, asked)| **asked == revision);
            let of_revision: Vec<&String> = of_revision.map(|(state, _)| *state).collect();
            let before = baseline.and_then(|baseline| earlier(baseline, &of_revision, name));
            let text = news(&lineage, name, revision, &commit, before.as_deref())
                .map_err(|why| not_updated(name, &why))?;
            around.progress.event(Event::Notice { text });
            for state in of_revision {
                commits.entry(state.clone()).or_default().insert(name.clone(), commit.clone());
            }
        }
    }
    project.config.pin(&commits);
    Ok(())
}

/// The commit that the baseline measured, if any of its `states` had one.
fn earlier(baseline: &Baseline, states: &[&String], source: &str) -> Option<String> {
    let commits = baseline.manifest.commits();
    states.iter().find_map(|state| commits.get(*state)?.get(source).cloned())
}

fn news(
    lineage: &Lineage,
    source: &str,
    revision: &str,
    commit: &str,
    before: Option<&str>,
) -> Result<String, Blocked> {
    let info = lineage.info(commit)?;
    let short = commit.get(..SHORT).unwrap_or(commit);
    let since = match before {
        None => String::new(),
        Some(before) if before == commit => ", as in the last good night".to_owned(),
        // A history that was rewritten may not have the commit any more.
        Some(before) => match lineage.between(before, commit) {
            Ok(new) if new.len() == 1 => ", 1 commit after the last good night".to_owned(),
            Ok(new) => format!(", {} commits after the last good night", new.len()),
            Err(_) => ", on another history than the last good night".to_owned(),
        },
    };
    Ok(format!("{source}: {revision} is {short} ({}){since}", info.subject))
}

fn not_updated(source: &str, why: &Blocked) -> Error {
    let kind = match why.outcome {
        Outcome::Interrupted => ErrorKind::Interrupted,
        _ => ErrorKind::Incomplete,
    };
    Error::new(kind, format!("`{source}` can't be brought up to date: {why}"))
        .hint("nothing was measured; `memgrid run` measures what is in the cache")
}

/// The last night's verdict if all that a run depends on is as it was then; `None` if something
/// is not, or if that night was incomplete.
pub(super) fn unchanged(project: &Project, cells: &[Cell]) -> Result<Option<NightVerdict>> {
    let Some((run, night)) = nights::before(&project.config.reports, None)?.next() else {
        return Ok(None);
    };
    let is_same = is_as_now(&run, project, cells)?;
    Ok(match night.verdict {
        NightVerdict::Incomplete => None,
        _ if !is_same => None,
        _ if Night::is_good(&night) => Some(NightVerdict::Passed),
        verdict => Some(verdict),
    })
}

fn is_as_now(run: &RunDir, project: &Project, cells: &[Cell]) -> Result<bool> {
    let then = run.read_manifest()?;
    let now = manifest::outline(project, cells)?;
    if then.matrix_sha256 != now.matrix_sha256
        || then.cells != now.cells
        || then.revisions != now.revisions
        || change::obstacle(&now, &then).is_some()
    {
        return Ok(false);
    }
    for (state, record) in &then.states {
        let patches = manifest::patches(&project.config, state)?;
        for (name, source) in &record.sources {
            let own: Vec<&str> = source.patches.iter().map(|patch| patch.sha256.as_str()).collect();
            let same_commit = source.commit.as_deref() == pinned(project, state, name);
            let is_git = pinned(project, state, name).is_some();
            if (is_git && !same_commit) || patches.get(name).is_none_or(|patches| *patches != own) {
                return Ok(false);
            }
        }
    }
    Ok(!then.states.is_empty() || project.config.sources.is_empty())
}

/// The commit that a state is held to; `None` for a distribution.
fn pinned<'a>(project: &'a Project, state: &str, source: &str) -> Option<&'a str> {
    let Origin::Git { rev, .. } = &project.config.sources.get(source)?.origin else { return None };
    let change = project.config.states.get(state).and_then(|state| state.changes.get(source));
    Some(change.and_then(|change| change.rev.as_deref()).unwrap_or(rev))
}
