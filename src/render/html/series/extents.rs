//! How far the curves of the grid reach, for all cells in one script. Charts that share scales know
//! them from it, and have readings loaded only when they come into sight.
//! `templates/scripts/extents.js` takes it in.

use indexmap::IndexMap;
use serde::Serialize;

use crate::analyse::IN_GRID;
use crate::analyse::summary::{CellSummary, Curve};
use crate::error::{Error, Result};
use crate::measurement::curves::PROGRESS;
use crate::render::html::names;
use crate::render::html::overview::{Overview, typical_curve_of};

/// Where the script is, relative to the reports folder.
pub(in crate::render::html) const PATH: &str = "assets/extents.js";

/// How far the curves of a cell's typical attempt reach.
#[derive(Serialize)]
struct Extents<'a> {
    /// Rows done at the first moment at which the workload told it, and at the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<[i64; 2]>,
    #[serde(flatten)]
    curves: IndexMap<&'a str, Extent>,
}

/// The script with the extents of all cells.
///
/// # Errors
/// None that a summary can cause.
pub(in crate::render::html) fn script(all: &Overview<'_>) -> Result<String> {
    let cells = all.summary.cells.iter();
    let cells: IndexMap<_, _> =
        cells.filter_map(|cell| Some((names::cell_stem(&cell.cell.id), extents(cell)?))).collect();
    let json = serde_json::to_string(&cells)
        .map_err(|error| Error::bug("extents can't be serialised").because(error))?;
    Ok(format!("memgrid.addExtents({json});\n"))
}

fn extents(cell: &CellSummary) -> Option<Extents<'_>> {
    let curve = |metric| Some((metric, extent(typical_curve_of(cell, metric)?)?));
    let curves: IndexMap<_, _> = IN_GRID.into_iter().filter_map(curve).collect();
    let rows = typical_curve_of(cell, PROGRESS).and_then(|curve| {
        let (first, last) = (curve.points.first()?.1, curve.points.last()?.1);
        (first < last).then_some([first as i64, last as i64])
    });
    (!curves.is_empty()).then_some(Extents { rows, curves })
}

/// Seconds from and to; and of the values that at the start, the lowest and the highest, and the
/// smallest that is above zero and above the start: a logarithmic scale begins there.
type Extent = (f64, f64, [i64; 5]);

fn extent(curve: &Curve) -> Option<Extent> {
    let (from, to) = (curve.points.first()?.0, curve.points.last()?.0);
    let values = || curve.points.iter().map(|(_, value)| value.round() as i64);
    let above = |floor| values().filter(|value| *value > floor).min().unwrap_or(floor);
    let (start, low, high) = (values().next()?, values().min()?, values().max()?);
    Some((seconds(from), seconds(to), [start, low, high, above(0), above(start)]))
}

/// As fine as readings are told.
fn seconds(time: f64) -> f64 {
    (time * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_reaches_from_its_lowest_to_its_highest_reading() {
        let points = vec![(0.01, 300.0), (0.123_456, 0.0), (0.5, 900.4), (2.0, 400.0)];
        let curve = Curve { attempt: 1, metric: "rss".to_owned(), points, marks: Vec::new() };
        assert_eq!(extent(&curve), Some((0.01, 2.0, [300, 0, 900, 300, 400])));
        assert_eq!(extent(&Curve { points: Vec::new(), ..curve }), None);
    }
}
