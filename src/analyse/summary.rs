//! What the reports show, in the order in which a reader asks. `render` gets these and nothing else.

use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::comparison::{CellComparison, MetricComparison};
use super::summarise::IN_GRID;
use crate::collect::record::{AttemptRecord, RunManifest};
use crate::measurement::curves::{GRID, PROGRESS, thin};
use crate::measurement::{Better, Curves, Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId, Pass};
use crate::statistics::{Spread, spread};

/// The whole matrix as it stands: for each cell its newest result, whichever run it is from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Axes and their values, in matrix order.
    pub axes: IndexMap<String, Vec<String>>,
    /// The axis along which twins differ, and its baseline value.
    pub baseline: Option<(String, String)>,
    /// Cells in matrix order.
    pub cells: Vec<CellSummary>,
    /// The runs that the cells' results are from, newest first.
    /// Shared by the parts that pages are made from.
    #[serde(serialize_with = "each")]
    pub runs: Vec<Arc<RunManifest>>,
}

/// Serialises what is shared as if it weren't.
fn each<S: Serializer>(shared: &[Arc<RunManifest>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(shared.iter().map(AsRef::as_ref))
}

/// One cell's newest result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellSummary {
    /// The cell.
    pub cell: Cell,
    /// How it ended; `None` if it never ran.
    pub outcome: Option<Outcome>,
    /// What happened, unless it is `ok`.
    pub reason: Option<String>,
    /// A command that would help.
    pub help: Option<String>,
    /// The run that this result is from; `None` if the cell never ran.
    pub run: Option<String>,
    /// When that run began.
    pub measured: Option<Timestamp>,
    /// Figures over its measured attempts, by metric.
    pub metrics: IndexMap<String, Statistic>,
    /// Metrics that could not be had, with the reason.
    pub unavailable: IndexMap<String, String>,
    /// The cell that it is compared with.
    pub twin: Option<CellId>,
    /// Change against the twin, by metric.
    pub changes: IndexMap<String, Change>,
    /// What became of it against the twin, judged as `memgrid compare` judges; `None` without one.
    pub comparison: Option<CellComparison>,
    /// Digest of its output, if its attempts agree on one.
    pub output_digest: Option<String>,
    /// Its attempts in that run, warm-ups and failed ones included.
    pub attempts: Vec<AttemptRecord>,
    /// Its measured attempts that have readings.
    pub readings: Vec<Readings>,
    /// Curves of one measured attempt, the [typical one](Self::typical_attempt): those that the grid
    /// draws, as coarse as it does, and the others without points. All curves of all attempts are
    /// too many to be held for all cells at once: a page's are put here while it is made.
    pub curves: Vec<Curve>,
    /// What other runs have of it, newest first.
    pub earlier: Vec<EarlierResult>,
    /// What became of its peak since the newest earlier run in which it ended `ok`.
    pub since: Option<Since>,
    /// Its newest pass of each kind, whichever run that is from.
    pub passes: Vec<PassResult>,
}

/// A cell's peak RSS against that of an earlier run, judged as `memgrid compare` judges.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Since {
    /// The earlier run.
    pub run: String,
    /// What became of the peak.
    pub peak: MetricComparison,
}

/// A pass over a cell. It gives no figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassResult {
    /// What it looked for.
    pub pass: Pass,
    /// The run.
    pub run: String,
    /// How it went.
    pub attempt: AttemptRecord,
    /// What its readings are known by; `None` if it has none.
    pub readings: Option<String>,
    /// Its curves, thinned for display; empty but while a page is made that shows them.
    pub curves: Vec<Curve>,
}

/// An attempt's readings, without these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readings {
    /// The attempt.
    pub attempt: u32,
    /// What they are known by: another text as soon as they change.
    pub key: String,
}

/// What another run has of a cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EarlierResult {
    /// The run.
    pub run: String,
    /// When it began.
    pub measured: Timestamp,
    /// How the cell ended there.
    pub outcome: Outcome,
    /// What happened, unless it is `ok`.
    pub reason: Option<String>,
    /// Figures over its measured attempts, by metric.
    pub metrics: IndexMap<String, Statistic>,
    /// Its attempts there.
    pub attempts: Vec<AttemptRecord>,
}

/// One metric over a cell's measured attempts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statistic {
    /// What it counts.
    pub unit: Unit,
    /// Whose it is.
    pub scope: Scope,
    /// How many attempts it is from.
    pub count: usize,
    /// The middle value.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The sample standard deviation (divided by `count - 1`); `None` of a single attempt.
    pub standard_deviation: Option<f64>,
}

impl Statistic {
    /// Over one value for each attempt; `None` if none of them is a finite number.
    pub fn of(unit: Unit, scope: Scope, values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let Spread { count, median, min, max, mean, standard_deviation } = spread(values)?;
        Some(Self { unit, scope, count, median, min, max, mean, standard_deviation })
    }
}

