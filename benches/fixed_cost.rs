//! What a cell costs that does nothing: 200 cells whose workload is `true`. The goal is 20 ms.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::fmt::Write as _;

const CELLS: usize = 200;
const GOAL: f64 = 20.0;

fn main() {
    let runs = if common::quick() { 1 } else { 5 };
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = String::new();
    for number in 0..CELLS {
        write!(numbers, "{number}, ").unwrap();
    }
    let matrix = format!("[matrix]\nnumber = [{numbers}]\n\n[workload]\ncommand = [\"true\"]\n");
    std::fs::write(folder.path().join("matrix.toml"), matrix).unwrap();
    let cache = folder.path().join("cache");
    let milliseconds: Vec<f64> = (0..runs)
        .map(|_| {
            // Each run is measured with an empty history, as the first one was.
            let _ = std::fs::remove_dir_all(folder.path().join("reports"));
            let took = common::time(common::memgrid(folder.path(), &cache).arg("run"));
            took.as_secs_f64() * 1e3 / CELLS as f64
        })
        .collect();
    println!("A matrix of {CELLS} cells whose workload is `true` (goal: under {GOAL} ms a cell)");
    common::row("memgrid run", "ms a cell", &milliseconds);
}
