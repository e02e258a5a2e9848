//! A checksum of rows that does not depend on their order, nor on the database that holds them.
//!
//! Each row's canonical texts are hashed with SHA-256, and the hashes are added up. So chunks can
//! be summed apart and merged, and a table can be read in whatever order is cheapest. It is meant
//! to notice accidents, not somebody who looks for collisions.

use std::fmt;

use sha2::{Digest, Sha256};

use super::value::Value;
use crate::fingerprint::Fingerprint;

/// Checksum and number of the rows that were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    lanes: [u64; 4],
    rows: u64,
}

impl Checksum {
    /// Adds one row.
    pub fn add(&mut self, row: &[Value<'_>]) {
        let mut hasher = Sha256::new();
        for value in row {
            value.with_text(|text| match text {
                None => hasher.update(u64::MAX.to_le_bytes()),
                Some(text) => {
                    hasher.update((text.len() as u64).to_le_bytes());
                    hasher.update(text.as_bytes());
                }
            });
        }
        let hash = hasher.finalize();
        let (words, _) = hash.as_slice().as_chunks::<8>();
        for (lane, word) in self.lanes.iter_mut().zip(words) {
            *lane = lane.wrapping_add(u64::from_le_bytes(*word));
        }
        self.rows += 1;
    }

    /// Adds all rows of another checksum.
    pub fn merge(&mut self, other: Self) {
        for (lane, more) in self.lanes.iter_mut().zip(other.lanes) {
            *lane = lane.wrapping_add(more);
        }
        self.rows += other.rows;
    }

    /// How many rows were added.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }
}

/// 64 hex digits.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let print = Fingerprint::of("rows").part(self.rows.to_le_bytes());
        let lanes = self.lanes.iter().fold(print, |print, lane| print.part(lane.to_le_bytes()));
        f.pad(&lanes.hex())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value<'static>> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            any::<bool>().prop_map(Value::Boolean),
            "\\PC{0,8}".prop_map(|text| Value::Text(text.into())),
        ]
    }

    fn sum(rows: &[Vec<Value<'static>>]) -> Checksum {
        let mut sum = Checksum::default();
        for row in rows {
            sum.add(row);
        }
        sum
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn order_and_chunks_make_no_difference(
            rows in prop::collection::vec(prop::collection::vec(value(), 3), 0..12),
            cut in 0_usize..12,
        ) {
            let cut = cut.min(rows.len());
            let mut merged = sum(&rows[cut..]);
            merged.merge(sum(&rows[..cut]));
            prop_assert_eq!(merged, sum(&rows));
        }

        #[test]
        fn another_value_gives_another_checksum(a in value(), b in value()) {
            let same = a.with_text(|a| b.with_text(|b| a == b));
            prop_assert_eq!(sum(&[vec![a]]) == sum(&[vec![b]]), same);
        }
    }

    #[test]
    fn null_is_not_the_empty_text_and_values_do_not_run_together() {
        let text = |text: &'static str| Value::Text(text.into());
        assert_ne!(sum(&[vec![Value::Null]]), sum(&[vec![text("")]]));
        assert_ne!(sum(&[vec![text("ab"), text("c")]]), sum(&[vec![text("a"), text("bc")]]));
    }

    #[test]
    fn a_row_twice_does_not_cancel_out() {
        let row = vec![Value::Integer(1)];
        assert_ne!(sum(&[row.clone(), row.clone()]).to_string(), Checksum::default().to_string());
    }
}
