//! The metrics that a workload sends, each any number of times.

use indexmap::IndexMap;

use crate::measurement::{Distribution, Metric, Precision, Scope, Unit};

/// Names beyond these are dropped: a workload may not fill our memory.
const MOST_NAMES: usize = 1000;
/// Values of all names that are kept for medians; beyond these only counts and moments go on.
const MOST_VALUES: usize = 100_000;

/// Values by name.
#[derive(Debug, Default)]
pub(super) struct Values {
    by_name: IndexMap<String, Spread>,
    kept: usize,
    dropped_values: bool,
}

/// The values of one name. Mean and deviation are kept as they come (Welford, "Note on a method
/// for calculating corrected sums of squares and products", 1962).
#[derive(Debug)]
struct Spread {
    unit: String,
    count: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
    values: Vec<f64>,
}

impl Values {
    /// Takes one value. Whether it was taken: not with another unit than the name's first value,
    /// and not with too many names.
    pub(super) fn add(&mut self, name: String, value: f64, unit: &str) -> bool {
        if !self.by_name.contains_key(&name) && self.by_name.len() >= MOST_NAMES {
            return false;
        }
        let spread = self.by_name.entry(name).or_insert_with(|| Spread::new(unit.to_owned()));
        if spread.unit != unit {
            return false;
        }
        spread.add(value);
        if self.kept < MOST_VALUES {
            spread.values.push(value);
            self.kept += 1;
        } else {
            self.dropped_values = true;
        }
        true
    }

    /// Whether medians are of the first values only.
    pub(super) const fn dropped_values(&self) -> bool {
        self.dropped_values
    }

    /// The metrics: the value, or the median of several.
    pub(super) fn into_metrics(self) -> impl Iterator<Item = (String, Metric)> {
        self.by_name.into_iter().map(|(name, spread)| (name, spread.into_metric()))
    }
}

impl Spread {
    const fn new(unit: String) -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { unit, count: 0, mean: 0.0, squares: 0.0, min, max, values: Vec::new() }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn add(&mut self, value: f64) {
        self.count += 1;
        let from_old = value - self.mean;
        self.mean += from_old / self.count as f64;
        self.squares += from_old * (value - self.mean);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn into_metric(mut self) -> Metric {
        let unit = match self.unit.as_str() {
            "B" => Unit::Bytes,
            "s" => Unit::Seconds,
            "1" => Unit::Count,
            _ => Unit::Other(self.unit),
        };
        let distribution = (self.count > 1).then(|| Distribution {
            count: self.count,
            mean: self.mean,
            standard_deviation: (self.squares / (self.count - 1) as f64).sqrt(),
            min: self.min,
            max: self.max,
        });
        let Some(median) = median(&mut self.values) else {
            let why = "too many values were sent before this one";
            return Metric::unavailable(unit, Scope::Workload, Precision::Exact, why);
        };
        Metric { distribution, ..Metric::new(median, unit, Scope::Workload, Precision::Exact) }
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(values[values.len() / 2 - 1], upper))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn metrics(values: Values) -> IndexMap<String, Metric> {
        values.into_metrics().collect()
    }

    #[test]
    fn one_value_is_itself_and_several_have_a_distribution() {
        let mut values = Values::default();
        for value in [4.0, 1.0, 2.0, 9.0] {
            assert!(values.add("latency".into(), value, "s"));
        }
        for unit in ["rows", "B", "1"] {
            assert!(values.add(format!("size in {unit}"), 7.0, unit));
        }
        let metrics = metrics(values);
        for (name, unit) in [
            ("size in rows", Unit::Other("rows".into())),
            ("size in B", Unit::Bytes),
            ("size in 1", Unit::Count),
        ] {
            assert_eq!(metrics[name], Metric::new(7.0, unit, Scope::Workload, Precision::Exact));
        }
        assert_eq!(
            (metrics["latency"].value, &metrics["latency"].unit),
            (Some(3.0), &Unit::Seconds)
        );
        let spread = metrics["latency"].distribution.unwrap();
        assert_eq!((spread.count, spread.mean, spread.min, spread.max), (4, 4.0, 1.0, 9.0));
        assert!((spread.standard_deviation - 38_f64.sqrt() / 3_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_largest_figures_have_moments() {
        let mut values = Values::default();
        for number in 0..1000 {
            let value = if number % 2 == 0 { 1e150 } else { -1e150 };
            assert!(values.add("a".into(), value, "1"));
        }
        let spread = metrics(values)["a"].distribution.unwrap();
        assert!(spread.mean.is_finite() && (spread.standard_deviation / 1e150 - 1.0).abs() < 1e-3);
        assert_eq!((spread.min, spread.max), (-1e150, 1e150));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Kept as they come, moments are those of all values at once.
        #[test]
        fn it_agrees_with_the_textbook(values in proptest::collection::vec(-1e9..1e9_f64, 2..50)) {
            let mut kept = Values::default();
            for value in &values {
                kept.add("a".into(), *value, "s");
            }
            let metric = &metrics(kept)["a"];
            let found = metric.distribution.unwrap();
            let wanted = crate::statistics::spread(values).unwrap();
            let near = |one: f64, other: f64| (one - other).abs() < 1e-3;
            prop_assert_eq!(metric.value, Some(wanted.median));
            prop_assert_eq!((found.min, found.max), (wanted.min, wanted.max));
            prop_assert!(near(found.mean, wanted.mean));
            prop_assert!(near(found.standard_deviation, wanted.standard_deviation.unwrap()));
        }
    }

    #[test]
    fn another_unit_is_refused() {
        let mut values = Values::default();
        assert!(values.add("a".into(), 1.0, "s"));
        assert!(!values.add("a".into(), 1.0, "ms"));
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut values = Values::default();
        for number in 0..150_000 {
            assert!(values.add("a".into(), f64::from(number), "1"));
        }
        assert!(values.dropped_values() && values.kept == MOST_VALUES);
        assert!(values.add("late".into(), 1.0, "1"));
        assert!((2..MOST_NAMES).all(|number| values.add(number.to_string(), 1.0, "1")));
        assert!(!values.add("one more".into(), 1.0, "1"));
        assert!(values.add("late".into(), 1.0, "1"), "its name is known");
        let metrics = metrics(values);
        assert_eq!(metrics["a"].distribution.unwrap().count, 150_000);
        assert!(metrics["late"].unavailable.is_some());
    }
}
