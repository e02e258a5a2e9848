//! Whether values of one group tend to be larger than those of another.
//!
//! The test is Mann's and Whitney's (Wilcoxon's rank sum), two-sided. It asks nothing of how the
//! values are spread. Up to 40 values the p-value is exact, ties included: it is counted over
//! all ways to deal the values to two groups of these sizes, of which each is as likely as the
//! others if there is no difference. Above that it is the normal approximation with corrections
//! for ties and continuity.
//!
//! H. B. Mann, D. R. Whitney: "On a test of whether one of two random variables is stochastically
//! larger than the other", Annals of Mathematical Statistics 18(1), 1947. The counting is the
//! shift algorithm of B. Streitberg, J. Röhmel: "Exact distributions for permutation and rank
//! tests", Statistical Software Newsletter 12(1), 1986.

/// Up to so many values in both groups together the p-value is counted.
const EXACT: usize = 40;

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    /// Of all pairs of a value of one group and one of the other, in how many the other's is
    /// larger; ties count half.
    pub u: f64,
    /// How likely a difference as large as this one is if there is none, in either direction.
    pub p_value: f64,
}

/// Compares two groups. `None` if one of them is empty or holds what is not a finite number.
#[must_use]
pub fn rank_test(one: &[f64], other: &[f64]) -> Option<RankTest> {
    let finite = one.iter().chain(other).all(|value| value.is_finite());
    if one.is_empty() || other.is_empty() || !finite {
        return None;
    }
    let ranks = doubled_ranks(one, other);
    let sum: u32 = ranks[one.len()..].iter().sum();
    let least = other.len() * (other.len() + 1);
    let u = (f64::from(sum) - least as f64) / 2.0;
    let p_value = if ranks.len() <= EXACT {
        exact(&ranks, other.len(), sum)
    } else {
        approximate(&ranks, one.len(), u)
    };
    Some(RankTest { u, p_value })
}

/// The smallest p-value that groups of these sizes can give if no values are equal: that of groups
/// which don't overlap. Above 0.05 there are too few values to carry a test.
#[must_use]
pub fn least_p_value(one: usize, other: usize) -> f64 {
    if one == 0 || other == 0 {
        return 1.0;
    }
    // 2 divided by the number of ways to choose the smaller group.
    let fewer = one.min(other);
    let ways: f64 = (1..=fewer).map(|n| (one + other - fewer + n) as f64 / n as f64).product();
    (2.0 / ways).min(1.0)
}

/// Twice the rank of each value, so that ties, which share the mean of their ranks, have whole
/// numbers.
fn doubled_ranks(one: &[f64], other: &[f64]) -> Vec<u32> {
    let values: Vec<f64> = one.iter().chain(other).copied().collect();
    let rank = |value: &f64| {
        let below = values.iter().filter(|known| *known < value).count();
        let equal = values.iter().filter(|known| *known == value).count();
        (2 * below + equal + 1) as u32
    };
    values.iter().map(rank).collect()
}

/// Counts in how many subsets of `size` ranks the sum is at least as far from its mean as `sum`.
fn exact(ranks: &[u32], size: usize, sum: u32) -> f64 {
    let all: u32 = ranks.iter().sum();
    let width = all as usize + 1;
    // ways[chosen][s]: how many subsets of `chosen` ranks have the sum s.
    let mut ways = vec![vec![0.0_f64; width]; size + 1];
    ways[0][0] = 1.0;
    for rank in ranks {
        let rank = *rank as usize;
        for chosen in (1..=size).rev() {
            let (fewer, these) = ways.split_at_mut(chosen);
            for s in rank..width {
                these[0][s] += fewer[chosen - 1][s - rank];
            }
        }
    }
    // Doubled and multiplied by the number of ranks, the mean is a whole number too.
    let distance = |s: usize| {
        let (count, expected) = (ranks.len() as i64, size as i64 * i64::from(all));
        (count * s as i64 - expected).abs()
    };
    let found = distance(sum as usize);
    let total: f64 = ways[size].iter().sum();
    let as_far = ways[size].iter().enumerate().filter(|(s, _)| distance(*s) >= found);
    (as_far.map(|(_, ways)| ways).sum::<f64>() / total).min(1.0)
}

fn approximate(ranks: &[u32], one: usize, u: f64) -> f64 {
    let (n, m) = (one as f64, (ranks.len() - one) as f64);
    let all = n + m;
    let mut sorted = ranks.to_vec();
    sorted.sort_unstable();
    let ties: f64 = sorted
        .chunk_by(|one, other| one == other)
        .map(|tied| (tied.len() as f64).powi(3) - tied.len() as f64)
        .sum();
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let z = ((u - n * m / 2.0).abs() - 0.5).max(0.0) / variance.sqrt();
    (2.0 * upper_tail(z)).clamp(0.0, 1.0)
}

