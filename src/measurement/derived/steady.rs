//! What memory settles at: the median over the second half of the work, if it doesn't drift
//! there. The drift is that of the Theil–Sen line through that half.

use crate::statistics::{median, theil_sen};

/// Fewer samples don't show whether memory settled.
const FEWEST: usize = 10;
/// How much memory may drift over the second half, as a share of its level, and still be called
/// settled.
const DRIFT: f64 = 0.02;

/// The level that `held` (seconds and bytes) settles at, in bytes; or why there is none.
pub(super) fn level(held: &[(f64, f64)]) -> Result<f64, String> {
    let (Some(first), Some(last)) = (held.first(), held.last()) else {
        return Err("there is no sample during the work".to_owned());
    };
    let middle = first.0.midpoint(last.0);
    let half = &held[held.partition_point(|(time, _)| *time < middle)..];
    let line = theil_sen(half).filter(|_| half.len() >= FEWEST);
    let (Some(line), Some(level)) = (line, median(half.iter().map(|point| point.1))) else {
        let few = "there are only";
        return Err(format!("{few} {} samples in the second half of the work", half.len()));
    };
    let drift = line.slope * (last.0 - middle);
    if drift.abs() > DRIFT * level {
        let way = if drift > 0.0 { "rises" } else { "falls" };
        let percent = (drift / level).abs() * 100.0;
        return Err(format!("it still {way}, by {percent:.0}% over the second half of the work"));
    }
    Ok(level)
}
