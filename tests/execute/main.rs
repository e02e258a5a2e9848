//! Attempts with the real memprobe and small workloads whose end is known.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

mod attempts;
#[path = "../common/mod.rs"]
mod common;
mod interrupts;
mod rounds;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use jiff::Timestamp;
use memgrid::collect::record::{AttemptRecord, MeasureRecord, RunManifest, SCHEMA};
use memgrid::collect::{RunDir, machine};
use memgrid::event::{Event, Observer, Silent};
use memgrid::execute::{PassSettings, Settings, Task, execute, memprobe};
use memgrid::interrupt::Interrupt;
use memgrid::plan::{Attempt, CellId};
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
fn the_memprobe_of_this_build_is_found() {
    let found = memprobe::find(&Silent, &Interrupt::default()).unwrap();
    assert_eq!(found.canonicalize().unwrap(), Path::new(env!("CARGO_BIN_EXE_memprobe")));
}
