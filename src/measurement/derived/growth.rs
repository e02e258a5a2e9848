//! How memory grows with the rows done: a robust line through the highest readings against the
//! workload's `progress`, and what was taken before the first row and after the last.

use serde::{Deserialize, Serialize};

use super::work::Work;
use crate::statistics::{Line, median, theil_sen};

/// Fewer numbers of rows don't carry a line.
const FEWEST: usize = 5;
/// What the line may rise from end to end, as a share of the level, and still be called flat.
const FLAT: f64 = 0.02;
/// What may be taken beside the line, as a share of what was held before the work: buffers,
/// caches, modules that are loaded at first use.
const WARMING: f64 = 0.25;
/// How far half of the points may be from the line, as a share of its rise, for it to be a line.
const STRAIGHT: f64 = 0.05;

/// How memory grows with the rows done.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// In one word.
    pub shape: Shape,
    /// Slope of the line.
    pub bytes_per_row: f64,
    /// Rows between the first and the last reading.
    pub rows: f64,
    /// How far half of the readings are from the line at most, in bytes.
    pub scatter: f64,
    /// Bytes that were taken from the start of the work to the line's beginning; `None` if the
    /// workload didn't say when the work began.
    pub before_rows: Option<f64>,
    /// Bytes that were taken after the last row, on top of the line's end.
    pub after_rows: f64,
}

/// How a curve over rows looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Memory doesn't depend on the number of rows.
    Flat,
    /// Each row adds about the same.
    Linear,
    /// It grows, but not along a line.
    Uneven,
}

/// The growth along the rows, or why there is none.
pub(super) fn along(work: &Work) -> Result<Growth, String> {
    let rows = highest_by_rows(&work.rows);
    if work.rows.is_empty() {
        return Err("the workload sent no `progress`".to_owned());
    }
    if rows.len() < FEWEST {
        let seen = rows.len();
        return Err(format!("the samples saw only {seen} different numbers of `progress`"));
    }
    // While the last number stands, the rows are done, and what comes then is no matter of rows.
    let (last, along) = rows.split_last().ok_or_else(|| "there are no rows".to_owned())?;
    let line = theil_sen(along).ok_or_else(|| "there is no line through one point".to_owned())?;
    let (first_row, last_row) = (along[0].0, along[along.len() - 1].0);
    let level = median(along.iter().map(|point| point.1)).unwrap_or_default();
    // The line is begun at row 0, since the rows before the first reading are rows too.
    let before_rows = work.before.map(|before| line.at(0.0) - before);
    let after_rows = (last.1 - line.at(last.0)).max(0.0);
    let rows = last_row - first_row;
    let beside = before_rows.unwrap_or_default().max(0.0).max(after_rows);
    let warming = WARMING * work.before.unwrap_or(level);
    Ok(Growth {
        shape: shape(&line, line.slope * rows, level, beside, warming),
        bytes_per_row: line.slope,
        rows,
        scatter: line.scatter,
        before_rows,
        after_rows,
    })
}

fn shape(line: &Line, rise: f64, level: f64, beside: f64, warming: f64) -> Shape {
    if rise <= FLAT * level {
        return if beside <= warming { Shape::Flat } else { Shape::Uneven };
    }
    let straight = line.scatter <= STRAIGHT * rise;
    if straight && beside <= warming.max(rise * WARMING) { Shape::Linear } else { Shape::Uneven }
}

/// The highest reading at each number of rows, in the order of rows.
fn highest_by_rows(readings: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut readings = readings.to_vec();
    readings.sort_by(|one, other| one.0.total_cmp(&other.0));
    let same = readings.chunk_by(|one, other| one.0 == other.0);
    same.map(|same| (same[0].0, same.iter().map(|reading| reading.1).fold(0.0, f64::max))).collect()
}
