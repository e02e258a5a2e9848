//! The latest run with a series, as it stands: one cell that was measured again counts in it.

use crate::analyse::change;
use crate::collect::record::{CellResults, RunManifest, RunRecord};
use crate::outcome::Outcome;

/// The newest of `runs` (newest first) that took a state apart, with the newest result of each of
/// the series' cells that any run has which can be compared with it and measured the same states.
/// `None` if there is no such run.
#[must_use]
pub fn latest(runs: &[RunRecord]) -> Option<RunRecord> {
    let base = &runs.iter().find(|run| !run.manifest.series.is_empty())?.manifest;
    let mut merged = RunRecord { manifest: base.clone(), cells: Default::default() };
    for run in runs.iter().filter(|run| change::obstacle(base, &run.manifest).is_none()) {
        for (id, results) in &run.cells {
            let state = results.record.as_ref().and_then(|record| record.cell.state());
            let fits = state.is_some_and(|state| is_same(base, &run.manifest, state));
            let is_known = merged.cells.get(id).is_some_and(is_whole);
            if fits && !is_known && (is_whole(results) || !merged.cells.contains_key(id)) {
                merged.cells.insert(id.clone(), results.clone());
            }
        }
    }
    let order = |id: &_| base.cells.iter().position(|known| known == id).unwrap_or(usize::MAX);
    merged.cells.sort_by_cached_key(|id, _| order(id));
    Some(merged)
}

/// Whether a state of the series was the same in both runs. One whose patches don't apply has left
/// no record; then the whole series must be the same.
fn is_same(base: &RunManifest, other: &RunManifest, state: &str) -> bool {
    let is_part = base.series.values().any(|series| series.states.contains_key(state));
    let same = match (base.states.get(state), other.states.get(state)) {
        (Some(one), Some(other)) => one.sources == other.sources,
        _ => base.series == other.series,
    };
    is_part && same
}

fn is_whole(results: &CellResults) -> bool {
    results.record.as_ref().is_some_and(|record| record.outcome != Outcome::Interrupted)
}
