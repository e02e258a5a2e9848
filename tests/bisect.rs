//! `memgrid bisect` over small repositories in which one commit holds more memory than those
//! before it: what is found, what is passed over, what is measured and what is not measured again.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Finished, TestEnvironment, commit, git};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const MATRIX: &str = r#"
[matrix]
size = ["one", "two"]
[subject]
git = "./subject"
rev = "main"
[workload]
command = ["python3", "{subject}/work.py"]
env = { ROOT = "{root}" }
[measure]
heap = false
"#;

/// A workload that holds so many MiB.
fn holds(mib: u32) -> String {
    format!("held = bytearray({mib} << 20)\n")
}

/// A repository with one commit for each of these workloads, on the branch `main`.
fn history(workloads: &[String]) -> (TestEnvironment, Vec<String>) {
    let environment = TestEnvironment::new(MATRIX);
    environment.write("subject/work.py", "");
    let subject = environment.path().join("subject");
    git(&subject, &["init", "--quiet", "--initial-branch", "main"]);
    let commits = workloads.iter().enumerate().map(|(index, workload)| {
        environment.write("subject/work.py", &format!("{workload}# {index}\n"));
        commit(&subject, &format!("change {index}"))
    });
    let commits = commits.collect();
    (environment, commits)
}

/// Ten commits, of which the seventh is the first that holds 40 MiB more.
fn ten() -> Vec<String> {
    (0..10).map(|index| holds(if index < 6 { 10 } else { 50 })).collect()
}

fn bisect(environment: &TestEnvironment, ends: [&str; 2], more: &[&str]) -> Finished {
    let mut arguments =
        vec!["bisect", "one", "--repeats", "1", "--good", ends[0], "--bad", ends[1]];
    arguments.extend(["--format", "json"]);
    arguments.extend(more);
    environment.run(&arguments)
}

fn findings(json: &Value) -> Vec<(String, bool)> {
    let measured = json["measured"].as_array().unwrap().iter();
    let finding = |one: &Value| one["finding"].as_str().unwrap().to_owned();
    measured.map(|one| (finding(one), one["reused"].as_bool().unwrap())).collect()
}

#[test]
fn the_first_bad_commit_is_found_with_few_measurements() {
    let (environment, commits) = history(&ten());
    let found = bisect(&environment, [&commits[0], "main"], &[]).exits(0).json();
    assert_eq!(found["found"]["commit"], *commits[6]);
    assert_eq!(found["found"]["subject"], "change 6");
    assert_eq!(found["found"]["author"], "T <t@example.org>");
    assert_eq!((found["metric"].as_str(), found["suspects"].as_u64()), (Some("peak_rss"), Some(9)));
    let grown = found["after"].as_f64().unwrap() - found["before"].as_f64().unwrap();
    assert!((39e6..45e6).contains(&grown), "{found}");
    // The two ends, and no more than it takes to halve nine suspects.
    assert!(findings(&found).len() <= 2 + 4, "{found}");
    // Its runs are kept apart: the index and `latest` are about what people ran.
    assert!(environment.runs().is_empty());

    let again = bisect(&environment, [&commits[0], "main"], &[]).exits(0).json();
    assert_eq!(again["found"], found["found"]);
    assert!(findings(&again).iter().all(|(_, reused)| *reused), "{again}");
    let text = environment.run(&[
        "bisect",
        "one",
        "--repeats",
        "1",
        "--good",
        &commits[0],
        "--bad",
        "main",
    ]);
    let text = text.exits(0).stdout;
    assert!(text.starts_with(&format!("{} made one worse", commits[6])), "{text}");
}

#[test]
fn commits_that_cannot_be_measured_are_passed_over() {
    let mut workloads = ten();
    // The one in the middle can't even be parsed, and neither can its neighbour.
    workloads[4] = "this is no Python\n".to_owned();
    workloads[5] = "raise SystemExit(7)\n".to_owned();
    let (environment, commits) = history(&workloads);
    let ends = [commits[0].as_str(), commits[9].as_str()];
    let json = bisect(&environment, ends, &[]).exits(5).json();
    let candidates: Vec<_> =
        json["candidates"].as_array().unwrap().iter().map(|one| one["commit"].as_str()).collect();
    assert_eq!(candidates, [4, 5, 6].map(|index: usize| Some(commits[index].as_str())));
    assert!(json["found"].is_null());
    let skipped =
        json["measured"].as_array().unwrap().iter().find(|one| one["finding"] == "skipped");
    assert!(skipped.unwrap()["reason"].as_str().unwrap().starts_with("failed"), "{json}");

    // One that can't be measured does no harm where others tell enough.
    let mut workloads = ten();
    workloads[4] = "this is no Python\n".to_owned();
    let (environment, commits) = history(&workloads);
    let json = bisect(&environment, [&commits[0], &commits[9]], &[]).exits(0).json();
    assert_eq!(json["found"]["commit"], *commits[6]);
}

