//! `memgrid compare` over programs that hold a known amount of memory: verdicts, exit codes, what
//! can't pass, and measuring again.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{Finished, TestEnvironment};
use serde_json::Value;

/// Three cells, each of which holds so many MiB. `flaky` holds more while there is a file `odd`.
fn matrix(same: u32, less: u32, more: u32) -> String {
    format!(
        r#"
        [matrix]
        size = ["same", "less", "more"]
        [size.same]
        env = {{ MB = {same} }}
        [size.less]
        env = {{ MB = {less} }}
        [size.more]
        env = {{ MB = {more} }}
        [workload]
        command = ["sh", "./hold.sh"]
        [measure]
        repeats = 5
        "#
    )
}

/// dd fills a buffer of this size, which is all that it holds.
const HOLD: &str = "\
if [ -e odd ]; then MB=$((MB + 20)); fi
if [ -e broken ] && [ \"$MEMGRID_CELL\" = same ]; then exit 1; fi
exec dd if=/dev/zero of=/dev/null bs=${MB}M count=1 status=none
";

fn environment(matrix: &str) -> TestEnvironment {
    let environment = TestEnvironment::new(matrix);
    environment.write("hold.sh", HOLD);
    environment
}

/// A run called `base`, and one in which a cell got better and a cell got worse.
fn two_runs() -> TestEnvironment {
    let environment = environment(&matrix(20, 40, 20));
    environment.run(&["run", "--name", "base"]).exits(0);
    environment.write("matrix.toml", &matrix(20, 20, 40));
    environment.run(&["run"]).exits(0);
    environment
}

fn compare(environment: &TestEnvironment, arguments: &[&str]) -> Finished {
    environment.run(&[&["compare"], arguments].concat())
}

/// Verdicts by cell, of `compare --format json`.
fn verdicts(comparison: &Value) -> Vec<(&str, &str)> {
    let cells = comparison["cells"].as_array().unwrap().iter();
    cells.map(|cell| (cell["id"].as_str().unwrap(), cell["verdict"].as_str().unwrap())).collect()
}

fn reasons(comparison: &Value) -> String {
    comparison["reasons"].to_string()
}

#[test]
fn a_regression_is_found_just_where_it_is() {
    let environment = two_runs();
    let found = compare(&environment, &["base", "--format", "json"]).exits(3).json();
    let expected = [("same", "unchanged"), ("less", "improved"), ("more", "regressed")];
    assert_eq!(verdicts(&found), expected);
    assert_eq!(
        (found["before"]["name"].as_str(), found["gate"].as_str()),
        (Some("base"), Some("regressed"))
    );

    // Ways to say the same: nothing, ids, a baseline, a folder from elsewhere.
    let runs = environment.runs();
    compare(&environment, &[]).exits(3);
    compare(&environment, &[&runs[0], &runs[1]]).exits(3);
    compare(&environment, &["latest", "base"]).exits(3);
    environment.run(&["history", "baseline", "good", "base"]).exits(0);
    compare(&environment, &["--baseline", "good"]).exits(3);
    let elsewhere = environment.path().join("elsewhere");
    copy(&environment.path().join("reports/runs").join(&runs[0]), &elsewhere);
    std::fs::remove_dir_all(environment.path().join("reports/runs").join(&runs[0])).unwrap();
    let found = compare(&environment, &["./elsewhere", "--format", "json"]).exits(3).json();
    assert_eq!(verdicts(&found), expected);

    // What can't be had.
    compare(&environment, &["--baseline", "good"]).exits(6);
    compare(&environment, &["--baseline", "godo"]).exits(6).says("did you mean `good`?");
    compare(&environment, &["base"]).exits(6);
    compare(&environment, &["./elsewhere", "nothing"]).exits(2);
    compare(&environment, &[]).exits(6).says("nothing to compare with");
}

#[test]
fn selections_and_rules_say_what_counts() {
    let environment = two_runs();
    let exits = |arguments: &[&str], code| compare(&environment, arguments).exits(code);
    exits(&["base", "--cell", "same", "--cell", "l*"], 0);
    exits(&["base", "--where", "size=more"], 3);
    exits(&["base", "--cell", "mroe"], 4).says("`more`");

    exits(&["base", "--fail-on", "peak_rss>500%"], 0);
    exits(&["base", "--fail-on", "peak_rss > 10 MiB"], 3);
    exits(&["base", "--fail-on", "peak_rss>3%", "--fail-on", "more:peak_rss>30MiB"], 0);
    exits(&["base", "--fail-on", "none"], 0);
    let rules = "[compare]\nfail_on = [\"more:peak_rss>500%\"]\n";
    environment.write("matrix.toml", &format!("{}{rules}", matrix(20, 20, 40)));
    exits(&["base"], 0);
    exits(&["base", "--fail-on", "m*:peak_rss>1%"], 3);

    // A rule that looks at nothing passes nothing.
    exits(&["base", "--fail-on", "peak_rs>3%"], 2).says("did you mean `peak_rss`?");
    exits(&["base", "--fail-on", "queries>3"], 2).says("nothing is called `queries`");
    exits(&["base", "--fail-on", "mroe:peak_rss>3%"], 2).says("`more`");
    let idle =
        exits(&["base", "--cell", "same", "--fail-on", "peak_server>3%", "--format", "json"], 5);
    assert!(reasons(&idle.json()).contains("`peak_server>3%` judged nothing"));
}

#[test]
fn several_outputs_are_written_at_once() {
    let environment = two_runs();
    let outputs =
        ["base", "--output", "json=out/a.json", "--output", "table=b.txt", "--all-metrics"];
    let shown = compare(&environment, &outputs).exits(3).stdout;
    let json: Value = serde_json::from_str(&environment.read("out/a.json")).unwrap();
    assert_eq!(json["gate"], "regressed");
    assert_eq!(environment.read("b.txt"), shown);
    // What is no ordinary file is written to, and not replaced.
    let link = environment.path().join("link.json");
    std::os::unix::fs::symlink("out/a.json", &link).unwrap();
    compare(&environment, &["base", "--cell", "same", "--output", "json=link.json"]).exits(0);
    assert!(link.is_symlink() && environment.read("out/a.json").contains("passed"));
    assert!(shown.contains("wall time"), "{shown}");
    let outputs = ["markdown=c.md", "junit=d.xml", "github=e.txt"].map(|it| ["--output", it]);
    compare(&environment, &[&["base"], outputs.as_flattened()].concat()).exits(3);
    each_is_what_its_reader_takes(&environment);
    compare(&environment, &["base", "--output", "jsn=a"]).exits(2).says("did you mean `json`?");
    compare(&environment, &["base", "--metric", "wall_tme"]).exits(2).says("`wall_time`");
}

/// Real comparisons, read by what is not memgrid's own.
fn each_is_what_its_reader_takes(environment: &TestEnvironment) {
    let schema = include_str!("../docs/comparison.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let json: Value = serde_json::from_str(&environment.read("out/a.json")).unwrap();
    let problems: Vec<_> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
    assert_eq!(problems, Vec::<String>::new());

    let report = junit_parser::from_reader(environment.read("d.xml").as_bytes()).unwrap();
    let red = report.suites[0].cases.iter().filter(|case| case.status.is_failure());
    let red: Vec<_> = red.map(|case| case.original_name.as_str()).collect();
    assert_eq!(red, ["more", "gate"]);

    let mut dialect = comrak::Options::default();
    dialect.extension.table = true;
    let html = comrak::markdown_to_html(&environment.read("c.md"), &dialect);
    assert!(html.contains("<td><code>more</code></td>"), "{html}");
    assert!(html.contains("<td>✗ regressed</td>"), "{html}");

    let commands = environment.read("e.txt");
    let titles = ["::error file=matrix.toml,title=more%3A regressed::", "title=less%3A improved::"];
    assert!(titles.iter().all(|title| commands.contains(title)), "{commands}");
}

#[test]
fn values_of_an_axis_are_compared_within_a_run() {
    let matrix = r#"
        [matrix]
        size = ["a", "b"]
        kind = ["old", "new"]
        [kind.old]
        env = { MB = 20 }
        [kind.new]
        env = { MB = 40 }
        [workload]
        command = ["sh", "./hold.sh"]
        [measure]
        repeats = 5
    "#;
    let environment = environment(matrix);
    environment.run(&["run", "--name", "both"]).exits(0);
    let arguments = ["--axis", "kind", "old", "new", "--format", "json"];
    let found = compare(&environment, &arguments).exits(3).json();
    assert_eq!(verdicts(&found), [("a/new", "regressed"), ("b/new", "regressed")]);
    assert_eq!(found["cells"][0]["before"], "a/old");
    assert_eq!(found["after"]["value"], "new");
    compare(&environment, &["--axis", "kind", "new", "old", "--run", "both"]).exits(0);
    let arguments = ["--axis", "kind", "--cell", "a/new", "--confirm", "5", "--format", "json"];
    let found = compare(&environment, &arguments).exits(3).json();
    assert_eq!(
        (verdicts(&found), &found["cells"][0]["confirmed"]),
        (vec![("a/new", "regressed")], &true.into())
    );
    compare(&environment, &["--axis", "kind", "old", "nwe"]).exits(2).says("did you mean `new`?");
    compare(&environment, &["--axis", "knid", "old", "new"]).exits(2).says("did you mean `kind`?");
    environment.run(&["run", "a/new"]).exits(0);
    compare(&environment, &["--axis", "kind", "old", "new"]).exits(6);
    compare(&environment, &["--axis", "kind", "new", "old"]).exits(5);
}

#[test]
fn what_was_not_measured_cannot_pass() {
    let environment = environment(&matrix(20, 20, 20));
    environment.run(&["run", "--repeats", "3", "--name", "base"]).exits(0);
    environment.write("broken", "");
    environment.run(&["run", "--repeats", "3"]).exits(5);
    let found = compare(&environment, &["base", "--format", "json"]).exits(5).json();
    assert_eq!(found["gate"], "incomplete");
    assert!(reasons(&found).contains("same"), "{}", reasons(&found));
    compare(&environment, &["base", "--cell", "less"]).exits(0);

    // Cells that only one side has.
    environment.run(&["run", "less", "more", "--repeats", "3"]).exits(0);
    let found = compare(&environment, &["base", "--format", "json"]).exits(5).json();
    assert_eq!(found["unpaired"][0]["id"], "same");
    compare(&environment, &["base", "--cell", "less"]).exits(0);

    // A run that is still going on, one that was killed, one that has no cells.
    let run = environment.runs().pop().unwrap();
    let folder = environment.path().join("reports/runs").join(run);
    let lock = std::fs::File::options().append(true).open(folder.join(".lock")).unwrap();
    lock.lock().unwrap();
    let found = compare(&environment, &["base", "--cell", "less", "--format", "json"]).exits(5);
    assert!(reasons(&found.json()).contains("still going on"));
    drop(lock);
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap())
            .unwrap();
    let rewrite = |key: &str, value: Value| {
        let mut manifest = manifest.clone();
        manifest[key] = value;
        std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    };
    rewrite("finished", Value::Null);
    let killed = compare(&environment, &["base", "--cell", "less", "--format", "json"]).exits(5);
    assert!(reasons(&killed.json()).contains("did not come to its end"));
    rewrite("cells", serde_json::json!([]));
    compare(&environment, &["base"]).exits(5);
    compare(&environment, &["latest", "latest"]).exits(5);
}

#[test]
fn what_was_odd_once_is_not_believed_after_measuring_again() {
    let environment = environment(&matrix(20, 20, 20));
    environment.run(&["run", "--name", "base"]).exits(0);
    environment.write("odd", "");
    environment.run(&["run", "same", "less"]).exits(0);
    std::fs::remove_file(environment.path().join("odd")).unwrap();
    let arguments = ["base", "--cell", "same", "--cell", "less", "--format", "json"];
    compare(&environment, &arguments).exits(3);
    let found =
        compare(&environment, &[&arguments[..], &["--confirm", "5"]].concat()).exits(0).json();
    assert_eq!(verdicts(&found), [("same", "unchanged"), ("less", "unchanged")]);
    assert_eq!(found["cells"][0]["confirmed"], true);
    assert_eq!(environment.runs().len(), 2, "what confirms is no run of its own");
    let confirmations = environment.path().join("reports/confirmations/runs");
    assert_eq!(std::fs::read_dir(confirmations).unwrap().count(), 2);
}

#[test]
fn what_holds_is_believed_and_each_side_is_measured_as_it_was() {
    let environment = two_runs();
    // Neither side is what the matrix says now.
    environment.write("matrix.toml", &matrix(10, 10, 10));
    let arguments = ["base", "--confirm", "5", "--format", "json"];
    let found = compare(&environment, &arguments).exits(3).json();
    assert_eq!(verdicts(&found)[2], ("more", "regressed"));
    let confirmed = |index: usize| found["cells"][index]["confirmed"].as_bool().unwrap();
    assert_eq!([confirmed(0), confirmed(1), confirmed(2)], [false, false, true]);
    // Another workload can't tell.
    environment.write("hold.sh", &HOLD.replace("20", "30"));
    let found = compare(&environment, &arguments).exits(3).json();
    assert!(found["notes"].to_string().contains("another workload"), "{}", found["notes"]);
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
