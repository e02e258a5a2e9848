//! Which cell of one side belongs to which of the other: the same id, or the twin.

use indexmap::IndexMap;

use super::{CellSide, CompareInput, CompareSide, Unpaired};
use crate::collect::record::CellResults;
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId};

/// A cell on both sides.
pub(super) struct Pair<'a> {
    pub(super) before: Found<'a>,
    pub(super) after: Found<'a>,
    /// Whether it should be compared.
    pub(super) expected: bool,
}

/// A cell on one side.
pub(super) struct Found<'a> {
    pub(super) id: &'a CellId,
    /// `None` if the run left nothing of it.
    pub(super) results: Option<&'a CellResults>,
}

/// All cells of both sides.
pub(super) struct Pairs<'a> {
    pub(super) both: Vec<Pair<'a>>,
    pub(super) unpaired: Vec<Unpaired>,
    /// Cells that should be judged and are on the other side only.
    pub(super) gone: Vec<&'a CellId>,
}

/// What a cell shares with the one that it is compared with.
type Key<'a> = Vec<(&'a str, &'a str)>;

#[derive(Default)]
struct Entry<'a> {
    before: Option<&'a CellId>,
    after: Option<&'a CellId>,
    expected: bool,
}

impl<'a> Found<'a> {
    /// What is compared of it.
    pub(super) fn side(&self) -> CellSide<'a> {
        let attempts = self.results.map(|results| results.attempts.as_slice());
        CellSide { id: self.id, outcome: self.outcome(), attempts: attempts.unwrap_or_default() }
    }

    /// How it ended; `None` if it never ran.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        let results = self.results?;
        match &results.record {
            Some(record) => Some(record.outcome),
            None => (!results.attempts.is_empty()).then_some(Outcome::Interrupted),
        }
    }
}

/// Pairs in matrix order, then what the matrix doesn't have.
pub(super) fn pairs<'a>(input: &CompareInput<'a>) -> Pairs<'a> {
    let mut pairs = Pairs { both: Vec::new(), unpaired: Vec::new(), gone: Vec::new() };
    for entry in entries(input).into_values() {
        let (before, after) = (input.before.find(entry.before), input.after.find(entry.after));
        match (entry.before.zip(entry.after), before, after) {
            // One that should be compared and that neither side has is still a cell: it never ran.
            (Some((before, after)), None, None) if entry.expected => {
                let lost = |id| Found { id, results: None };
                let (before, after) = (lost(before), lost(after));
                pairs.both.push(Pair { before, after, expected: true });
            }
            (_, Some(before), Some(after)) => {
                pairs.both.push(Pair { before, after, expected: entry.expected });
            }
            (_, Some(before), None) => {
                pairs.unpaired.push(unpaired(&before, false));
                pairs.gone.extend(entry.after.filter(|_| entry.expected));
            }
            (_, None, Some(after)) => pairs.unpaired.push(unpaired(&after, true)),
            (_, None, None) => {}
        }
    }
    pairs
}

fn entries<'a>(input: &CompareInput<'a>) -> IndexMap<Key<'a>, Entry<'a>> {
    let mut entries: IndexMap<Key<'a>, Entry<'a>> = IndexMap::new();
    for cell in input.expected {
        for (side, after) in [(&input.before, false), (&input.after, true)] {
            if let Some(key) = side.key(cell) {
                let entry = entries.entry(key).or_default();
                entry.expected = true;
                *(if after { &mut entry.after } else { &mut entry.before }) = Some(&cell.id);
            }
        }
    }
    for (side, after) in [(&input.after, true), (&input.before, false)] {
        for (id, cell) in side.cells() {
            let Some(key) = side.key_of(id, cell) else { continue };
            let entry = entries.entry(key).or_default();
            (if after { &mut entry.after } else { &mut entry.before }).get_or_insert(id);
        }
    }
    entries
}

fn unpaired(cell: &Found<'_>, after: bool) -> Unpaired {
    Unpaired { id: cell.id.clone(), after, outcome: cell.outcome() }
}

impl<'a> CompareSide<'a> {
    /// The cells that its run was to measure or has results of, with what is known of their values.
    fn cells(&self) -> impl Iterator<Item = (&'a CellId, Option<&'a Cell>)> {
        let run = self.run;
        let record = |id| run.cells.get(id).and_then(|results| results.record.as_ref());
        let selected = run.manifest.cells.iter();
        selected.chain(run.cells.keys()).map(move |id| (id, record(id).map(|it| &it.cell)))
    }

    /// A cell's key; `None` if it isn't of this side.
    fn key(&self, cell: &'a Cell) -> Option<Key<'a>> {
        self.key_of(&cell.id, Some(cell))
    }

    fn key_of(&self, id: &'a CellId, cell: Option<&'a Cell>) -> Option<Key<'a>> {
        let Some((axis, value)) = self.value else { return Some(vec![("", id.as_str())]) };
        // A cell of which nothing is known but its id counts if the matrix still has it.
        let cell = cell?;
        (cell.value(axis) == Some(value)).then(|| cell.twin_key(axis))
    }

    fn find(&self, id: Option<&'a CellId>) -> Option<Found<'a>> {
        let id = id?;
        let results = self.run.cells.get(id);
        let left = results.is_some() || self.run.manifest.cells.contains(id);
        left.then_some(Found { id, results })
    }
}
