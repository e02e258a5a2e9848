//! Writes how each cell of a run ended, and says how the run did as a whole.

use crate::analyse::conclusion::conclude;
use crate::analyse::summary::Summary;
use crate::collect::RunDir;
use crate::collect::record::{CellRecord, SCHEMA};
use crate::config::Config;
use crate::error::Result;
use crate::outcome::Outcome;
use crate::plan::Cell;
use crate::prepare::Blocked;

/// Writes that `cell` could not be measured, and why.
pub(super) fn write_blocked(run: &RunDir, cell: &Cell, why: &Blocked) -> Result<()> {
    run.write_cell(&CellRecord {
        schema: SCHEMA,
        cell: cell.clone(),
        outcome: why.outcome,
        reason: Some(why.reason.clone()),
        help: why.help.clone(),
    })
}

/// Writes how the cells that had attempts ended, as far as the attempts alone tell.
pub(super) fn write_measured(config: &Config, run: &RunDir, cells: &[&Cell]) -> Result<()> {
    let record = run.read()?;
    for cell in cells {
        let attempts = record.cells.get(&cell.id).map(|results| results.attempts.as_slice());
        let (outcome, reason) = conclude(attempts.unwrap_or_default(), config.measure.repeats);
        let cell = (*cell).clone();
        run.write_cell(&CellRecord { schema: SCHEMA, cell, outcome, reason, help: None })?;
    }
    Ok(())
}

/// Writes down which cells of `run` wrote something else than their twins did, wherever the
/// twins' results are from. Returns whether there were any.
pub(super) fn write_wrong_outputs(run: &RunDir, summary: &Summary) -> Result<bool> {
    let wrong = summary.cells.iter().filter(|cell| {
        cell.outcome == Some(Outcome::WrongOutput) && cell.run.as_deref() == Some(run.id())
    });
    let mut any = false;
    for cell in wrong {
        any = true;
        run.write_cell(&CellRecord {
            schema: SCHEMA,
            cell: cell.cell.clone(),
            outcome: Outcome::WrongOutput,
            reason: cell.reason.clone(),
            help: cell.help.clone(),
        })?;
    }
    Ok(any)
}

/// Whether the run lacks anything that was asked of it.
pub(super) fn is_incomplete(summary: &Summary, strict: bool) -> bool {
    let mut outcomes = summary.cells.iter().map(|cell| cell.outcome);
    outcomes.any(|outcome| outcome.is_none_or(|outcome| outcome.is_incomplete(strict)))
}
