//! Axes from zero to a round number, with ticks at round numbers: of the charts in reports, and of
//! memprobe's in the terminal.

const MIB: f64 = 1024.0 * 1024.0;
/// How much longer an axis of memory is than what it holds, so that a peak is not at the edge.
const ABOVE: f64 = 1.05;

/// A tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it is: 0 at the start of the axis, 1 at its end.
    pub at: f64,
    /// The number.
    pub label: String,
}

/// An axis that starts at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The value at its end.
    pub end: f64,
    /// From 0 upwards.
    pub ticks: Vec<Tick>,
    /// What the ticks' numbers count: `MiB`, `s`, …
    pub unit: &'static str,
}

impl Axis {
    /// An axis over bytes that ends a little above `max`, with about `ticks` ticks.
    #[must_use]
    pub fn bytes(max: f64, ticks: usize) -> Self {
        let (unit, factor) = match max {
            max if max >= 10_000.0 * MIB => ("GiB", 1024.0 * MIB),
            max if max >= MIB => ("MiB", MIB),
            _ => ("KiB", 1024.0),
        };
        let end = positive(max) * ABOVE / factor;
        Self::new(end, round_step(end / ticks.max(1) as f64), unit, factor)
    }

    /// An axis over a number of things that ends a little above `max`, with about `ticks` ticks.
    #[must_use]
    pub fn count(max: f64, ticks: usize) -> Self {
        let end = positive(max) * ABOVE;
        Self::new(end, round_step(end / ticks.max(1) as f64).max(1.0), "", 1.0)
    }

    /// An axis over seconds that ends at `max`, with about `ticks` ticks.
    #[must_use]
    pub fn seconds(max: f64, ticks: usize) -> Self {
        let (unit, factor) = match max {
            max if max >= 7200.0 => ("h", 3600.0),
            max if max >= 180.0 => ("min", 60.0),
            max if max >= 1.0 => ("s", 1.0),
            _ => ("ms", 0.001),
        };
        let end = positive(max) / factor;
        Self::new(end, round_step(end / ticks.max(1) as f64), unit, factor)
    }

    /// An axis over plain numbers that ends a little above `max`, with about `ticks` ticks.
    #[must_use]
    pub fn numbers(max: f64, ticks: usize) -> Self {
        let end = positive(max) * ABOVE;
        Self::new(end, round_step(end / ticks.max(1) as f64), "", 1.0)
    }

    fn new(end: f64, step: f64, unit: &'static str, factor: f64) -> Self {
        let decimals = (-exponent(step)).clamp(0, 9) as usize;
        let ticks = (0..)
            .map(|index| f64::from(index) * step)
            .take_while(|value| *value <= end * (1.0 + 1e-9))
            .map(|value| Tick { at: (value / end).min(1.0), label: format!("{value:.decimals$}") })
            .collect();
        Self { end: end * factor, ticks, unit }
    }

    /// Where `value` is: 0 at the start, 1 at the end.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        (value / self.end).clamp(0.0, 1.0)
    }
}

/// A usable length for an axis: an axis must have one even if nothing was measured.
fn positive(max: f64) -> f64 {
    if max.is_finite() && max > 1e-6 { max } else { 1.0 }
}

/// 1, 2 or 5 times a power of ten: the one that is nearest to `wanted` by its ratio.
fn round_step(wanted: f64) -> f64 {
    let power = 10_f64.powi(exponent(wanted));
    let factor = match wanted / power {
        factor if factor < 2.0_f64.sqrt() => 1.0,
        factor if factor < 10.0_f64.sqrt() => 2.0,
        factor if factor < 50.0_f64.sqrt() => 5.0,
        _ => 10.0,
    };
    factor * power
}

/// The power of ten at or below `value`, which is positive. Counted, not computed with a logarithm:
/// that would be the only reason for memprobe to load the mathematics library whenever it starts.
fn exponent(value: f64) -> i32 {
    let mut exponent = 0;
    while exponent < f64::MAX_10_EXP && 10_f64.powi(exponent + 1) <= value {
        exponent += 1;
    }
    while exponent > f64::MIN_10_EXP && 10_f64.powi(exponent) > value {
        exponent -= 1;
    }
    exponent
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn memory_has_ticks_at_round_numbers_of_mib() {
        let axis = Axis::bytes(394.0 * MIB, 4);
        assert!(axis.unit == "MiB" && axis.end > 394.0 * MIB && axis.end < 420.0 * MIB);
        assert_eq!(labels(&axis), ["0", "100", "200", "300", "400"]);
    }

    #[test]
    fn numbers_of_things_are_whole() {
        assert_eq!(
            labels(&Axis::count(50_000.0, 4)),
            ["0", "10000", "20000", "30000", "40000", "50000"]
        );
        assert_eq!(labels(&Axis::count(2.0, 5)), ["0", "1", "2"]);
    }

    #[test]
    fn time_ends_where_the_longest_curve_does() {
        let axis = Axis::seconds(8.3, 4);
        assert_eq!(labels(&axis), ["0", "2", "4", "6", "8"]);
        assert!((axis.end - 8.3).abs() < 1e-9);
        assert_eq!(labels(&Axis::seconds(0.5, 5)), ["0", "100", "200", "300", "400", "500"]);
        assert_eq!(Axis::seconds(600.0, 5).unit, "min");
    }

    #[test]
    fn ticks_have_the_digits_that_they_need() {
        assert_eq!(labels(&Axis::seconds(0.000_5, 5)), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(labels(&Axis::seconds(0.000_1, 2)), ["0.00", "0.05", "0.10"]);
        assert_eq!([0.001, 0.1, 0.5, 1.0, 9.9, 10.0].map(exponent), [-3, -1, -1, 0, 0, 1]);
    }

    #[test]
    fn an_axis_of_nothing_still_has_a_length() {
        for max in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Axis::bytes(max, 4).end > 0.0 && Axis::seconds(max, 4).end > 0.0);
        }
    }

    proptest! {
        #[test]
        fn ticks_are_few_and_inside(max in 1e-5..1e15_f64, wanted in 2_usize..8) {
            for axis in [Axis::bytes(max, wanted), Axis::seconds(max, wanted)] {
                prop_assert!(axis.end >= max * 0.999_999);
                prop_assert!(!axis.ticks.is_empty() && axis.ticks.len() <= 2 * wanted + 1);
                prop_assert!(axis.ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.at)));
            }
        }
    }
}
