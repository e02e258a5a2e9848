//! Curves with fewer points and the same look.
//!
//! The method is M4: U. Jugel, Z. Jerzak, G. Hackenbroich, V. Markl: "M4: A Visualization-Oriented
//! Time Series Data Aggregation", PVLDB 7(10), 2014. The time axis is cut into equal buckets, and
//! of each bucket the first, the lowest, the highest and the last reading are kept. So no peak is
//! ever lost, and with one bucket for each column of pixels the drawn line is the same.

use std::borrow::Cow;

use super::Points;

/// Readings kept from each bucket.
const KEPT: usize = 4;

/// At most `limit` of the readings (`limit` below 4 counts as 4), in order of time. The ends,
/// the lowest and the highest are among them. What is not a finite number is left out.
#[must_use]
pub fn thin(points: &[(f64, f64)], limit: usize) -> Points {
    let points = in_order(points);
    let limit = limit.max(KEPT);
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Points::new() };
    if points.len() <= limit {
        return points.into_owned();
    }
    let buckets = limit / KEPT;
    let (start, length) = (first.0, last.0 - first.0);
    let scale = if length > 0.0 { buckets as f64 / length } else { 0.0 };
    let bucket_of = |time: f64| (((time - start) * scale) as usize).min(buckets - 1);
    let mut kept = Vec::with_capacity(limit);
    let mut rest = &*points;
    while let Some(first) = rest.first() {
        let own = bucket_of(first.0);
        let length = rest.iter().position(|point| bucket_of(point.0) > own);
        let (bucket, later) = rest.split_at(length.unwrap_or(rest.len()));
        keep_landmarks(bucket, &mut kept);
        rest = later;
    }
    kept
}

/// Readings are mostly in order already.
fn in_order(points: &[(f64, f64)]) -> Cow<'_, [(f64, f64)]> {
    let is_finite = |(time, value): &(f64, f64)| time.is_finite() && value.is_finite();
    if points.iter().all(is_finite) && points.is_sorted_by(|one, next| one.0 <= next.0) {
        return Cow::Borrowed(points);
    }
    let mut finite: Vec<_> = points.iter().copied().filter(is_finite).collect();
    finite.sort_by(|one, other| one.0.total_cmp(&other.0));
    Cow::Owned(finite)
}

/// Keeps the first, lowest, highest and last reading of a bucket, in order and each once.
fn keep_landmarks(bucket: &[(f64, f64)], kept: &mut Points) {
    let Some(first) = bucket.first() else { return };
    let (mut lowest, mut highest) = ((0, first.1), (0, first.1));
    for (index, (_, value)) in bucket.iter().enumerate() {
        if *value < lowest.1 {
            lowest = (index, *value);
        }
        if *value > highest.1 {
            highest = (index, *value);
        }
    }
    let (one, other) = (lowest.0.min(highest.0), lowest.0.max(highest.0));
    let mut before = None;
    for index in [0, one, other, bucket.len() - 1] {
        if before.replace(index) != Some(index) {
            kept.push(bucket[index]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_curves_stay_as_they_are() {
        assert_eq!(thin(&[], 100), []);
        assert_eq!(thin(&[(0.0, 1.0), (1.0, 2.0)], 100), [(0.0, 1.0), (1.0, 2.0)]);
    }

    #[test]
    fn a_spike_of_one_sample_survives() {
        let mut points: Vec<_> = (0..100_000).map(|n| (f64::from(n), 50.0)).collect();
        points[77_777].1 = 400.0;
        let kept = thin(&points, 40);
        assert!(kept.len() <= 40);
        assert!(kept.contains(&(77_777.0, 400.0)));
    }

    #[test]
    fn readings_at_one_moment_are_one_bucket() {
        let points: Vec<_> = (0..100).map(|n| (1.0, f64::from(n))).collect();
        assert_eq!(thin(&points, 8), [(1.0, 0.0), (1.0, 99.0)]);
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let points = [(0.0, 1.0), (1.0, f64::NAN), (f64::INFINITY, 2.0), (2.0, 3.0)];
        assert_eq!(thin(&points, 4), [(0.0, 1.0), (2.0, 3.0)]);
    }

    fn extreme(points: &[(f64, f64)], pick: fn(f64, f64) -> f64) -> Option<f64> {
        points.iter().map(|point| point.1).reduce(pick)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn ends_and_extremes_stay_and_the_rest_is_bounded(
            points in prop::collection::vec((0.0..100.0, -1e9..1e9), 1..600),
            limit in 0_usize..120,
        ) {
            let kept = thin(&points, limit);
            let whole = in_order(&points);
            prop_assert!(kept.len() <= limit.max(KEPT));
            prop_assert!(kept.is_sorted_by(|one, next| one.0 <= next.0));
            prop_assert_eq!(kept.first(), whole.first());
            prop_assert_eq!(kept.last(), whole.last());
            prop_assert_eq!(extreme(&kept, f64::max), extreme(&whole, f64::max));
            prop_assert_eq!(extreme(&kept, f64::min), extreme(&whole, f64::min));
            prop_assert!(kept.iter().all(|point| whole.contains(point)));
        }

        #[test]
        fn thinning_twice_is_thinning_once(
            points in prop::collection::vec((0.0..100.0, -1e9..1e9), 1..300),
        ) {
            let once = thin(&points, 40);
            prop_assert_eq!(thin(&once, 40), once);
        }
    }
}
