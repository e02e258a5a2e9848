//! A comparison as annotations of a GitHub workflow.

use super::{Options, wording};
use crate::analyse::comparison::{CellComparison, Comparison, Gate, Unpaired, Verdict};
use crate::render::annotation::{self, Note};
use crate::render::format;

/// The whole text, the gate's verdict first.
pub(super) fn render(comparison: &Comparison, options: &Options) -> String {
    let metrics = wording::shown_metrics(comparison, options);
    let (mut errors, mut warnings, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    match comparison.gate {
        Gate::Passed => notices.push(gate(comparison)),
        Gate::Regressed | Gate::Incomplete => errors.push(gate(comparison)),
    }
    for cell in &comparison.cells {
        let list = match cell.verdict {
            _ if wording::failed(cell) => &mut warnings,
            Verdict::Regressed => &mut errors,
            Verdict::Inconclusive | Verdict::NotComparable => &mut warnings,
            Verdict::Improved => &mut notices,
            Verdict::Unchanged | Verdict::NotJudged => continue,
        };
        list.push(note(cell, &metrics));
    }
    warnings.extend(comparison.unpaired.iter().map(unpaired));
    annotation::commands(errors, warnings, notices, options.matrix.as_deref())
}

fn gate(comparison: &Comparison) -> Note {
    let next = wording::next(comparison).into_iter();
    let next = next.map(|next| format!("`{}` {}", next.command, next.effect));
    let counts = format!("{}: {}", wording::title(comparison), wording::counts(comparison));
    let said = comparison.reasons.iter().chain(&comparison.notes).cloned();
    let lines = std::iter::once(counts).chain(said).chain(next);
    Note {
        title: format!("memgrid: {}", wording::gate(comparison.gate)),
        message: lines.collect::<Vec<_>>().join("\n"),
    }
}

fn note(cell: &CellComparison, metrics: &[&str]) -> Note {
    let figures = metrics.iter().filter_map(|name| Some((*name, cell.metrics.get(*name)?)));
    let figures =
        figures.map(|(name, it)| format!("\n{}: {}", format::metric(name), wording::figure(it)));
    Note {
        title: format!("{}: {}", cell.id, wording::judged(cell)),
        message: std::iter::once(cell.reason.clone()).chain(figures).collect(),
    }
}

fn unpaired(cell: &Unpaired) -> Note {
    Note { title: format!("{}: only on one side", cell.id), message: wording::unpaired(cell) }
}

#[cfg(test)]
mod tests;
