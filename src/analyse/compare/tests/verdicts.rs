//! One metric: the rows of the decision table.

use proptest::prelude::*;

use super::*;
use crate::measurement::{Better, Metric, Precision, Scope, Unit};

fn verdict(before: &[f64], after: &[f64]) -> Verdict {
    Night::of(before, after).peak().verdict
}

const FIVE: [f64; 5] = [50.0, 50.01, 50.02, 49.99, 50.0];

fn times(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

#[test]
fn five_repeats_tell_five_percent_from_their_own_spread() {
    let peak = Night::of(&FIVE, &times(&FIVE, 1.05)).peak();
    assert_eq!(peak.verdict, Verdict::Regressed);
    assert!(peak.beyond_limit);
    assert_eq!(peak.noise.unwrap().source, NoiseSource::Repeats);
    assert!((peak.ratio.unwrap() - 1.05).abs() < 1e-9);
    assert!((peak.p_value.unwrap() - 0.0079).abs() < 1e-3);
    assert_eq!(
        peak.reason,
        "rose by 5.0%, more than the 3.0% allowed and the noise of 0.10% (of the repeats)"
    );
    assert_eq!(verdict(&FIVE, &times(&FIVE, 1.0 / 1.05)), Verdict::Improved);
    assert_eq!(verdict(&FIVE, &times(&FIVE, 1.02)), Verdict::Unchanged);
}

#[test]
fn repeats_that_are_far_apart_tell_nothing() {
    let wild = [50.0, 58.0, 44.0, 53.0, 47.0];
    let peak = Night::of(&wild, &times(&wild, 1.05)).peak();
    assert_eq!(peak.verdict, Verdict::Inconclusive);
    assert!(peak.reason.contains("within the noise of"), "{}", peak.reason);
    let peak = Night::of(&wild, &wild).peak();
    assert_eq!(peak.verdict, Verdict::Inconclusive);
    assert!(peak.reason.contains("too far apart for the 3.0% allowed"), "{}", peak.reason);
}

#[test]
fn one_repeat_without_calibration_says_that_it_can_not_tell() {
    let night = Night::of(&[50.0], &[52.5]);
    let comparison = night.compare();
    let peak = night.peak();
    assert_eq!(
        (peak.verdict, peak.noise.unwrap().source),
        (Verdict::Inconclusive, NoiseSource::Assumed)
    );
    assert!(peak.reason.contains("1 repeat without a calibration can't tell"), "{}", peak.reason);
    assert!(peak.reason.contains("memgrid calibrate"), "{}", peak.reason);
    assert_eq!((peak.interval, peak.p_value), (None, None));
    assert_eq!(comparison.suspects().count(), 1);
    assert_eq!(comparison.gate, Gate::Incomplete);
    assert_eq!(verdict(&[50.0], &[50.4]), Verdict::Unchanged);
}

#[test]
fn what_is_beyond_all_that_was_ever_seen_needs_no_repeats() {
    assert_eq!(verdict(&[161.0], &[51.6]), Verdict::Improved);
    assert_eq!(verdict(&[51.6], &[161.0]), Verdict::Regressed);
}

#[test]
fn three_equal_repeats_are_still_few() {
    assert_eq!(verdict(&[50.0; 3], &[52.5; 3]), Verdict::Inconclusive);
    assert_eq!(verdict(&[50.0; 4], &[52.5; 4]), Verdict::Regressed);
}

#[test]
fn a_calibration_lets_one_repeat_be_judged() {
    let night = Night::of(&[50.0], &[52.5]).calibrated(&FIVE);
    let peak = night.peak();
    assert_eq!((peak.verdict, peak.noise.unwrap().source), (Verdict::Regressed, NoiseSource::Cell));
    let wild = Night::of(&[50.0], &[52.5]).calibrated(&[50.0, 52.0, 48.0, 51.0, 49.0]);
    assert_eq!(wild.peak().verdict, Verdict::Inconclusive);
    assert_eq!(wild.compare().gate, Gate::Passed, "what is normal is no reason to fail");
}

#[test]
fn repeats_that_were_disturbed_are_not_judged_by_a_calm_calibration() {
    let night = Night::of(&[50.0, 57.0], &[56.0, 60.0]).calibrated(&FIVE);
    let peak = night.peak();
    assert_eq!(peak.verdict, Verdict::Inconclusive);
    assert!(peak.reason.contains("farther apart than is normal"), "{}", peak.reason);
    assert_eq!(night.compare().gate, Gate::Incomplete);
}

#[test]
fn a_calibration_takes_no_verdict_away() {
    let disturbed = ([50.0, 52.0], [161.0, 164.0]);
    assert_eq!(verdict(&disturbed.0, &disturbed.1), Verdict::Regressed);
    let calibrated = Night::of(&disturbed.0, &disturbed.1).calibrated(&FIVE);
    assert_eq!(calibrated.peak().verdict, Verdict::Regressed);
}

#[test]
fn a_calibration_under_other_conditions_is_not_used_and_said() {
    let mut night = Night::of(&[50.0], &[52.5]).calibrated(&FIVE);
    night.noise.as_mut().unwrap().conditions.steady = false;
    let comparison = night.compare();
    assert_eq!(comparison.cells[0].verdict, Verdict::Inconclusive);
    assert!(comparison.notes[0].contains("another setting of `steady`"), "{:?}", comparison.notes);
}

#[test]
fn a_limit_in_a_unit_is_about_the_difference() {
    let night = |limit: &str| Night::of(&FIVE, &times(&FIVE, 1.05)).ruled(&[limit]).peak();
    assert_eq!(night("peak_rss>2MiB").verdict, Verdict::Regressed);
    assert_eq!(night("peak_rss>3MiB").verdict, Verdict::Unchanged);
    let noise = night("peak_rss>2MiB").noise.unwrap();
    assert!(matches!(noise.size, Limit::Absolute { .. }));
}

/// A slope of 0.1 B/row that becomes 0.4 is four times as steep, and nothing.
#[test]
fn slopes_near_zero_are_not_judged_by_their_ratio() {
    let mut night = Night::of(&FIVE, &FIVE).ruled(&["growth_rss>16B/row"]);
    let mut grow = |slopes: [f64; 2]| {
        for (run, slope) in [&mut night.before, &mut night.after].into_iter().zip(slopes) {
            for attempt in &mut run.cells[0].attempts {
                let unit = crate::measurement::unit("growth_rss").unwrap();
                let metric = Metric::new(slope, unit, Scope::Tree, Precision::Sampled);
                attempt.derived.metrics.insert("growth_rss".to_owned(), metric);
            }
        }
        night.compare().cells[0].metrics["growth_rss"].clone()
    };
    assert_eq!(grow([0.1, 0.4]).verdict, Verdict::Unchanged);
    assert_eq!(grow([-0.1, 0.4]).verdict, Verdict::Unchanged);
    let grown = grow([0.1, 2056.0]);
    assert_eq!(grown.verdict, Verdict::Regressed);
    assert!(
        grown.reason.starts_with("rose by 2056 B/row, more than the 16 B/row"),
        "{}",
        grown.reason
    );
}

#[test]
fn what_was_nothing_before_has_no_share() {
    let night = Night::of(&[0.0; 5], &[5.0; 5]);
    let peak = night.peak();
    assert_eq!((peak.verdict, peak.ratio), (Verdict::Inconclusive, None));
    assert_eq!(night.compare().gate, Gate::Incomplete);
    assert_eq!(verdict(&[0.0; 5], &[0.0; 5]), Verdict::Unchanged);
}

/// A night in which the workload's own `speed` doubled.
fn faster() -> Night {
    let mut night = Night::of(&FIVE, &FIVE);
    for (run, value) in [(&mut night.before, 10.0), (&mut night.after, 20.0)] {
        for attempt in &mut run.cells[0].attempts {
            let metrics = &mut attempt.result.as_mut().unwrap().metrics;
            let metric = Metric::new(value, Unit::Count, Scope::Workload, Precision::Exact);
            metrics.insert("speed".to_owned(), metric);
        }
    }
    night
}

fn speed(night: &Night) -> MetricComparison {
    night.compare().cells[0].metrics["speed"].clone()
}

#[test]
fn a_workloads_own_metric_is_only_judged_if_it_is_declared() {
    let mut night = faster();
    let undeclared = speed(&night);
    assert_eq!((undeclared.verdict, undeclared.better), (Verdict::NotJudged, None));
    assert_eq!(undeclared.reason, "rose by 100%");
    night.directions = Directions::new([("speed".to_owned(), Better::Lower)]);
    assert_eq!(speed(&night).verdict, Verdict::Regressed);
    night.directions = Directions::new([("speed".to_owned(), Better::Higher)]);
    assert_eq!(speed(&night).verdict, Verdict::Improved);
    std::mem::swap(&mut night.before, &mut night.after);
    assert_eq!(speed(&night).verdict, Verdict::Regressed);
}

#[test]
fn the_gate_follows_the_direction_of_a_metric() {
    let mut night = faster().ruled(&["peak_rss>3%", "speed>3%"]);
    let undeclared = night.compare();
    assert_eq!(undeclared.gate, Gate::Incomplete);
    assert!(speed(&night).reason.contains("[metrics.speed]"), "{}", speed(&night).reason);
    night.directions = Directions::new([("speed".to_owned(), Better::Higher)]);
    assert_eq!((night.compare().gate, speed(&night).beyond_limit), (Gate::Passed, false));
    std::mem::swap(&mut night.before, &mut night.after);
    assert_eq!((night.compare().gate, speed(&night).beyond_limit), (Gate::Regressed, true));
    assert!(speed(&night).reason.starts_with("fell by 50%, more than the 3.0% allowed"));
}

#[test]
fn the_last_rule_for_a_cell_counts() {
    let night = Night::of(&FIVE, &times(&FIVE, 1.05));
    assert_eq!(night.ruled(&["peak_rss>3%", "x:peak_rss>10%"]).peak().verdict, Verdict::Unchanged);
}

fn peaks() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(40.0..60.0_f64, 1..8)
}

