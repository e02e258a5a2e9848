//! `memgrid run` over small workloads whose behaviour is known: outcomes, exit codes, one cell
//! again, interruption and resumption.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod interruption;
mod revisions;

use common::TestEnvironment;
use serde_json::Value;

/// Two cells whose workload writes its cell's name and succeeds.
const PLAIN: &str = r#"
[matrix]
size = ["small", "large"]
[workload]
command = ["sh", "-c", "echo {cell}"]
"#;

/// One cell for each way in which an attempt can end.
const OUTCOMES: &str = r#"
[matrix]
way = ["ok", "failed", "slow", "big"]
[way.ok]
env = { SCRIPT = "exit 0" }
[way.failed]
env = { SCRIPT = "echo the disk is on fire >&2; exit 3" }
[way.slow]
env = { SCRIPT = "sleep 60" }
[way.big]
env = { SCRIPT = "python3 -c \"x = bytearray(200 << 20); import time; time.sleep(60)\"" }
[workload]
command = ["sh", "-c", "eval \"$SCRIPT\""]
[measure]
timeout = "3s"
memory_limit = "100MiB"
"#;

#[test]
fn a_run_leaves_records_an_index_and_a_table() {
    let environment = TestEnvironment::new(PLAIN);
    let finished = environment.run(&["run"]).exits(0);
    assert!(finished.stdout.contains("small") && finished.stdout.contains("ok"));
    let run = &environment.runs()[0];
    let manifest: Value =
        serde_json::from_str(&environment.read(&format!("reports/runs/{run}/manifest.json")))
            .unwrap();
    assert_eq!(manifest["cells"], serde_json::json!(["small", "large"]));
    assert!(manifest["finished"].is_string());
    assert!(manifest["machine"]["memory"].as_u64().unwrap() > 0);
    let log = environment.read(&format!("reports/runs/{run}/cells/small/attempts/1/stdout.log"));
    assert_eq!(log, "small\n");
    assert!(environment.read("reports/index.html").contains("large"));
}

/// Manifest, log and record of the one attempt of `small`.
fn attempt(matrix: &str, options: &[&str]) -> (Value, String, String) {
    let environment = TestEnvironment::new(matrix);
    environment.run(&[&["run", "small"], options].concat()).exits(0);
    let run = format!("reports/runs/{}", environment.runs()[0]);
    let manifest: Value =
        serde_json::from_str(&environment.read(&format!("{run}/manifest.json"))).unwrap();
    let attempt = format!("{run}/cells/small/attempts/1");
    let log = environment.read(&format!("{attempt}/stdout.log"));
    (manifest, log, environment.read(&format!("{attempt}/attempt.json")))
}

#[test]
fn live_heap_is_counted_unless_that_is_switched_off() {
    let matrix = PLAIN.replace("echo {cell}", "echo ${{LD_PRELOAD:-none}}");
    for (measure, options, counted) in [
        ("", &[][..], true),
        ("", &["--no-heap"], false),
        ("heap = false", &[], false),
        ("heap = false", &["--heap"], true),
        ("heap = true", &["--heap", "--no-heap"], false),
    ] {
        let (manifest, log, record) = attempt(&format!("{matrix}[measure]\n{measure}\n"), options);
        assert_eq!(manifest["measure"]["heap"], counted, "{measure} {options:?}");
        assert_eq!(log == "none\n", !counted, "{measure} {options:?}: {log}");
        assert_eq!(record.contains("peak_heap"), counted);
    }
}

#[test]
fn attempts_are_steady_unless_that_is_switched_off() {
    let matrix = PLAIN.replace("echo {cell}", "cat /proc/self/personality; echo $PYTHONHASHSEED");
    let attempt = |measure: &str| attempt(&format!("{matrix}[measure]\n{measure}\n"), &[]);
    let (manifest, log, _) = attempt("steady = false");
    assert_eq!(manifest["measure"]["steady"], false);
    let (as_it_was, seed) = log.split_once('\n').unwrap();
    assert_eq!(seed, format!("{}\n", std::env::var("PYTHONHASHSEED").unwrap_or_default()));
    let (manifest, log, record) = attempt("");
    assert_eq!(manifest["measure"]["steady"], true);
    assert!(manifest["allocator"]["library"].is_string() || cfg!(target_env = "musl"));
    let (personality, seed) = log.split_once('\n').unwrap();
    assert_eq!(seed, "0\n");
    let bits = |text: &str| u32::from_str_radix(text, 16).unwrap();
    let refused = record.contains("could not be switched off");
    assert!(refused || bits(personality) == bits(as_it_was) | 0x0004_0000, "{log}");
}

