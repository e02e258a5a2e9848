//! A rule of the gate: how much worse a metric may become before a comparison fails.

mod amount;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use crate::measurement::Unit;
use crate::plan::CellId;

pub use parse::RuleError;

/// `peak_rss>3%`, or `*/yaml/*:growth_rss>16B/row`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The cells that it is for, as a glob over their ids; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<String>,
    /// The metric.
    pub metric: String,
    /// How much worse it may become.
    pub limit: Limit,
}

/// How much worse a metric may become.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// As a share of what it was: 0.03 is 3%.
    Relative(f64),
    /// In a unit.
    Absolute {
        /// How many.
        value: f64,
        /// Of what.
        unit: Unit,
    },
}

impl Rule {
    /// What a gate without rules of its own goes by: `peak_rss>3%`, and `peak_heap>3%`, which
    /// only means something where live heap was counted.
    #[must_use]
    pub fn defaults() -> [Self; 2] {
        ["peak_rss", "peak_heap"].map(|metric| Self {
            cells: None,
            metric: metric.to_owned(),
            limit: Limit::Relative(0.03),
        })
    }

    /// Of `rules` the one that counts for a cell and a metric: the last that is for both.
    #[must_use]
    pub fn find<'a>(rules: &'a [Self], cell: &CellId, metric: &str) -> Option<&'a Self> {
        let of_metric = rules.iter().rev().filter(|rule| rule.metric == metric);
        of_metric.into_iter().find(|rule| rule.is_for(cell))
    }

    /// Whether it is for `cell`, whatever the metric: its glob is the cell's id, or matches it.
    #[must_use]
    pub fn is_for(&self, cell: &CellId) -> bool {
        let id = cell.as_str();
        let matches = |glob: &String| glob == id || matcher(glob).is_ok_and(|it| it.is_match(id));
        self.cells.as_ref().is_none_or(matches)
    }
}

impl Limit {
    /// The number, whatever it counts.
    #[must_use]
    pub const fn amount(&self) -> f64 {
        match self {
            Self::Relative(amount) | Self::Absolute { value: amount, .. } => *amount,
        }
    }

    /// By how much a metric of this unit, which was `before`, may grow. `None`: the limit is in a
    /// unit that has nothing to do with the metric's.
    #[must_use]
    pub fn allowance(&self, before: f64, unit: &Unit) -> Option<f64> {
        match self {
            Self::Relative(share) => Some(before.abs() * share),
            Self::Absolute { value, unit: own } if own == unit => Some(*value),
            Self::Absolute { value, unit: own } => {
                // A workload may send milliseconds, which are as good as seconds.
                let Unit::Other(word) = unit else { return None };
                let one = amount::parse("1", word).filter(|one| one.unit == *own)?;
                Some(value / one.value)
            }
        }
    }
}

/// As cells are selected: `*` stays within one part of an id, `**` doesn't.
fn matcher(glob: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(GlobBuilder::new(glob).literal_separator(true).build()?.compile_matcher())
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cells) = &self.cells {
            write!(f, "{cells}:")?;
        }
        write!(f, "{}>{}", self.metric, self.limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relative(share) => write!(f, "{}%", amount::shifted(*share, 2)),
            Self::Absolute { value, unit } => f.write_str(&amount::format(*value, unit)),
        }
    }
}
