//! The page on which any cells can be drawn over each other.

use serde::Serialize;

use super::overview::Overview;
use super::{names, series};

#[derive(Serialize)]
pub(super) struct CompareView {
    root: &'static str,
    /// Curves that can be drawn, as JSON: their names, and what people call them.
    curves: String,
    /// Cells that have curves, as JSON: the name of their files, and their id.
    cells: String,
}

pub(super) fn view(all: &Overview<'_>) -> CompareView {
    let cells = all.summary.cells.iter().filter(|cell| !cell.curves.is_empty());
    let named: Vec<_> =
        cells.map(|cell| (names::cell_stem(&cell.cell.id), cell.cell.id.as_str())).collect();
    CompareView {
        root: "",
        curves: series::choices(all, None),
        // Texts and their lists can always be written as JSON.
        cells: serde_json::to_string(&named).unwrap_or_default(),
    }
}
