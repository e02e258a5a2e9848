//! What a search for the first bad commit found, and on which side of the middle a commit lies.

use serde::Serialize;

use crate::measurement::{Better, Unit};
use crate::plan::CellId;
use crate::plan::bisect::Finding;
use crate::prepare::source::CommitInfo;
use crate::statistics::{median, spread};

/// Version of a bisection's shape as JSON.
pub const SCHEMA: u32 = 1;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bisection {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The cell.
    pub cell: CellId,
    /// The source whose commits were searched.
    pub source: String,
    /// The metric that tells good from bad.
    pub metric: String,
    /// What it counts.
    pub unit: Unit,
    /// How many commits it could have been.
    pub suspects: usize,
    /// The first bad commit, if one was found.
    pub found: Option<CommitInfo>,
    /// What it may be if it was not found, oldest first.
    pub candidates: Vec<CommitInfo>,
    /// The figure just before the first bad commit (or the candidates).
    pub before: f64,
    /// The figure from there on.
    pub after: f64,
    /// All commits that were looked at: the ends, and then in the order of the search.
    pub measured: Vec<Tested>,
}

/// One commit that was looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// The commit.
    #[serde(flatten)]
    pub commit: CommitInfo,
    /// What was found out.
    pub finding: Finding,
    /// The metric's values in its measured attempts.
    pub values: Vec<f64>,
    /// Their median; `None` if it could not be measured.
    pub median: Option<f64>,
    /// Runs that they are from.
    pub runs: Vec<String>,
    /// Whether it had been measured before.
    pub reused: bool,
    /// Why it could not be measured, or is not clearly on its side.
    pub reason: Option<String>,
}

/// The two ends of a search, by the metric's values there.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    better: Better,
    /// The value halfway between the two.
    middle: f64,
}

impl Ends {
    /// From the values of the good end and the bad one, of which the bad one must be worse by more than
    /// `allowance`, and all values of either end on their own side of the middle. `None` if it is not
    /// so: then no search could tell commits apart.
    ///
    /// The middle is the geometric mean where both are positive: twice as much and half as much
    /// are the same distance.
    #[must_use]
    pub fn new(good: &[f64], bad: &[f64], allowance: f64, better: Better) -> Option<Self> {
        let (least, most) = match better {
            Better::Lower => (good, bad),
            Better::Higher => (bad, good),
        };
        let (low, high) = (median(least.iter().copied())?, median(most.iter().copied())?);
        if high - low <= allowance {
            return None;
        }
        let middle = if low > 0.0 { (low * high).sqrt() } else { low.midpoint(high) };
        let apart =
            least.iter().all(|value| *value < middle) && most.iter().all(|value| *value > middle);
        apart.then_some(Self { better, middle })
    }

    /// The end that the median of `values` is nearer to; `None` if there are none.
    #[must_use]
    pub fn side(&self, values: &[f64]) -> Option<Finding> {
        let median = median(values.iter().copied())?;
        let bad = match self.better {
            Better::Lower => median > self.middle,
            Better::Higher => median < self.middle,
        };
        Some(if bad { Finding::Bad } else { Finding::Good })
    }

    /// Whether all of `values` are on the same side.
    #[must_use]
    pub fn is_clear(&self, values: &[f64]) -> bool {
        spread(values.iter().copied())
            .is_none_or(|spread| spread.min > self.middle || spread.max < self.middle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_halfway_by_ratio() {
        let ends = Ends::new(&[50.0, 51.0, 49.0], &[200.0], 1.5, Better::Lower).unwrap();
        assert_eq!(ends.side(&[99.0]), Some(Finding::Good));
        assert_eq!(ends.side(&[101.0]), Some(Finding::Bad));
        assert_eq!(ends.side(&[60.0, 61.0, 300.0]), Some(Finding::Good));
        assert_eq!(ends.side(&[]), None);
        assert_eq!(ends.side(&[f64::NAN]), None);
    }

    #[test]
    fn of_what_is_better_for_being_more_the_bad_end_is_the_lesser() {
        assert_eq!(Ends::new(&[50.0], &[200.0], 1.5, Better::Higher), None);
        let ends = Ends::new(&[200.0], &[50.0], 1.5, Better::Higher).unwrap();
        assert_eq!(ends.side(&[99.0]), Some(Finding::Bad));
        assert_eq!(ends.side(&[101.0]), Some(Finding::Good));
    }

    #[test]
    fn ends_that_are_not_apart_are_no_ends() {
        assert_eq!(Ends::new(&[100.0], &[102.0], 3.0, Better::Lower), None);
        assert_eq!(Ends::new(&[100.0], &[90.0], 3.0, Better::Lower), None);
        assert_eq!(Ends::new(&[100.0, 100.0, 120.0], &[110.0, 111.0], 3.0, Better::Lower), None);
        assert_eq!(Ends::new(&[], &[1.0], 0.0, Better::Lower), None);
        assert!(Ends::new(&[0.0], &[8.0], 1.0, Better::Lower).is_some());
    }

    #[test]
    fn values_on_both_sides_are_not_clear() {
        let ends = Ends::new(&[50.0], &[200.0], 1.0, Better::Lower).unwrap();
        assert!(ends.is_clear(&[60.0, 70.0]) && ends.is_clear(&[150.0, 300.0]));
        assert!(!ends.is_clear(&[60.0, 150.0]));
    }
}
