//! One figure about one attempt, with all that is needed to read it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What a figure counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Bytes.
    #[serde(rename = "B")]
    Bytes,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// A number of something.
    #[serde(rename = "1")]
    Count,
    /// Whatever a workload called it.
    #[serde(untagged)]
    Other(String),
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The workload's first process alone.
    Process,
    /// That process and all its descendants.
    Tree,
    /// Their cgroup: with what the kernel holds for them, such as files that they read.
    Cgroup,
    /// The database server that serves it.
    Server,
    /// Sent by the workload itself.
    Workload,
}

/// How far a figure can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Counted or kept by the kernel: no moment is missed.
    Exact,
    /// Read now and then: what happens between two samples is not seen.
    Sampled,
}

/// One figure: a value with its unit, scope and precision; or the reason why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The value, in `unit`; `None` when it could not be had (never 0 instead).
    pub value: Option<f64>,
    /// What it counts.
    pub unit: Unit,
    /// Whose it is.
    pub scope: Scope,
    /// How far it can be believed.
    pub precision: Precision,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
    /// How the values were spread, if the workload sent more than one; `value` is their median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
}

/// How several values of one metric were spread, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// How many values there were.
    pub count: u64,
    /// Their arithmetic mean.
    pub mean: f64,
    /// Their sample standard deviation (divided by `count - 1`).
    pub standard_deviation: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// Figures by name: `peak_rss`, `peak_anon`, `peak_pss`, `peak_uss`, `wall_time`, `cpu_time`, …
pub type Metrics = IndexMap<String, Metric>;

impl Metric {
    /// A figure that was had.
    #[must_use]
    pub const fn new(value: f64, unit: Unit, scope: Scope, precision: Precision) -> Self {
        Self { value: Some(value), unit, scope, precision, unavailable: None, distribution: None }
    }

    /// A figure that could not be had, and why.
    pub fn unavailable(
        unit: Unit,
        scope: Scope,
        precision: Precision,
        why: impl Into<String>,
    ) -> Self {
        Self {
            value: None,
            unit,
            scope,
            precision,
            unavailable: Some(why.into()),
            distribution: None,
        }
    }
}
