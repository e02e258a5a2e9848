//! A run's result as annotations of a GitHub workflow.

use super::{Options, wording};
use crate::analyse::summary::{CellSummary, Summary};
use crate::outcome::Outcome;
use crate::render::annotation::{self, Note};

/// The whole text: errors for what makes the run incomplete, warnings for what else is not `ok`, and
/// how the run did as a whole.
pub(super) fn render(run: &str, summary: &Summary, options: &Options) -> String {
    let incomplete = |cell: &&CellSummary| wording::is_incomplete(cell, options.strict);
    let troubled = summary.cells.iter().filter(|cell| cell.outcome != Some(Outcome::Ok));
    let (errors, warnings): (Vec<_>, Vec<_>) = troubled.partition(incomplete);
    let said = if errors.is_empty() { "done" } else { "incomplete" };
    let whole = Note {
        title: format!("memgrid: {said}"),
        message: format!("run {run}, {}", wording::counts(summary)),
    };
    let notes = |cells: Vec<&CellSummary>| cells.into_iter().map(note).collect();
    annotation::commands(notes(errors), notes(warnings), vec![whole], options.matrix.as_deref())
}

fn note(cell: &CellSummary) -> Note {
    let reason = cell.reason.as_deref().unwrap_or("it never ran");
    let help = cell.help.as_ref().map(|help| format!("\ntry: {help}")).unwrap_or_default();
    Note {
        title: format!("{}: {}", cell.cell.id, wording::outcome(cell)),
        message: format!("{reason}{help}"),
    }
}

#[cfg(test)]
mod tests;