/// The other direction.
fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Regressed => Verdict::Improved,
        Verdict::Improved => Verdict::Regressed,
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn swapping_the_sides_swaps_the_verdict(before in peaks(), after in peaks(), factor in 0.5..2.0_f64) {
        let after = times(&after, factor);
        prop_assert_eq!(verdict(&before, &after), mirrored(verdict(&after, &before)));
    }

    #[test]
    fn neither_order_nor_scale_matters(before in peaks(), after in peaks(), factor in 0.01..100.0_f64) {
        let turned = |values: &[f64]| -> Vec<f64> {
            values.iter().rev().map(|value| value * factor).collect()
        };
        prop_assert_eq!(verdict(&before, &after), verdict(&turned(&before), &turned(&after)));
    }

    #[test]
    fn it_is_never_a_regression_within_the_limit_or_the_noise(before in peaks(), after in peaks()) {
        let peak = Night::of(&before, &after).peak();
        let ratio = peak.ratio.unwrap();
        if peak.verdict == Verdict::Regressed {
            prop_assert!(ratio > 1.03 && ratio - 1.0 > peak.noise.unwrap().size.amount());
        }
        if let Some(interval) = peak.interval {
            prop_assert!(interval.low <= ratio * 1.000_001 && ratio <= interval.high * 1.000_001);
        }
    }
}
