//! Which cells of two sides are compared: those that were selected, and their twins.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::collect::record::RunRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{self, Cell, CellId, Selection};

use super::super::project::Project;
use super::sides::{AxisValues, Sides};

/// The cells of both sides, by id: the judged side's, then what only the other has.
///
/// # Errors
/// Of kind [`ErrorKind::BaselineMissing`] when two values of an axis are compared and no cell has
/// the one that is measured against.
pub(super) fn cells(project: &Project, sides: &Sides) -> Result<IndexMap<CellId, Cell>> {
    let mut all = of_run(project, &sides.after.record);
    let Some(AxisValues { axis, before, after }) = &sides.axis else {
        for (id, cell) in of_run(project, &sides.before.record) {
            all.entry(id).or_insert(cell);
        }
        return Ok(all);
    };
    let has = |cell: &Cell, value: &String| cell.value(axis) == Some(value.as_str());
    all.retain(|_, cell| has(cell, before) || has(cell, after));
    if !all.values().any(|cell| has(cell, before)) {
        let run = &sides.after.record.manifest.run;
        let message = format!("run {run} has no cell whose {axis} is `{before}`");
        return Err(Error::new(ErrorKind::BaselineMissing, message)
            .hint("`memgrid run` without naming cells measures all of them"));
    }
    Ok(all)
}

/// The cells of a run. One that was never reached left no record; then it is as in the matrix,
/// or its id is all that is known of it.
pub(super) fn of_run(project: &Project, run: &RunRecord) -> IndexMap<CellId, Cell> {
    let matrix: IndexMap<&CellId, &Cell> =
        project.cells.iter().map(|cell| (&cell.id, cell)).collect();
    let cell = |id: &CellId| {
        let recorded = run.cells.get(id).and_then(|results| results.record.as_ref());
        let known = recorded.map(|record| &record.cell).or_else(|| matrix.get(id).copied());
        let (axes, extra) = Default::default();
        known.cloned().unwrap_or_else(|| Cell { id: id.clone(), axes, extra })
    };
    run.cells.keys().map(|id| (id.clone(), cell(id))).collect()
}

/// The selected cells and those that they are compared with.
///
/// # Errors
/// Of [`plan::select`].
pub(super) fn select(
    cells: &IndexMap<CellId, Cell>,
    sides: &Sides,
    selection: &Selection,
) -> Result<HashSet<CellId>> {
    if selection.is_all() {
        return Ok(cells.keys().cloned().collect());
    }
    let all: Vec<Cell> = cells.values().cloned().collect();
    let selected = plan::select(&all, selection)?;
    let key = |cell: &Cell| match &sides.axis {
        Some(values) => {
            cell.twin_key(&values.axis).into_iter().map(|(_, value)| value.to_owned()).collect()
        }
        None => vec![cell.id.to_string()],
    };
    let keys: HashSet<Vec<String>> = selected.iter().map(key).collect();
    Ok(all.iter().filter(|cell| keys.contains(&key(cell))).map(|cell| cell.id.clone()).collect())
}

/// The run as if it had been made of the selected cells alone.
pub(super) fn restrict(run: &RunRecord, selected: &HashSet<CellId>) -> RunRecord {
    let mut run = run.clone();
    run.manifest.cells.retain(|cell| selected.contains(cell));
    run.cells.retain(|cell, _| selected.contains(cell));
    run
}
