//! Attempts with the real memprobe and small workloads whose end is known.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use jiff::Timestamp;
use memgrid::collect::record::{AttemptRecord, MeasureRecord, RunManifest, SCHEMA};
use memgrid::collect::run_dir::{STDERR, STDOUT};
use memgrid::collect::{RunDir, machine};
use memgrid::event::{Event, Observer, Silent};
use memgrid::execute::{PassSettings, Settings, Task, execute, memprobe};
use memgrid::interrupt::Interrupt;
use memgrid::outcome::Outcome;
use memgrid::plan::{Attempt, CellId, Pass};
use tempfile::TempDir;

/// A run in a temporary folder, its tasks and how they are measured.
struct Bench {
    folder: TempDir,
    run: RunDir,
    tasks: IndexMap<CellId, Task>,
    settings: Settings,
    interrupt: Interrupt,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let run = RunDir::create(folder.path(), &mut manifest()).unwrap();
        let settings = Settings {
            memprobe: env!("CARGO_BIN_EXE_memprobe").into(),
            period: Duration::from_millis(10),
            timeout: Duration::from_secs(30),
            memory_limit: None,
            log_limit: 10 << 20,
            steady: true,
            heap: false,
            passes: PassSettings::default(),
            jobs: 1,
        };
        let (tasks, interrupt) = (IndexMap::new(), Interrupt::default());
        Self { folder, run, tasks, settings, interrupt }
    }

    /// Adds a cell that runs a shell script in the temporary folder.
    fn script(mut self, cell: &str, script: &str) -> Self {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let cwd = self.folder.path().to_owned();
        self.tasks.insert(id(cell), Task { command, cwd, ..Task::default() });
        self
    }

    fn run(&self, attempts: &[Attempt]) -> Vec<AttemptRecord> {
        self.observed(attempts, &Silent)
    }

    fn observed(&self, attempts: &[Attempt], observer: &dyn Observer) -> Vec<AttemptRecord> {
        let Self { tasks, settings, run, interrupt, .. } = self;
        execute(tasks, attempts, settings, run, observer, interrupt).unwrap()
    }

    /// Runs one attempt of a cell.
    fn once(&self, cell: &str) -> AttemptRecord {
        let mut records = self.run(&[attempt(cell, 1)]);
        assert_eq!(records.len(), 1);
        records.remove(0)
    }

    fn read(&self, cell: &str, number: u32, file: &str) -> String {
        let path = self.run.attempt_dir(&id(cell), number).join(file);
        String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
    }

    /// Waits for a file that a workload writes.
    fn wait_for(&self, file: &str) -> String {
        let began = Instant::now();
        loop {
            if let Ok(text) = std::fs::read_to_string(self.folder.path().join(file))
                && text.ends_with('\n')
            {
                return text;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{file} was not written");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn manifest() -> RunManifest {
    RunManifest {
        schema: SCHEMA,
        run: String::new(),
        name: None,
        memgrid: "0.1.0".into(),
        started: Timestamp::now(),
        finished: None,
        arguments: vec![],
        cells: ["a", "b", "c", "d"].map(id).to_vec(),
        matrix_sha256: String::new(),
        baseline: None,
        measure: MeasureRecord {
            period: 0.01,
            repeats: 1,
            warmup: 0,
            timeout: 30.0,
            jobs: 1,
            memory_limit: None,
            steady: true,
            heap: false,
            passes: Vec::new(),
            seed: 1,
        },
        machine: machine(),
        allocator: None,
        versions: IndexMap::new(),
        states: IndexMap::new(),
        series: IndexMap::new(),
        refused: IndexMap::new(),
        revisions: IndexMap::new(),
        dataset: None,
        workload_sha256: String::new(),
    }
}

fn id(cell: &str) -> CellId {
    CellId::from_values(cell.split('/'))
}

fn attempt(cell: &str, number: u32) -> Attempt {
    Attempt { cell: id(cell), number, warmup: false, pass: None }
}

/// Whether a process lives; a zombie does not.
fn lives(pid: &str) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

/// Waits a moment for what has been killed to be gone.
fn is_gone(pid: &str) -> bool {
    let began = Instant::now();
    while lives(pid) {
        if began.elapsed() > Duration::from_secs(2) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Keeps what happened.
#[derive(Default)]
struct Watch(Mutex<Vec<Event>>);

impl Watch {
    fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| wanted(event)).count()
    }
}

impl Observer for Watch {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

#[test]
fn a_workload_that_succeeds_is_measured_and_kept() {
    let bench = Bench::new().script("a", "echo out; echo err >&2; exec sleep 0.05");
    let record = bench.once("a");
    assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Ok, None));
    let result = record.result.as_ref().unwrap();
    assert_eq!(result.exit_code, Some(0));
    assert!(result.metrics["peak_rss"].value.unwrap() > 100e3, "{result:?}");
    assert!(result.metrics["wall_time"].value.unwrap() >= 0.05, "{result:?}");
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
    bench.settings.timeout = Duration::from_millis(300);
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
fn attempts_run_strictly_in_order_and_never_overlap_with_one_job() {
    let script = "echo $MEMGRID_ATTEMPT >> order; mkdir here && sleep 0.02 && rmdir here";
    let bench = Bench::new().script("a", script).script("b", script).script("c", script);
    let attempts = ["b1", "a1", "c1", "a2", "c2", "b2"]
        .map(|name| attempt(&name[..1], name[1..].parse().unwrap()));
    let records = bench.run(&attempts);
    assert!(records.iter().all(|record| record.outcome == Outcome::Ok), "{records:?}");
    let order: Vec<_> = records.iter().map(|r| format!("{}/{}", r.cell, r.number)).collect();
    assert_eq!(order, ["b/1", "a/1", "c/1", "a/2", "c/2", "b/2"]);
    let ran = std::fs::read_to_string(bench.folder.path().join("order")).unwrap();
    let prefix = format!("{}/", bench.run.id());
    let ran: Vec<_> = ran.lines().map(|line| line.strip_prefix(&prefix).unwrap()).collect();
    assert_eq!(ran, order);
}

#[test]
fn a_pass_that_fails_stops_nothing_and_is_kept_apart() {
    let mut bench = Bench::new().script("a", "echo ran >> times; test \"$(wc -l < times)\" != 2");
    bench.settings.passes = PassSettings { objects: vec!["a.B".to_owned()], lines: 5 };
    let pass = |number, pass| Attempt { pass: Some(pass), ..attempt("a", number) };
    let attempts = [attempt("a", 1), pass(2, Pass::Objects), pass(3, Pass::Lines)];
    let records = bench.run(&attempts);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Failed, Outcome::Ok]);
    let results = bench.run.read().unwrap().cells[&id("a")].clone();
    assert_eq!((&results.attempts[..], &results.passes[..]), (&records[..1], &records[1..]));
}

