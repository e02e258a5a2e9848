//! Whether competitors did the same work: an answer that is wrong is not fast.

use serde::Serialize;

use super::RankInput;
use crate::analyse::summary::CellSummary;
use crate::outcome::Outcome;

/// What the digests of ranked competitors' output say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answers {
    /// All wrote the same.
    Same,
    /// They did not all write the same, and nothing says that they should.
    Different,
    /// One at least did not say what it wrote.
    Unchecked,
}

impl Answers {
    pub(super) fn of<'a>(ranked: impl Iterator<Item = &'a CellSummary>) -> Self {
        let digests: Option<Vec<&str>> = ranked.map(|cell| cell.output_digest.as_deref()).collect();
        match digests.as_deref() {
            None | Some([]) => Self::Unchecked,
            Some([first, rest @ ..]) if rest.iter().all(|digest| digest == first) => Self::Same,
            Some(_) => Self::Different,
        }
    }
}

/// Who wrote what all must have written: the baseline if it competes, or else the first in matrix
/// order that ended well and said what it wrote.
pub(super) fn right<'a>(
    input: &RankInput<'_>,
    cells: &[&'a CellSummary],
) -> Option<&'a CellSummary> {
    let baseline = input.summary.baseline.as_ref().filter(|(axis, _)| axis == input.axis);
    let is_baseline = |cell: &CellSummary| {
        baseline.is_some_and(|(axis, value)| cell.cell.value(axis) == Some(value))
    };
    let said =
        |cell: &&&CellSummary| cell.outcome == Some(Outcome::Ok) && cell.output_digest.is_some();
    let mut said: Vec<_> = cells.iter().filter(said).collect();
    said.sort_by_key(|cell| !is_baseline(cell));
    said.first().filter(|_| input.same_output).map(|cell| **cell)
}

/// Why what `cell` wrote is wrong.
pub(super) fn check(right: Option<&CellSummary>, cell: &CellSummary) -> Result<(), String> {
    let Some(right) = right else { return Ok(()) };
    match (right.output_digest.as_deref(), cell.output_digest.as_deref()) {
        (Some(wanted), Some(wrote)) if wanted != wrote => {
            Err(format!("wrong output: it differs from that of {}", right.cell.id))
        }
        _ => Ok(()),
    }
}
