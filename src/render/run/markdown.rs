//! A run's result for a pull request's comment or a job's summary.

use super::{Options, wording};
use crate::analyse::summary::{CellSummary, Summary};
use crate::render::facts;
use crate::render::markdown::{
    self, Bounded, FOLD_END, bullets, fold, name, names, sentence, table_row,
};
use crate::render::ranking;

/// The whole text.
pub(super) fn render(run: &str, summary: &Summary, options: &Options) -> String {
    let mut text = Bounded::new(markdown::LIMIT);
    text.section("", &[head(run, summary, options)], "");
    text.section(&format!("\n{}", table_head(summary, options)), &rows(summary, options), "");
    text.section("\n", &bullets(findings(summary)), "");
    ranking::sections(&mut text, &options.rankings);
    let facts = summary.run(run).map(facts::of_run).unwrap_or_default();
    let facts = markdown::facts(facts.iter().map(|it| (it.name.as_str(), it.value.as_str())));
    let start = fold("What was measured") + "| | |\n|---|---|\n";
    text.section(&start, &facts, FOLD_END);
    text.finish(markdown::left_out)
}

/// The comment lets an action find its earlier comment and write it anew.
fn head(run: &str, summary: &Summary, options: &Options) -> String {
    let incomplete = summary.cells.iter().any(|cell| wording::is_incomplete(cell, options.strict));
    let said = if incomplete { "❌ memgrid: incomplete" } else { "✅ memgrid: done" };
    let (run, counts) = (name(run), wording::counts(summary));
    format!("<!-- memgrid run -->\n\n## {said}\n\nRun {run}, {counts}\n")
}

fn table_head(summary: &Summary, options: &Options) -> String {
    let mut titles = vec!["cell".to_owned(), "outcome".to_owned(), "peak RSS".to_owned()];
    titles.extend(summary.baseline.iter().map(|(_, value)| format!("vs {}", name(value))));
    titles
        .extend(wording::beside(summary, &options.metrics).iter().map(|(name, _)| sentence(name)));
    titles.push("time".to_owned());
    let lines = ["---", "---"].into_iter().chain(std::iter::repeat_n("--:", titles.len() - 2));
    let lines: Vec<_> = lines.map(str::to_owned).collect();
    table_row(&titles) + &table_row(&lines)
}

fn rows(summary: &Summary, options: &Options) -> Vec<String> {
    let beside = wording::beside(summary, &options.metrics);
    summary.cells.iter().map(|cell| row(cell, summary.baseline.is_some(), &beside)).collect()
}

fn row(cell: &CellSummary, compared: bool, beside: &[(String, String)]) -> String {
    let figure = |metric: &str| sentence(&wording::figure(cell, metric));
    let mut fields = vec![name(cell.cell.id.as_str()), outcome(cell), figure("peak_rss")];
    if compared {
        fields.push(cell.changes.get("peak_rss").map(wording::change).unwrap_or_default());
    }
    fields.extend(beside.iter().map(|(_, metric)| figure(metric)));
    fields.push(figure("wall_time"));
    table_row(&fields)
}

fn outcome(cell: &CellSummary) -> String {
    let word = wording::outcome(cell);
    if wording::is_incomplete(cell, true) { format!("**{word}**") } else { word.to_owned() }
}

fn findings(summary: &Summary) -> Vec<String> {
    let line = |found: wording::Finding<'_>| {
        let help = found.help.map(|help| format!("; try {}", name(help))).unwrap_or_default();
        let (what, reason) = (found.what, sentence(found.reason));
        format!("**{what}**: {}: {reason}{help}", names(&found.cells))
    };
    wording::findings(summary).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
