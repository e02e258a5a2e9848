//! Compares two runs, or two values of one axis, cell by cell, and says what the gate says.
//!
//! `docs/statistics.md` has the decision table. Wherever it can't be told, that is what is said:
//! nothing here guesses.

mod cell;
mod gate;
mod growth;
mod judge;
mod pair;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashSet;

use indexmap::IndexMap;

use super::change;
use super::comparison::{Comparison, SCHEMA, Side, Unpaired};
use super::noise::NoiseFloors;
use crate::collect::record::{RunManifest, RunRecord};
use crate::config::Rule;
use crate::measurement::Directions;
use crate::plan::{Cell, CellId};

pub use cell::{CellSide, Standard, compare_cell};
pub(super) use judge::{Question, judge};

/// What is compared, and by what it is judged.
#[derive(Clone, Copy, Debug)]
pub struct CompareInput<'a> {
    /// What it is measured against.
    pub before: CompareSide<'a>,
    /// What is judged.
    pub after: CompareSide<'a>,
    /// Cells that should be compared, in matrix order: the selection. One that never ran makes the
    /// comparison incomplete. What runs have beside these is compared too.
    pub expected: &'a [Cell],
    /// The gate's rules; the last one that is for a cell and a metric counts.
    pub rules: &'a [Rule],
    /// Which way metrics are better.
    pub directions: &'a Directions,
    /// What is normal on this machine, if that was measured.
    pub noise: Option<&'a NoiseFloors>,
    /// Cells of the judged side that were measured again before they are believed.
    pub confirmed: &'a HashSet<CellId>,
    /// Whether cells count that are unavailable on both sides, or new on the judged one.
    pub strict: bool,
}

/// One side of what is compared.
#[derive(Clone, Copy, Debug)]
pub struct CompareSide<'a> {
    /// What people call it.
    pub label: &'a str,
    /// The run.
    pub run: &'a RunRecord,
    /// Only cells with this value of this axis, which are paired with their twins on the other
    /// side; `None`: all cells, which are paired by id.
    pub value: Option<(&'a str, &'a str)>,
}

/// Compares. Nothing in `input` makes it fail: what can't be compared is part of what is found.
#[must_use]
pub fn compare(input: &CompareInput<'_>) -> Comparison {
    let pairs = pair::pairs(input);
    let obstacle = change::obstacle(&input.before.run.manifest, &input.after.run.manifest);
    let floors = input.noise.map(|floors| {
        floors.obstacle(&input.after.run.manifest).map_or(Ok(floors), |why| {
            Err(format!("the calibration of this machine is not used: it was {why}"))
        })
    });
    let usable = floors.as_ref().and_then(|floors| floors.as_ref().ok()).copied();
    let judged: Vec<_> = pairs
        .both
        .iter()
        .map(|pair| cell::compare(input, pair, obstacle.as_deref(), usable))
        .collect();
    let (gate, reasons) = gate::conclude(input, &pairs, &judged, obstacle.as_deref());
    Comparison {
        schema: SCHEMA,
        before: side(&input.before),
        after: side(&input.after),
        rules: input.rules.to_vec(),
        cells: judged.into_iter().map(|judged| judged.cell).collect(),
        unpaired: pairs.unpaired,
        gate,
        reasons,
        notes: floors.and_then(Result::err).into_iter().collect(),
    }
}

fn side(side: &CompareSide<'_>) -> Side {
    let manifest = &side.run.manifest;
    Side {
        label: side.label.to_owned(),
        run: manifest.run.clone(),
        name: manifest.name.clone(),
        started: manifest.started,
        value: side.value.map(|(axis, value)| (axis.to_owned(), value.to_owned())),
        revisions: revisions(manifest),
    }
}

fn revisions(manifest: &RunManifest) -> IndexMap<String, IndexMap<String, String>> {
    let sources = manifest.states.iter().map(|(state, record)| {
        let revision = |(name, source): (&String, &crate::collect::record::SourceRecord)| {
            (name.clone(), source.commit.clone().unwrap_or_else(|| source.origin.clone()))
        };
        (state.clone(), record.sources.iter().map(revision).collect())
    });
    sources.collect()
}
