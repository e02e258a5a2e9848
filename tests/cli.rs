//! The command line around a run: plan, report, history, dataset, clean, completions, errors.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{TestEnvironment, git};

const MATRIX: &str = r#"
[matrix]
size = ["small", "large"]
color = ["red", "green"]
[[matrix.exclude]]
size = "large"
color = "green"
[workload]
command = ["sh", "-c", "echo {cell}"]
"#;

const SOURCE: &str = r#"
[matrix]
state = ["plain"]
[state.plain]
[subject]
git = "source"
[workload]
command = ["ls", "{subject}"]
"#;

const ROWS: &str = r#"
[matrix]
backend = ["sqlite"]
[backend.sqlite]
[workload]
command = ["true"]
[dataset]
table = "people"
rows = 20
columns = [{ name = "name", type = "text", length = 10 }, { name = "age", type = "integer" }]
"#;

#[test]
fn plan_shows_what_run_would_do_and_does_nothing() {
    let environment = TestEnvironment::new(MATRIX);
    let json = environment.run(&["plan", "--format", "json", "--seed", "7"]).exits(0).json();
    let ids: Vec<_> =
        json["cells"].as_array().unwrap().iter().map(|cell| cell["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(json["cells"][0]["axes"].as_object().unwrap().len(), 2);
    let order = json["order"].as_array().unwrap();
    assert_eq!(order[0]["cell"].as_str(), Some(ids[0]), "cells come in the order of attempts");
    let github = environment.run(&["plan", "--format", "github", "small/*"]).exits(0).json();
    assert_eq!(github["include"].as_array().unwrap().len(), 2);
    assert_eq!(github["include"][0]["size"], "small");
    assert!(environment.runs().is_empty() && !environment.path().join("cache").exists());
}

#[test]
fn a_run_keeps_to_the_order_that_plan_showed() {
    let environment = TestEnvironment::new(MATRIX);
    let options = ["--seed", "11", "--repeats", "2"];
    let plan =
        environment.run(&[&["plan", "--format", "json"], &options[..]].concat()).exits(0).json();
    environment.run(&[&["run"], &options[..]].concat()).exits(0);
    let run = environment.runs().remove(0);
    let mut attempts = Vec::new();
    for cell in ["small/red", "small/green", "large/red"] {
        for number in 1..=2 {
            let file = format!("reports/runs/{run}/cells/{cell}/attempts/{number}/attempt.json");
            let record: serde_json::Value = serde_json::from_str(&environment.read(&file)).unwrap();
            let started: jiff::Timestamp = record["started"].as_str().unwrap().parse().unwrap();
            attempts.push((started, cell.to_owned(), number));
        }
    }
    attempts.sort();
    let ran: Vec<_> = attempts.into_iter().map(|(_, cell, number)| (cell, number)).collect();
    let planned = plan["order"].as_array().unwrap().iter();
    let planned: Vec<_> = planned
        .map(|it| (it["cell"].as_str().unwrap().to_owned(), it["attempt"].as_i64().unwrap()))
        .collect();
    assert_eq!(ran, planned);
}

#[test]
fn filters_by_axis_combine() {
    let environment = TestEnvironment::new(MATRIX);
    let arguments = ["plan", "--format", "json", "--axis", "size=small", "--axis", "color=g*"];
    let json = environment.run(&arguments).exits(0).json();
    assert_eq!(json["cells"].as_array().unwrap().len(), 1);
    assert_eq!(json["cells"][0]["id"], "small/green");
    environment.run(&["plan", "--axis", "colour=red"]).exits(2).says("color");
}

#[test]
fn a_missing_matrix_says_what_to_do() {
    let environment = TestEnvironment::new(MATRIX);
    environment
        .run(&["run", "--matrix", "other.toml"])
        .exits(2)
        .says("other.toml")
        .says("--matrix");
}

#[test]
fn a_nonsensical_option_is_wrong_usage() {
    let environment = TestEnvironment::new(MATRIX);
    environment.run(&["run", "--period", "10 parsecs"]).exits(2).says("parsecs");
    environment.run(&["run", "--repeats", "0"]).exits(2).says("--repeats");
    environment.run(&["run", "--rows", "5"]).exits(2).says("--rows");
}

#[test]
fn history_lists_runs_and_is_rebuilt_from_their_folders() {
    let environment = TestEnvironment::new(MATRIX);
    environment.run(&["run", "--name", "first"]).exits(0);
    std::fs::remove_file(environment.path().join("reports/history.db")).unwrap();
    let listed = environment.run(&["history"]).exits(0);
    assert!(listed.stdout.contains("first") && listed.stdout.contains("3 ok"), "{}", listed.stdout);
    environment.run(&["history", "rebuild"]).exits(0).says("1 runs");
}

#[test]
fn a_baseline_is_a_name_for_a_run() {
    let environment = TestEnvironment::new(MATRIX);
    environment.run(&["history", "baseline", "main"]).exits(2).says("has none yet");
    environment.run(&["run", "--name", "latest"]).exits(2).says("--name");
    environment.run(&["run", "--name", "first"]).exits(0);
    environment.run(&["run"]).exits(0);
    let [first, _] = environment.runs().try_into().unwrap();
    environment
        .run(&["history", "baseline", "main", "frist"])
        .exits(2)
        .says("did you mean `first`");
    environment.run(&["history", "baseline", "../main"]).exits(2).says("a slash");
    environment.run(&["history", "baseline", "main", "first"]).exits(0).says("3 of 3 cells are ok");
    let listed = environment.run(&["history", "baseline"]).exits(0).stdout;
    assert!(listed.contains("main") && listed.contains(&first), "{listed}");
    environment.run(&["history", "baseline", "mian", "--remove"]).exits(6).says("`main`");
    environment.run(&["history", "baseline", "main", "--remove"]).exits(0);
    assert_eq!(environment.runs().len(), 2);
}

#[test]
fn runs_that_are_kept_apart_are_pruned_by_themselves() {
    let environment = TestEnvironment::new(MATRIX);
    for _ in 0..2 {
        environment.run(&["run", "small/red"]).exits(0);
    }
    let runs = environment.runs();
    let reports = environment.path().join("reports");
    let bisect = reports.join("bisect");
    std::fs::create_dir(&bisect).unwrap();
    std::fs::rename(reports.join("runs"), bisect.join("runs")).unwrap();
    environment.run(&["run", "small/red"]).exits(0);
    let prune = ["history", "prune", "--keep", "1"];
    let label = format!("bisect/{}", runs[0]);
    let dry = environment.run(&[&prune[..], &["--dry-run"]].concat()).exits(0);
    assert!(dry.stdout.contains(&label) && !dry.stdout.contains(&runs[1]), "{}", dry.stdout);
    environment.run(&prune).exits(0).says("Removed 1 run, which freed");
    let left = std::fs::read_dir(bisect.join("runs")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [runs[1].as_str()]);
    environment.run(&["history", "prune", "--older-than", "0s"]).exits(0).says("Removed 1 run");
    assert_eq!(environment.runs().len(), 1);
}

#[test]
fn pruning_keeps_what_something_rests_on() {
    let environment = TestEnvironment::new(MATRIX);
    for cell in ["small/red", "small/green", "small/red", "small/red", "large/red"] {
        environment.run(&["run", cell]).exits(0);
    }
    let runs = environment.runs();
    environment.run(&["history", "baseline", "main", &runs[0]]).exits(0);
    environment.run(&["history", "prune"]).exits(2).says("--keep");
    environment.run(&["history", "prune", "--older-than", "1d"]).exits(0).says("Removed 0 runs");
    let prune = ["history", "prune", "--keep", "1"];
    let dry = environment.run(&[&prune[..], &["--dry-run"]].concat()).exits(0);
    assert!(dry.stdout.contains(&runs[2]) && !dry.stdout.contains(&runs[0]), "{}", dry.stdout);
    assert_eq!(environment.runs(), runs);
    let pruned = environment.run(&prune).exits(0).says("Removed 1 run, which freed");
    assert_eq!(pruned.stdout, dry.stdout);
    let pruned = pruned.says(&format!("{} (baseline main)", runs[0]));
    pruned.says(&format!("{} (it has the newest result of a cell)", runs[1]));
    let left: Vec<_> = [0, 1, 3, 4].map(|position| runs[position].clone()).into();
    assert_eq!(environment.runs(), left);
    let listed = environment.run(&["history", "--format", "json"]).exits(0).json();
    assert_eq!(listed["count"], 4);
}

#[test]
fn a_trend_shows_each_run_and_the_commits_between_them() {
    let environment = TestEnvironment::new(SOURCE);
    let source = environment.path().join("source");
    std::fs::create_dir(&source).unwrap();
    git(&source, &["init", "--quiet"]);
    for message in ["Begin", "Go on"] {
        git(&source, &["commit", "--quiet", "--allow-empty", "--message", message]);
        environment.run(&["run"]).exits(0);
    }
    let [first, second] = environment.runs().try_into().unwrap();
    let trend = ["history", "trend", "plain", "--metric", "wall_time"];
    let shown = environment.run(&trend).exits(0).stdout;
    for text in [&*first, &second, "wall time", &format!("between {first} and {second}"), "Go on"] {
        assert!(shown.contains(text), "{text}:\n{shown}");
    }
    assert!(!shown.contains("Begin"), "{shown}");
    let json = environment.run(&[&trend[..], &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(json["runs"][1]["run"], *second);
    assert_eq!(json["changes"][0]["commits"]["added"]["listed"][0]["subject"], "Go on");
    std::fs::remove_dir_all(environment.path().join("cache")).unwrap();
    let shown = environment.run(&trend).exits(0).stdout;
    assert!(shown.contains("git log"), "{shown}");
    environment.run(&["history", "trend", "plan"]).exits(4).says("`plain`");
    environment.run(&["history", "trend", "plain", "--metric", "peak"]).exits(2).says("peak_rss");
}

#[test]
fn a_report_is_rendered_from_what_is_stored() {
    let environment = TestEnvironment::new(MATRIX);
    environment.run(&["run"]).exits(0);
    let index = environment.path().join("reports/index.html");
    std::fs::remove_file(&index).unwrap();
    let finished = environment.run(&["report"]).exits(0);
    assert!(finished.stdout.trim_end().ends_with("reports/index.html"));
    assert!(index.exists());
}

#[test]
fn rows_are_written_verified_exported_and_imported() {
    let environment = TestEnvironment::new(ROWS);
    environment.run(&["dataset", "write"]).exits(0);
    let verified = environment.run(&["dataset", "verify"]).exits(0);
    assert!(verified.stdout.contains("20 rows"), "{}", verified.stdout);
    environment.run(&["dataset", "export", "--output", "people.csv"]).exits(0).says("20 rows");
    assert!(environment.read("people.csv").starts_with("id,name,age\n"));
    let imported = environment.run(&["dataset", "import", "people.csv"]).exits(0);
    assert!(imported.stdout.contains("fixture = \"people.csv\""), "{}", imported.stdout);
    environment.run(&["dataset", "import", "nothing.csv"]).exits(5);
}

#[test]
fn clean_empties_the_cache_and_leaves_the_runs() {
    let environment = TestEnvironment::new(ROWS);
    environment.run(&["run"]).exits(0);
    environment.run(&["clean", "--dry-run"]).exits(0).says("Would remove");
    environment.run(&["clean"]).exits(0).says("Removed");
    environment.run(&["clean"]).exits(0).says("Nothing to remove");
    assert_eq!(environment.runs().len(), 1);
    environment.run(&["run"]).exits(0);
}

#[test]
fn completions_are_scripts_for_the_shell() {
    let environment = TestEnvironment::new(MATRIX);
    for (shell, sign) in
        [("bash", "complete -F"), ("zsh", "#compdef memgrid"), ("fish", "complete -c memgrid")]
    {
        let script = environment.run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains(sign), "{shell}");
    }
}

#[test]
fn data_may_be_read_by_half() {
    let environment = TestEnvironment::new(MATRIX);
    let program = env!("CARGO_BIN_EXE_memgrid");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &format!("'{program}' completions bash | head -n 1")]);
    let output = shell.current_dir(environment.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn what_can_be_told_to_nobody_is_refused_before_anything_runs() {
    use std::os::unix::ffi::OsStringExt;
    let environment = TestEnvironment::new(MATRIX);
    let odd = environment.path().join(std::ffi::OsString::from_vec(b"caf\xe9".to_vec()));
    std::fs::create_dir(&odd).unwrap();
    std::fs::copy(environment.path().join("matrix.toml"), odd.join("matrix.toml")).unwrap();
    let run = |arguments: &[&str], variable: &str, value: &std::path::Path| {
        let mut command = environment.memgrid(arguments);
        common::Finished::new(command.env(variable, value).output().unwrap())
    };
    let mut inside = environment.memgrid(&["run"]);
    let inside = common::Finished::new(inside.current_dir(&odd).output().unwrap());
    inside.exits(2).says("the matrix file").says("not UTF-8");
    run(&["run"], "MEMGRID_REPORTS", &odd).exits(2).says("the reports folder");
    run(&["run"], "MEMGRID_CACHE", &odd).exits(2).says("the cache").says("hint: ");
    assert!(environment.runs().is_empty() && !odd.join("reports").exists());
}

#[test]
fn a_matrix_in_another_encoding_is_told_the_line() {
    let environment = TestEnvironment::new(MATRIX);
    let bytes = [b"# one\n# caf\xe9\n".as_slice(), MATRIX.as_bytes()].concat();
    std::fs::write(environment.path().join("matrix.toml"), bytes).unwrap();
    environment.run(&["plan"]).exits(2).says("not UTF-8: see line 2");
}

#[test]
fn a_damaged_record_is_told_and_left_out() {
    let environment = TestEnvironment::new(MATRIX);
    environment.run(&["run", "small/red"]).exits(0);
    let run = environment.runs().remove(0);
    let record = format!("reports/runs/{run}/cells/small/red/attempts/1/attempt.json");
    environment.write(&record, "{\n  \"schema\": 1,");
    environment.run(&["report"]).exits(0).says("warning: ").says("is damaged and left out");
}

#[test]
fn a_clock_that_was_set_back_is_told() {
    let environment = TestEnvironment::new(MATRIX);
    assert!(!environment.run(&["run", "small/red"]).exits(0).stderr.contains("clock"));
    let run = environment.runs().remove(0);
    let manifest = format!("reports/runs/{run}/manifest.json");
    let started = environment.read(&manifest);
    let year = format!("\"started\": \"{}", &run[..4]);
    environment.write(&manifest, &started.replace(&year, "\"started\": \"2999"));
    environment.run(&["run", "small/red"]).exits(0).says("the clock was set back").says(&run);
}

#[test]
fn an_export_never_replaces_the_fixture() {
    let columns = ROWS.find("rows = 20").unwrap();
    let matrix = format!("{}fixture = \"people.csv\"\n", &ROWS[..columns]);
    let environment = TestEnvironment::new(&matrix);
    let fixture = "id,name\n1,Ann\n";
    environment.write("people.csv", fixture);
    let export = |file: &str| environment.run(&["dataset", "export", "--output", file]);
    export("./people.csv").exits(2).says("the fixture that the rows are read from");
    assert_eq!(environment.read("people.csv"), fixture);
    export("copy.csv").exits(0);
    assert_eq!(environment.read("copy.csv"), fixture);
    // Rows that can't be read leave what was exported before.
    environment.write("people.csv", "id,name\n1,Ann\n2\n");
    export("copy.csv").exits(2);
    assert_eq!(environment.read("copy.csv"), fixture);
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let environment = TestEnvironment::new(MATRIX);
    let mut command = environment.memgrid(&["run", "small/red"]);
    common::Finished::new(command.env("MEMGRID_REPORTS", "").output().unwrap()).exits(0);
    assert_eq!(environment.runs().len(), 1);
    let mut command = environment.memgrid(&["plan", "--reports", ""]);
    common::Finished::new(command.output().unwrap()).exits(2).says("--reports");
    let mut command = environment.memgrid(&["plan"]);
    common::Finished::new(command.env("MEMGRID_CACHE", "").output().unwrap()).exits(0);
}
