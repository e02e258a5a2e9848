//! Curves of a cell's earlier results, so that its runs can be drawn over each other. A run that is
//! over doesn't change: its curves are written once, and stay until newer runs take their place.
//!
//! ```text
//! reports/assets/series/<cell>~<run>.js
//! ```

use indexmap::IndexMap;
use serde::Serialize;

use super::{Past, names, series};
use crate::analyse::CurveSource;
use crate::analyse::summary::{CellSummary, EarlierResult};
use crate::error::Result;
use crate::fingerprint::Fingerprint;
use crate::plan::CellId;

/// Earlier results of a cell that are drawn, the newest first: with the newest one, ten.
const DRAWN: usize = 9;
/// Readings of each of their curves. A line among ten needs fewer than one that stands alone.
const POINTS: usize = 300;
/// Another text with every change of what the files hold, so that old ones are made again. Another
/// build of memgrid alone is no reason to read all samples of all these runs.
const FORMAT: &str = "earlier results 2";

/// An earlier result of a cell whose curves the index shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier<'a> {
    /// The cell.
    cell: &'a CellId,
    /// What another run than the newest has of it.
    result: &'a EarlierResult,
}

/// What the page's script is told of a run: what it adds to the name of a cell's file, and what
/// people call it.
pub(super) type Run = (String, String);

/// Those earlier results of a cell that are drawn, newest first.
pub(super) fn drawn(cell: &CellSummary) -> impl Iterator<Item = Earlier<'_>> {
    let with_samples = cell.earlier.iter().filter(|result| result.measured().next().is_some());
    with_samples.take(DRAWN).map(|result| Earlier { cell: &cell.cell.id, result })
}

/// What can be drawn of some cells, as the page's script takes it.
#[derive(Serialize)]
pub(super) struct Choices<'a> {
    /// What each run is called.
    runs: Vec<Run>,
    /// The name of the cell's files, its id, and the runs besides its newest, as places in `runs`.
    cells: Vec<(String, &'a str, Vec<usize>)>,
}

impl<'a> Choices<'a> {
    /// All that can be drawn of `cells`.
    pub(super) fn of(past: &Past, cells: impl Iterator<Item = &'a CellSummary>) -> Self {
        let mut runs: IndexMap<&str, Run> = IndexMap::new();
        let cells = cells.map(|cell| {
            let earlier = drawn(cell).map(|Earlier { result, .. }| {
                let told = || (suffix(&result.run), label(past, &result.run));
                let entry = runs.entry(&result.run);
                let place = entry.index();
                entry.or_insert_with(told);
                place
            });
            let earlier = earlier.collect();
            (names::cell_stem(&cell.cell.id), cell.cell.id.as_str(), earlier)
        });
        let cells = cells.collect();
        Self { cells, runs: runs.into_values().collect() }
    }

    /// As JSON, for an attribute.
    pub(super) fn to_json(&self) -> String {
        // Texts, numbers and their lists can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What people call a run: its id, and the name that it was given.
fn label(past: &Past, run: &str) -> String {
    let known = past.runs.iter().find(|known| known.run == run);
    match known.and_then(|known| known.name.as_ref()) {
        Some(name) => format!("{run} {name}"),
        None => run.to_owned(),
    }
}

/// What a run adds to the name of a cell's file. No cell's own name has a `~`.
fn suffix(run: &str) -> String {
    format!("~{}", names::run_stem(run))
}

impl Earlier<'_> {
    /// The path of its curves, relative to the reports folder.
    pub(super) fn path(&self) -> String {
        format!("assets/series/{}.js", self.file())
    }

    fn file(&self) -> String {
        format!("{}{}", names::cell_stem(self.cell), suffix(&self.result.run))
    }

    /// A fingerprint of what they are made from. `run --resume` may have added attempts.
    pub(super) fn inputs(&self) -> String {
        let whose = Fingerprint::of(FORMAT).part(self.cell.as_str()).part(&self.result.run);
        let attempts = self.result.measured();
        let all = attempts.fold(whose, |all, attempt| {
            all.part(attempt.number.to_le_bytes()).part(attempt.started.to_string())
        });
        all.hex()
    }

    /// The script with its curves.
    ///
    /// # Errors
    /// None that curves can cause.
    pub(super) fn script(&self, source: &dyn CurveSource) -> Result<String> {
        let (run, cell) = (&self.result.run, self.cell);
        let attempts = self.result.measured();
        let curves = attempts.flat_map(|attempt| source.curves(run, cell, attempt.number));
        let curves: Vec<_> = curves.map(|curve| curve.thinned(POINTS)).collect();
        series::earlier_script(&self.file(), cell, &curves)
    }
}
