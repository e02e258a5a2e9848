//! Comparisons for tests: a night that has some of everything, a quiet one, and arbitrary ones.

use indexmap::IndexMap;

use super::*;
use crate::measurement::Better;

mod arbitrary;

pub(crate) use arbitrary::any;

const MIB: f64 = 1024.0 * 1024.0;

/// Cells of the default matrix with their peaks in MiB.
const PEAKS: [(&str, f64); 12] = [
    ("sqlite/json/unpatched", 121.0),
    ("sqlite/json/patched", 51.6),
    ("sqlite/yaml/unpatched", 394.0),
    ("sqlite/yaml/patched", 52.4),
    ("postgresql/json/unpatched", 185.0),
    ("postgresql/json/patched", 63.0),
    ("postgresql/yaml/unpatched", 411.0),
    ("postgresql/yaml/patched", 63.0),
    ("mysql/json/unpatched", 161.0),
    ("mysql/json/patched", 51.6),
    ("mysql/yaml/unpatched", 406.0),
    ("mysql/yaml/patched", 51.5),
];

/// A night in which nothing happened.
pub(crate) fn quiet_night() -> Comparison {
    Comparison {
        schema: SCHEMA,
        before: side(
            "latest~1",
            "20261120-021500-a1b2",
            "4f9a0c2d7be1e2f3a4b5c6d7e8f90a1b2c3d4e5f",
        ),
        after: side("latest", "20261121-021500-c3d4", "77aa01b2c3d4e5f60718293a4b5c6d7e8f90a1b2"),
        rules: vec![rule()],
        cells: PEAKS.map(|(id, peak)| unchanged(id, peak)).into(),
        unpaired: Vec::new(),
        gate: Gate::Passed,
        reasons: Vec::new(),
        notes: Vec::new(),
    }
}

/// A night in which something of everything happened: two cells buffer again, one no longer does,
/// one is too noisy to tell, one had other rows, one failed, one is new and one is gone.
pub(crate) fn night() -> Comparison {
    let mut night = quiet_night();
    let cells = &mut night.cells;
    buffer_again(find(cells, "sqlite/yaml/patched"), 392.0);
    buffer_again(find(cells, "postgresql/yaml/patched"), 409.0);
    stop_buffering(find(cells, "mysql/json/unpatched"), 52.0);
    doubt(find(cells, "mysql/json/patched"));
    refuse(find(cells, "mysql/yaml/unpatched"));
    fail(find(cells, "mysql/yaml/patched"));
    night.unpaired = vec![
        Unpaired { id: id("sqlite/csv/patched"), after: true, outcome: Some(Outcome::Ok) },
        Unpaired { id: id("sqlite/xml/patched"), after: false, outcome: Some(Outcome::Ok) },
    ];
    night.gate = Gate::Regressed;
    night.reasons = vec![
        "2 cells regressed: sqlite/yaml/patched, postgresql/yaml/patched".to_owned(),
        "mysql/yaml/patched failed".to_owned(),
    ];
    night.notes = vec!["the calibration is 40 days old".to_owned()];
    night
}

pub(crate) fn id(text: &str) -> CellId {
    CellId::from_values(text.split('/'))
}

pub(crate) fn find<'a>(cells: &'a mut [CellComparison], id: &str) -> &'a mut CellComparison {
    cells.iter_mut().find(|cell| cell.id.as_str() == id).unwrap()
}

fn rule() -> Rule {
    Rule { cells: None, metric: "peak_rss".to_owned(), limit: Limit::Relative(0.03) }
}

fn side(label: &str, run: &str, commit: &str) -> Side {
    let day = if label == "latest" { 21 } else { 20 };
    let sources: IndexMap<_, _> = [("subject".to_owned(), commit.to_owned())].into();
    Side {
        label: label.to_owned(),
        run: run.to_owned(),
        name: (label == "latest").then(|| "nightly".to_owned()),
        started: format!("2026-11-{day}T02:15:00Z").parse().unwrap(),
        value: None,
        revisions: ["unpatched", "patched"].map(|state| (state.to_owned(), sources.clone())).into(),
    }
}

fn statistic(unit: &Unit, scope: Scope, median: f64) -> Statistic {
    let (unit, min, max) = (unit.clone(), median * 0.999, median * 1.001);
    let (mean, standard_deviation) = (median, Some(median * 0.001));
    Statistic { unit, scope, count: 5, median, min, max, mean, standard_deviation }
}

