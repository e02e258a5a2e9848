//! The experiments of `examples/`, for real and small: each runs, is right, and shows what its README
//! says that it shows.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../skip/mod.rs"]
mod skip;

mod gzip;
mod load_test;
mod local_caches;
mod micro_benchmarks;
mod object_store;
mod redis_configurations;
mod releasing_memory;
mod upsert;

use std::path::Path;

use common::TestEnvironment;
use serde_json::Value;

/// Whether a program that an example needs is there. If not, the test is to be skipped.
fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    if !found {
        skip::need(&format!("{name} is not installed"));
    }
    found
}

/// An example's own matrix, with everything beside it but what was measured there.
fn example(name: &str) -> TestEnvironment {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let matrix = std::fs::read_to_string(folder.join("matrix.toml")).unwrap();
    let environment = TestEnvironment::new(&matrix).with_shared_cache();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        if !["matrix.toml", "reports"].map(Into::into).contains(&entry.file_name()) {
            let link = environment.path().join(entry.file_name());
            std::os::unix::fs::symlink(entry.path(), link).unwrap();
        }
    }
    environment
}

/// An example whose workload has one more argument, which makes it small.
fn small(name: &str, last: &str, argument: &str) -> TestEnvironment {
    let command = format!("\"{{{last}}}\", \"{argument}\"]");
    changed(name, &format!("\"{{{last}}}\"]"), &command)
}

/// An example with one place of its matrix changed.
fn changed(name: &str, from: &str, to: &str) -> TestEnvironment {
    let environment = example(name);
    let matrix = environment.read("matrix.toml");
    assert_eq!(matrix.matches(from).count(), 1, "{name} has {from} once");
    environment.write("matrix.toml", &matrix.replace(from, to));
    environment
}

/// Runs cells of it, all of which must be `ok`: what they gave.
fn run(environment: &TestEnvironment, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["run", "--strict", "--format", "json"], arguments].concat();
    let json = environment.run(&arguments).exits(0).json();
    let cells = json["cells"].as_array().unwrap().clone();
    let cells: Vec<_> = cells.into_iter().filter(|cell| cell["outcome"] != "never-ran").collect();
    assert!(!cells.is_empty() && cells.iter().all(|cell| cell["outcome"] == "ok"), "{cells:#?}");
    cells
}

/// The median of a metric in the cell of this id.
#[track_caller]
fn median(cells: &[Value], id: &str, metric: &str) -> f64 {
    let cell = cells.iter().find(|cell| cell["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    cell["metrics"][metric]["median"].as_f64().unwrap_or_else(|| panic!("{id} has no {metric}"))
}
