//! The middle and the ends of some values. What is not a finite number is left out, and nothing is made
//! up for what is empty.

/// The middle, the ends and the number of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many values there were.
    pub count: usize,
    /// The middle value; halfway between the two middle ones if their number is even.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// The sample standard deviation (divided by `count - 1`); `None` of a single value.
    pub standard_deviation: Option<f64>,
}

/// The spread of `values`; `None` if none of them is a finite number.
#[must_use]
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let median = middle(&sorted);
    let (mean, standard_deviation) = moments(&sorted, median, min.abs().max(max.abs()));
    Some(Spread { count: sorted.len(), median, min, max, mean, standard_deviation })
}

/// The median of `values`; `None` if none of them is a finite number.
#[must_use]
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    spread(values).map(|spread| spread.median)
}

/// Mean and sample standard deviation: of distances from the `middle`, which are all 0 if the values are
/// equal, as shares of the `largest`, so that no square overflows.
fn moments(values: &[f64], middle: f64, largest: f64) -> (f64, Option<f64>) {
    let count = values.len() as f64;
    let scale = if largest > 0.0 { largest } else { 1.0 };
    let distance = |value: &f64| value / scale - middle / scale;
    let mean = values.iter().map(|value| distance(value) / count).sum::<f64>();
    let squares = values.iter().map(|value| (distance(value) - mean).powi(2)).sum::<f64>();
    let deviation = (squares / (count - 1.0)).sqrt() * scale;
    (middle + mean * scale, (values.len() > 1).then_some(deviation.min(f64::MAX)))
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { sorted[half - 1].midpoint(sorted[half]) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_spread() {
        assert_eq!(spread([]), None);
        assert_eq!(spread([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]), None);
    }

    #[test]
    fn one_value_is_all_of_its_figures() {
        let four = Spread {
            count: 1,
            median: 4.0,
            min: 4.0,
            max: 4.0,
            mean: 4.0,
            standard_deviation: None,
        };
        assert_eq!(spread([4.0]), Some(four));
    }

    #[test]
    fn equal_values_have_no_width() {
        let equal = spread([7.0; 6]).unwrap();
        assert_eq!((equal.count, equal.median, equal.min, equal.max), (6, 7.0, 7.0, 7.0));
        assert_eq!((equal.mean, equal.standard_deviation), (7.0, Some(0.0)));
    }

    #[test]
    fn an_even_number_has_its_median_halfway() {
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median([9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn what_is_no_number_is_left_out_and_not_counted() {
        let spread = spread([f64::NAN, 2.0, f64::INFINITY, 1.0]).unwrap();
        assert_eq!((spread.count, spread.min, spread.median, spread.max), (2, 1.0, 1.5, 2.0));
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_textbook() {
        let spread = spread([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((spread.mean - 5.0).abs() < 1e-12);
        assert!((spread.standard_deviation.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        let huge = super::spread([f64::MAX, -f64::MAX]).unwrap();
        assert!(huge.mean.abs() < 1e300 && huge.standard_deviation.unwrap().is_finite());
    }

    #[test]
    fn the_middle_of_huge_values_does_not_overflow() {
        assert_eq!(median([f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    proptest! {
        #[test]
        fn half_lie_on_either_side(values in prop::collection::vec(-1e12..1e12, 1..40)) {
            let middle = median(values.clone()).unwrap();
            let below = values.iter().filter(|value| **value < middle).count();
            let above = values.iter().filter(|value| **value > middle).count();
            prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
        }

        #[test]
        fn the_mean_lies_within_the_ends(values in prop::collection::vec(any::<f64>(), 1..20)) {
            let Some(spread) = spread(values) else { return Ok(()) };
            let slack = 1e-12 * spread.min.abs().max(spread.max.abs());
            prop_assert!(spread.mean >= spread.min - slack && spread.mean <= spread.max + slack);
            prop_assert!(spread.standard_deviation.is_none_or(|it| it.is_finite() && it >= 0.0));
        }

        #[test]
        fn the_order_of_attempts_does_not_matter(mut values in prop::collection::vec(any::<f64>(), 0..20)) {
            let before = spread(values.clone());
            values.reverse();
            prop_assert_eq!(before, spread(values));
        }
    }
}
