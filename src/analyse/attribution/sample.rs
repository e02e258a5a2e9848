//! Runs of a series whose effects are known, for tests here and of what shows them.

use indexmap::IndexMap;

use super::*;
use crate::analyse::sample::Sample;
use crate::collect::record::RunRecord;
use crate::config::Rule;
use crate::measurement::{Directions, Precision};
use crate::plan::Cell;

/// A run in which every state of a series was measured.
pub(crate) struct SeriesSample {
    pub(crate) run: RunRecord,
    pub(crate) cells: Vec<Cell>,
}

/// The three patches of the default matrix.
pub(crate) const PATCHES: [&str; 3] = ["5423", "yaml", "16614"];

impl SeriesSample {
    /// A series of `labels` over the product of `axes`. `peak` gives a cell's peak (MiB) in each of
    /// its attempts, from its values but for the state and the patches that it has.
    pub(crate) fn new(
        kind: SeriesKind,
        labels: &[&str],
        axes: &[(&str, &[&str])],
        peaks: impl Fn(&Cell, &[usize]) -> Vec<f64>,
    ) -> Self {
        let series = record(kind, labels);
        let states: Vec<&str> = series.states.keys().map(String::as_str).collect();
        let axes: Vec<_> = axes.iter().copied().chain([("state", states.as_slice())]).collect();
        let mut sample = Sample::new(&axes, Some(("state", "unpatched")));
        for cell in sample.cells.clone() {
            let attempts: Vec<(f64, f64)> = peaks(&cell, &series.states[cell.state().unwrap()])
                .iter()
                .map(|it| (*it, 2.0))
                .collect();
            sample.measure(0, &cell.id, &attempts);
            for attempt in sample.attempts(0, cell.id.as_str()) {
                for metric in attempt.result.as_mut().unwrap().metrics.values_mut() {
                    metric.precision = Precision::Exact;
                }
            }
        }
        let mut run = sample.runs.remove(0);
        run.manifest.series = IndexMap::from([("patched".to_owned(), series)]);
        Self { run, cells: sample.cells }
    }

    /// The default matrix, with the peaks that were measured of it: five repeats each.
    pub(crate) fn default_matrix() -> Self {
        let axes: [(&str, &[&str]); 2] =
            [("backend", &["sqlite", "postgresql", "mysql"]), ("format", &["json", "xml", "yaml"])];
        Self::new(SeriesKind::LeaveOneOut, &PATCHES, &axes, |cell, having| {
            let (backend, format) = (cell.axes["backend"].as_str(), cell.axes["format"].as_str());
            let has = |patch| having.contains(&patch);
            let least = if backend == "postgresql" { 63.0 } else { 51.6 };
            let rows = match backend {
                "sqlite" => 121.0,
                "postgresql" => 185.0,
                _ => 161.0,
            };
            let streams = has(0) && (backend != "mysql" || has(2));
            let peak = match (format == "yaml" && !has(1), streams) {
                (true, true) => rows + 261.0,
                (true, false) => rows + 273.0,
                (false, true) => least,
                (false, false) => rows,
            };
            [0.0, 0.2, -0.1, 0.1, -0.2].iter().map(|noise| peak + noise).collect()
        })
    }

    pub(crate) fn attribute(&self) -> Attribution {
        attribute(&AttributionInput {
            run: &self.run,
            cells: &self.cells,
            rules: &Rule::defaults(),
            directions: &Directions::default(),
            noise: None,
        })
    }

    /// The attribution of the only series.
    pub(crate) fn series(&self) -> SeriesAttribution {
        self.attribute().series.remove(0)
    }

    /// Ends a cell in another way.
    pub(crate) fn end(&mut self, id: &str, outcome: Outcome, reason: &str) {
        let results = self.run.cells.iter_mut().find(|(cell, _)| cell.as_str() == id).unwrap().1;
        results.attempts.clear();
        let record = results.record.as_mut().unwrap();
        (record.outcome, record.reason) = (outcome, Some(reason.to_owned()));
    }
}

/// A series of a state `patched`, as `config` makes it.
pub(crate) fn record(kind: SeriesKind, labels: &[&str]) -> SeriesRecord {
    let patches = labels.iter().map(|label| SeriesPatchRecord {
        label: (*label).to_owned(),
        source: "subject".to_owned(),
        name: format!("{label}.patch"),
    });
    let all: Vec<usize> = (0..labels.len()).collect();
    let mut states = IndexMap::from([("unpatched".to_owned(), Vec::new())]);
    match kind {
        SeriesKind::LeaveOneOut => {
            states.insert("patched".to_owned(), all.clone());
            for (index, label) in labels.iter().enumerate() {
                let others = all.iter().copied().filter(|it| *it != index).collect();
                states.insert(format!("patched-without-{label}"), others);
            }
        }
        SeriesKind::Cumulative => {
            for (index, label) in labels.iter().enumerate().take(labels.len() - 1) {
                states.insert(format!("patched-up-to-{label}"), all[..=index].to_vec());
            }
            states.insert("patched".to_owned(), all);
        }
    }
    SeriesRecord { kind, patches: patches.collect(), states }
}
