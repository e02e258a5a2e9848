//! Figures as reasons have them.

use crate::config::Limit;
use crate::measurement::Unit;
use crate::plan::CellId;

const MIB: f64 = 1024.0 * 1024.0;

/// A change or a noise with two significant digits, or as many as it has before the point: `0.12%`, `57%`,
/// `3.4 MiB`, `16 B/row`.
pub(super) fn size(size: &Limit) -> String {
    match size {
        Limit::Relative(share) if *share >= 9.995 => format!("{} times", digits(share + 1.0)),
        Limit::Relative(share) => format!("{}%", digits(share * 100.0)),
        Limit::Absolute { value, unit } => amount(*value, unit),
    }
}

/// An amount with its unit; bytes in MiB.
pub(super) fn amount(value: f64, unit: &Unit) -> String {
    match unit {
        Unit::Bytes => format!("{} MiB", digits(value / MIB)),
        Unit::Seconds => format!("{} s", digits(value)),
        Unit::Count => digits(value),
        Unit::Other(unit) => format!("{} {unit}", digits(value)),
    }
}

fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        below if below < 0.001 => format!("{value:.1e}"),
        below if below < 0.1 => format!("{value:.3}"),
        below if below < 1.0 => format!("{value:.2}"),
        below if below < 10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// `1 repeat`, `5 repeats`, `5 and 3 repeats`.
pub(super) fn repeats(before: usize, after: usize) -> String {
    match (before, after) {
        (1, 1) => "1 repeat".to_owned(),
        _ if before == after => format!("{before} repeats"),
        _ => format!("{before} and {after} repeats"),
    }
}

/// `1 cell did this: a`, `3 cells did this: a, b, c`.
pub(super) fn cells<'a>(ids: impl IntoIterator<Item = &'a CellId>, did: &str) -> Option<String> {
    let ids: Vec<_> = ids.into_iter().map(CellId::as_str).collect();
    let cells = if ids.len() == 1 { "cell" } else { "cells" };
    (!ids.is_empty()).then(|| format!("{} {cells} {did}: {}", ids.len(), ids.join(", ")))
}
