//! A rule of the gate: how much worse a metric may become before a comparison fails.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::measurement::Unit;

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
            // Rounded, since 0.03 × 100 is 3.0000000000000004 or so.
            Self::Relative(share) => write!(f, "{}%", (share * 1e6).round() / 1e4),
            Self::Absolute { value, unit: Unit::Bytes } => write!(f, "{value}B"),
            Self::Absolute { value, unit: Unit::Seconds } => write!(f, "{value}s"),
            Self::Absolute { value, unit: Unit::Count } => write!(f, "{value}"),
            Self::Absolute { value, unit: Unit::Other(unit) } => write!(f, "{value}{unit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_as_it_is_typed() {
        let rule = Rule {
            cells: Some("*/yaml/*".to_owned()),
            metric: "peak_rss".to_owned(),
            limit: Limit::Relative(0.03),
        };
        assert_eq!(rule.to_string(), "*/yaml/*:peak_rss>3%");
        let limit = Limit::Absolute { value: 16.0, unit: Unit::Other("B/row".to_owned()) };
        assert_eq!(Rule { cells: None, limit, ..rule }.to_string(), "peak_rss>16B/row");
    }
}
