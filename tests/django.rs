//! The default matrix, for real: Django, its patches, real servers; with few rows.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod skip;

use std::path::Path;

use common::{Finished, TestEnvironment};
use memgrid::config::BackendKind;

/// The project's own matrix, with everything that it names.
fn project() -> TestEnvironment {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matrix = std::fs::read_to_string(root.join("matrix.toml")).unwrap();
    let environment = TestEnvironment::new(&matrix).with_shared_cache();
    for folder in ["patches", "workload"] {
        std::os::unix::fs::symlink(root.join(folder), environment.path().join(folder)).unwrap();
    }
    environment
}

#[test]
fn the_eighteen_cells_are_ok_and_twins_write_the_same_bytes() {
    if ![BackendKind::Postgresql, BackendKind::Mysql].into_iter().all(skip::has_server) {
        return;
    }
    let environment = project();
    let finished =
        environment.run(&["run", "--rows", "300", "--strict", "--format", "json"]).exits(0);
    let json = finished.json();
    let cells = json["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 18);
    for cell in cells {
        assert_eq!(cell["outcome"], "ok", "{cell}");
        assert!(cell["metrics"]["peak_rss"]["median"].as_f64().unwrap() > 10e6, "{cell}");
        let server = &cell["metrics"]["peak_server"];
        if cell["axes"]["backend"] == "sqlite" {
            assert!(server.is_null() && cell["unavailable"]["peak_server"].is_null(), "{cell}");
        } else {
            assert_eq!(server["scope"], "server", "{cell}");
            assert!(server["median"].as_f64().unwrap() > 0.0, "{cell}");
        }
    }
    // All backends hold the same rows, so a format's digest is the same in all six of its cells.
    for format in ["json", "xml", "yaml"] {
        let of_format = cells.iter().filter(|cell| cell["axes"]["format"] == format);
        let mut digests: Vec<_> =
            of_format.map(|cell| cell["output_digest"].as_str().unwrap()).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 1, "{format}");
    }
}

#[test]
fn without_servers_six_cells_run_and_twelve_are_unavailable() {
    let environment = project();
    let run = |arguments: &[&str]| {
        let mut command = environment.memgrid(arguments);
        command.env("MEMGRID_SERVER_PATH", environment.path());
        Finished::new(command.output().unwrap())
    };
    let finished = run(&["run", "--rows", "100", "--format", "json"]).exits(0);
    let outcomes = finished.outcomes();
    let count = |wanted: &str| outcomes.iter().filter(|(_, outcome)| outcome == wanted).count();
    assert_eq!((count("ok"), count("unavailable")), (6, 12));
    let json = finished.json();
    let helps = json["cells"].as_array().unwrap().iter().filter_map(|cell| cell["help"].as_str());
    assert_eq!(helps.filter(|help| *help == "memgrid setup").count(), 12);
    let strict = run(&["run", "mysql/*/*", "--rows", "100", "--strict"]).exits(5);
    assert!(strict.stdout.contains("memgrid setup"), "{}", strict.stdout);
}

#[test]
fn patches_flatten_memory_on_sqlite() {
    let environment = project();
    let finished =
        environment.run(&["run", "sqlite/yaml/*", "--rows", "4000", "--format", "json"]).exits(0);
    let json = finished.json();
    let peak =
        |index: usize| json["cells"][index]["metrics"]["peak_rss"]["median"].as_f64().unwrap();
    let (unpatched, patched) = (peak(0), peak(1));
    // 4,000 rows of 1,020 characters: at least 4 MB of text that only the unpatched one holds.
    assert!(patched + 4e6 < unpatched, "unpatched {unpatched}, patched {patched}");
}

#[test]
fn passes_show_what_the_patches_let_go() {
    const ROWS: f64 = 8000.0;
    let environment = project();
    let arguments =
        ["run", "sqlite/json/*", "--rows", "8000", "--pass", "objects", "--pass", "lines"];
    let finished = environment.run(&[&arguments[..], &["--format", "json"]].concat()).exits(0);
    let json = finished.json();
    let cells = json["cells"].as_array().unwrap();
    let pass = |cell: usize, name: &str| {
        let passes = cells[cell]["passes"].as_array().unwrap().iter();
        let found = passes.filter(|pass| pass["pass"] == name).collect::<Vec<_>>();
        assert_eq!((found.len(), &found[0]["outcome"]), (1, &"ok".into()), "{found:?}");
        found[0].clone()
    };
    let peak = |cell, name: &str| {
        let metric = pass(cell, "objects")["metrics"][name]["value"].as_f64();
        metric.unwrap_or_else(|| panic!("{}", pass(cell, "objects")))
    };
    const COUNT: &str = "peak_objects:records.models.Record";
    const SIZE: &str = "peak_objects_size:records.models.Record";
    // The mark after the last row: all are there. Patched, at most two chunks of 2,000 are.
    assert_eq!(peak(0, COUNT), ROWS);
    assert!(peak(0, SIZE) > ROWS * 1020.0);
    assert!(peak(1, COUNT) <= ROWS / 2.0 + 1.0, "{}", peak(1, COUNT));
    let lines = |cell| pass(cell, "lines")["lines"].clone();
    for cell in [0, 1] {
        let lines = lines(cell);
        let amount = |name: &str| lines[name].as_f64().unwrap();
        assert!(amount("live") >= 0.95 * amount("peak"), "{lines}");
        assert_eq!(lines["top"].as_array().unwrap().len(), 20);
        // A pass is part of no figure.
        assert_eq!(cells[cell]["metrics"]["peak_rss"]["count"], 1);
        assert!(cells[cell]["metrics"].as_object().unwrap().keys().all(|name| !name.contains(':')));
    }
    // The text of all rows is held by one line of Django's, which reads them; unless it is patched.
    let text_is_held = |cell| {
        let lines = lines(cell);
        lines["top"].as_array().unwrap().iter().any(|line| {
            let file = line["file"].as_str().unwrap();
            file.contains("/django/db/") && line["bytes"].as_f64().unwrap() > ROWS * 1020.0
        })
    };
    assert_eq!([0, 1].map(text_is_held), [true, false], "{} {}", lines(0), lines(1));
    let page = environment.read("reports/cells/sqlite-json-patched.html");
    assert!(page.contains("Live instances of Record"), "the page has the chart");
    assert!(page.contains("django/db/"), "the page has the lines");
}

#[test]
fn a_patch_that_does_not_apply_costs_its_own_state_only() {
    let environment = project();
    let broken = "--- a/django/core/serializers/base.py\n+++ b/django/core/serializers/base.py\n\
                  @@ -1,3 +1,3 @@\n no such line\n-nor this one\n+but this\n or that\n";
    environment.write("broken.patch", broken);
    let matrix = environment.read("matrix.toml");
    let head = matrix.find("patches = [").unwrap();
    let tail = head + matrix[head..].find(']').unwrap() + 1;
    let matrix = format!("{}patches = [\"broken.patch\"]{}", &matrix[..head], &matrix[tail..]);
    environment.write("matrix.toml", &matrix);
    let finished =
        environment.run(&["run", "sqlite/json/*", "--rows", "100", "--format", "json"]).exits(5);
    let outcomes = finished.outcomes();
    assert_eq!(outcomes[0].1, "ok");
    assert_eq!(outcomes[1].1, "patch-failed");
    let reason = finished.json()["cells"][1]["reason"].as_str().unwrap().to_owned();
    for part in ["broken.patch", "django/core/serializers/base.py", "no such line"] {
        assert!(reason.contains(part), "{reason}");
    }
}
