//! What becomes of one attempt: its outcome, its record and its logs.

use std::time::{Duration, Instant};

use memgrid::collect::run_dir::{STDERR, STDOUT};
use memgrid::outcome::Outcome;
use memgrid::server::DatabaseServer;

use super::{Bench, id, is_gone};

#[test]
fn a_workload_that_succeeds_is_measured_and_kept() {
    let bench = Bench::new().script("a", "echo out; echo err >&2; exec sleep 0.5");
    let record = bench.once("a");
    assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Ok, None));
    let result = record.result.as_ref().unwrap();
    assert_eq!(result.exit_code, Some(0));
    assert!(result.metrics["peak_rss"].value.unwrap() > 100e3, "{result:?}");
    assert!(result.metrics["wall_time"].value.unwrap() >= 0.5, "{result:?}");
    assert_eq!(bench.read("a", 1, STDOUT), "out\n");
    assert_eq!(bench.read("a", 1, STDERR), "err\n");
    let samples = bench.run.samples(&id("a"), 1).unwrap().unwrap();
    assert!(samples.len() > 2);
    let table = bench.read("a", 1, "samples.csv");
    assert_eq!(table.lines().count(), 1 + samples.len() + samples.marks.len());
    assert!(table.starts_with("t,rss,") && record.csv);
    assert_eq!(bench.run.read().unwrap().cells[&id("a")].attempts, [record]);
    let mut files: Vec<_> = std::fs::read_dir(bench.run.attempt_dir(&id("a"), 1))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        ["attempt.json", "curves.bin", "samples.csv", "samples.jsonl", "stderr.log", "stdout.log"]
    );
}

#[test]
fn a_workload_gets_its_folder_and_variables_and_no_terminal() {
    let mut bench = Bench::new().script("a", "echo $GREETING; pwd; cat; test -n \"$PATH\"");
    bench.tasks[0].env.insert("GREETING".into(), "good day".into());
    let record = bench.once("a");
    assert_eq!(record.outcome, Outcome::Ok, "{record:?}");
    let folder = bench.folder.path().canonicalize().unwrap();
    assert_eq!(bench.read("a", 1, STDOUT), format!("good day\n{}\n", folder.display()));
    assert_eq!(record.env["GREETING"], "good day");
}

#[test]
fn a_failure_is_told_in_one_line_and_with_the_logs_last_lines() {
    let bench = Bench::new().script("a", "seq 1 50 >&2; echo 'ValueError: boom' >&2; exit 3");
    let record = bench.once("a");
    assert_eq!(record.outcome, Outcome::Failed);
    let reason = record.reason.unwrap();
    let first = reason.lines().next().unwrap();
    assert!(first.contains('3') && first.ends_with(": ValueError: boom"), "{first}");
    assert!(reason.contains("\n49\n50\nValueError: boom"), "{reason}");
    assert!(!reason.contains("\n41\n"), "{reason}");
    assert_eq!(record.result.unwrap().exit_code, Some(3));
}

#[test]
fn of_a_log_without_end_both_ends_are_kept() {
    // It ends only when what it has printed so far is no longer all on the disk.
    let script = "exec python3 -c \"
import os, sys, time
print('first')
for number in range(4):
    sys.stdout.write(('x' * 1023 + '\\n') * (16 << 10))
    sys.stdout.flush()
    until = time.monotonic() + 20
    while os.fstat(1).st_blocks * 512 > 2 << 20:
        assert time.monotonic() < until, os.fstat(1).st_blocks
        time.sleep(0.01)
print('last')\"";
    let mut bench = Bench::new().script("a", script);
    bench.settings.log_limit = 1 << 20;
    let record = bench.once("a");
    assert_eq!(record.outcome, Outcome::Ok, "{:?}", record.reason);
    let log = bench.read("a", 1, STDOUT);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!((lines[0], lines[1].len(), lines[lines.len() - 1]), ("first", 1023, "last"));
    assert!(log.contains("\n[memgrid left out 63.0 MiB here, since") && !log.contains('\0'));
    assert!(log.len() <= (1 << 20) + 200, "{}", log.len());
    assert_eq!(record.left_out.keys().collect::<Vec<_>>(), [STDOUT]);
    assert!((63 << 20..64 << 20).contains(&record.left_out[STDOUT]), "{:?}", record.left_out);
}

