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
}

/// The spread of `values`; `None` if none of them is a finite number.
#[must_use]
pub fn spread(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
    let mut sorted: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    Some(Spread { count: sorted.len(), median: middle(&sorted), min, max })
}

/// The median of `values`; `None` if none of them is a finite number.
#[must_use]
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    spread(values).map(|spread| spread.median)
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
        assert_eq!(spread([4.0]), Some(Spread { count: 1, median: 4.0, min: 4.0, max: 4.0 }));
    }

    #[test]
    fn equal_values_have_no_width() {
        let equal = spread([7.0; 6]).unwrap();
        assert_eq!((equal.count, equal.median, equal.min, equal.max), (6, 7.0, 7.0, 7.0));
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
        fn the_order_of_attempts_does_not_matter(mut values in prop::collection::vec(any::<f64>(), 0..20)) {
            let before = spread(values.clone());
            values.reverse();
            prop_assert_eq!(before, spread(values));
        }
    }
}
