//! How much larger one thing is than another, from paired ratios.

/// The chance that the interval misses.
const ALPHA: f64 = 0.05;

/// An estimate and the ends of its interval.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    pub middle: f64,
    pub ends: (f64, f64),
    /// The chance that the interval holds the truth, exact for these many ratios.
    pub confidence: f64,
}

/// The Hodges–Lehmann estimate of what the ratios have in common, and the interval that belongs to
/// Wilcoxon's signed-rank test (Hollander and Wolfe, *Nonparametric Statistical Methods*, 3.2 and
/// 3.3): of logarithms, which lie as far on the one side of the truth as on the other, since each pair
/// was measured in every order as often.
///
/// The interval has 95%, or what so few ratios allow.
pub fn common_ratio(ratios: &[f64]) -> Estimate {
    let logs: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
    let mut averages = Vec::new();
    for (place, one) in logs.iter().enumerate() {
        averages.extend(logs[place..].iter().map(|other| f64::midpoint(*one, *other)));
    }
    averages.sort_by(f64::total_cmp);
    let tails = tail_chances(logs.len());
    // The largest rank sum that is rare enough leaves out that many averages at each end.
    let left_out = tails.iter().skip(1).take_while(|tail| 2.0 * **tail <= ALPHA).count();
    let last = averages.len() - 1;
    Estimate {
        middle: super::common::median(&averages).exp(),
        ends: (averages[left_out].exp(), averages[last - left_out].exp()),
        confidence: 1.0 - 2.0 * tails[left_out],
    }
}

/// For each number, the chance that the rank sum of `count` pairs is at most that if nothing differs.
fn tail_chances(count: usize) -> Vec<f64> {
    let mut ways = vec![1.0];
    for rank in 1..=count {
        let mut with = vec![0.0; ways.len() + rank];
        for (sum, number) in ways.iter().enumerate() {
            with[sum] += number / 2.0;
            with[sum + rank] += number / 2.0;
        }
        ways = with;
    }
    let mut so_far = 0.0;
    ways.iter()
        .map(|chance| {
            so_far += chance;
            so_far
        })
        .collect()
}
