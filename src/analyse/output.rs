//! Whether cells write what they should: the same bytes in every attempt, and the same as their
//! twin in the baseline.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::collect::record::AttemptRecord;
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId};

/// What one cell wrote.
#[derive(Clone, Debug)]
pub struct Output<'a> {
    /// The cell.
    pub cell: &'a Cell,
    /// How it ended, as far as is known without looking at its output.
    pub outcome: Outcome,
    /// The digests that its successful attempts sent: number of the attempt, digest.
    pub digests: Vec<(u32, &'a str)>,
}

impl<'a> Output<'a> {
    /// What `cell` wrote in `attempts`; those that did not succeed say nothing about its output.
    #[must_use]
    pub fn new(cell: &'a Cell, outcome: Outcome, attempts: &'a [AttemptRecord]) -> Self {
        let ok = attempts.iter().filter(|attempt| attempt.outcome == Outcome::Ok);
        let digests = ok.filter_map(|attempt| {
            let digest = attempt.result.as_ref()?.output_digest.as_deref()?;
            Some((attempt.number, digest))
        });
        Self { cell, outcome, digests: digests.collect() }
    }

    /// The digest that all its attempts agree on.
    #[must_use]
    pub fn digest(&self) -> Option<&'a str> {
        let (_, first) = self.digests.first()?;
        self.digests.iter().all(|(_, digest)| digest == first).then_some(first)
    }

    fn disagreement(&self) -> Option<String> {
        let (number, first) = self.digests.first()?;
        let (other, digest) = self.digests.iter().find(|(_, digest)| digest != first)?;
        let id = &self.cell.id;
        Some(format!(
            "attempts of {id} wrote different output: attempt {number} {}, attempt {other} {}",
            short(first),
            short(digest)
        ))
    }
}

/// The cells whose output is wrong, with the reason. A cell that did not end `ok` gets no verdict
/// of its own and is no measure for its twins; nor is one whose attempts sent no digest.
#[must_use]
pub fn check(outputs: &[Output<'_>], baseline: Option<(&str, &str)>) -> IndexMap<CellId, String> {
    let ok = || outputs.iter().filter(|output| output.outcome == Outcome::Ok);
    let trusted: HashMap<_, _> = baseline.map_or_else(HashMap::new, |(axis, value)| {
        let in_baseline = ok().filter(|output| output.cell.value(axis) == Some(value));
        in_baseline
            .filter_map(|output| {
                Some((output.cell.twin_key(axis), (output.cell, output.digest()?)))
            })
            .collect()
    });
    let verdict = |output: &Output<'_>| {
        output.disagreement().or_else(|| {
            let (axis, value) = baseline?;
            if output.cell.value(axis)? == value {
                return None;
            }
            let (twin, expected) = trusted.get(&output.cell.twin_key(axis))?;
            let (digest, id) = (output.digest()?, &output.cell.id);
            (digest != *expected).then(|| {
                format!(
                    "{id} wrote {}, but its twin {} wrote {}",
                    short(digest),
                    twin.id,
                    short(expected)
                )
            })
        })
    };
    ok().filter_map(|output| Some((output.cell.id.clone(), verdict(output)?))).collect()
}

/// Enough of a digest to tell it from another; records hold all of it.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(values: [&str; 2]) -> Cell {
        let axes = [("format", values[0]), ("state", values[1])];
        let axes: IndexMap<_, _> =
            axes.map(|(axis, value)| (axis.to_owned(), value.to_owned())).into();
        Cell { id: CellId::from_values(values), axes, extra: IndexMap::new() }
    }

    fn output<'a>(cell: &'a Cell, outcome: Outcome, digests: &[&'a str]) -> Output<'a> {
        Output { cell, outcome, digests: (1..).zip(digests.iter().copied()).collect() }
    }

    fn verdicts(
        before: (Outcome, &[&'static str]),
        after: (Outcome, &[&'static str]),
    ) -> Vec<String> {
        let (one, other) = (cell(["json", "old"]), cell(["json", "new"]));
        let outputs = [output(&one, before.0, before.1), output(&other, after.0, after.1)];
        check(&outputs, Some(("state", "old"))).into_values().collect()
    }

    const OK: Outcome = Outcome::Ok;

    #[test]
    fn equal_bytes_are_right() {
        assert!(verdicts((OK, &["aa", "aa"]), (OK, &["aa"])).is_empty());
    }

    #[test]
    fn a_cell_that_differs_from_its_twin_is_wrong_and_its_twin_is_not() {
        assert_eq!(
            verdicts((OK, &["aa"]), (OK, &["bb"])),
            ["json/new wrote bb, but its twin json/old wrote aa"]
        );
    }

    #[test]
    fn attempts_that_differ_condemn_their_own_cell_and_measure_nobody() {
        assert_eq!(
            verdicts((OK, &["aa", "cc"]), (OK, &["bb"])),
            ["attempts of json/old wrote different output: attempt 1 aa, attempt 2 cc"]
        );
    }

    #[test]
    fn without_a_digest_or_an_ok_there_is_no_verdict() {
        assert!(verdicts((OK, &[]), (OK, &["bb"])).is_empty());
        assert!(verdicts((OK, &["aa"]), (OK, &[])).is_empty());
        assert!(verdicts((Outcome::Failed, &["aa"]), (OK, &["bb"])).is_empty());
        assert!(verdicts((OK, &["aa"]), (Outcome::TimedOut, &["bb"])).is_empty());
    }

    #[test]
    fn only_twins_are_held_against_each_other() {
        let (one, other) = (cell(["json", "old"]), cell(["xml", "new"]));
        let outputs = [output(&one, OK, &["aa"]), output(&other, OK, &["bb"])];
        assert!(check(&outputs, Some(("state", "old"))).is_empty());
        assert!(check(&outputs, None).is_empty());
    }
}
