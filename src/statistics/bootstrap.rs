//! Where the ratio of two medians lies, from the repeats alone.
//!
//! The method is the percentile bootstrap. For medians it needs no chance: the distribution of
//! the median of a resample can be written down, and the ratio's follows from the two. What
//! others approach with thousands of resamples is computed here (the *ideal* bootstrap).
//!
//! B. Efron, R. J. Tibshirani: "An Introduction to the Bootstrap", 1993, chapters 6 and 13.
//! J. S. Maritz, R. G. Jarrett: "A note on estimating the variance of the sample median", Journal
//! of the American Statistical Association 73(361), 1978, has the distribution. BCa intervals
//! don't serve here: their acceleration is from the jackknife, which fails for medians (Efron and
//! Tibshirani, 11.6).

/// How often an interval is meant to hold the truth.
pub const CONFIDENCE: f64 = 0.95;

/// Fewer values than these have no interval.
pub(super) const FEWEST: usize = 3;

/// The interval of `median(after) / median(before)`: its lower and upper end. `None` with fewer
/// than three values on either side, and if one of them is not a finite number above 0.
///
/// It contains the ratio of the medians. Over five normally spread values a side, 96% of such
/// intervals hold the truth.
#[must_use]
pub fn ratio_interval(before: &[f64], after: &[f64]) -> Option<(f64, f64)> {
    let usable = |values: &[f64]| {
        values.len() >= FEWEST && values.iter().all(|value| value.is_finite() && *value > 0.0)
    };
    if !usable(before) || !usable(after) {
        return None;
    }
    let (below, above) = (Medians::of(before), Medians::of(after));
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let low = quantile(tail, &below, &above);
    // The upper end is the lower end of the inverse ratio: so swapping the sides inverts both.
    let high = 1.0 / quantile(tail, &above, &below);
    Some((low, high))
}

/// The medians that resamples of some values can have, in order, and how likely each is.
pub(super) struct Medians {
    values: Vec<f64>,
    /// How likely a median is at most the value at the same place.
    cumulative: Vec<f64>,
}

impl Medians {
    pub(super) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut atoms = if sorted.len() % 2 == 1 { odd(&sorted) } else { even(&sorted) };
        atoms.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut sum = 0.0;
        let cumulative = atoms.iter().map(|(_, share)| {
            sum += share;
            sum
        });
        Self { cumulative: cumulative.collect(), values: atoms.iter().map(|atom| atom.0).collect() }
    }

    /// How likely a median is at most `value`.
    fn at_most(&self, value: f64) -> f64 {
        match self.values.partition_point(|known| *known <= value) {
            0 => 0.0,
            place => self.cumulative[place - 1],
        }
    }

    /// Medians and how likely each is.
    pub(super) fn atoms(&self) -> impl Iterator<Item = (f64, f64)> {
        let earlier = std::iter::once(&0.0).chain(&self.cumulative);
        let shares = self.cumulative.iter().zip(earlier).map(|(sum, earlier)| sum - earlier);
        self.values.iter().copied().zip(shares)
    }
}

/// The median is the middle one of an odd number.
fn odd(sorted: &[f64]) -> Vec<(f64, f64)> {
    let middle = sorted.len() / 2 + 1;
    let at_most = |place: usize| at_least(sorted.len(), middle, place as f64 / sorted.len() as f64);
    let share = |(place, value): (usize, &f64)| (*value, at_most(place + 1) - at_most(place));
    sorted.iter().enumerate().map(share).collect()
}

/// The median is halfway between the two middle ones of an even number: values `low` and `high`,
/// if half of the draws are at most the one and half at least the other.
fn even(sorted: &[f64]) -> Vec<(f64, f64)> {
    let (length, half) = (sorted.len(), sorted.len() / 2);
    let power = |count: usize| (count as f64 / length as f64).powi(half as i32);
    let ways = ways(length, half);
    let mut atoms = Vec::with_capacity(length * (length + 1) / 2);
    for low in 0..length {
        let lower = power(low + 1) - power(low);
        let mut rest = at_least(length, half, (low + 1) as f64 / length as f64)
            - at_least(length, half, low as f64 / length as f64);
        for high in low + 1..length {
            let upper = power(length - high) - power(length - high - 1);
            let share = ways * lower * upper;
            atoms.push((sorted[low].midpoint(sorted[high]), share));
            rest -= share;
        }
        atoms.push((sorted[low], rest.max(0.0)));
    }
    atoms
}

/// How likely at least `count` of `draws` succeed if each does with this chance.
fn at_least(draws: usize, count: usize, chance: f64) -> f64 {
    let exactly = |count: usize| {
        ways(draws, count) * chance.powi(count as i32) * (1.0 - chance).powi((draws - count) as i32)
    };
    (count..=draws).map(exactly).sum()
}

/// The number of ways to choose `count` of `all`.
fn ways(all: usize, count: usize) -> f64 {
    (1..=count).map(|n| (all - count + n) as f64 / n as f64).product()
}

