//! The page on which any cells can be drawn over each other, in their newest run and in earlier ones.

use serde::Serialize;

use super::earlier::Choices;
use super::overview::Overview;
use super::{Past, series};

#[derive(Serialize)]
pub(super) struct CompareView {
    root: &'static str,
    /// Curves that can be drawn, as JSON: their names, and what people call them.
    curves: String,
    /// What can be drawn, as JSON.
    choices: String,
}

pub(super) fn view(all: &Overview<'_>, past: &Past) -> CompareView {
    let cells = all.summary.cells.iter().filter(|cell| !cell.curves.is_empty());
    CompareView {
        root: "",
        curves: series::choices(&all.summary.cells, None),
        choices: Choices::of(past, cells).to_json(),
    }
}