#[test]
fn json_on_stdout_has_the_documented_shape() {
    let environment = TestEnvironment::new(PLAIN);
    let json = environment.run(&["run", "--format", "json"]).exits(0).json();
    assert_eq!(json["run"].as_str(), Some(environment.runs()[0].as_str()));
    let cell = &json["cells"][0];
    assert_eq!(cell["id"], "small");
    assert_eq!(cell["outcome"], "ok");
    assert_eq!(cell["metrics"]["peak_rss"]["unit"], "B");
    assert!(cell["metrics"]["peak_rss"]["median"].as_f64().unwrap() > 100_000.0);
    assert!(cell["metrics"]["wall_time"]["median"].as_f64().unwrap() > 0.0);
}

#[test]
fn each_way_to_end_has_its_outcome() {
    let environment = TestEnvironment::new(OUTCOMES);
    let finished = environment.run(&["run", "--format", "json"]).exits(5);
    let outcomes = finished.outcomes();
    let outcomes: Vec<_> =
        outcomes.iter().map(|(id, outcome)| (id.as_str(), outcome.as_str())).collect();
    let expected =
        [("ok", "ok"), ("failed", "failed"), ("slow", "timed-out"), ("big", "over-limit")];
    assert_eq!(outcomes, expected);
    let reason = finished.json()["cells"][1]["reason"].as_str().unwrap().to_owned();
    assert!(reason.contains('3') && reason.contains("the disk is on fire"), "{reason}");
}

#[test]
fn a_test_report_is_as_red_as_the_run() {
    let environment = TestEnvironment::new(OUTCOMES);
    let finished = environment.run(&["run", "ok", "failed", "--format", "junit"]).exits(5);
    let report = junit_parser::from_reader(finished.stdout.as_bytes()).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (2, 1, 0));
    let failure = report.suites[0].cases[1].status.failure_as_ref();
    assert!(failure.message.contains("the disk is on fire"), "{failure:?}");
}

#[test]
fn a_result_goes_to_files_too() {
    let environment = TestEnvironment::new(OUTCOMES);
    let outputs = ["--output", "junit=out/report.xml", "--output", "markdown=result.md"];
    let run = [&["run", "ok", "--format", "json"], &outputs[..]].concat();
    let shown = environment.run(&run).exits(0).json();
    let report = junit_parser::from_reader(environment.read("out/report.xml").as_bytes()).unwrap();
    assert_eq!((report.tests, report.failures), (1, 0));
    assert!(environment.read("result.md").contains(shown["run"].as_str().unwrap()));
    // What can't be written is said before anything is measured.
    environment.run(&["run", "--output", "json=out"]).exits(2).says("it is a folder");
    environment.run(&["run", "--output", "json=result.md/a"]).exits(2).says("result.md/a");
    assert_eq!(environment.runs().len(), 1);
}

#[test]
fn a_selection_that_matches_nothing_names_what_is_near() {
    let environment = TestEnvironment::new(PLAIN);
    environment.run(&["run", "smal"]).exits(4).says("small");
    assert!(environment.runs().is_empty(), "nothing may run");
}

#[test]
fn every_problem_of_the_matrix_is_shown_before_anything_runs() {
    let matrix = PLAIN.replace("command", "comand").replace("[matrix]", "[matrix]\nempty = []");
    let environment = TestEnvironment::new(&matrix);
    environment.run(&["run", "--with-deps"]).exits(2).says("comand").says("command").says("empty");
    assert!(environment.runs().is_empty() && !environment.path().join("cache").exists());
}

#[test]
fn one_cell_again_replaces_its_own_result_only() {
    let environment = TestEnvironment::new(PLAIN);
    environment.run(&["run"]).exits(0);
    let finished = environment.run(&["run", "small", "--format", "json"]).exits(0);
    assert_eq!(finished.outcomes().len(), 1);
    let runs = environment.runs();
    assert_eq!(runs.len(), 2, "the earlier run is kept");
    let index = environment.read("reports/index.html");
    assert!(
        index.contains(&runs[0]) && index.contains(&runs[1]),
        "each cell is from its newest run"
    );
}

