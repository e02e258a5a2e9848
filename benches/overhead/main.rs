//! What memgrid costs beside the bare workloads: the default matrix with a warm cache, against the
//! same 18 commands from a shell script, one after the other, with the servers already up. The
//! goal is a ratio of at most 1.05.
//!
//! And what being measured does to each of these commands (`slow_down`). No slow-down should be
//! measurable without live heap; with it the goal is a ratio of at most 1.05 of CPU time.
//!
//! `cargo bench --profile release --bench overhead -- [PART]… [--rows=N] [--rounds=N]`: `memgrid` is the
//! first question, and any other word, such as `sqlite/`, the beginning of the cells that the second
//! is asked of. N is for the second.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss, missing_docs)]
#![allow(unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;
mod default_matrix;
mod interval;
mod slow_down;

use default_matrix::DefaultMatrix;

fn main() {
    let quick = common::quick();
    if is_wanted("memgrid") {
        let (rows, runs) = if quick { (200, 1) } else { (50_000, 3) };
        beside_bare(&DefaultMatrix::prepare(rows), rows, runs);
    }
    let (rows, rounds) = if quick { (200, 1) } else { (5_000, 12) };
    let rows = number("--rows=").unwrap_or(rows);
    let rounds = number("--rounds=").map_or(rounds, |rounds| usize::try_from(rounds).unwrap());
    if ["sqlite/", "postgresql/", "mysql/"].into_iter().any(may_be_wanted) {
        let matrix = DefaultMatrix::prepare(rows);
        let wanted: Vec<_> =
            matrix.attempts.iter().filter(|attempt| is_wanted(attempt.cell.as_str())).collect();
        matrix.with_servers(|| slow_down::measure(&wanted, rows, rounds));
    }
}

fn beside_bare(matrix: &DefaultMatrix, rows: u64, runs: usize) {
    let (mut with, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        with.push(common::time(&mut matrix.run()).as_secs_f64());
        bare.push(matrix.with_servers(|| common::time(&mut matrix.script()).as_secs_f64()));
    }
    println!("The default matrix of 18 cells, {rows} rows (goal: a ratio of at most 1.05)");
    common::pair(("memgrid run", &with), ("the same commands bare", &bare));
}

/// The parts that the command line names.
fn named() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|word| !word.starts_with('-'))
}

/// Whether the command line names `part`, or a beginning of it, or nothing.
fn is_wanted(part: &str) -> bool {
    named().next().is_none() || named().any(|word| part.starts_with(&word))
}

/// The same for parts of which `beginning` is the beginning.
fn may_be_wanted(beginning: &str) -> bool {
    is_wanted(beginning) || named().any(|word| word.starts_with(beginning))
}

/// What follows `option` on the command line.
fn number(option: &str) -> Option<u64> {
    std::env::args().find_map(|word| Some(word.strip_prefix(option)?.parse().unwrap()))
}
