//! An attribution for a person in a terminal: what each patch is for, a table for each metric,
//! which patches go together, and what could not be applied.

use comfy_table::{Attribute, Cell as Field};

use super::wording;
use crate::analyse::attribution::{
    Attribution, Contribution, Group, MetricAttribution, SeriesAttribution,
};
use crate::measurement::Unit;
use crate::render::comparison::Options;
use crate::render::format;
use crate::render::terminal::{self, Look};

/// The whole text.
pub(super) fn render(attribution: &Attribution, options: &Options) -> String {
    let name = attribution.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let began = format::timestamp(attribution.started);
    let mut text = format!("run {}{}, {began}\n", attribution.run, format::visible(&name));
    for series in &attribution.series {
        text += &of_series(series, options);
    }
    for note in &attribution.notes {
        text += &format!("\nnote: {}\n", format::visible(note));
    }
    text
}

fn of_series(series: &SeriesAttribution, options: &Options) -> String {
    let state = format::visible(&series.state);
    let mut text = format!("\n{state}, taken apart ({})\n", wording::kind(series.kind));
    if series.groups.is_empty() {
        text += "the run has no cell of this series\n";
    }
    for metric in wording::shown_metrics(series, &options.metrics) {
        text += &of_metric(series, metric, options.look);
    }
    for (ended, cells) in wording::lacking(series) {
        text += &format!("\n{ended}: {}\n", format::visible(&terminal::some_of(&cells)));
    }
    for state in &series.unapplied {
        text += &format!("\n{}\n", format::visible(&wording::unapplied(state)));
        for line in state.reason.lines() {
            text += &format!("  {}\n", format::visible(line));
        }
    }
    text
}

fn of_metric(series: &SeriesAttribution, name: &str, look: Look) -> String {
    let mut table = terminal::empty_table(look);
    let mut header = vec![
        Field::new("cell"),
        terminal::right(&format!("{}, none → all", format::visible(&format::metric(name)))),
    ];
    header.extend(series.patches.iter().map(|it| terminal::right(&format::visible(&it.label))));
    table.set_header(header.into_iter().map(|field| field.add_attribute(Attribute::Bold)));
    for group in &series.groups {
        if let Some(metric) = group.metrics.get(name) {
            table.add_row(row(group, metric));
        }
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    let mut text = format!("\n{}", lines.collect::<String>());
    text += &format!("{}\n", legend(series, name));
    let width = series.patches.iter().map(|it| it.label.chars().count()).max().unwrap_or(0);
    for patch in &series.patches {
        let (label, purpose) = (&patch.label, wording::purpose(patch, name));
        text += &format::visible(&format!("  {label:width$}  {purpose}\n"));
    }
    for (sentence, groups) in wording::together(series, name) {
        let groups = terminal::some_of(&groups);
        text += &format::visible(&format!("  {sentence}\n    {groups}\n"));
    }
    text
}

fn row(group: &Group, metric: &MetricAttribution) -> Vec<Field> {
    let whole = wording::from_to(&metric.total, &metric.unit);
    let whole = match metric.total.ratio {
        Some(ratio) => format!("{whole}\n{}", format::change(ratio)),
        None => format!("{whole}\n{}", wording::judged(group, &metric.total)),
    };
    let mut row = vec![
        Field::new(format::visible(wording::group(group))).set_delimiter('/'),
        terminal::of_verdict(terminal::right(&whole), metric.total.verdict),
    ];
    row.extend(metric.patches.iter().map(|patch| effect(group, patch, &metric.unit)));
    row
}

fn effect(group: &Group, patch: &Contribution, unit: &Unit) -> Field {
    let sign = wording::sign(patch.verdict);
    let text = match wording::amount(patch, unit) {
        Some(amount) => {
            let interval = wording::interval(patch, unit).unwrap_or_default();
            format!("{amount} {sign}\n{interval}")
        }
        None => format!("{} {sign}", wording::judged(group, patch)),
    };
    terminal::of_verdict(terminal::right(text.trim_end()), patch.verdict)
}

fn legend(series: &SeriesAttribution, metric: &str) -> String {
    let verdicts = wording::verdicts(series, metric).into_iter();
    let words = verdicts.map(|it| format!("{} {}", wording::sign(it), wording::word(it)));
    words.collect::<Vec<_>>().join("   ")
}