#[test]
fn rendering_again_makes_what_rendering_from_nothing_makes() {
    let environment = TestEnvironment::new(PLAIN);
    let reports = environment.path().join("reports");
    let files = || -> std::collections::BTreeMap<_, _> {
        let shown = |entry: &walkdir::DirEntry| {
            !["runs", ".cache", "history.db"].iter().any(|name| entry.file_name() == *name)
        };
        let entries = walkdir::WalkDir::new(&reports).into_iter().filter_entry(shown);
        let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        files.map(|file| (file.path().to_owned(), std::fs::read(file.path()).unwrap())).collect()
    };
    let from_nothing = || {
        for entry in std::fs::read_dir(&reports).unwrap() {
            let path = entry.unwrap().path();
            match path.file_name().unwrap().to_str().unwrap() {
                "runs" | "history.db" => {}
                _ if path.is_dir() => std::fs::remove_dir_all(path).unwrap(),
                _ => std::fs::remove_file(path).unwrap(),
            }
        }
        environment.run(&["report"]).exits(0);
        files()
    };
    let written = |file: &str| std::fs::metadata(reports.join(file)).unwrap().modified().unwrap();
    environment.run(&["run"]).exits(0);
    let (page, readings) = ("cells/large.html", "assets/series/large.js");
    let before = (written(page), written(readings));
    environment.run(&["run", "small"]).exits(0);
    assert_eq!((written(page), written(readings)), before, "`large` was not measured again");
    let again = files();
    assert_eq!(again, from_nothing());
    let newest = environment.runs().into_iter().max().unwrap();
    std::fs::remove_dir_all(reports.join("runs").join(newest)).unwrap();
    environment.run(&["report"]).exits(0);
    let again = files();
    assert_eq!(again, from_nothing());
}

#[test]
fn output_that_differs_from_the_twins_is_wrong() {
    let matrix = r#"
        [matrix]
        format = ["same", "different"]
        variant = ["before", "after"]
        [compare]
        axis = "variant"
        [workload]
        command = ["sh", "-c", "echo digest $0 >&$MEMPROBE_FD", "{format}-{variant}"]
    "#;
    // `same` sends one digest for both variants.
    let matrix =
        matrix.replace(r#""{format}-{variant}""#, r#""./digest.sh", "{format}", "{variant}""#);
    let matrix = matrix.replace(r#""-c", "echo digest $0 >&$MEMPROBE_FD", "#, "");
    let environment = TestEnvironment::new(&matrix);
    environment.write(
        "digest.sh",
        "case $1-$2 in different-after) d=bb;; *) d=aa;; esac\neval \"echo digest $d >&$MEMPROBE_FD\"\n",
    );
    let finished = environment.run(&["run", "--format", "json"]).exits(5);
    let wrong: Vec<_> =
        finished.outcomes().into_iter().filter(|(_, outcome)| outcome != "ok").collect();
    assert_eq!(wrong, [("different/after".to_owned(), "wrong-output".to_owned())]);
    // Measured alone, it is still compared with its twin of the earlier run.
    let again = environment.run(&["run", "different/after", "--format", "json"]).exits(5);
    assert_eq!(again.outcomes()[0].1, "wrong-output");
    let run = environment.runs().pop().unwrap();
    let record = environment.read(&format!("reports/runs/{run}/cells/different/after/cell.json"));
    assert!(record.contains("wrong-output"), "{record}");
}

#[test]
fn a_missing_server_makes_its_cells_unavailable() {
    let matrix = r#"
        [matrix]
        backend = ["sqlite", "mysql"]
        [backend.sqlite]
        [backend.mysql]
        url = "$NO_SUCH_URL"
        [workload]
        command = ["true"]
    "#;
    let environment = TestEnvironment::new(matrix);
    let finished = environment.run(&["run", "--format", "json"]).exits(0);
    let outcomes = finished.outcomes();
    assert_eq!(outcomes[0].1, "ok");
    assert_eq!(outcomes[1].1, "unavailable");
    assert!(finished.json()["cells"][1]["reason"].as_str().unwrap().contains("NO_SUCH_URL"));
    environment.run(&["run", "--strict"]).exits(5);
    environment.run(&["run", "mysql"]).exits(0);
}
