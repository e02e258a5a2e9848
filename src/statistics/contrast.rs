//! Where a sum and difference of several medians lies, from the repeats alone: what a patch
//! contributes (one median less another), or how much two of them do beyond their sum (four).
//!
//! The percentile bootstrap of [`super::ratio_interval`], of a linear contrast instead of a ratio:
//! resamples of the groups are independent, so the distribution of the contrast is the convolution
//! of those of the medians, which can be written down.

use super::bootstrap::{CONFIDENCE, FEWEST, Medians};

/// A distribution is kept at no more than so many places. Groups of up to 22 values have fewer medians.
const MOST_PLACES: usize = 256;

/// The interval of `Σ weight × median(values)`: its lower and upper end. `None` if a group has
/// fewer than three values, or one that is not a finite number.
///
/// Of one group less another with up to 22 values each it is exact; beyond that, neighbours are
/// joined at their mean.
#[must_use]
pub fn contrast_interval(groups: &[(f64, &[f64])]) -> Option<(f64, f64)> {
    let usable = |values: &[f64]| values.len() >= FEWEST && values.iter().all(|it| it.is_finite());
    if groups.is_empty() || !groups.iter().all(|(_, values)| usable(values)) {
        return None;
    }
    let (last, others) = groups.split_last()?;
    let first = vec![(0.0, 1.0)];
    let sum = others.iter().fold(first, |sum, group| thinned(plus(&sum, group)));
    let sum = plus(&sum, last);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    Some((quantile(sum.iter(), tail)?, quantile(sum.iter().rev(), tail)?))
}

/// Places and how likely each is, in order of the places.
type Distribution = Vec<(f64, f64)>;

fn plus(sum: &Distribution, (weight, values): &(f64, &[f64])) -> Distribution {
    let mut medians: Distribution =
        Medians::of(values).atoms().map(|(value, share)| (weight * value, share)).collect();
    medians.sort_by(|one, other| one.0.total_cmp(&other.0));
    let medians = thinned(joined(medians));
    let pairs = sum.iter().flat_map(|(place, share)| {
        medians.iter().map(move |(median, its)| (place + median, share * its))
    });
    let mut pairs: Distribution = pairs.collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    joined(pairs)
}

/// Equal places as one.
fn joined(sorted: Distribution) -> Distribution {
    let mut joined: Distribution = Vec::with_capacity(sorted.len());
    for (place, share) in sorted {
        match joined.last_mut() {
            Some(last) if last.0 == place => last.1 += share,
            _ => joined.push((place, share)),
        }
    }
    joined
}

/// No more than [`MOST_PLACES`]: neighbours become one at their mean.
fn thinned(sorted: Distribution) -> Distribution {
    if sorted.len() <= MOST_PLACES {
        return sorted;
    }
    let mean = |group: &[(f64, f64)]| {
        let share: f64 = group.iter().map(|(_, share)| share).sum();
        let moment: f64 = group.iter().map(|(place, share)| place * share).sum();
        let place = if share > 0.0 { moment / share } else { group[0].0 };
        (place, share)
    };
    sorted.chunks(sorted.len().div_ceil(MOST_PLACES)).map(mean).collect()
}

/// The first place, coming from one end, up to which there is at least `share`.
fn quantile<'a>(places: impl Iterator<Item = &'a (f64, f64)>, share: f64) -> Option<f64> {
    let mut sum = 0.0;
    let mut last = None;
    for (place, its) in places {
        (sum, last) = (sum + its, Some(*place));
        // What was rounded away on the way must not push the end inwards.
        if sum >= share - 1e-12 {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::statistics::{median, ratio_interval};

    #[test]
    fn with_three_values_it_reaches_from_end_to_end() {
        let groups: [(f64, &[f64]); 2] =
            [(1.0, &[198.0, 200.0, 202.0]), (-1.0, &[99.0, 100.0, 101.0])];
        // (7/27)² of the differences are the smallest: more than 2.5%.
        assert_eq!(contrast_interval(&groups), Some((97.0, 103.0)));
    }

    #[test]
    fn equal_values_have_no_width_and_few_or_no_numbers_no_interval() {
        let five = [7.0; 5];
        assert_eq!(contrast_interval(&[(2.0, &five), (-1.0, &five)]), Some((7.0, 7.0)));
        assert_eq!(contrast_interval(&[]), None);
        assert_eq!(contrast_interval(&[(1.0, &[1.0, 2.0])]), None);
        assert_eq!(contrast_interval(&[(1.0, &[1.0, 2.0, f64::NAN])]), None);
    }

    /// What a median falls by is small where it is large: then ratio and difference say the same.
    #[test]
    fn it_agrees_with_the_interval_of_the_ratio() {
        let (before, after) = ([100.0, 104.0, 99.0, 101.0, 103.0], [50.0, 51.0, 49.5, 50.2, 50.9]);
        let (low, high) = contrast_interval(&[(1.0, &before), (-1.0, &after)]).unwrap();
        let (least, most) = ratio_interval(&before, &after).unwrap();
        assert!(
            (100.0 - low - 100.0 * most).abs() < 2.5 && (100.0 - high - 100.0 * least).abs() < 2.5
        );
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-1e6..1e6_f64, 3..9)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn it_contains_the_contrast(groups in prop::collection::vec((-3.0..3.0_f64, values()), 1..5)) {
            let terms: Vec<(f64, &[f64])> =
                groups.iter().map(|(weight, values)| (*weight, values.as_slice())).collect();
            let is: f64 = groups.iter().map(|(weight, it)| weight * median(it.clone()).unwrap()).sum();
            let (low, high) = contrast_interval(&terms).unwrap();
            prop_assert!(low <= is + 1e-6 && is <= high + 1e-6, "{low} {is} {high}");
        }

        #[test]
        fn signs_and_order_do_not_matter(groups in prop::collection::vec(values(), 2)) {
            let terms = |weight: f64| -> Vec<(f64, &[f64])> {
                groups.iter().map(|values| (weight, values.as_slice())).collect()
            };
            let (low, high) = contrast_interval(&terms(1.0)).unwrap();
            let mut turned = terms(-1.0);
            turned.reverse();
            let (least, most) = contrast_interval(&turned).unwrap();
            prop_assert!((low + most).abs() < 1e-5 && (high + least).abs() < 1e-5);
        }
    }
}