#[test]
fn two_jobs_overlap() {
    // Each waits for the other: alone, neither would end.
    let wait = |own: &str, other: &str| {
        format!("touch {own}; while ! test -e {other}; do sleep 0.01; done")
    };
    let mut bench = Bench::new().script("a", &wait("a", "b")).script("b", &wait("b", "a"));
    bench.settings.jobs = 2;
    bench.settings.timeout = Duration::from_secs(10);
    let records = bench.run(&[attempt("a", 1), attempt("b", 1)]);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Ok]);
}

#[test]
fn a_failing_cells_repeats_are_skipped_and_told() {
    let bench = Bench::new().script("a", "exit 1").script("b", "true");
    let watch = Watch::default();
    let attempts: Vec<_> =
        (1..=3).flat_map(|number| [attempt("a", number), attempt("b", number)]).collect();
    let records = bench.observed(&attempts, &watch);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Ok, Outcome::Ok, Outcome::Ok]);
    assert_eq!(watch.count(|event| matches!(event, Event::AttemptSkipped { .. })), 2);
    assert_eq!(watch.count(|event| matches!(event, Event::AttemptFinished { .. })), 4);
    let first = watch.0.lock().unwrap()[0].clone();
    assert_eq!(first, Event::AttemptsStarted { attempts: 6, cells: 2 });
}

