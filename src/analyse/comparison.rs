//! What a comparison found, in the order in which a reader asks. `render` gets this and nothing
//! else; its JSON is documented in `docs/output.md`.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use super::summary::Statistic;
use crate::config::{Limit, Rule};
pub use crate::measurement::Shape;
use crate::measurement::{Better, Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;

#[cfg(test)]
pub(crate) mod sample;

/// Version of a comparison's shape as JSON.
pub const SCHEMA: u32 = 1;

/// Two sides, cell by cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What it is measured against.
    pub before: Side,
    /// What is judged.
    pub after: Side,
    /// The gate's rules in force; the last one that names a cell and a metric counts.
    pub rules: Vec<Rule>,
    /// Cells that both sides have, in matrix order.
    pub cells: Vec<CellComparison>,
    /// Cells that only one side has.
    pub unpaired: Vec<Unpaired>,
    /// What the gate says.
    pub gate: Gate,
    /// Why, in one sentence for each reason; empty if it passed.
    pub reasons: Vec<String>,
    /// What a reader should know beside that, such as a calibration that could not be used.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Cells in which a metric became worse than its rule allows, be that noise or not: those that
    /// `--confirm` measures again.
    pub fn suspects(&self) -> impl Iterator<Item = &CellComparison> {
        self.cells.iter().filter(|cell| cell.metrics.values().any(|metric| metric.beyond_limit))
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// What people call it: `unpatched`, `latest~1`, a run's name.
    pub label: String,
    /// The run.
    pub run: String,
    /// The name that the run was given.
    pub name: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// The value that its cells share, if two values of one axis are compared: axis and value.
    pub value: Option<(String, String)>,
    /// Commits (or versions) of its sources, by state and then by source.
    pub revisions: IndexMap<String, IndexMap<String, String>>,
}

/// What the gate says of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Nothing regressed, and everything that should have been compared was.
    Passed,
    /// A cell regressed.
    Regressed,
    /// Nothing that was compared regressed, but not all was: a cell failed, or is missing on one
    /// side, or nothing was compared at all.
    Incomplete,
}

/// One cell on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CellComparison {
    /// The cell on the judged side.
    pub id: CellId,
    /// The cell on the other side: the same one, or its twin.
    pub before: CellId,
    /// How it ended before and after; `None`: never ran.
    pub outcomes: (Option<Outcome>, Option<Outcome>),
    /// The worst verdict among the metrics that a rule names.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// Metrics that either side has, in the order of the attempts' results.
    pub metrics: IndexMap<String, MetricComparison>,
    /// How its memory grows with the rows done, for each metric that can tell.
    pub growth: IndexMap<String, Growth>,
    /// Whether it was measured again before it was believed.
    pub confirmed: bool,
}

/// A cell that only one side has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unpaired {
    /// The cell.
    pub id: CellId,
    /// Whether it is the judged side that has it.
    pub after: bool,
    /// How it ended there.
    pub outcome: Option<Outcome>,
}

/// What was concluded about a metric, or about a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing says whether more of it is better or worse: how it changed is all that can be said.
    NotJudged,
    /// Better, by more than the threshold and the noise.
    Improved,
    /// No difference that matters.
    Unchanged,
    /// There are too few repeats, or they are too far apart, to tell.
    Inconclusive,
    /// The two can't be compared; the reason says why.
    NotComparable,
    /// Worse, by more than the threshold and the noise.
    Regressed,
}

/// One metric of a cell on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricComparison {
    /// What it counts.
    pub unit: Unit,
    /// Whose it is.
    pub scope: Scope,
    /// Which way it is better; `None` if nothing says so.
    pub better: Option<Better>,
    /// Over the baseline's measured attempts; `None` if it has no value there.
    pub before: Option<Statistic>,
    /// Over the judged side's measured attempts.
    pub after: Option<Statistic>,
    /// `after / before`, of the medians; `None` if `before` is 0 or they can't be compared.
    pub ratio: Option<f64>,
    /// `after − before`, in the unit.
    pub difference: Option<f64>,
    /// Bootstrap interval of the ratio.
    pub interval: Option<Interval>,
    /// Of the rank test, where there are enough repeats to carry one.
    pub p_value: Option<f64>,
    /// The change that is normal when nothing changed.
    pub noise: Option<Noise>,
    /// The gate's rule for it, if there is one.
    pub rule: Option<Rule>,
    /// Whether it became worse than its rule allows, be that noise or not: worth measuring again.
    pub beyond_limit: bool,
    /// The conclusion.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
}

/// Where a ratio lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// How often such an interval holds the truth: 0.95.
    pub confidence: f64,
}

/// A noise floor, and where it is from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Noise {
    /// As a share (0.002 is 0.2%), or in the unit of a rule that has one.
    pub size: Limit,
    /// Where it is from.
    pub source: NoiseSource,
}

/// Where a noise floor is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseSource {
    /// `memgrid calibrate` measured this cell on this machine.
    Cell,
    /// `memgrid calibrate` measured other cells of this matrix on this machine: the noisiest.
    Machine,
    /// No calibration: the spread of the repeats that are compared.
    Repeats,
    /// Neither calibration nor enough repeats: more than was ever seen.
    Assumed,
}

/// How memory grows with the rows done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// On the baseline's side.
    pub before: Option<Slope>,
    /// On the judged side.
    pub after: Option<Slope>,
}

/// A line through memory against rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slope {
    /// In one word.
    pub shape: Shape,
    /// Bytes a row.
    pub bytes_per_row: f64,
    /// What the word rests on, in one sentence.
    pub evidence: String,
}
