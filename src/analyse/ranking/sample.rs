//! A ranking with all that can be in one, for tests.

use super::{RankInput, Ranking, rank};
use crate::analyse::sample::{Sample, run};
use crate::measurement::Directions;
use crate::outcome::Outcome;

/// Four ways to do something: two that can't be told apart, one that is slower, one that failed.
pub(crate) fn ranking() -> Ranking {
    let methods = ["dict", "set and list", "sort", "regex"];
    let mut sample = Sample::new(&[("input", &["small"]), ("method", &methods)], None);
    sample.runs = vec![run("20261121-221530-3f9a")];
    for (cell, time) in sample.cells.clone().iter().zip([1.0, 1.005, 2.5]) {
        let attempts = [1.0, 1.01, 1.02, 0.99, 1.0].map(|factor| (50.0, factor * time));
        sample.measure(0, &cell.id, &attempts);
    }
    sample.end(0, "small/regex", Outcome::Failed, "exit status 1: \u{1b}[31mboom", None);
    let ranking = rank(&RankInput {
        summary: &sample.summary(),
        axis: "method",
        metric: "wall_time",
        directions: &Directions::default(),
        same_output: false,
        noise: None,
    });
    ranking.unwrap()
}