/// A metric's change against the twin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The twin's median.
    pub before: f64,
    /// This cell's median.
    pub after: f64,
    /// `after / before`; `None` if `before` is 0 or the two can't be compared.
    pub ratio: Option<f64>,
    /// Which way the metric is better; `None` if nothing says so.
    pub better: Option<Better>,
    /// Why the two can't be compared: another machine, dataset, period, jobs setting.
    pub not_comparable: Option<String>,
}

/// Readings over time, for display.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curve {
    /// The attempt it is from.
    pub attempt: u32,
    /// What was read: `rss`, …
    pub metric: String,
    /// Seconds since exec, and the value (bytes).
    pub points: Vec<(f64, f64)>,
    /// Moments that the workload named: seconds since exec, and the name.
    pub marks: Vec<(f64, String)>,
}

impl Curve {
    /// All curves of an attempt.
    #[must_use]
    pub fn of(attempt: u32, curves: Curves) -> Vec<Self> {
        let Curves { marks, curves } = curves;
        let curve = |(metric, points)| Self { attempt, metric, points, marks: marks.clone() };
        curves.into_iter().map(curve).collect()
    }

    /// The same, as coarse as the grid draws it; without points and marks if it doesn't.
    #[must_use]
    pub fn sketched(self) -> Self {
        if IN_GRID.contains(&self.metric.as_str()) {
            return self.thinned(GRID);
        }
        if self.metric == PROGRESS {
            // From where to where is all that is asked of it.
            return self.thinned(0);
        }
        Self { points: Vec::new(), marks: Vec::new(), ..self }
    }

    /// The same with at most `limit` points.
    #[must_use]
    pub fn thinned(&self, limit: usize) -> Self {
        let (metric, marks) = (self.metric.clone(), self.marks.clone());
        Self { attempt: self.attempt, metric, points: thin(&self.points, limit), marks }
    }
}

impl EarlierResult {
    /// The attempts that have samples, warm-ups left out.
    pub fn measured(&self) -> impl Iterator<Item = &AttemptRecord> {
        let has_samples = |attempt: &&AttemptRecord| {
            attempt.result.as_ref().is_some_and(|result| result.samples > 0)
        };
        self.attempts.iter().filter(|attempt| !attempt.warmup).filter(has_samples)
    }
}

impl Summary {
    /// The cell of this id.
    #[must_use]
    pub fn cell(&self, id: &CellId) -> Option<&CellSummary> {
        self.cells.iter().find(|cell| cell.cell.id == *id)
    }

    /// The run of this id, if a cell's result is from it.
    #[must_use]
    pub fn run(&self, id: &str) -> Option<&RunManifest> {
        self.runs.iter().map(AsRef::as_ref).find(|run| run.run == id)
    }
}

impl CellSummary {
    /// The attempt to read about: the first that went wrong if one did, otherwise the one
    /// that is drawn, or the last.
    #[must_use]
    pub fn telling_attempt(&self) -> Option<&AttemptRecord> {
        let went_wrong = |attempt: &&AttemptRecord| attempt.outcome != Outcome::Ok;
        let drawn = self.typical_attempt();
        let wrong = self.attempts.iter().find(went_wrong);
        let typical = self.attempts.iter().find(|attempt| Some(attempt.number) == drawn);
        wrong.or(typical).or_else(|| self.attempts.last())
    }

    /// The measured attempt whose peak RSS is nearest to the median: the one to draw when only
    /// one can be drawn.
    #[must_use]
    pub fn typical_attempt(&self) -> Option<u32> {
        let drawn = |attempt: &u32| self.curves.iter().any(|curve| curve.attempt == *attempt);
        self.by_typicality().into_iter().find(drawn)
    }

    /// The attempts that have readings, the one whose peak RSS is nearest to the median first.
    #[must_use]
    pub fn by_typicality(&self) -> Vec<u32> {
        let peak = |attempt: &AttemptRecord| {
            attempt
                .result
                .as_ref()?
                .metrics
                .get("peak_rss")?
                .value
                .filter(|value| value.is_finite())
        };
        let median = self.metrics.get("peak_rss").map(|statistic| statistic.median);
        let distance = |attempt: &AttemptRecord| match (peak(attempt), median) {
            (Some(peak), Some(median)) => (peak - median).abs(),
            _ => f64::INFINITY,
        };
        let has_readings = |attempt: &&AttemptRecord| {
            self.readings.iter().any(|readings| readings.attempt == attempt.number)
        };
        let mut attempts: Vec<_> = self.attempts.iter().filter(has_readings).collect();
        attempts.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
        attempts.into_iter().map(|attempt| attempt.number).collect()
    }
}
