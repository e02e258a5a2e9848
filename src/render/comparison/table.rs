//! A comparison for a person in a terminal: what is compared with what, a table for each metric,
//! why cells are not unchanged, and at the end what the gate says and what to do next.

use anstyle::{AnsiColor, Style};
use comfy_table::{Attribute, Cell as Field};
use indexmap::IndexMap;

use super::{Options, wording};
use crate::analyse::comparison::{CellComparison, Comparison, Gate, MetricComparison};
use crate::render::format;
use crate::render::terminal::{self, Look};

/// The whole text.
pub(super) fn render(comparison: &Comparison, options: &Options) -> String {
    let look = options.look;
    let mut text = head(comparison, look);
    for metric in wording::shown_metrics(comparison, options) {
        text.push('\n');
        text += &figures(comparison, metric, look);
    }
    text + &reasons(comparison, look) + &growth(comparison, look) + &gate(comparison, look)
}

/// What is compared with what.
fn head(comparison: &Comparison, look: Look) -> String {
    let strong = style(look, Style::new().bold());
    let mut lines =
        vec![format!("{strong}{}{strong:#}", format::visible(&wording::title(comparison)))];
    let facts = wording::facts(comparison);
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, fact) in &facts {
        lines.push(filled(fact, &format!("  {name:width$}  "), look));
    }
    lines.join("\n") + "\n"
}

/// One metric of every cell that has it.
fn figures(comparison: &Comparison, name: &str, look: Look) -> String {
    let mut table = terminal::empty_table(look);
    let header = [
        Field::new("cell"),
        terminal::right(&format::visible(&format::metric(name))),
        terminal::right("change"),
        Field::new("interval"),
        Field::new("verdict"),
    ];
    table.set_header(header.map(|field| field.add_attribute(Attribute::Bold)));
    for cell in &comparison.cells {
        if let Some(metric) = cell.metrics.get(name) {
            table.add_row(row(cell, metric));
        }
    }
    // With less space between columns the default matrix's ids just fit a terminal of 80.
    for (column, right) in table.column_iter_mut().zip([1, 1, 1, 1, 0]) {
        column.set_padding((0, right));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn row(cell: &CellComparison, metric: &MetricComparison) -> Vec<Field> {
    let change = wording::change(metric).unwrap_or_default();
    let interval = metric.interval.map(wording::interval).unwrap_or_default();
    vec![
        id(cell.id.as_str()),
        terminal::right(&format::visible(&wording::from_to(metric))),
        terminal::of_verdict(terminal::right(&format::visible(&change)), metric.verdict),
        Field::new(interval),
        terminal::of_verdict(Field::new(wording::marked(cell, metric.verdict)), metric.verdict),
    ]
}

/// An id, which is broken where its values meet if it must be broken.
fn id(text: &str) -> Field {
    Field::new(format::visible(text)).set_delimiter('/')
}

/// Where memory now grows in another way with the rows, and what says so.
fn growth(comparison: &Comparison, look: Look) -> String {
    let strong = style(look, Style::new().bold());
    let mut text = String::new();
    for cell in &comparison.cells {
        for (metric, before, after) in wording::growth(cell) {
            let what = format!("growth of {}", format::visible(&format::metric(metric)));
            text += &format!("\n{}\n", led(&what, strong, cell.id.as_str(), look));
            text += &format!("{}\n", filled(&before, "  before  ", look));
            text += &format!("{}\n", filled(&after, "  after   ", look));
        }
    }
    text
}

/// Why cells are not unchanged, and which ones have nothing to be compared with.
fn reasons(comparison: &Comparison, look: Look) -> String {
    let mut text = String::new();
    for found in wording::findings(comparison) {
        text += &note(&found.what, found.reason, &found.cells, look);
    }
    let mut alone: IndexMap<String, Vec<&str>> = IndexMap::new();
    for cell in &comparison.unpaired {
        alone.entry(wording::unpaired(cell)).or_default().push(cell.id.as_str());
    }
    text.extend(alone.iter().map(|(what, ids)| note(what, "", ids, look)));
    text
}

fn note(what: &str, reason: &str, ids: &[&str], look: Look) -> String {
    let strong = style(look, Style::new().bold());
    let mut note = format!("\n{}\n", led(what, strong, &terminal::some_of(ids), look));
    for line in reason.lines() {
        note += &filled(line, "  ", look);
        note.push('\n');
    }
    note
}

/// What the gate says, why, and what to do next.
fn gate(comparison: &Comparison, look: Look) -> String {
    let color = match comparison.gate {
        Gate::Passed => AnsiColor::Green,
        Gate::Regressed => AnsiColor::Red,
        Gate::Incomplete => AnsiColor::Yellow,
    };
    let strong = style(look, color.on_default().bold());
    let hint = style(look, AnsiColor::Cyan.on_default());
    let said = wording::gate(comparison.gate);
    let mut lines = vec![
        String::new(),
        led("gate", strong, &format!("{said} ({})", wording::counts(comparison)), look),
    ];
    lines.extend(comparison.reasons.iter().map(|reason| filled(reason, "  ", look)));
    lines.extend(comparison.notes.iter().map(|note| led("note", hint, note, look)));
    let next = |next: wording::Next| format!("`{}` {}", next.command, next.effect);
    lines
        .extend(wording::next(comparison).into_iter().map(|it| led("next", hint, &next(it), look)));
    lines.join("\n") + "\n"
}

fn style(look: Look, style: Style) -> Style {
    if look.color { style } else { Style::new() }
}

/// `word: text`, the word in `style`.
fn led(word: &str, style: Style, text: &str, look: Look) -> String {
    let line = filled(text, &format!("{word}: "), look);
    let rest = line.strip_prefix(word).unwrap_or(&line);
    format!("{style}{word}{style:#}{rest}")
}

/// `text` after `start`, as wide as the terminal; further lines are indented.
fn filled(text: &str, start: &str, look: Look) -> String {
    let text = format::visible(text.trim_end()).replace('\n', " ");
    let Some(width) = look.width else { return format!("{start}{text}") };
    let indent = " ".repeat(start.chars().count().min(usize::from(width) / 4));
    let options =
        textwrap::Options::new(usize::from(width)).initial_indent(start).subsequent_indent(&indent);
    textwrap::fill(&text, options)
}

#[cfg(test)]
mod tests;
