//! The page that says which patch did it, and what the index says of it.

use serde::Serialize;

use crate::analyse::attribution::{
    Attribution, Contribution, Group, MetricAttribution, PatchAttribution, SeriesAttribution,
};
use crate::analyse::comparison::Verdict;
use crate::measurement::Unit;
use crate::render::attribution::wording;
use crate::render::{format, terminal};

/// The page, relative to the reports folder.
pub(super) const PAGE: &str = "attribution.html";

#[derive(Serialize)]
pub(super) struct AttributionView {
    root: &'static str,
    run: String,
    name: Option<String>,
    began: String,
    series: Vec<SeriesView>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct SeriesView {
    state: String,
    kind: &'static str,
    metrics: Vec<MetricView>,
    unapplied: Vec<UnappliedView>,
    lacking: Vec<Lacking>,
}

/// Cells without which something can't be told.
#[derive(Serialize)]
struct Lacking {
    ended: &'static str,
    cells: String,
}

#[derive(Serialize)]
struct UnappliedView {
    state: String,
    said: String,
    reason: String,
}

/// One metric of all groups.
#[derive(Serialize)]
struct MetricView {
    /// Different for every table of the page.
    anchor: String,
    name: String,
    patches: Vec<PatchView>,
    together: Vec<Together>,
    rows: Vec<RowView>,
}

#[derive(Serialize)]
struct PatchView {
    label: String,
    file: String,
    said: String,
}

#[derive(Serialize)]
struct Together {
    said: String,
    groups: Vec<String>,
}

#[derive(Serialize)]
struct RowView {
    group: String,
    from_to: String,
    total: EffectView,
    effects: Vec<EffectView>,
}

#[derive(Serialize)]
struct EffectView {
    label: String,
    sign: &'static str,
    word: String,
    /// `less`, `same`, `more` or `none`, as changes have it.
    class: &'static str,
    amount: Option<String>,
    /// Interval, figure without it, share of the gain.
    detail: String,
    bar: Option<Bar>,
    reason: String,
}

/// Lengths as percentages of the longest in the table.
#[derive(Serialize)]
struct Bar {
    length: f64,
    interval: Option<BarInterval>,
}

#[derive(Serialize)]
struct BarInterval {
    from: f64,
    length: f64,
}

/// What the index says, before the page does at length.
#[derive(Serialize)]
pub(super) struct AttributionNote {
    href: &'static str,
    state: String,
    metric: String,
    patches: Vec<PatchView>,
    together: Vec<Together>,
}

pub(super) fn view(attribution: &Attribution) -> AttributionView {
    let series = attribution.series.iter().enumerate();
    AttributionView {
        root: "",
        run: attribution.run.clone(),
        name: attribution.name.clone(),
        began: format::timestamp(attribution.started),
        series: series.map(|(place, series)| of_series(place, series)).collect(),
        notes: attribution.notes.clone(),
    }
}

/// One for each series: the first metric that is shown.
pub(super) fn notes(attribution: &Attribution) -> Vec<AttributionNote> {
    let note = |series: &SeriesAttribution| {
        let metric = wording::shown_metrics(series, &[]).first().copied()?;
        Some(AttributionNote {
            href: PAGE,
            state: series.state.clone(),
            metric: format::metric(metric),
            patches: patches(series, metric),
            together: together(series, metric),
        })
    };
    attribution.series.iter().filter_map(note).collect()
}

fn of_series(place: usize, series: &SeriesAttribution) -> SeriesView {
    let metrics = wording::shown_metrics(series, &[]).into_iter().enumerate();
    let unapplied = series.unapplied.iter().map(|it| UnappliedView {
        state: it.state.clone(),
        said: wording::unapplied(it),
        reason: it.reason.clone(),
    });
    SeriesView {
        state: series.state.clone(),
        kind: wording::kind(series.kind),
        metrics: metrics
            .map(|(number, name)| MetricView {
                anchor: format!("effects-{place}-{number}"),
                name: format::metric(name),
                patches: patches(series, name),
                together: together(series, name),
                rows: rows(series, name),
            })
            .collect(),
        unapplied: unapplied.collect(),
        lacking: wording::lacking(series)
            .into_iter()
            .map(|(ended, cells)| Lacking { ended, cells: terminal::some_of(&cells) })
            .collect(),
    }
}

fn patches(series: &SeriesAttribution, metric: &str) -> Vec<PatchView> {
    let patch = |patch: &PatchAttribution| PatchView {
        label: patch.label.clone(),
        file: patch.file.clone(),
        said: wording::purpose(patch, metric),
    };
    series.patches.iter().map(patch).collect()
}

fn together(series: &SeriesAttribution, metric: &str) -> Vec<Together> {
    let found = wording::together(series, metric).into_iter();
    found
        .map(|(said, groups)| Together {
            said,
            groups: groups.into_iter().map(str::to_owned).collect(),
        })
        .collect()
}

fn rows(series: &SeriesAttribution, name: &str) -> Vec<RowView> {
    let having = || series.groups.iter().filter_map(|it| Some((it, it.metrics.get(name)?)));
    let all = having().flat_map(|(_, metric)| metric.patches.iter().chain([&metric.total]));
    let longest = all.filter_map(|it| Some(it.amount?.value.abs())).fold(0.0, f64::max);
    let row = |(group, metric): (&Group, &MetricAttribution)| {
        let effect = |label: &str, it: &Contribution| effect(group, label, it, metric, longest);
        let effects = series.patches.iter().zip(&metric.patches).map(|(patch, it)| {
            let without = wording::without(it, &metric.unit, series.kind);
            let share = wording::share(it).map(|share| format!("{share} of the gain"));
            effect(&patch.label, it).with([without, share])
        });
        let change = metric.total.ratio.map(format::change);
        RowView {
            group: wording::group(group).to_owned(),
            from_to: wording::from_to(&metric.total, &metric.unit),
            total: effect("all", &metric.total).with([change, None]),
            effects: effects.collect(),
        }
    };
    having().map(row).collect()
}

fn effect(
    group: &Group,
    label: &str,
    contribution: &Contribution,
    metric: &MetricAttribution,
    longest: f64,
) -> EffectView {
    let unit: &Unit = &metric.unit;
    EffectView {
        label: label.to_owned(),
        sign: wording::sign(contribution.verdict),
        word: wording::judged(group, contribution),
        class: match contribution.verdict {
            Verdict::Improved => "less",
            Verdict::Regressed => "more",
            Verdict::Unchanged => "same",
            Verdict::Inconclusive | Verdict::NotComparable | Verdict::NotJudged => "none",
        },
        amount: wording::amount(contribution, unit),
        detail: wording::interval(contribution, unit).unwrap_or_default(),
        bar: bar(contribution, longest),
        reason: contribution.reason.clone(),
    }
}

impl EffectView {
    /// With more details; what only says the amount again is left out.
    fn with(mut self, more: [Option<String>; 2]) -> Self {
        let interval = Some(self.detail).filter(|it| self.amount.as_ref() != Some(it));
        let details: Vec<String> = interval
            .into_iter()
            .chain(more.into_iter().flatten())
            .filter(|it| !it.is_empty())
            .collect();
        self.detail = details.join("; ");
        self
    }
}

/// As long as the amount, whichever way it goes; its colour and its sign say which.
fn bar(contribution: &Contribution, longest: f64) -> Option<Bar> {
    let amount = contribution.amount.filter(|_| longest > 0.0)?;
    let place = |value: f64| (value / longest * 1000.0).round().clamp(0.0, 1000.0) / 10.0;
    let sign = if amount.value < 0.0 { -1.0 } else { 1.0 };
    let interval = amount.interval.map(|interval| {
        let ends = [place(sign * interval.low), place(sign * interval.high)];
        let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        BarInterval { from, length: to - from }
    });
    Some(Bar { length: place(amount.value.abs()), interval })
}
