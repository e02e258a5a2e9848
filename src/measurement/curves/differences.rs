//! Whole numbers, as what they have in common and the difference from one to the next: amounts of
//! memory are multiples of a page and change little from one reading to the next.

use serde::{Deserialize, Serialize};

/// Below this every whole number has a floating-point number of its own.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Numbers that [`differences`](Self::differences) add up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// What all of them are multiples of; at least 1.
    pub unit: u64,
    /// By how many units each is above the one before; the first above 0.
    pub differences: Vec<i64>,
}

impl Differences {
    /// `None` if not all `numbers` are whole and below 2^53. -0 is no whole number.
    #[must_use]
    pub fn of(numbers: &[f64]) -> Option<Self> {
        let mut differences = Vec::with_capacity(numbers.len());
        for number in numbers {
            differences.push(whole(*number)?);
        }
        let unit = unit_of(&differences);
        let mut before = 0;
        for number in &mut differences {
            let units = if unit == 1 { *number } else { *number / unit as i64 };
            *number = units - std::mem::replace(&mut before, units);
        }
        Some(Self { unit, differences })
    }

    /// The numbers. Differences that no numbers have give some number, and never a panic.
    #[must_use]
    pub fn numbers(&self) -> Vec<f64> {
        let (unit, mut sum) = (self.unit as f64, 0_i64);
        let next = |difference: &i64| {
            sum = sum.wrapping_add(*difference);
            sum as f64 * unit
        };
        self.differences.iter().map(next).collect()
    }
}

/// The whole number that this is, if it is one.
#[expect(clippy::cast_possible_truncation, reason = "what is cut off is noticed")]
fn whole(number: f64) -> Option<i64> {
    let whole = number as i64;
    let is_same = (whole as f64).to_bits() == number.to_bits();
    (is_same && number.abs() < EXACT).then_some(whole)
}

/// What all numbers are multiples of; at least 1.
fn unit_of(numbers: &[i64]) -> u64 {
    let mut unit = 0;
    for number in numbers {
        unit = gcd(number.unsigned_abs(), unit);
        if unit == 1 {
            break;
        }
    }
    unit.max(1)
}

/// The greatest common divisor; 0 counts as a multiple of anything.
const fn gcd(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_what_their_differences_add_up_to() {
        let numbers = [8192.0, 12288.0, 12288.0, -4096.0, 0.0];
        let whole = Differences::of(&numbers).unwrap();
        assert_eq!(whole, Differences { unit: 4096, differences: vec![2, 1, 0, -4, 1] });
        assert_eq!(whole.numbers(), numbers);
        assert_eq!(Differences::of(&[0.0, 0.0]).unwrap().unit, 1);
        for other in [0.5, -0.0, f64::NAN, f64::INFINITY, EXACT] {
            assert_eq!(Differences::of(&[1.0, other]), None);
        }
    }
}
