//! Which attempts a run that was broken off still lacks. Pure.

use std::collections::HashMap;

use super::{Attempt, CellId, Pass};

/// What a cell has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Warm-ups that ended `ok`.
    pub warmups: usize,
    /// Measured attempts that ended `ok`.
    pub measured: usize,
    /// Passes that were made, however they ended.
    pub passes: Vec<Pass>,
    /// The highest number that an attempt of any outcome has; 0 without attempts.
    pub last: u32,
}

/// What remains of `attempts` (one run's, in order) once `done` is taken away. What remains is
/// numbered after the attempts that are there, so that none is overwritten.
pub fn remaining(attempts: Vec<Attempt>, done: impl Fn(&CellId) -> Done) -> Vec<Attempt> {
    let mut cells: HashMap<CellId, Done> = HashMap::new();
    let mut left = Vec::new();
    for mut attempt in attempts {
        let state = cells.entry(attempt.cell.clone()).or_insert_with(|| done(&attempt.cell));
        if let Some(pass) = attempt.pass {
            if !state.passes.contains(&pass) {
                state.last += 1;
                attempt.number = state.last;
                left.push(attempt);
            }
            continue;
        }
        let had = if attempt.warmup { &mut state.warmups } else { &mut state.measured };
        if *had > 0 {
            *had -= 1;
            continue;
        }
        state.last += 1;
        attempt.number = state.last;
        left.push(attempt);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(kinds: &[(&str, u32, bool)]) -> Vec<Attempt> {
        let attempt = |&(cell, number, warmup): &(&str, u32, bool)| Attempt {
            cell: CellId::from_values([cell]),
            number,
            warmup,
            pass: None,
        };
        kinds.iter().map(attempt).collect()
    }

    const RUN: [(&str, u32, bool); 6] = [
        ("a", 1, true),
        ("b", 1, true),
        ("b", 2, false),
        ("a", 2, false),
        ("a", 3, false),
        ("b", 3, false),
    ];

    #[test]
    fn nothing_done_leaves_everything() {
        assert_eq!(remaining(attempts(&RUN), |_| Done::default()), attempts(&RUN));
    }

    #[test]
    fn what_is_ok_stays_and_failures_keep_their_numbers() {
        // Of `a` the warm-up and one attempt are ok, and a third one failed.
        let done = |cell: &CellId| match cell.as_str() {
            "a" => Done { warmups: 1, measured: 1, last: 3, passes: Vec::new() },
            _ => Done::default(),
        };
        let left = remaining(attempts(&RUN), done);
        let expected = [("b", 1, true), ("b", 2, false), ("a", 4, false), ("b", 3, false)];
        assert_eq!(left, attempts(&expected));
    }

    #[test]
    fn a_pass_is_made_once_however_it_ended() {
        let cells = ["a", "b"].map(|cell| CellId::from_values([cell]));
        let wanted = crate::plan::passes(&cells, &Pass::ALL, 1);
        let done = |cell: &CellId| match cell.as_str() {
            "a" => Done { measured: 1, passes: vec![Pass::Objects], last: 2, ..Done::default() },
            _ => Done { measured: 1, last: 1, ..Done::default() },
        };
        let left = remaining(wanted, done);
        let found: Vec<_> = left.iter().map(|it| (it.cell.as_str(), it.number, it.pass)).collect();
        let (objects, lines) = (Some(Pass::Objects), Some(Pass::Lines));
        assert_eq!(found, [("b", 2, objects), ("a", 3, lines), ("b", 3, lines)]);
    }
}
