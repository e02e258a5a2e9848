//! How the values of a metric that an attempt sent several times were spread, attempt by attempt.

use serde::Serialize;

use crate::analyse::summary::CellSummary;
use crate::collect::record::AttemptRecord;
use crate::measurement::{Distribution, Metric};
use crate::outcome::Outcome;
use crate::render::format;

/// One metric in one attempt.
#[derive(Debug, Serialize)]
pub(super) struct SpreadView {
    name: String,
    attempt: u32,
    count: String,
    median: String,
    mean: String,
    deviation: String,
    min: String,
    max: String,
}

/// Those of the cell's measured attempts that ended well: metric by metric.
pub(super) fn view(cell: &CellSummary) -> Vec<SpreadView> {
    let measured = |it: &&AttemptRecord| !it.warmup && it.outcome == Outcome::Ok;
    let attempts = || cell.attempts.iter().filter(measured);
    let of_metric = |name: &String| {
        let sent = attempts().filter_map(|attempt| {
            let metric = attempt.metric(name)?;
            Some(spread(name, attempt.number, metric, metric.distribution.as_ref()?))
        });
        sent.collect::<Vec<_>>()
    };
    cell.metrics.keys().flat_map(of_metric).collect()
}

fn spread(name: &str, attempt: u32, metric: &Metric, of: &Distribution) -> SpreadView {
    let value = |value: f64| format::precise(&metric.unit, value);
    SpreadView {
        name: format::metric(name),
        attempt,
        count: format::thousands(i64::try_from(of.count).unwrap_or(i64::MAX)),
        median: metric.value.map_or_else(|| "–".to_owned(), value),
        mean: value(of.mean),
        deviation: value(of.standard_deviation),
        min: value(of.min),
        max: value(of.max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::Sample;
    use crate::measurement::{Precision, Scope, Unit};

    #[test]
    fn only_what_came_several_times_has_a_spread() {
        let mut sample = Sample::default_matrix();
        let of = Distribution {
            count: 1200,
            mean: 0.002,
            standard_deviation: 0.001,
            min: 0.0005,
            max: 0.03,
        };
        for attempt in sample.attempts(0, "sqlite/json/patched") {
            let metric = Metric {
                distribution: Some(of),
                ..Metric::new(0.0015, Unit::Seconds, Scope::Workload, Precision::Exact)
            };
            attempt.result.as_mut().unwrap().metrics.insert("latency".to_owned(), metric);
        }
        let summary = sample.summary();
        let cell = |id: &str| summary.cells.iter().find(|it| it.cell.id.as_str() == id).unwrap();
        let spreads = view(cell("sqlite/json/patched"));
        assert_eq!(spreads.len(), 1);
        let SpreadView { name, count, median, max, .. } = &spreads[0];
        assert_eq!([name, count, median, max], ["latency", "1,200", "1.50 ms", "30.0 ms"]);
        assert!(view(cell("sqlite/json/unpatched")).is_empty());
    }
}
