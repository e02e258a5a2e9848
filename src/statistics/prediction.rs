//! How far two medians may be apart when nothing has changed.
//!
//! The limit is a prediction limit: from a series of values of one thing, how far the difference
//! of two further medians of that same thing will hardly ever be from zero. G. J. Hahn,
//! W. Q. Meeker: "Statistical Intervals", 1991, chapter 4. Student's t pays for the shortness
//! of the series: three values say little about the fourth.

use std::f64::consts::PI;

/// How rarely the difference is larger than the limit, in either direction, if nothing has
/// changed. So rarely, since a matrix has many cells: of 18 that did not change, one in 110
/// comparisons has one that looks worse.
const RARE: f64 = 0.001;
/// The standard normal variable's value that it exceeds, in either direction, as rarely.
const Z: f64 = 3.290_526_731_491_9;

/// How values spread around their means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deviation {
    /// Their standard deviation.
    pub size: f64,
    /// How many values it is from, less one for each group.
    pub freedom: usize,
}

/// The standard deviation within groups, pooled over them; `None` if no group has two values.
/// What is not a finite number is left out.
#[must_use]
pub fn deviation<'a>(groups: impl IntoIterator<Item = &'a [f64]>) -> Option<Deviation> {
    let (mut squares, mut freedom) = (0.0, 0);
    for group in groups {
        let finite = || group.iter().copied().filter(|value| value.is_finite());
        let count = finite().count();
        if count == 0 {
            continue;
        }
        // Halved before it is summed, since sums of large values overflow.
        let mean = finite().map(|value| value / count as f64).sum::<f64>();
        squares += finite().map(|value| (value - mean).powi(2)).sum::<f64>();
        freedom += count - 1;
    }
    (freedom > 0).then(|| Deviation { size: (squares / freedom as f64).sqrt(), freedom })
}

/// How far the medians of `one` and of `other` further values may be apart: a larger difference
/// comes by chance once in a thousand times.
#[must_use]
pub fn prediction_limit(deviation: Deviation, one: usize, other: usize) -> f64 {
    let spread = (median_variance(one) + median_variance(other)).sqrt();
    student(deviation.freedom) * deviation.size * spread
}

/// The variance of the median of `count` values of variance 1: π / 2n for many normal ones, and no
/// more than that of one value for few.
fn median_variance(count: usize) -> f64 {
    (PI / (2.0 * count.max(1) as f64)).min(1.0)
}

/// The value that Student's t exceeds, in either direction, as rarely as [`RARE`] says.
///
/// Exact for one and two degrees of freedom, from a table for three to seven, and above that by the
/// expansion of R. A. Fisher, E. A. Cornish: "The percentile points of distributions having known
/// cumulants", Technometrics 2(2), 1960.
fn student(freedom: usize) -> f64 {
    match freedom {
        0 => f64::INFINITY,
        1 => 1.0 / (PI * RARE / 2.0).tan(),
        2 => (1.0 - RARE) * (2.0 / (RARE * (2.0 - RARE))).sqrt(),
        3 => 12.924,
        4 => 8.610,
        5 => 6.869,
        6 => 5.959,
        7 => 5.408,
        more => {
            let (z, n) = (Z, more as f64);
            let first = (z.powi(3) + z) / 4.0;
            let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
            let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
            z + first / n + second / n.powi(2) + third / n.powi(3)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Student's t at 0.9995, from tables.
    #[test]
    fn students_t_agrees_with_tables() {
        let table = [
            (1, 636.619),
            (2, 31.599),
            (3, 12.924),
            (4, 8.610),
            (5, 6.869),
            (6, 5.959),
            (7, 5.408),
            (8, 5.041),
            (9, 4.781),
            (10, 4.587),
            (15, 4.073),
            (20, 3.850),
            (30, 3.646),
            (60, 3.460),
            (120, 3.373),
        ];
        for (freedom, expected) in table {
            let found = student(freedom);
            assert!((found / expected - 1.0).abs() < 0.01, "{freedom}: {found}, not {expected}");
        }
    }

    #[test]
    fn groups_are_pooled() {
        let found = deviation([[1.0, 3.0].as_slice(), &[10.0, 14.0], &[7.0], &[]]).unwrap();
        assert_eq!(found.freedom, 2);
        assert!((found.size - 5.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(deviation([[5.0].as_slice()]), None);
    }

    #[test]
    fn few_values_predict_little_and_equal_ones_no_difference() {
        let of = |freedom| Deviation { size: 1.0, freedom };
        assert!(prediction_limit(of(2), 2, 2) > 4.0 * prediction_limit(of(8), 5, 5));
        let equal = deviation([[5.0; 4].as_slice()]).unwrap();
        assert_eq!(prediction_limit(equal, 1, 1), 0.0);
    }

    proptest! {
        #[test]
        fn more_repeats_are_never_farther_apart(freedom in 1_usize..40, one in 1_usize..20, other in 1_usize..20) {
            let of = |freedom| Deviation { size: 1.0, freedom };
            let limit = prediction_limit(of(freedom), one, other);
            prop_assert!(prediction_limit(of(freedom), one + 1, other) <= limit);
            prop_assert!(prediction_limit(of(freedom + 1), one, other) <= limit * 1.001);
            prop_assert_eq!(limit, prediction_limit(of(freedom), other, one));
        }
    }
}
