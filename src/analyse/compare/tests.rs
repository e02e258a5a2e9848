//! Comparisons of runs with known differences.

mod gate;
mod noise;
mod pairs;
mod verdicts;

use super::*;
use crate::analyse::comparison::{CellComparison, Gate, MetricComparison, NoiseSource, Verdict};
use crate::analyse::sample::{Sample, run};
use crate::config::Limit;
use crate::outcome::Outcome;

const CELL: &str = "sqlite/json/patched";

/// Two runs of the default matrix, the second a day later, and what they are judged by.
struct Night {
    before: RunRecord,
    after: RunRecord,
    cells: Vec<Cell>,
    rules: Vec<Rule>,
    directions: Directions,
    noise: Option<NoiseFloors>,
    strict: bool,
}

impl Night {
    /// Both the same, with one attempt a cell.
    fn quiet() -> Self {
        let sample = Sample::default_matrix();
        let before = sample.runs[0].clone();
        let mut after = before.clone();
        after.manifest.run = "20261122-221530-aaaa".to_owned();
        let rules = Rule::defaults().to_vec();
        let directions = Directions::default();
        Self { before, after, cells: sample.cells, rules, directions, noise: None, strict: false }
    }

    /// One cell alone, with these peaks (MiB) before and after.
    fn of(before: &[f64], after: &[f64]) -> Self {
        let measured = |peaks: &[f64], name: &str| {
            let mut sample = Sample::new(&[("a", &["x"])], None);
            sample.runs = vec![run(name)];
            let attempts: Vec<_> = peaks.iter().map(|peak| (*peak, 2.0)).collect();
            let id = sample.cells[0].id.clone();
            sample.measure(0, &id, &attempts);
            for attempt in sample.attempts(0, "x") {
                let result = attempt.result.as_mut().unwrap();
                for metric in result.metrics.values_mut() {
                    metric.precision = crate::measurement::Precision::Exact;
                }
            }
            sample
        };
        let (one, other) = (measured(before, "one"), measured(after, "other"));
        Self {
            before: one.runs[0].clone(),
            after: other.runs[0].clone(),
            cells: one.cells,
            rules: Rule::defaults().to_vec(),
            directions: Directions::default(),
            noise: None,
            strict: false,
        }
    }

    fn ruled(mut self, rules: &[&str]) -> Self {
        self.rules = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        self
    }

    fn calibrated(mut self, peaks: &[f64]) -> Self {
        self.noise = NoiseFloors::measure(&[Self::of(peaks, peaks).before]);
        self
    }

    fn compare(&self) -> Comparison {
        self.compare_values(None)
    }

    fn compare_values(&self, values: Option<[(&str, &str); 2]>) -> Comparison {
        let side = |run, label, value| CompareSide { label, run, value };
        compare(&CompareInput {
            before: side(&self.before, "before", values.map(|it| it[0])),
            after: side(&self.after, "after", values.map(|it| it[1])),
            expected: &self.cells,
            rules: &self.rules,
            directions: &self.directions,
            noise: self.noise.as_ref(),
            confirmed: &HashSet::new(),
            strict: self.strict,
        })
    }

    /// The one cell's peak RSS.
    fn peak(&self) -> MetricComparison {
        self.compare().cells[0].metrics["peak_rss"].clone()
    }
}

fn cell<'a>(comparison: &'a Comparison, id: &str) -> &'a CellComparison {
    comparison.cells.iter().find(|cell| cell.id.as_str() == id).unwrap()
}

/// Multiplies all peaks of a cell.
fn scale(run: &mut RunRecord, id: &str, factor: f64) {
    let results = run.cells.iter_mut().find(|(cell, _)| cell.as_str() == id).unwrap().1;
    for attempt in &mut results.attempts {
        let metrics = &mut attempt.result.as_mut().unwrap().metrics;
        let value = metrics["peak_rss"].value.unwrap();
        metrics["peak_rss"].value = Some(value * factor);
    }
}

/// Ends a cell in another way.
fn end(run: &mut RunRecord, id: &str, outcome: Outcome) {
    let results = run.cells.iter_mut().find(|(cell, _)| cell.as_str() == id).unwrap().1;
    results.attempts.clear();
    results.record.as_mut().unwrap().outcome = outcome;
}
