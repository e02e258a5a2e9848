//! A comparison for a pull request's comment or a job's summary: the verdict as heading, what
//! changed as a table, the rest folded away.

use super::{Options, wording};
use crate::analyse::comparison::{CellComparison, Comparison, Gate, Unpaired, Verdict};
use crate::render::format;
use crate::render::markdown::{
    self, Bounded, FOLD_END, bullets, fold, name, names, sentence, table_row,
};

/// The whole text.
pub(super) fn render(comparison: &Comparison, options: &Options) -> String {
    let metrics = wording::shown_metrics(comparison, options);
    let (same, changed): (Vec<_>, Vec<_>) = wording::worst_first(comparison)
        .into_iter()
        .partition(|cell| cell.verdict == Verdict::Unchanged && !wording::failed(cell));
    let mut text = Bounded::new(markdown::LIMIT);
    text.section("", &[head(comparison)], "");
    text.section("\n", &bullets(said(comparison)), "");
    text.section(&table_head("\n"), &rows(&changed, &metrics), "");
    text.section("\n", &bullets(findings(comparison)), "");
    text.section("\n", &bullets(changed.iter().flat_map(|cell| growth(cell))), "");
    text.section("\n### Only on one side\n\n", &bullets(unpaired(comparison)), "");
    text.section("\n### Next\n\n", &bullets(next(comparison)), "");
    let unchanged = fold(&format!("{} unchanged", format::cells(same.len())));
    text.section(&table_head(&unchanged), &rows(&same, &metrics), FOLD_END);
    let rests = fold("What was compared");
    text.section(&format!("{rests}| | |\n|---|---|\n"), &facts(comparison), FOLD_END);
    text.finish(markdown::left_out)
}

/// The comment lets an action find its earlier comment and write it anew.
fn head(comparison: &Comparison) -> String {
    let sign = match comparison.gate {
        Gate::Passed => "✅",
        Gate::Regressed => "❌",
        Gate::Incomplete => "⚠️",
    };
    let (before, after) = (name(&comparison.before.label), name(&comparison.after.label));
    format!(
        "<!-- memgrid comparison -->\n\n## {sign} memgrid: {}\n\n{before} → {after}: {}\n",
        wording::gate(comparison.gate),
        wording::counts(comparison)
    )
}

/// Why the gate didn't pass, and what else a reader should know.
fn said(comparison: &Comparison) -> impl Iterator<Item = String> {
    let notes = comparison.notes.iter().map(|note| format!("**note**: {}", sentence(note)));
    comparison.reasons.iter().map(|reason| sentence(reason)).chain(notes)
}

fn table_head(before: &str) -> String {
    format!(
        "{before}| cell | metric | before → after | change | 95% interval | verdict |\n|---|---|--:|--:|---|---|\n"
    )
}

fn rows(cells: &[&CellComparison], metrics: &[&str]) -> Vec<String> {
    let row = |cell: &CellComparison, metric: &str| {
        let found = cell.metrics.get(metric)?;
        let fields = [
            name(cell.id.as_str()),
            sentence(&format::metric(metric)),
            sentence(&wording::from_to(found)),
            sentence(&wording::change(found).unwrap_or_default()),
            found.interval.map(wording::interval).unwrap_or_default(),
            wording::marked(cell, found.verdict),
        ];
        Some(table_row(&fields))
    };
    cells
        .iter()
        .flat_map(|cell| metrics.iter().filter_map(move |metric| row(cell, metric)))
        .collect()
}

/// Why cells are not unchanged.
fn findings(comparison: &Comparison) -> Vec<String> {
    let line = |found: wording::Finding<'_>| {
        format!("**{}**: {}: {}", found.what, names(&found.cells), sentence(found.reason))
    };
    wording::findings(comparison).into_iter().map(line).collect()
}

fn growth(cell: &CellComparison) -> Vec<String> {
    let line = |(metric, before, after): (&str, String, String)| {
        let metric = sentence(&format::metric(metric));
        let cell = name(cell.id.as_str());
        format!(
            "growth of {metric}: {cell}: before {}; after {}",
            sentence(&before),
            sentence(&after)
        )
    };
    wording::growth(cell).map(line).collect()
}

fn unpaired(comparison: &Comparison) -> Vec<String> {
    let line = |cell: &Unpaired| format!("{}: {}", name(cell.id.as_str()), wording::unpaired(cell));
    comparison.unpaired.iter().map(line).collect()
}

fn facts(comparison: &Comparison) -> Vec<String> {
    let facts = wording::facts(comparison);
    markdown::facts(facts.iter().map(|(what, fact)| (what.as_str(), fact.as_str())))
}

fn next(comparison: &Comparison) -> Vec<String> {
    let line = |next: wording::Next| format!("{} {}", name(&next.command), next.effect);
    wording::next(comparison).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