fn same(unit: Unit, scope: Scope, value: f64) -> MetricComparison {
    MetricComparison {
        better: Some(Better::Lower),
        before: Some(statistic(&unit, scope, value)),
        after: Some(statistic(&unit, scope, value)),
        unit,
        scope,
        ratio: Some(1.0),
        difference: Some(0.0),
        interval: Some(Interval { low: 0.999, high: 1.001, confidence: 0.95 }),
        p_value: Some(0.84),
        noise: Some(Noise { size: Limit::Relative(0.001), source: NoiseSource::Cell }),
        rule: None,
        beyond_limit: false,
        verdict: Verdict::Unchanged,
        reason: "within the noise of 0.1%".to_owned(),
    }
}

fn unchanged(cell: &str, peak: f64) -> CellComparison {
    let metrics = [
        ("peak_rss", same(Unit::Bytes, Scope::Tree, peak * MIB)),
        ("peak_heap", same(Unit::Bytes, Scope::Tree, peak * 0.7 * MIB)),
        ("wall_time", same(Unit::Seconds, Scope::Tree, 2.1)),
    ];
    let mut metrics: IndexMap<_, _> =
        metrics.map(|(name, metric)| (name.to_owned(), metric)).into();
    metrics["peak_rss"].rule = Some(rule());
    CellComparison {
        id: id(cell),
        before: id(cell),
        outcomes: (Some(Outcome::Ok), Some(Outcome::Ok)),
        verdict: Verdict::Unchanged,
        reason: "peak RSS is within the noise of 0.1%".to_owned(),
        metrics,
        growth: IndexMap::new(),
        confirmed: false,
    }
}

/// Makes a metric another one after, and the cell's verdict with it.
fn change(cell: &mut CellComparison, after: f64, verdict: Verdict, reason: &str) {
    for (name, after) in [("peak_rss", after * MIB), ("peak_heap", after * 0.7 * MIB)] {
        let metric = &mut cell.metrics[name];
        let before = metric.before.as_ref().unwrap().median;
        let ratio = after / before;
        metric.after = Some(statistic(&metric.unit, metric.scope, after));
        metric.ratio = Some(ratio);
        metric.difference = Some(after - before);
        metric.interval =
            Some(Interval { low: ratio * 0.998, high: ratio * 1.002, confidence: 0.95 });
        metric.p_value = Some(0.0079);
        (metric.verdict, metric.reason) = (verdict, reason.to_owned());
    }
    (cell.verdict, cell.reason) = (verdict, format!("peak RSS {reason}"));
}

fn slope(shape: Shape, bytes_per_row: f64, evidence: &str) -> Slope {
    Slope { shape, bytes_per_row, evidence: evidence.to_owned() }
}

fn buffer_again(cell: &mut CellComparison, peak: f64) {
    change(cell, peak, Verdict::Regressed, "rose by more than 3% and the noise of 0.1%");
    let before = slope(Shape::Flat, 2.1, "2 of 50 rows' worth is within the noise");
    let after = slope(Shape::Linear, 7123.4, "a line explains 99.8% of the rise");
    let growth = Growth { before: Some(before), after: Some(after) };
    cell.growth.insert("rss".to_owned(), growth);
    cell.confirmed = true;
}

fn stop_buffering(cell: &mut CellComparison, peak: f64) {
    change(cell, peak, Verdict::Improved, "fell by more than 3% and the noise of 0.1%");
}

fn doubt(cell: &mut CellComparison) {
    change(cell, 54.0, Verdict::Inconclusive, "rose, but 2 repeats are too few to tell");
    cell.metrics["peak_rss"].interval = None;
    cell.metrics["peak_rss"].p_value = None;
}

fn refuse(cell: &mut CellComparison) {
    let reason = "measured in another run with another dataset";
    for metric in cell.metrics.values_mut() {
        (metric.ratio, metric.difference, metric.interval, metric.p_value) =
            (None, None, None, None);
        (metric.verdict, metric.reason) = (Verdict::NotComparable, reason.to_owned());
    }
    (cell.verdict, cell.reason) = (Verdict::NotComparable, reason.to_owned());
}

fn fail(cell: &mut CellComparison) {
    refuse(cell);
    cell.outcomes.1 = Some(Outcome::Failed);
    cell.reason = "it failed on the judged side: exit status 1".to_owned();
    for metric in cell.metrics.values_mut() {
        metric.after = None;
        metric.reason = "it has no value on the judged side".to_owned();
    }
}