#[test]
fn a_killed_search_goes_on_where_it_was() {
    let mut workloads = ten();
    let blocks = "import os, time\nif not os.path.exists(os.environ['ROOT'] + '/go'):\n    \
                  open(os.environ['ROOT'] + '/blocked', 'w').close()\n    time.sleep(60)\n";
    workloads[6] = format!("{blocks}{}", holds(50));
    let (environment, commits) = history(&workloads);
    for signal in [Signal::INT, Signal::KILL] {
        let arguments = ["bisect", "one", "--repeats", "1", "--good", &commits[0], "--bad", "main"];
        let mut command = environment.memgrid_hearing_signals(&arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let began = Instant::now();
        while !environment.path().join("blocked").exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "the commit was never measured");
            std::thread::sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let finished = Finished::new(child.wait_with_output().unwrap());
        match signal {
            Signal::INT => drop(finished.exits(130).says("goes on where it was")),
            _ => assert_eq!(finished.code, None),
        }
        std::fs::remove_file(environment.path().join("blocked")).unwrap();
    }
    environment.write("go", "");
    let json = bisect(&environment, [&commits[0], "main"], &[]).exits(0).json();
    assert_eq!(json["found"]["commit"], *commits[6]);
    let findings = findings(&json);
    let (reused, measured): (Vec<_>, Vec<_>) = findings.iter().partition(|(_, reused)| *reused);
    assert!(reused.len() >= 2 && !measured.is_empty(), "{json}");
}

#[test]
fn runs_are_ends_too_and_what_they_measured_is_not_measured_again() {
    let (environment, commits) = history(&ten());
    environment.run(&["run", "one", "--rev", &commits[2], "--name", "before"]).exits(0);
    environment.run(&["run", "one", "--name", "after"]).exits(0);
    let json = bisect(&environment, ["before", "after"], &[]).exits(0).json();
    assert_eq!(json["found"]["commit"], *commits[6]);
    assert_eq!(findings(&json)[..2], [("good".to_owned(), true), ("bad".to_owned(), true)]);
    // The bad end may be left out: it is the newest run.
    let arguments = ["bisect", "one", "--repeats", "1", "--good", "before"];
    let text = environment.run(&arguments).exits(0).stdout;
    assert!(text.contains("change 6"), "{text}");
    environment.run(&["bisect", "one"]).exits(6).says("no good night").says("--good");
}

#[test]
fn ends_between_which_nothing_can_be_found_are_refused() {
    let (environment, commits) = history(&ten());
    let refused = |good: &str, bad: &str| bisect(&environment, [good, bad], &[]).exits(2);
    refused(&commits[0], &commits[3]).says("is not clearly worse").says("peak_rss");
    refused(&commits[8], &commits[2]).says("comes before");
    refused("main", &commits[9]).says("both ends");
    refused(&commits[0], "mian").says("main");
    bisect(&environment, [&commits[0], "main"], &["--metric", "nothing"]).exits(2).says("--metric");
    bisect(&environment, [&commits[0], "main"], &["--source", "other"]).exits(2).says("other");
    environment.run(&["bisect", "*", "--good", &commits[0]]).exits(2).says("more than one cell");
    environment.run(&["bisect", "onr"]).exits(4).says("one");
}

#[test]
fn a_good_end_on_another_branch_is_replaced_by_where_they_parted() {
    let (environment, commits) = history(&ten());
    let subject = environment.path().join("subject");
    git(&subject, &["checkout", "--quiet", "-b", "side", &commits[3]]);
    environment.write("subject/other", "");
    commit(&subject, "elsewhere");
    let json = bisect(&environment, ["side", "main"], &[]).exits(0).says("parted").json();
    assert_eq!(json["found"]["commit"], *commits[6]);
    assert_eq!(json["suspects"], 6);
}
