//! An attribution for a pull request's comment or a job's summary.

use super::wording;
use crate::analyse::attribution::{
    Attribution, Contribution, Group, MetricAttribution, SeriesAttribution,
};
use crate::measurement::Unit;
use crate::render::comparison::Options;
use crate::render::format;
use crate::render::markdown::{self, Bounded, bullets, name, names, sentence, table_row};

/// The whole text.
pub(super) fn render(attribution: &Attribution, options: &Options) -> String {
    let mut text = Bounded::new(markdown::LIMIT);
    let run = name(&attribution.run);
    text.section("", &[format!("## memgrid: which patch did it\n\nRun {run}.\n")], "");
    for series in &attribution.series {
        of_series(series, options, &mut text);
    }
    text.section("\n", &bullets(attribution.notes.iter().map(|note| sentence(note))), "");
    text.finish(markdown::left_out)
}

fn of_series(series: &SeriesAttribution, options: &Options, text: &mut Bounded) {
    let head = format!("\n### {}\n\n{}\n", name(&series.state), wording::kind(series.kind));
    text.section("", &[head], "");
    for metric in wording::shown_metrics(series, &options.metrics) {
        let purpose = series.patches.iter().map(|patch| {
            format!("{} {}", name(&patch.label), sentence(&wording::purpose(patch, metric)))
        });
        let together = wording::together(series, metric).into_iter();
        let together =
            together.map(|(said, groups)| format!("{}: {}", sentence(&said), names(&groups)));
        let start = format!("\n**{}**\n\n", sentence(&format::metric(metric)));
        text.section(&start, &bullets(purpose.chain(together)), "");
        let rows = series.groups.iter().filter_map(|it| Some(row(it, it.metrics.get(metric)?)));
        text.section(&table_head(series), &rows.collect::<Vec<_>>(), "");
    }
    let unapplied = series.unapplied.iter().map(|state| {
        format!("{}: {}", sentence(&wording::unapplied(state)), sentence(&state.reason))
    });
    let lacking = wording::lacking(series).into_iter().map(|(ended, cells)| {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        format!("{}: {}", sentence(ended), names(&cells))
    });
    text.section("\n", &bullets(unapplied.chain(lacking)), "");
}

fn table_head(series: &SeriesAttribution) -> String {
    let mut head = vec!["cell".to_owned(), "none → all".to_owned(), "change".to_owned()];
    head.extend(series.patches.iter().map(|patch| name(&patch.label)));
    let line = format!("|---|{}\n", "--:|".repeat(head.len() - 1));
    format!("\n{}{line}", table_row(&head))
}

fn row(group: &Group, metric: &MetricAttribution) -> String {
    let mut fields = vec![
        name(wording::group(group)),
        sentence(&wording::from_to(&metric.total, &metric.unit)),
        match metric.total.ratio {
            Some(ratio) => sentence(&format::change(ratio)),
            None => sentence(&wording::judged(group, &metric.total)),
        },
    ];
    fields.extend(metric.patches.iter().map(|patch| effect(group, patch, &metric.unit)));
    table_row(&fields)
}

fn effect(group: &Group, patch: &Contribution, unit: &Unit) -> String {
    let sign = wording::sign(patch.verdict);
    let Some(amount) = wording::amount(patch, unit) else {
        return sentence(&format!("{} {sign}", wording::judged(group, patch)));
    };
    let interval = wording::interval(patch, unit).map(|it| format!(" ({it})")).unwrap_or_default();
    sentence(&format!("{amount} {sign}{interval}"))
}
