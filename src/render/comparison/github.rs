//! A comparison as workflow commands: a GitHub workflow's log turns them into annotations.
//!
//! > GitHub Docs, *Workflow commands for GitHub Actions*, and the escapes of `actions/toolkit`,
//! > `packages/core/src/command.ts`.

use super::{Options, wording};
use crate::analyse::comparison::{CellComparison, Comparison, Gate, Unpaired, Verdict};
use crate::render::format;

/// How many annotations of each kind GitHub shows of one step.
const SHOWN: usize = 10;
/// Longest message, in characters.
const LONGEST: usize = 2000;

/// An annotation: what is said first, and all of it.
struct Note {
    title: String,
    message: String,
}

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
    let kinds = [("error", errors), ("warning", warnings), ("notice", notices)];
    kinds.into_iter().map(|(kind, notes)| commands(kind, notes, options)).collect()
}

fn gate(comparison: &Comparison) -> Note {
    let next = wording::next(comparison).into_iter();
    let next = next.map(|next| format!("`{}` {}", next.command, next.effect));
    let counts = format!("{}: {}", wording::title(comparison), wording::counts(comparison));
    let lines = std::iter::once(counts).chain(comparison.reasons.iter().cloned()).chain(next);
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

/// As many as GitHub shows; if there are more, the last one says how many.
fn commands(kind: &str, mut notes: Vec<Note>, options: &Options) -> String {
    if notes.len() > SHOWN {
        let rest = notes.split_off(SHOWN - 1).len();
        notes.push(Note {
            title: format!("memgrid: {rest} more"),
            message: format!("{rest} more, which GitHub would not show; the log has them all"),
        });
    }
    notes.iter().map(|note| command(kind, note, options)).collect()
}

fn command(kind: &str, note: &Note, options: &Options) -> String {
    let file = options.matrix.as_ref().map(|file| format!("file={},", property(file)));
    let (file, title) = (file.unwrap_or_default(), property(&note.title));
    format!("::{kind} {file}title={title}::{}\n", data(&note.message))
}

/// A message, in which only what would end the line has to be escaped.
fn data(text: &str) -> String {
    let text = format::visible(text);
    let text = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    };
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which a colon or a comma would end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests;
