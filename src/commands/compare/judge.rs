//! From two sides to a verdict: what `compare`, `nightly` and `bisect` do alike. Prints nothing.

use std::collections::HashSet;

use crate::analyse::comparison::{Comparison, Gate};
use crate::analyse::{CompareInput, CompareSide, NoiseFloors, compare};
use crate::cli::Global;
use crate::collect::noise;
use crate::collect::record::RunManifest;
use crate::error::{Error, ErrorKind, Result};
use crate::exit_code;
use crate::plan::{Cell, CellId, Selection};

use super::super::job::Surroundings;
use super::super::project::Project;
use super::rules::{self, FailOn};
use super::sides::{AxisValues, Sides};
use super::{confirm, selection};

/// What is asked of two sides.
#[derive(Clone, Debug, Default)]
pub(in crate::commands) struct Asked {
    /// Which cells; empty for all.
    pub(in crate::commands) selection: Selection,
    /// Rules beside the matrix file's.
    pub(in crate::commands) fail_on: Vec<FailOn>,
    /// Whether an unavailable cell makes a comparison incomplete.
    pub(in crate::commands) strict: bool,
}

/// The exit code that a gate means.
pub(in crate::commands) const fn exit_code_of(gate: Gate) -> u8 {
    match gate {
        Gate::Passed => exit_code::DONE,
        Gate::Regressed => exit_code::REGRESSION,
        Gate::Incomplete => exit_code::INCOMPLETE,
    }
}

/// Compares `sides` by the rules in force.
///
/// # Errors
/// When the selection matches no cell of either side ([`ErrorKind::NothingSelected`]), when the
/// side that is measured against has no cell ([`ErrorKind::BaselineMissing`]), or when a rule
/// could never be applied.
pub(in crate::commands) fn judge(
    project: &Project,
    sides: &Sides,
    asked: &Asked,
) -> Result<Comparison> {
    judge_confirmed(project, sides, asked, &HashSet::new())
}

/// As [`judge`]; `confirmed` cells were measured again.
fn judge_confirmed(
    project: &Project,
    sides: &Sides,
    asked: &Asked,
    confirmed: &HashSet<CellId>,
) -> Result<Comparison> {
    let config = &project.config;
    let cells = selection::cells(project, sides)?;
    let selected = selection::select(&cells, sides, &asked.selection)?;
    let [before, after] =
        [&sides.before, &sides.after].map(|side| selection::restrict(&side.record, &selected));
    let rules =
        rules::in_force(config.compare.fail_on.as_deref(), &asked.fail_on, [&before, &after]);
    let machine = &after.manifest.machine.id;
    let noise: Option<NoiseFloors> = noise::get(&config.reports, machine)?;
    let (old, new) = sides.axis.as_ref().map(AxisValues::pairs).unzip();
    // A cell that the matrix has no longer is not missed, nor one that neither run was to measure.
    let is_expected = |cell: &&Cell| selected.contains(&cell.id);
    let expected: Vec<Cell> = project.cells.iter().filter(is_expected).cloned().collect();
    let mut comparison = compare(&CompareInput {
        before: CompareSide { label: &sides.before.label, run: &before, value: old },
        after: CompareSide { label: &sides.after.label, run: &after, value: new },
        expected: &expected,
        rules: &rules,
        directions: &config.directions(),
        noise: noise.as_ref(),
        confirmed,
        strict: asked.strict,
    });
    let matrix = project.cells.iter().map(|cell| &cell.id);
    let known: Vec<CellId> = cells.keys().chain(matrix).cloned().collect();
    let mut reasons = rules::unapplied(&comparison, &known, !asked.selection.is_all())?;
    reasons.extend(sides.unfinished());
    if !reasons.is_empty() && comparison.gate == Gate::Passed {
        comparison.gate = Gate::Incomplete;
    }
    // A rule that judged nothing may have been told of already.
    reasons.retain(|reason| !comparison.reasons.contains(reason));
    comparison.reasons.extend(reasons);
    comparison.notes.extend(noise.and_then(|noise| age(&noise, &after.manifest)));
    Ok(comparison)
}

/// As [`judge`]; what seems to have regressed is measured `repeats` times more on both sides, and
/// that counts.
///
/// # Errors
/// Of [`judge`]; and of kind [`ErrorKind::Interrupted`]. That something can't be measured again is
/// noted in the comparison, which then is what it was.
pub(in crate::commands) fn judge_and_confirm(
    global: &Global,
    project: &Project,
    sides: &mut Sides,
    asked: &Asked,
    repeats: u32,
    around: &Surroundings,
) -> Result<Comparison> {
    let mut first = judge(project, sides, asked)?;
    let suspects: Vec<(CellId, CellId)> =
        first.suspects().map(|cell| (cell.id.clone(), cell.before.clone())).collect();
    if suspects.is_empty() {
        return Ok(first);
    }
    match confirm::measure_again(global, sides, &suspects, repeats, around) {
        Ok(again) => {
            let confirmed = suspects.iter().map(|(after, _)| after.clone()).collect();
            let mut comparison = judge_confirmed(project, sides, asked, &confirmed)?;
            comparison.notes.push(again.note(suspects.len()));
            Ok(comparison)
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
        Err(error) => {
            first.notes.push(format!("could not be measured again: {}", with_causes(&error)));
            Ok(first)
        }
    }
}

/// How old the calibration was when the judged run was made; `None` if it says nothing about it.
fn age(noise: &NoiseFloors, judged: &RunManifest) -> Option<String> {
    if noise.obstacle(judged).is_some() {
        return None;
    }
    let hours = judged.started.duration_since(noise.measured).as_hours();
    Some(match hours.abs() / 24 {
        0 => "the noise is as calibrated within a day".to_owned(),
        1 => "the noise is as calibrated a day before".to_owned(),
        days if hours > 0 => format!("the noise is as calibrated {days} days before"),
        days => format!("the noise is as calibrated {days} days after"),
    })
}

fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
