//! The cell at one commit: as some run measured it, or measured now.

use std::cell;

use indexmap::IndexMap;

use crate::analyse::change;
use crate::collect::RunDir;
use crate::collect::record::{CellResults, RunManifest, SourceRecord};
use crate::config::Commits;
use crate::error::{Error, ErrorKind, Result};
use crate::measurement::Unit;
use crate::outcome::Outcome;
use crate::plan::{Cell, Selection};

use super::super::apart::BISECT;
use super::super::job::{Job, Surroundings};
use super::super::manifest;
use super::super::project::Project;
use super::ends::state_of;

/// How far back runs are looked through for what was measured already.
const EARLIER_RUNS: usize = 200;
/// How much of a commit's hash stands in a run's name.
const SHORT: usize = 12;

/// Measures one cell at commits of one source; all else stays the same.
pub(super) struct Bench<'a> {
    pub(super) project: Project,
    pub(super) cell: Cell,
    pub(super) source: String,
    pub(super) around: &'a Surroundings,
    /// Whether something may still have to be installed.
    pub(super) with_deps: cell::Cell<bool>,
}

/// What a run has of the cell at a commit.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) run: String,
    pub(super) results: CellResults,
    pub(super) reused: bool,
}

impl Found {
    /// A metric's values in the measured attempts that ended well.
    pub(super) fn values(&self, metric: &str) -> Vec<f64> {
        let attempts = self.results.attempts.iter();
        let ok = attempts.filter(|attempt| !attempt.warmup && attempt.outcome == Outcome::Ok);
        ok.filter_map(|attempt| attempt.metric(metric)?.value).collect()
    }

    /// What a metric counts; `None` if no attempt has it.
    pub(super) fn unit(&self, metric: &str) -> Option<Unit> {
        let mut found = self.results.attempts.iter().filter_map(|attempt| attempt.metric(metric));
        found.next().map(|metric| metric.unit.clone())
    }

    /// How the cell ended, and why.
    pub(super) fn outcome(&self) -> (Outcome, String) {
        match &self.results.record {
            Some(record) => (record.outcome, record.reason.clone().unwrap_or_default()),
            None => (Outcome::Interrupted, String::new()),
        }
    }
}

impl Bench<'_> {
    /// What some run has of the cell at `commit`, if it would be the same now; the one called
    /// `preferred` whatever number of attempts it has.
    pub(super) fn stored(&self, commit: &str, preferred: Option<&str>) -> Result<Option<Found>> {
        let config = &self.project.config;
        let now = manifest::outline(&self.project, std::slice::from_ref(&self.cell))?;
        let patches = manifest::patches(config, state_of(&self.cell))?;
        for reports in [config.reports.join(BISECT), config.reports.clone()] {
            for id in RunDir::list(&reports)?.into_iter().take(EARLIER_RUNS) {
                let run = RunDir::open(&reports, &id)?;
                let Ok(manifest) = run.read_manifest() else { continue };
                let is_same = !run.is_running()
                    && manifest.matrix_sha256 == now.matrix_sha256
                    && change::obstacle(&now, &manifest).is_none()
                    && self.is_at(&manifest, commit, &patches);
                if !is_same {
                    continue;
                }
                let found = self.found(&run, true)?;
                let enough = config.measure.repeats as usize;
                let attempts =
                    found.results.attempts.iter().filter(|attempt| !attempt.warmup).count();
                let usable = match found.outcome().0 {
                    Outcome::Ok => attempts >= enough || Some(id.as_str()) == preferred,
                    outcome => is_of_the_commit(outcome),
                };
                if usable {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// Measures the cell at `commit` now.
    ///
    /// # Errors
    /// When it can't be measured for a reason that is not the commit's, or on an interrupt.
    pub(super) fn measure(&self, commit: &str) -> Result<Found> {
        let mut project = self.project.clone();
        project.config.reports = project.config.reports.join(BISECT);
        let commits = IndexMap::from([(self.source.clone(), commit.to_owned())]);
        project.config.pin(&Commits::from([(state_of(&self.cell).to_owned(), commits)]));
        let short = commit.get(..SHORT).unwrap_or(commit);
        let name = format!("bisect-{}-{short}", self.cell.id.as_str().replace('/', "-"));
        let selection =
            Selection { patterns: vec![self.cell.id.to_string()], ..Selection::default() };
        let job = Job::new(project, &selection, Some(name))?;
        // Once is enough.
        let run = job.measure(self.with_deps.take(), self.around)?.run;
        if self.around.interrupt.is_raised() {
            let message = "the search was interrupted; what was measured is kept";
            return Err(Error::new(ErrorKind::Interrupted, message)
                .hint("the same command goes on where it was"));
        }
        let found = self.found(&run, false)?;
        match found.outcome() {
            (Outcome::Ok, _) => Ok(found),
            (outcome, _) if is_of_the_commit(outcome) => Ok(found),
            (outcome, reason) => {
                let message = format!("{} is {outcome} here: {reason}", self.cell.id);
                Err(Error::new(ErrorKind::Incomplete, message)
                    .hint("`memgrid doctor` says what is missing"))
            }
        }
    }

    fn found(&self, run: &RunDir, reused: bool) -> Result<Found> {
        let results = run.read()?.cells.swap_remove(&self.cell.id).unwrap_or_default();
        Ok(Found { run: run.id().to_owned(), results, reused })
    }

    /// Whether a run measured the cell with `commit`, and all else as it is now.
    fn is_at(
        &self,
        manifest: &RunManifest,
        commit: &str,
        patches: &IndexMap<String, Vec<String>>,
    ) -> bool {
        let Some(state) = manifest.states.get(state_of(&self.cell)) else { return false };
        let is_same = |(name, source): (&String, &SourceRecord)| {
            let same_commit = *name != self.source || source.commit.as_deref() == Some(commit);
            let own: Vec<&str> = source.patches.iter().map(|patch| patch.sha256.as_str()).collect();
            same_commit && patches.get(name).is_some_and(|patches| *patches == own)
        };
        manifest.cells.contains(&self.cell.id)
            && state.sources.contains_key(&self.source)
            && state.sources.iter().all(is_same)
    }
}

/// Whether the commit is why a cell has no figure; then it is passed over.
pub(super) fn is_of_the_commit(outcome: Outcome) -> bool {
    use Outcome::{Failed, OverLimit, PatchFailed, TimedOut};
    matches!(outcome, Failed | OverLimit | PatchFailed | TimedOut)
}
