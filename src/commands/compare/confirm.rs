//! `--confirm N`: suspected cells are measured again on both sides, in turns, before a regression
//! is believed. What is found then stands in place of what was suspected, since figures that were
//! chosen for being odd are no fair sample.

use std::collections::HashSet;
use std::path::PathBuf;

use indexmap::IndexSet;

use crate::analyse::change;
use crate::cli::Global;
use crate::collect::record::{RunManifest, RunRecord};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::outcome::Outcome;
use crate::plan::{Attempt, CellId, Selection};

use super::super::apart::CONFIRMATIONS;
use super::super::job::{Job, OpenJob, Surroundings};
use super::remake;
use super::sides::{RunSide, Sides};

/// What was measured again.
pub(super) struct Again {
    /// Folders of the runs that it is in.
    pub(super) runs: Vec<PathBuf>,
}

impl Again {
    /// What a reader is told of it.
    pub(super) fn note(&self, suspects: usize) -> String {
        let runs: Vec<String> = self.runs.iter().map(|run| run.display().to_string()).collect();
        format!("measured {} again, into {}", cells(suspects), runs.join(" and "))
    }
}

fn cells(count: usize) -> String {
    match count {
        1 => "1 cell".to_owned(),
        count => format!("{count} cells"),
    }
}

/// Measures `suspects` (judged cell, and the cell that it is held against) `repeats` times on
/// both sides, and puts the results in the place of those in `sides`.
///
/// # Errors
/// When it can't be measured again, and `sides` is as it was; the error says why. Of kind
/// [`crate::error::ErrorKind::Interrupted`] if it was interrupted.
pub(super) fn measure_again(
    global: &Global,
    sides: &mut Sides,
    suspects: &[(CellId, CellId)],
    repeats: u32,
    around: &Surroundings,
) -> Result<Again> {
    let count = cells(suspects.len());
    let text = format!("measuring {count} again, {repeats} times on both sides");
    around.progress.event(Event::Notice { text });
    let scratch = tempfile::tempdir()?;
    let (before, after): (Vec<_>, Vec<_>) =
        suspects.iter().map(|(after, before)| (before.clone(), after.clone())).unzip();
    let job = |side: &RunSide, cells: &[CellId], name: &str| {
        job(global, side, cells, repeats, &scratch.path().join(name))
    };
    if sides.axis.is_some() {
        let both: IndexSet<CellId> = before.iter().chain(&after).cloned().collect();
        let job = job(&sides.after, &Vec::from_iter(both), "run")?;
        let open = job.open(around, &|manifest| same(manifest, &sides.after))?;
        let record = in_turns(vec![(&job, open)], around)?.remove(0);
        let folder = folder(&job, &record);
        replace(&mut sides.before.record, &record, &before);
        replace(&mut sides.after.record, &record, &after);
        return Ok(Again { runs: vec![folder] });
    }
    let jobs = [job(&sides.before, &before, "before")?, job(&sides.after, &after, "after")?];
    let [one, other] = &jobs;
    let open = vec![
        (one, one.open(around, &|manifest| same(manifest, &sides.before))?),
        (other, other.open(around, &|manifest| same(manifest, &sides.after))?),
    ];
    let records = in_turns(open, around)?;
    let runs = std::iter::zip(&jobs, &records).map(|(job, record)| folder(job, record)).collect();
    replace(&mut sides.before.record, &records[0], &before);
    replace(&mut sides.after.record, &records[1], &after);
    Ok(Again { runs })
}

/// The cells of one side as its run recorded them.
fn job(
    global: &Global,
    side: &RunSide,
    cells: &[CellId],
    repeats: u32,
    scratch: &std::path::Path,
) -> Result<Job> {
    let manifest = &side.record.manifest;
    let mut project = remake::project(global, &side.dir, manifest, repeats, scratch)?;
    project.config.reports = project.config.reports.join(CONFIRMATIONS);
    let patterns = cells.iter().map(ToString::to_string).collect();
    let selection = Selection { patterns, ..Selection::default() };
    Job::new(project, &selection, Some(format!("confirms {}", manifest.run)))
}

/// Refuses to measure what could not be held against what it stands in for.
fn same(manifest: &RunManifest, side: &RunSide) -> Result<()> {
    match change::obstacle(&side.record.manifest, manifest) {
        None => Ok(()),
        Some(obstacle) => {
            let run = &side.record.manifest.run;
            Err(Error::usage(format!("what run {run} measured can't be had any more: {obstacle}")))
        }
    }
}

/// Rounds of all jobs' attempts: each job's round, one after the other, and every other time the
/// other way round, so that what changes slowly on the machine meets both alike.
fn in_turns(mut jobs: Vec<(&Job, OpenJob<'_>)>, around: &Surroundings) -> Result<Vec<RunRecord>> {
    let rounds =
        jobs.iter().flat_map(|(job, _)| job.attempts()).map(|attempt| attempt.number).max();
    let mut failed: HashSet<(usize, CellId)> = HashSet::new();
    for round in 1..=rounds.unwrap_or(0) {
        let mut turns: Vec<usize> = (0..jobs.len()).collect();
        if round % 2 == 0 {
            turns.reverse();
        }
        for turn in turns {
            let (job, open) = &jobs[turn];
            let is_due = |attempt: &&Attempt| {
                attempt.number == round && !failed.contains(&(turn, attempt.cell.clone()))
            };
            let due: Vec<_> = job.attempts().iter().filter(is_due).cloned().collect();
            let records = open.execute(&due, around)?;
            let bad = records.into_iter().filter(|record| record.outcome != Outcome::Ok);
            failed.extend(bad.map(|record| (turn, record.cell)));
        }
    }
    let runs = jobs.drain(..).map(|(_, open)| open.close()).collect::<Result<Vec<_>>>()?;
    if around.interrupt.is_raised() {
        let message = "interrupted while suspected cells were measured again";
        return Err(Error::new(ErrorKind::Interrupted, message).hint(
            "the same command begins with them anew; without --confirm it measures nothing",
        ));
    }
    runs.iter().map(crate::collect::RunDir::read).collect()
}

fn folder(job: &Job, record: &RunRecord) -> PathBuf {
    job.project.config.reports.join("runs").join(&record.manifest.run)
}

fn replace(record: &mut RunRecord, again: &RunRecord, cells: &[CellId]) {
    for cell in cells {
        if let Some(results) = again.cells.get(cell) {
            record.cells.insert(cell.clone(), results.clone());
        }
    }
}
