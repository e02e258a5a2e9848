//! The matrix's expansion, with the meaning that people know from GitHub Actions: the product of
//! the axes, less what `exclude` matches, then `include`.

use indexmap::IndexMap;

use super::{Cell, CellId};
use crate::config::Matrix;

#[cfg(test)]
mod tests;

/// Values by axis (or, in an `include` entry, by any name).
type Values = IndexMap<String, String>;

/// Where a cell comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The product of the axes.
    Product,
    /// The `include` entry with this index, which fitted no combination.
    Include(usize),
}

/// The cells of a matrix: the product in axis order (the first axis varies slowest), then the
/// cells that `include` adds, in the order in which they were written.
///
/// Its ids are unique if the configuration was validated.
#[must_use]
pub fn expand(matrix: &Matrix) -> Vec<Cell> {
    expand_traced(matrix).into_iter().map(|(cell, _)| cell).collect()
}

/// How many combinations the axes have before `exclude`; `None` if that is beyond counting.
#[must_use]
pub fn product_size(matrix: &Matrix) -> Option<usize> {
    if matrix.axes.is_empty() {
        return Some(0);
    }
    matrix.axes.values().try_fold(1_usize, |size, values| size.checked_mul(values.len()))
}

/// [`expand`], and where each cell comes from.
pub(crate) fn expand_traced(matrix: &Matrix) -> Vec<(Cell, Origin)> {
    let mut originals = product(matrix);
    originals.retain(|axes| !matrix.exclude.iter().any(|entry| is_part_of(entry, axes)));

    let mut cells: Vec<_> = originals.into_iter().map(|axes| (axes, Values::new())).collect();
    let mut added = Vec::new();
    for (index, entry) in matrix.include.iter().enumerate() {
        if !extend(&mut cells, entry, matrix) {
            added.push((cell(split(entry, matrix)), Origin::Include(index)));
        }
    }
    let originals = cells.into_iter().map(|values| (cell(values), Origin::Product));
    originals.chain(added).collect()
}

/// Every combination of the axes' values. No axes have no combination (not one empty one).
fn product(matrix: &Matrix) -> Vec<Values> {
    if matrix.axes.is_empty() {
        return Vec::new();
    }
    matrix.axes.iter().fold(vec![Values::new()], |combinations, (axis, values)| {
        let extended = |combination: &Values, value: &String| {
            let mut combination = combination.clone();
            combination.insert(axis.clone(), value.clone());
            combination
        };
        combinations
            .iter()
            .flat_map(|combination| values.iter().map(move |value| extended(combination, value)))
            .collect()
    })
}

fn is_part_of(entry: &Values, axes: &Values) -> bool {
    entry.iter().all(|(axis, value)| axes.get(axis) == Some(value))
}

/// Adds an `include` entry to every combination of the product whose axis values it would leave
/// as they are. What an earlier entry added may be overwritten. False if it fits none.
fn extend(cells: &mut [(Values, Values)], entry: &Values, matrix: &Matrix) -> bool {
    let (axes, extra) = split(entry, matrix);
    let mut fits = false;
    for (_, values) in cells.iter_mut().filter(|(original, _)| is_part_of(&axes, original)) {
        values.extend(extra.clone());
        fits = true;
    }
    fits
}

/// An entry's values of axes, in axis order, and its other values, in the order written.
fn split(entry: &Values, matrix: &Matrix) -> (Values, Values) {
    let of_axis = |axis: &String| entry.get(axis).map(|value| (axis.clone(), value.clone()));
    let axes = matrix.axes.keys().filter_map(of_axis).collect();
    let others = entry.iter().filter(|(name, _)| !matrix.axes.contains_key(*name));
    (axes, others.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn cell((axes, extra): (Values, Values)) -> Cell {
    let named = if axes.is_empty() { &extra } else { &axes };
    Cell { id: CellId::from_values(named.values().map(String::as_str)), axes, extra }
}
