//! A robust line through points.
//!
//! The method is Theil's and Sen's: the slope is the median of the slopes through all pairs of
//! points. Up to 29% of the points can lie anywhere without moving it far.
//!
//! H. Theil: "A rank-invariant method of linear and polynomial regression analysis", Indagationes
//! Mathematicae 12, 1950. P. K. Sen: "Estimates of the regression coefficient based on Kendall's
//! tau", Journal of the American Statistical Association 63(324), 1968.

use super::median;

/// More points than these are thinned first, since the number of pairs grows with their square.
const MOST: usize = 256;

/// A line and how well the points keep to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Rise for each unit of x.
    pub slope: f64,
    /// Where it passes x = 0.
    pub intercept: f64,
    /// Half of the points are not farther from the line than this.
    pub scatter: f64,
}

impl Line {
    /// The line's height at `x`.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.slope.mul_add(x, self.intercept)
    }
}

/// The line through `points` (x and y), in any order; `None` if they don't have two different x.
/// What is not a finite number is left out. More than 256 points are cut into 256 groups of
/// neighbours, each of which counts as one point at its medians.
#[must_use]
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Line> {
    let points = thinned(points);
    let pairs = points.iter().enumerate().flat_map(|(index, one)| {
        points[index + 1..].iter().filter(|other| other.0 > one.0).map(move |other| (one, other))
    });
    let slope = median(pairs.map(|(one, other)| (other.1 - one.1) / (other.0 - one.0)))?;
    let intercept = median(points.iter().map(|(x, y)| y - slope * x))?;
    let line = Line { slope, intercept, scatter: 0.0 };
    let scatter = median(points.iter().map(|(x, y)| (y - line.at(*x)).abs()))?;
    Some(Line { scatter, ..line })
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let finite = points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
    let mut points: Vec<_> = finite.copied().collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    if points.len() <= MOST {
        return points;
    }
    let group = |number: usize| {
        let (from, to) = (number * points.len() / MOST, (number + 1) * points.len() / MOST);
        let group = &points[from..to];
        Some((median(group.iter().map(|point| point.0))?, median(group.iter().map(|p| p.1))?))
    };
    (0..MOST).filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(length: u32, slope: f64) -> Vec<(f64, f64)> {
        (0..length).map(|x| (f64::from(x), slope.mul_add(f64::from(x), 5.0))).collect()
    }

    #[test]
    fn points_on_a_line_give_that_line() {
        let found = theil_sen(&line(50, 3.0)).unwrap();
        assert_eq!((found.slope, found.intercept, found.scatter), (3.0, 5.0, 0.0));
        assert_eq!(found.at(10.0), 35.0);
    }

    #[test]
    fn a_quarter_of_wild_points_does_not_move_it() {
        let mut points = line(100, 2.0);
        for point in points.iter_mut().step_by(4) {
            point.1 += 1e6;
        }
        assert!((theil_sen(&points).unwrap().slope - 2.0).abs() < 0.5);
    }

    /// P. K. Sen's own example, of 1968: seven pairs of x and y, slope 4.
    #[test]
    fn it_agrees_with_sens_example() {
        let x = [1.0, 2.0, 3.0, 4.0, 10.0, 12.0, 18.0];
        let y = [9.0, 15.0, 19.0, 20.0, 45.0, 55.0, 78.0];
        let points: Vec<_> = x.into_iter().zip(y).collect();
        assert_eq!(theil_sen(&points).unwrap().slope, 4.0);
    }

    #[test]
    fn without_two_places_there_is_no_line() {
        assert_eq!(theil_sen(&[]), None);
        assert_eq!(theil_sen(&[(1.0, 2.0), (1.0, 3.0), (f64::NAN, 1.0)]), None);
    }

    #[test]
    fn many_points_are_thinned_and_give_the_same() {
        let found = theil_sen(&line(10_000, 0.25)).unwrap();
        assert!((found.slope - 0.25).abs() < 1e-12, "{found:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn it_moves_and_scales_with_the_points(
            points in prop::collection::vec((0_i32..1000, -1000_i32..1000), 3..40),
            shift in -1000_i32..1000,
        ) {
            let at = |factor: f64| -> Vec<_> {
                let point = |(x, y): &(i32, i32)| (f64::from(*x), factor * f64::from(y + shift));
                points.iter().map(point).collect()
            };
            if let Some(line) = theil_sen(&at(1.0)) {
                let tripled = theil_sen(&at(3.0)).unwrap();
                prop_assert!((tripled.slope - 3.0 * line.slope).abs() < 1e-6);
                prop_assert!(line.scatter >= 0.0);
            }
        }
    }
}