/// The smallest ratio of which at least `share` of all ratios are at most as large. Found by
/// halving: the ratios themselves are too many to be listed.
fn quantile(share: f64, below: &Medians, above: &Medians) -> f64 {
    let at_most = |ratio: f64| -> f64 {
        below.atoms().map(|(value, share)| share * above.at_most(ratio * value)).sum()
    };
    let end = |medians: &Medians, index: usize| medians.values[index];
    let mut low = end(above, 0) / end(below, below.values.len() - 1);
    let mut high = end(above, above.values.len() - 1) / end(below, 0);
    low *= 1.0 - 1e-9;
    high *= 1.0 + 1e-9;
    while high / low > 1.0 + 1e-10 {
        let middle = (low * high).sqrt();
        // A product of roots can fall outside of what it is between when all are equal.
        if !(middle > low && middle < high) {
            break;
        }
        if at_most(middle) >= share {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::statistics::median;

    #[test]
    fn the_medians_of_three_are_as_likely_as_counting_says() {
        // Of 27 resamples of three values 7 have the smallest as their median, 13 the middle one.
        let medians = Medians::of(&[3.0, 1.0, 2.0]);
        assert_eq!(medians.values, [1.0, 2.0, 3.0]);
        for (found, expected) in medians.cumulative.iter().zip([7.0, 20.0, 27.0]) {
            assert!((found - expected / 27.0).abs() < 1e-12);
        }
    }

    /// Every resample of four values, counted.
    #[test]
    fn the_medians_of_four_are_as_likely_as_counting_says() {
        let values = [1.0, 2.0, 4.0, 8.0];
        let medians = Medians::of(&values);
        let mut counted = std::collections::BTreeMap::<u64, f64>::new();
        for draw in 0..256_usize {
            let resample = [0, 2, 4, 6].map(|shift| values[draw >> shift & 3]);
            let middle = median(resample).unwrap();
            *counted.entry(middle.to_bits()).or_default() += 1.0 / 256.0;
        }
        for (bits, share) in counted {
            let value = f64::from_bits(bits);
            let found: f64 = medians.atoms().filter(|atom| atom.0 == value).map(|a| a.1).sum();
            assert!((found - share).abs() < 1e-12, "{value}: {found} is not {share}");
        }
    }

    #[test]
    fn with_three_values_it_reaches_from_end_to_end() {
        // (7/27)² of the ratios are the smallest: more than 2.5%.
        let (low, high) = ratio_interval(&[99.0, 100.0, 101.0], &[198.0, 200.0, 202.0]).unwrap();
        assert!((low - 198.0 / 101.0).abs() < 1e-9 && (high - 202.0 / 99.0).abs() < 1e-9);
    }

    /// Of 1000 ratios of medians of five values, each of which is the sum of twelve uniform ones.
    #[test]
    fn over_five_values_it_holds_the_truth_as_often_as_it_says() {
        let mut chance = ChaCha8Rng::seed_from_u64(1979);
        let mut five = || -> Vec<f64> {
            let uniform = |chance: &mut ChaCha8Rng| f64::from(chance.next_u32()) / 4_294_967_296.0;
            let mut normal = || (0..12).map(|_| uniform(&mut chance)).sum::<f64>() - 6.0;
            (0..5).map(|_| 100.0 + normal()).collect()
        };
        let holds = |_: &u32| {
            let (low, high) = ratio_interval(&five(), &five()).unwrap();
            low <= 1.0 && 1.0 <= high
        };
        let held = (0..1000).filter(holds).count();
        assert!((930..=980).contains(&held), "{held}");
    }

    #[test]
    fn equal_values_have_no_width() {
        let (low, high) = ratio_interval(&[50.0; 5], &[100.0; 6]).unwrap();
        assert!((low - 2.0).abs() < 1e-8 && (high - 2.0).abs() < 1e-8);
    }

    #[test]
    fn what_has_no_ratio_or_too_few_values_has_no_interval() {
        assert_eq!(ratio_interval(&[1.0, 2.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(ratio_interval(&[0.0, 2.0, 3.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(ratio_interval(&[1.0, 2.0, f64::NAN], &[1.0, 2.0, 3.0]), None);
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(1.0..1e9_f64, 3..13)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn it_contains_the_ratio(before in values(), after in values()) {
            let ratio = median(after.clone()).unwrap() / median(before.clone()).unwrap();
            let (low, high) = ratio_interval(&before, &after).unwrap();
            prop_assert!(low <= ratio * (1.0 + 1e-9) && ratio <= high * (1.0 + 1e-9));
        }

        #[test]
        fn swapping_the_sides_inverts_it(before in values(), after in values()) {
            let (low, high) = ratio_interval(&before, &after).unwrap();
            let (swapped_low, swapped_high) = ratio_interval(&after, &before).unwrap();
            prop_assert!((low * swapped_high - 1.0).abs() < 1e-6);
            prop_assert!((high * swapped_low - 1.0).abs() < 1e-6);
        }

        #[test]
        fn neither_order_nor_scale_matters(before in values(), after in values(), factor in 0.001..1000.0_f64) {
            let (low, high) = ratio_interval(&before, &after).unwrap();
            let scaled = |values: &[f64]| -> Vec<f64> {
                values.iter().rev().map(|value| value * factor).collect()
            };
            let (also_low, also_high) = ratio_interval(&scaled(&before), &scaled(&after)).unwrap();
            prop_assert!((low / also_low - 1.0).abs() < 1e-6 && (high / also_high - 1.0).abs() < 1e-6);
        }
    }
}
