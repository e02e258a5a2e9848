//! What a night is compared with: the last good one, or the run that was asked for; measured again
//! if it was measured under other conditions.

use crate::analyse::change;
use crate::collect::RunDir;
use crate::collect::record::RunManifest;
use crate::config::{Origin, SUBJECT};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::history::History;
use crate::plan::{CellId, Selection};

use super::super::apart::REMEASURED;
use super::super::job::{Job, Surroundings};
use super::super::nights;
use super::super::project::Project;
use super::super::run_reference::resolve;

/// What tonight is compared with.
pub(super) struct Baseline {
    pub(super) run: RunDir,
    pub(super) manifest: RunManifest,
    /// What people call it.
    pub(super) label: String,
}

impl Baseline {
    fn of(run: RunDir, label: Option<&str>) -> Result<Self> {
        let manifest = run.read_manifest()?;
        let label = label.or(manifest.name.as_deref()).unwrap_or(run.id()).to_owned();
        Ok(Self { run, manifest, label })
    }
}

/// The run that was asked for, or the last good night that has any of `cells`. `None` if no night
/// was good yet.
///
/// # Errors
/// When the run that was asked for is not there.
pub(super) fn find(
    project: &Project,
    wanted: Option<&str>,
    cells: &[CellId],
    observer: &dyn Observer,
) -> Result<Option<Baseline>> {
    let reports = &project.config.reports;
    if let Some(reference) = wanted {
        let mut history = History::open(reports, observer)?;
        let run = resolve(reports, &mut history, reference).map_err(|error| {
            let missing = error.kind() == ErrorKind::NoSuchRun;
            if missing { error.of_kind(ErrorKind::BaselineMissing) } else { error }
        })?;
        return Baseline::of(run, Some(reference)).map(Some);
    }
    for (run, _) in nights::before(reports, None)?.filter(|(_, night)| night.is_good()) {
        let baseline = Baseline::of(run, None)?;
        if baseline.manifest.cells.iter().any(|cell| cells.contains(cell)) {
            return Ok(Some(baseline));
        }
    }
    Ok(None)
}

/// The baseline under tonight's conditions: as it is, or its commits measured again if it was
/// measured on another machine, with other rows, or the like. Figures from two machines say
/// nothing about code.
///
/// # Errors
/// On an interrupt, or when nothing can be measured.
pub(super) fn comparable(
    baseline: Baseline,
    tonight: &RunManifest,
    project: &Project,
    around: &Surroundings,
) -> Result<Baseline> {
    let Some(obstacle) = change::obstacle(&baseline.manifest, tonight) else { return Ok(baseline) };
    let (label, commits) = (&baseline.label, baseline.manifest.commits());
    if !is_under_git(project) {
        let text = format!("{label} can't be compared with: {obstacle}");
        around.progress.event(Event::Notice { text });
        return Ok(baseline);
    }
    let text = format!("{label} was {obstacle}: measuring its commits again");
    around.progress.event(Event::Notice { text });
    let mut again = project.clone();
    again.config.reports = again.config.reports.join(REMEASURED);
    again.config.pin(&commits);
    let both = baseline.manifest.cells.iter().filter(|cell| tonight.cells.contains(cell));
    let patterns = both.map(ToString::to_string).collect();
    let selection = Selection { patterns, ..Selection::default() };
    let name = format!("again {label}");
    let job = Job::new(again, &selection, Some(name))?;
    let run = super::reopen(&job.project, job.measure(false, around)?.run)?;
    if around.interrupt.is_raised() {
        let message = "the night was interrupted before it was judged; what was measured is kept";
        return Err(Error::new(ErrorKind::Interrupted, message));
    }
    Baseline::of(run, Some(&format!("{label}, measured again")))
}

fn is_under_git(project: &Project) -> bool {
    let subject = project.config.sources.get(SUBJECT);
    subject.is_some_and(|subject| matches!(subject.origin, Origin::Git { .. }))
}