/// How likely a standard normal variable is above `z`, which is not negative; right to 10⁻⁷.
/// M. Abramowitz, I. A. Stegun: "Handbook of Mathematical Functions", 1964, formula 26.2.17.
fn upper_tail(z: f64) -> f64 {
    let t = 1.0 / 0.231_641_9_f64.mul_add(z, 1.0);
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let coefficients = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_53];
    density * coefficients.iter().fold(0.0_f64, |sum, coefficient| (sum + coefficient) * t)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn p(one: &[f64], other: &[f64]) -> f64 {
        rank_test(one, other).unwrap().p_value
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
    }

    #[test]
    fn groups_that_do_not_overlap_give_the_least_p_value() {
        close(p(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 0.1);
        close(p(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]), 2.0 / 70.0);
        close(p(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]), 2.0 / 252.0);
        for (one, other) in [(1, 1), (1, 5), (2, 2), (3, 5), (5, 5), (4, 9)] {
            let low: Vec<f64> = (0..one).map(f64::from).collect();
            let high: Vec<f64> = (100..100 + other).map(f64::from).collect();
            close(p(&low, &high), least_p_value(one as usize, other as usize));
        }
        assert!(least_p_value(3, 3) > 0.05 && least_p_value(4, 4) < 0.05);
        assert!(least_p_value(0, 5) >= 1.0);
    }

    /// Mann and Whitney's table I of 1947 for n = 5, m = 5: P(U ≤ 2) = 0.016, P(U ≤ 4) = 0.048;
    /// for n = 4, m = 4: P(U ≤ 1) = 0.029, P(U ≤ 3) = 0.100. Two-sided is twice as much.
    #[test]
    fn it_agrees_with_mann_and_whitneys_table() {
        let with_u = |n: usize, u: usize| {
            // One value of the other group passes `u` values of the first, the rest pass all.
            let one: Vec<f64> = (0..n).map(|k| (2 * k) as f64 + 100.0).collect();
            let mut other: Vec<f64> = (0..n - 1).map(|k| k as f64).collect();
            other.push(99.0 + 2.0 * u as f64);
            let test = rank_test(&one, &other).unwrap();
            assert!((test.u - u as f64).abs() < 1e-12, "{test:?}");
            (test.p_value * 500.0).round() / 1000.0
        };
        assert_eq!([with_u(5, 2), with_u(5, 4)], [0.016, 0.048]);
        assert_eq!([with_u(4, 1), with_u(4, 3)], [0.029, 0.1]);
    }

    /// Hollander and Wolfe: "Nonparametric Statistical Methods", 1973, example of the permeability
    /// of membranes: the two-sided exact p-value is 0.2544.
    #[test]
    fn it_agrees_with_hollander_and_wolfes_example() {
        let at_term = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let earlier = [1.15, 0.88, 0.90, 0.74, 1.21];
        let test = rank_test(&earlier, &at_term).unwrap();
        assert_eq!(test.u, 35.0);
        close(test.p_value, 0.2544);
    }

    #[test]
    fn ties_are_counted_and_not_approximated() {
        // Of the 6 ways to deal 1, 2, 2, 3, the sums of ranks are 3.5 (twice), 5 (twice) and
        // 6.5 (twice).
        close(p(&[1.0, 2.0], &[2.0, 3.0]), 4.0 / 6.0);
        close(p(&[7.0; 5], &[7.0; 5]), 1.0);
    }

    #[test]
    fn the_approximation_meets_the_count_where_it_takes_over() {
        let values: Vec<f64> = (0..40).map(|k| f64::from((k * 17) % 40)).collect();
        let ranks = doubled_ranks(&values[..20], &values[20..]);
        let test = rank_test(&values[..20], &values[20..]).unwrap();
        assert!((approximate(&ranks, 20, test.u) - test.p_value).abs() < 0.01);
        let far: Vec<f64> = (1000..1030).map(f64::from).collect();
        assert!(p(&values, &far) < 1e-9);
    }

    #[test]
    fn what_is_empty_or_no_number_is_not_tested() {
        assert_eq!(rank_test(&[], &[1.0]), None);
        assert_eq!(rank_test(&[f64::NAN], &[1.0]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn a_p_value_is_a_share_and_the_same_from_either_side(
            one in prop::collection::vec(0_u8..12, 1..30),
            other in prop::collection::vec(0_u8..12, 1..30),
        ) {
            let one: Vec<f64> = one.into_iter().map(f64::from).collect();
            let mut other: Vec<f64> = other.into_iter().map(f64::from).collect();
            let test = rank_test(&one, &other).unwrap();
            prop_assert!(test.p_value > 0.0 && test.p_value <= 1.0);
            if one.len() + other.len() <= EXACT {
                // With ties the sums can be lopsided, and then only one of the two ends is as far.
                let least = least_p_value(one.len(), other.len()) / 2.0;
                prop_assert!(test.p_value >= least - 1e-12);
            }
            let swapped = rank_test(&other, &one).unwrap();
            prop_assert!((test.p_value - swapped.p_value).abs() < 1e-9);
            prop_assert!((test.u + swapped.u - (one.len() * other.len()) as f64).abs() < 1e-9);
            other.reverse();
            prop_assert_eq!(rank_test(&one, &other).unwrap(), test);
        }
    }
}
