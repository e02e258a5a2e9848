//! `memgrid calibrate` over small workloads: what is kept, what is added to it, what is forgotten.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::TestEnvironment;
use serde_json::Value;

const MATRIX: &str = r#"
[matrix]
size = ["small", "large"]
[workload]
command = ["python3", "-c", "held = bytearray(20 << 20)"]
[measure]
heap = false
"#;

/// The one machine's floors.
fn floors(environment: &TestEnvironment) -> Value {
    let files = std::fs::read_dir(environment.path().join("reports/noise")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    serde_json::from_str(&std::fs::read_to_string(&files[0]).unwrap()).unwrap()
}

fn cells(floors: &Value) -> Vec<(String, usize)> {
    let runs = |metrics: &Value| metrics["peak_rss"]["values"].as_array().unwrap().len();
    let cells = floors["cells"].as_object().unwrap().iter();
    cells.map(|(cell, metrics)| (cell.clone(), runs(metrics))).collect()
}

#[test]
fn spreads_are_kept_for_each_cell_and_added_to() {
    let environment = TestEnvironment::new(MATRIX);
    let finished = environment.run(&["calibrate", "small", "--repeats", "4"]).exits(0);
    let line = finished.stdout.lines().find(|line| line.contains("peak_rss")).unwrap();
    assert!(line.contains("small") && line.contains("MiB") && line.contains('%'), "{line}");
    assert!(line.contains("peak_rss>3%"), "{line}");
    let first = floors(&environment);
    assert_eq!(cells(&first), [("small".to_owned(), 1)]);
    assert_eq!(first["cells"]["small"]["peak_rss"]["values"][0].as_array().unwrap().len(), 4);
    // The run is one like any other.
    assert_eq!(first["runs"][0], *environment.runs()[0]);
    assert!(environment.run(&["history"]).exits(0).stdout.contains("calibrate-20"));

    environment.run(&["calibrate", "--repeats", "3"]).exits(0);
    let compared = environment.run(&["compare", "--cell", "small"]).exits(0);
    assert!(compared.stdout.contains("as calibrated within a day"), "{}", compared.stdout);
    let mut both = cells(&floors(&environment));
    both.sort();
    assert_eq!(both, [("large".to_owned(), 1), ("small".to_owned(), 2)]);
    // The first run's folder may go; what it says of the cells stays until they are measured again.
    std::fs::remove_dir_all(environment.path().join("reports/runs")).unwrap();
    environment.run(&["calibrate", "large", "--repeats", "3"]).exits(0);
    assert_eq!(cells(&floors(&environment)).len(), 2);
    let other = ["calibrate", "small", "--repeats", "3", "--period", "20ms"];
    environment.run(&other).exits(0).says("forgotten").says("sampling period");
    assert_eq!(cells(&floors(&environment)), [("small".to_owned(), 1)]);
}

#[test]
fn a_cell_that_fails_says_nothing_and_is_not_forgotten() {
    let environment = TestEnvironment::new(&MATRIX.replace("20 << 20)", "20 << 20); 1 / 0"));
    environment.run(&["calibrate", "small", "--repeats", "3"]).exits(5);
    assert!(cells(&floors(&environment)).is_empty());
    environment.run(&["calibrate", "nothing"]).exits(4);
}
