//! How memory grows with the rows, on both sides and in words.

use indexmap::{IndexMap, IndexSet};

use super::words::amount;
use crate::analyse::comparison::{Growth, Slope};
use crate::collect::record::AttemptRecord;
use crate::measurement::{self, Unit};

/// The growth of what was sampled, by name, of all that either side can tell.
pub(super) fn growth(
    before: &[&AttemptRecord],
    after: &[&AttemptRecord],
) -> IndexMap<String, Growth> {
    let both = after.iter().chain(before);
    let names: IndexSet<&String> = both.flat_map(|attempt| attempt.derived.growth.keys()).collect();
    let growth = |name: &&String| Growth {
        before: typical(before, name).map(slope),
        after: typical(after, name).map(slope),
    };
    names.iter().map(|name| ((*name).clone(), growth(name))).collect()
}

/// Of the attempt whose slope is the middle one.
fn typical<'a>(attempts: &[&'a AttemptRecord], name: &str) -> Option<&'a measurement::Growth> {
    let mut found: Vec<_> =
        attempts.iter().filter_map(|attempt| attempt.derived.growth.get(name)).collect();
    found.sort_by(|one, other| one.bytes_per_row.total_cmp(&other.bytes_per_row));
    found.get(found.len() / 2).copied()
}

fn slope(growth: &measurement::Growth) -> Slope {
    let bytes = |bytes: f64| amount(bytes, &Unit::Bytes);
    let before = match growth.before_rows {
        Some(before) => format!("{} before the first row, ", bytes(before)),
        None => String::new(),
    };
    let evidence = format!(
        "{before}{} along {:.0} rows, {} after the last; half of the readings are within {} of the line",
        bytes(growth.bytes_per_row * growth.rows),
        growth.rows,
        bytes(growth.after_rows),
        bytes(growth.scatter),
    );
    Slope { shape: growth.shape, bytes_per_row: growth.bytes_per_row, evidence }
}
