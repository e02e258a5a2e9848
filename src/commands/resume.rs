//! What `run --resume` goes on with: the last run that is incomplete, as it was begun. One of which
//! all that it lacks was measured since is over.

use std::collections::HashSet;
use std::time::Duration;

use crate::cli::Global;
use crate::collect::RunDir;
use crate::collect::record::{AttemptRecord, CellResults, RunManifest, RunRecord, SeriesRecord};
use crate::config::{Config, Content, Overrides, SeriesChoice};
use crate::error::{Error, Result};
use crate::fingerprint::sha256;
use crate::outcome::Outcome;
use crate::plan::{self, Attempt, Cell, Done, Pass};

use super::project::Project;

/// An incomplete run.
pub(super) struct Resumed {
    /// What it left so far.
    pub(super) record: RunRecord,
    /// How it was measured, so that the rest is measured in the same way.
    pub(super) overrides: Overrides,
}

impl Resumed {
    /// The newest run that isn't in progress and lacks what no later run has measured.
    pub(super) fn find(global: &Global) -> Result<Self> {
        // Where runs are may stand in the matrix file, so that is read first without overrides.
        let Project { config, cells, .. } = Project::load(global, &Overrides::default())?;
        let mut since = HashSet::new();
        for id in RunDir::list(&config.reports)? {
            let run = RunDir::open(&config.reports, &id)?;
            if run.is_running() {
                continue;
            }
            let record = run.read()?;
            let was_killed = since.is_empty() && record.manifest.finished.is_none();
            if was_killed || unfinished(&record).iter().any(|cell| !since.contains(*cell)) {
                let overrides = overrides(&config, &record.manifest);
                return Ok(Self { record, overrides });
            }
            let measured = record.cells.iter().filter(|(_, results)| results.is_ok());
            since.extend(measured.map(|(cell, _)| cell.as_str().to_owned()));
            if cells.iter().all(|cell| since.contains(cell.id.as_str())) {
                break;
            }
        }
        let message = format!("there is no incomplete run in {}", config.reports.display());
        Err(Error::usage(message)
            .hint("`memgrid run` starts a new one; `memgrid history` lists those that there are"))
    }

    /// Refuses to go on with another matrix.
    pub(super) fn check_matrix(&self, project: &Project) -> Result<()> {
        if sha256(&project.text) == self.record.manifest.matrix_sha256 {
            return Ok(());
        }
        let file = project.file.display();
        Err(changed(&self.record.manifest, &format!("{file} has changed")))
    }

    /// The cells that are not `ok` yet.
    pub(super) fn unfinished(&self, cells: &[Cell]) -> Vec<Cell> {
        let open = unfinished(&self.record);
        cells.iter().filter(|cell| open.contains(&cell.id.as_str())).cloned().collect()
    }

    /// The attempts that `cells` still lack.
    pub(super) fn attempts(&self, cells: &[Cell]) -> Vec<Attempt> {
        let measure = &self.record.manifest.measure;
        let ids: Vec<_> = cells.iter().map(|cell| cell.id.clone()).collect();
        let mut all = plan::order(&ids, measure.warmup, measure.repeats, measure.seed);
        all.extend(plan::passes(&ids, &measure.passes, 0));
        plan::remaining(all, |cell| {
            let Some(results) = self.record.cells.get(cell) else { return Done::default() };
            let CellResults { attempts, passes, .. } = results;
            let ok = |warmup| {
                let of_kind = attempts.iter().filter(|attempt| attempt.warmup == warmup);
                of_kind.filter(|attempt| attempt.outcome == Outcome::Ok).count()
            };
            let last = attempts.iter().chain(passes).map(|attempt| attempt.number).max();
            let last = last.unwrap_or(0);
            Done { warmups: ok(true), measured: ok(false), passes: made(passes), last }
        })
    }
}

/// The passes that came to an end of their own.
fn made(passes: &[AttemptRecord]) -> Vec<Pass> {
    let ended = passes.iter().filter(|attempt| attempt.outcome != Outcome::Interrupted);
    ended.filter_map(|attempt| attempt.pass).collect()
}

fn unfinished(record: &RunRecord) -> Vec<&str> {
    let cells = record.manifest.cells.iter();
    let wanted = &record.manifest.measure.passes;
    let open = cells.filter(|id| {
        let Some(results) = record.cells.get(*id) else { return true };
        let made = made(&results.passes);
        !results.is_ok() || wanted.iter().any(|pass| !made.contains(pass))
    });
    open.map(|id| id.as_str()).collect()
}

/// How a run was measured, where that is another than `config` says.
pub(super) fn overrides(config: &Config, manifest: &RunManifest) -> Overrides {
    let measure = &manifest.measure;
    let generated = config
        .dataset
        .as_ref()
        .is_some_and(|dataset| matches!(dataset.content, Content::Generated { .. }));
    Overrides {
        rows: manifest.dataset.as_ref().filter(|_| generated).map(|dataset| dataset.rows),
        repeats: Some(measure.repeats),
        warmup: Some(measure.warmup),
        jobs: Some(measure.jobs),
        period: Some(Duration::from_secs_f64(measure.period)),
        timeout: Some(Duration::from_secs_f64(measure.timeout)),
        memory_limit: measure.memory_limit,
        heap: Some(measure.heap),
        passes: Some(measure.passes.clone()),
        seed: Some(measure.seed),
        revisions: manifest.revisions.clone(),
        series: series(manifest),
        reports: None,
    }
}

fn series(manifest: &RunManifest) -> Vec<SeriesChoice> {
    let choice = |(name, series): (&String, &SeriesRecord)| SeriesChoice {
        state: Some(name.clone()),
        kind: series.kind,
    };
    manifest.series.iter().map(choice).collect()
}

/// Refuses to mix attempts that depend on different things in one run.
pub(super) fn check_same(before: &RunManifest, now: &RunManifest) -> Result<()> {
    let differs = if before.workload_sha256 != now.workload_sha256 {
        Some("the workload's files have changed".to_owned())
    } else if before.machine.id != now.machine.id {
        Some("this is another machine".to_owned())
    } else if before.measure.steady != now.measure.steady {
        Some("what `steady` is unless it is set has changed".to_owned())
    } else {
        let state = now
            .states
            .iter()
            .find(|(name, state)| before.states.get(*name).is_some_and(|before| before != *state));
        state.map(|(name, _)| format!("the state `{name}` has changed"))
    };
    differs.map_or(Ok(()), |what| Err(changed(before, &what)))
}

fn changed(manifest: &RunManifest, what: &str) -> Error {
    Error::usage(format!("run {} can't be resumed: {what} since", manifest.run))
        .hint("`memgrid run` without --resume starts a new run")
}