#[test]
fn what_cannot_be_started_has_failed_with_its_name() {
    let mut bench = Bench::new().script("a", "").script("b", "true");
    bench.tasks[0].command = vec!["/no/such/program".into()];
    bench.tasks[1].cwd = "/no/such/folder".into();
    for (cell, name) in [("a", "/no/such/program"), ("b", "/no/such/folder")] {
        let record = bench.once(cell);
        assert_eq!(record.outcome, Outcome::Failed);
        let reason = record.reason.unwrap();
        assert!(reason.contains(name), "{reason}");
    }
}

#[test]
fn a_workload_that_takes_too_long_is_ended_with_its_grandchildren() {
    let mut bench =
        Bench::new().script("a", "(sh -c 'sleep 60 & echo $! > pid; wait' & wait); sleep 60");
    bench.settings.timeout = Duration::from_secs(2);
    let record = bench.once("a");
    assert_eq!(record.outcome, Outcome::TimedOut, "{record:?}");
    assert!(record.reason.is_some());
    assert!(is_gone(&bench.wait_for("pid")));
}

#[test]
fn a_workload_above_its_limit_is_ended() {
    let mut bench = Bench::new()
        .script("a", "exec python3 -c 'import time; x = b\"x\" * (200 << 20); time.sleep(60)'");
    bench.settings.memory_limit = Some(100 << 20);
    let record = bench.once("a");
    assert_eq!(record.outcome, Outcome::OverLimit, "{record:?}");
}

#[test]
fn a_memprobe_that_is_killed_leaves_a_failed_attempt_and_no_process() {
    // The daemon has left the session, and so memprobe's group.
    let bench = Bench::new().script(
        "a",
        "setsid sh -c 'sleep 60 & echo $! > pid; wait' & sleep 60 & \
         while ! test -s pid; do sleep 0.01; done; kill -9 $PPID; wait",
    );
    let began = Instant::now();
    let record = bench.once("a");
    assert_eq!(record.outcome, Outcome::Failed);
    let reason = record.reason.as_deref().unwrap();
    assert!(reason.contains("killed by signal 9"), "{reason}");
    assert!(record.result.is_none());
    assert!(is_gone(&bench.wait_for("pid")));
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(bench.run.read().unwrap().cells[&id("a")].attempts, [record]);
}

#[test]
fn secrets_stand_in_no_file() {
    let script = "echo user:$PASSWORD@host; echo $PASSWORD >&2; exit 1";
    let mut bench = Bench::new().script("a", script);
    let task = &mut bench.tasks[0];
    task.env.insert("PASSWORD".into(), "hunter2".into());
    task.command.push("--password=hunter2".into());
    task.secrets.push("hunter2".into());
    let record = bench.once("a");
    assert_eq!(record.env["PASSWORD"], "•••");
    assert_eq!(record.command.last().unwrap(), "--password=•••");
    assert!(record.reason.as_deref().unwrap().ends_with("•••"), "{record:?}");
    assert_eq!(bench.read("a", 1, STDOUT), "user:•••@host\n");
    for entry in std::fs::read_dir(bench.run.attempt_dir(&id("a"), 1)).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("hunter2"), "{}", path.display());
    }
}

#[test]
fn a_database_server_that_has_ended_is_blamed() {
    let mut bench = Bench::new().script("a", "exit 1").script("b", "echo refused >&2; exit 1");
    let mut server = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let process = i32::try_from(server.id()).unwrap();
    let known = DatabaseServer { backend: "mysql".to_owned(), process };
    for task in bench.tasks.values_mut() {
        task.server = Some(known.clone());
    }
    assert_eq!(bench.once("a").reason.unwrap(), "the command exited with status 1");
    server.kill().unwrap();
    while known.ended().is_none() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let reason = bench.once("b").reason.unwrap();
    assert!(reason.starts_with("the server of backend mysql has ended"), "{reason}");
    assert!(reason.contains("refused"), "{reason}");
    server.wait().unwrap();
    assert!(known.ended().is_some());
}