/// Runs `a` (quick), then `b`, which leaves its session and is interrupted once it runs, with `c`
/// after it. `prelude` is what the shell of `b` does first.
fn interrupted(prelude: &str, requests: usize) -> (Bench, Vec<AttemptRecord>, Duration) {
    let long = format!("{prelude} setsid sleep 61 & echo $! > pid; sleep 60; sleep 60");
    let bench = Bench::new().script("a", "true").script("b", &long).script("c", "true");
    let watch = Watch::default();
    let attempts = ["a", "b", "c"].map(|cell| attempt(cell, 1));
    let (records, took) = std::thread::scope(|scope| {
        let running = scope.spawn(|| bench.observed(&attempts, &watch));
        bench.wait_for("pid");
        (0..requests).for_each(|_| bench.interrupt.raise());
        let raised = Instant::now();
        (running.join().unwrap(), raised.elapsed())
    });
    assert_eq!(watch.count(|event| *event == Event::Interrupted), 1);
    (bench, records, took)
}

#[test]
fn an_interrupt_ends_what_runs_and_keeps_what_is_complete() {
    let (bench, records, took) = interrupted("", 1);
    let outcomes: Vec<_> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Interrupted]);
    assert!(records[1].result.is_some(), "memprobe writes what it has");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(is_gone(&bench.wait_for("pid")));
    let read = bench.run.read().unwrap();
    assert_eq!(read.cells[&id("a")].attempts, records[..1]);
    assert_eq!(read.cells[&id("b")].attempts, records[1..]);
    assert!(read.cells[&id("c")].attempts.is_empty());
}

#[test]
fn a_workload_that_ignores_signals_is_ended_all_the_same() {
    let (bench, records, took) = interrupted("trap '' TERM INT HUP;", 1);
    assert_eq!(records[1].outcome, Outcome::Interrupted);
    assert!(took < Duration::from_secs(7), "{took:?}");
    assert!(is_gone(&bench.wait_for("pid")));
}

#[test]
fn a_second_interrupt_ends_everything_at_once() {
    let (bench, records, took) = interrupted("trap '' TERM INT HUP;", 2);
    assert_eq!(records[1].outcome, Outcome::Interrupted);
    assert!(took < Duration::from_millis(1800), "memprobe alone would take two seconds: {took:?}");
    assert!(is_gone(&bench.wait_for("pid")));
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
fn an_attempt_that_cannot_be_recorded_ends_the_run_and_keeps_what_was() {
    let bench = Bench::new().script("a", "true").script("b", "true");
    bench.run(&[attempt("a", 1)]);
    let Bench { tasks, settings, run, interrupt, .. } = &bench;
    let attempts = [attempt("b", 1), attempt("a", 1), attempt("b", 2)];
    let error = execute(tasks, &attempts, settings, run, &Silent, interrupt).unwrap_err();
    assert!(error.to_string().contains("a/attempts/1"), "{error}");
    let read = run.read().unwrap();
    assert_eq!(read.cells[&id("a")].attempts.len(), 1);
    assert_eq!(read.cells[&id("b")].attempts.len(), 1);
}

#[test]
fn the_memprobe_of_this_build_is_found() {
    let found = memprobe::find(&Silent, &Interrupt::default()).unwrap();
    assert_eq!(found.canonicalize().unwrap(), Path::new(env!("CARGO_BIN_EXE_memprobe")));
}

/// What [`signals_are_counted_and_the_third_is_the_end`] sends its signals to.
#[test]
#[ignore = "runs in a process of its own"]
fn wait_for_signals() {
    let interrupt = Interrupt::listen().unwrap();
    let wait_until = |seen: &dyn Fn() -> bool, word: &str| {
        while !seen() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::fs::write(std::env::var_os("SAY").unwrap(), format!("{word}\n")).unwrap();
    };
    wait_until(&|| true, "listening");
    wait_until(&|| interrupt.is_raised(), "raised");
    wait_until(&|| interrupt.is_urgent(), "urgent");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn signals_are_counted_and_the_third_is_the_end() {
    let folder = TempDir::new().unwrap();
    let said = folder.path().join("said");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "wait_for_signals", "--ignored"])
        .env("SAY", &said)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let signals = [("listening", "TERM"), ("raised", "INT"), ("urgent", "HUP")];
    for (word, signal) in signals {
        let began = Instant::now();
        while std::fs::read_to_string(&said).unwrap_or_default() != format!("{word}\n") {
            assert!(began.elapsed() < Duration::from_secs(10), "never {word}");
            std::thread::sleep(Duration::from_millis(2));
        }
        let pid = child.id().to_string();
        Command::new("kill").args(["-s", signal, &pid]).status().unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
