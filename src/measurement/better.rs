//! Whether less or more of a metric is better.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Scope, known_metrics};

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Less of it is better: memory, time.
    Lower,
    /// More of it is better: requests a second.
    Higher,
}

impl Better {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Lower, Self::Higher];

    /// The word for it in `matrix.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
        }
    }

    /// As the end of a sentence: `less is better`.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Lower => "less is better",
            Self::Higher => "more is better",
        }
    }

    /// Whether `after` is worse than `before`, by however little.
    #[must_use]
    pub fn is_worse(self, before: f64, after: f64) -> bool {
        match self {
            Self::Lower => after > before,
            Self::Higher => after < before,
        }
    }

    /// Orders values, the best first.
    #[must_use]
    pub fn order(self, one: f64, other: f64) -> std::cmp::Ordering {
        match self {
            Self::Lower => one.total_cmp(&other),
            Self::Higher => other.total_cmp(&one),
        }
    }
}

/// Which way each metric is better. Less is, of all that memgrid itself reads but for the time to
/// the peak; of what a workload sends, only what was declared is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directions {
    declared: IndexMap<String, Better>,
}

impl Directions {
    /// With what was declared, in its order.
    pub fn new(declared: impl IntoIterator<Item = (String, Better)>) -> Self {
        Self { declared: declared.into_iter().collect() }
    }

    /// Which way a metric of this scope is better; `None` if nothing says so.
    #[must_use]
    pub fn of(&self, metric: &str, scope: Scope) -> Option<Better> {
        match self.declared.get(metric) {
            Some(better) => Some(*better),
            None if scope == Scope::Workload => None,
            None => (metric != NO_DIRECTION).then_some(Better::Lower),
        }
    }

    /// As [`Self::of`], of a metric of which nothing but the name is known.
    #[must_use]
    pub fn of_name(&self, metric: &str) -> Option<Better> {
        let own = known_metrics().any(|known| known == metric);
        self.of(metric, if own { Scope::Tree } else { Scope::Workload })
    }

    /// The metrics that were declared.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str)
    }
}

/// Of memgrid's own metrics the one that is neither better for being less nor for being more.
const NO_DIRECTION: &str = "time_to_peak";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_has_a_direction() {
        let directions = Directions::new([("rate".to_owned(), Better::Higher)]);
        assert_eq!(directions.of("rate", Scope::Workload), Some(Better::Higher));
        assert_eq!(directions.of("latency", Scope::Workload), None);
        assert_eq!(directions.of("peak_rss", Scope::Tree), Some(Better::Lower));
        assert_eq!(directions.of("time_to_peak", Scope::Tree), None);
        assert_eq!(directions.of_name("wall_time"), Some(Better::Lower));
        assert_eq!(directions.of_name("latency"), None);
    }

    #[test]
    fn the_best_comes_first_whichever_way_is_better() {
        let mut values = [2.0, 1.0, 3.0];
        values.sort_by(|one, other| Better::Higher.order(*one, *other));
        assert_eq!(values, [3.0, 2.0, 1.0]);
        assert!(Better::Higher.is_worse(3.0, 2.0) && Better::Lower.is_worse(2.0, 3.0));
        assert!(!Better::ALL.iter().any(|better| better.is_worse(2.0, 2.0)));
    }
}
