//! A run that is ended in the middle, and goes on.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::common::{Finished, TestEnvironment};

/// Three cells, of which the last blocks until it is told to go on.
const BLOCKING: &str = r#"
[matrix]
step = ["one", "two", "three"]
[workload]
command = ["sh", "-c", "if [ {step} = three ] && [ ! -e {root}/go ]; then touch {root}/blocked; sleep 60; fi"]
[measure]
seed = SEED
"#;

/// A seed with which the blocking cell comes second, so that one cell is complete and one has
/// not begun when the run is ended.
pub(super) fn blocking() -> TestEnvironment {
    let matrix = |seed: u32| BLOCKING.replace("SEED", &seed.to_string());
    let environment = TestEnvironment::new(&matrix(0));
    for seed in 0..50 {
        environment.write("matrix.toml", &matrix(seed));
        let plan = environment.run(&["plan", "--format", "json"]).exits(0).json();
        if plan["order"][1]["cell"] == "three" {
            return environment;
        }
    }
    panic!("no seed puts the blocking cell second");
}

/// Starts a run, waits until its second cell blocks, sends `signal`, and returns how it ended.
pub(super) fn end_in_the_middle(environment: &TestEnvironment, signal: Signal) -> Finished {
    let mut command = environment.memgrid_hearing_signals(&["run"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !environment.path().join("blocked").exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "the cell never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    Finished::new(child.wait_with_output().unwrap())
}

/// Waits until no process has the environment's folder in its command line.
fn nothing_is_left_running(environment: &TestEnvironment) {
    let folder = environment.path().to_str().unwrap();
    let runs = |entry: std::fs::DirEntry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(folder)
    };
    let began = Instant::now();
    while std::fs::read_dir("/proc").unwrap().flatten().any(runs) {
        assert!(began.elapsed() < Duration::from_secs(10), "the workload outlived memgrid");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What goes on is the run that was ended, whatever others are there.
pub(super) fn resumes(environment: &TestEnvironment) {
    environment.write("go", "");
    let runs = environment.runs();
    let resumed = environment.run(&["run", "--resume", "--format", "json"]).exits(0);
    assert_eq!(environment.runs(), runs, "the same run goes on");
    let ended = runs.iter().min().map(String::as_str);
    assert_eq!(resumed.json()["run"].as_str(), ended);
    let all = resumed.outcomes();
    assert!(all.iter().all(|(_, outcome)| outcome == "ok"), "{all:?}");
    environment.run(&["run", "--resume"]).exits(2).says("no incomplete run");
}

#[test]
fn ctrl_c_keeps_what_is_complete_and_the_run_can_be_resumed() {
    let environment = blocking();
    let began = Instant::now();
    let finished = end_in_the_middle(&environment, Signal::INT).exits(130).says("--resume");
    assert!(began.elapsed() < Duration::from_secs(20), "{}", finished.stderr);
    assert!(environment.read("reports/index.html").contains("interrupted"));
    resumes(&environment);
}

#[test]
fn a_killed_run_can_be_resumed_too() {
    let environment = blocking();
    let finished = end_in_the_middle(&environment, Signal::KILL);
    assert_eq!(finished.code, None);
    nothing_is_left_running(&environment);
    environment.run(&["report"]).exits(0);
    resumes(&environment);
}

#[test]
fn a_changed_matrix_is_not_resumed() {
    let environment = blocking();
    end_in_the_middle(&environment, Signal::INT).exits(130);
    let changed = environment.read("matrix.toml").replace("\"two\"", "\"zwei\"");
    environment.write("matrix.toml", &changed);
    environment.run(&["run", "--resume"]).exits(2).says("matrix.toml has changed");
}

#[test]
fn a_cell_that_was_run_meanwhile_does_not_end_a_run() {
    let environment = blocking();
    end_in_the_middle(&environment, Signal::INT).exits(130);
    std::thread::sleep(Duration::from_secs(1));
    environment.run(&["run", "one"]).exits(0);
    resumes(&environment);
}

#[test]
fn a_run_is_over_when_all_that_it_lacks_was_measured_since() {
    let environment = blocking();
    end_in_the_middle(&environment, Signal::INT).exits(130);
    environment.write("go", "");
    environment.run(&["run"]).exits(0);
    environment.run(&["run", "--resume"]).exits(2).says("no incomplete run");
}
