//! Passes: attempts that look into the workload, and so give no figure of memory or time.

use serde::{Deserialize, Serialize};

use super::{Attempt, CellId};

/// What an attempt looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pass {
    /// Live instances of classes over time.
    Objects,
    /// The lines that had allocated most at the peak.
    Lines,
}

impl Pass {
    /// All of them, in the order in which they are made.
    pub const ALL: [Self; 2] = [Self::Objects, Self::Lines];

    /// Its name: `objects`, `lines`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Lines => "lines",
        }
    }
}

/// One attempt of each of `cells` for each of `passes`, to be made after all others. The numbers
/// of a cell's go on after `last`.
#[must_use]
pub fn passes(cells: &[CellId], passes: &[Pass], last: u32) -> Vec<Attempt> {
    let numbered = passes.iter().zip(last.saturating_add(1)..);
    let attempts = numbered.flat_map(|(pass, number)| {
        let attempt = move |cell: &CellId| Attempt {
            cell: cell.clone(),
            number,
            warmup: false,
            pass: Some(*pass),
        };
        cells.iter().map(attempt)
    });
    attempts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_come_one_after_the_other() {
        let cells = ["a", "b"].map(|cell| CellId::from_values([cell]));
        let attempts = passes(&cells, &Pass::ALL, 3);
        let found: Vec<_> =
            attempts.iter().map(|it| (it.cell.as_str(), it.number, it.pass)).collect();
        let (objects, lines) = (Some(Pass::Objects), Some(Pass::Lines));
        assert_eq!(found, [("a", 4, objects), ("b", 4, objects), ("a", 5, lines), ("b", 5, lines)]);
        assert!(passes(&cells, &[], 3).is_empty());
    }
}
