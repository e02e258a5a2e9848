//! What the rows cost: writing them, finding them again, and a private server's start and end.
//!
//! With `MEMGRID_BENCH_PYTHON` (an interpreter that has Django and the drivers) the usual script,
//! `bench/bulk_create.py`, writes as many rows into the same kind of database beside it.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark")]

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use memgrid::backend::{self, OpenBackend, Request};
use memgrid::config::{Backend, BackendKind, Column, ColumnKind, Content, Dataset};
use memgrid::dataset::{Format, Source, export};
use memgrid::event::{Event, Observer};
use memgrid::interrupt::Interrupt;
use memgrid::prepare::cache::Cache;

const KINDS: [BackendKind; 3] = [BackendKind::Sqlite, BackendKind::Postgresql, BackendKind::Mysql];

fn main() {
    let (rows, times) = if common::quick() { (500, 1) } else { (50_000, 3) };
    let dataset = dataset(rows);
    println!("{rows} rows of four texts of 255 characters");
    source(&dataset, times);
    // Names of backends as arguments: only those.
    let named = |kind: &BackendKind| std::env::args().any(|name| name == kind.as_str());
    let some = KINDS.iter().any(named);
    for kind in KINDS.into_iter().filter(|kind| !some || named(kind)) {
        if kind == BackendKind::Sqlite || backend::locate(kind).is_some() {
            one(kind, &dataset, rows, times);
        } else {
            println!("{}: not installed", kind.as_str());
        }
    }
    if !some {
        together(&dataset, times);
    }
}

fn source(dataset: &Dataset, times: usize) {
    let source = Source::open(dataset).unwrap();
    let generated = timed(times, || source.chunks().for_each(|chunk| drop(chunk.unwrap())));
    common::row("generate and sum", "s", &generated);
    let exported = timed(times, || {
        export(&source, Format::Json, &mut std::io::sink()).unwrap();
    });
    common::row("export as JSON", "s", &exported);
}

/// One backend: the first time, later times, and the usual script beside it.
fn one(kind: BackendKind, dataset: &Dataset, rows: u64, times: usize) {
    let name = kind.as_str();
    let (mut first, mut fill, mut again, mut check) = (vec![], vec![], vec![], vec![]);
    let (mut verify, mut close, mut script) = (vec![], vec![], vec![]);
    for _ in 0..times {
        let place = Place::new();
        let (opened, took) = time(|| place.open(kind, Some(dataset)));
        first.push(took);
        fill.push(place.took("filling"));
        opened.close().unwrap();
        let (opened, took) = time(|| place.open(kind, Some(dataset)));
        again.push(took);
        check.push(place.took("filling"));
        verify.push(time(|| assert!(opened.verify().unwrap().unwrap().is_whole())).1);
        close.push(time(|| opened.close().unwrap()).1);
        script.extend(bulk_create(&place.open(kind, None), rows));
    }
    common::row(&format!("{name}: open with nothing cached"), "s", &first);
    common::row(&format!("{name}: of that, the rows (written, read back)"), "s", &fill);
    common::row(&format!("{name}: open with all cached"), "s", &again);
    common::row(&format!("{name}: of that, the check of the rows"), "s", &check);
    common::row(&format!("{name}: verify every row"), "s", &verify);
    common::row(&format!("{name}: close"), "s", &close);
    if !script.is_empty() {
        common::pair(
            (&format!("{name}: bulk_create"), &script),
            (&format!("{name}: memgrid"), &fill),
        );
    }
}

/// All three at once, as a run does it.
fn together(dataset: &Dataset, times: usize) {
    let (mut first, mut again) = (vec![], vec![]);
    for _ in 0..times {
        let place = Place::new();
        for series in [&mut first, &mut again] {
            let work = |kind| place.open(kind, Some(dataset)).close().unwrap();
            let all = || {
                std::thread::scope(|scope| {
                    for kind in KINDS {
                        scope.spawn(move || work(kind));
                    }
                });
            };
            series.push(time(all).1);
        }
    }
    common::row("all at once: open and close, nothing cached", "s", &first);
    common::row("all at once: open and close, all cached", "s", &again);
}

fn bulk_create(opened: &OpenBackend, rows: u64) -> Option<f64> {
    let python = std::env::var_os("MEMGRID_BENCH_PYTHON")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/bulk_create.py");
    let output =
        Command::new(python).arg(script).arg(opened.url()).arg(rows.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).trim().parse().unwrap())
}

/// A cache that is empty at first, and what happens there.
struct Place {
    cache: Cache,
    steps: Steps,
    _folder: tempfile::TempDir,
}

#[derive(Default)]
struct Steps(Mutex<Vec<(String, Duration)>>);

impl Observer for Steps {
    fn event(&self, event: Event) {
        if let Event::StepFinished { step, took, .. } = event {
            self.0.lock().unwrap().push((step, took));
        }
    }
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A server's unprivileged user must be able to pass through.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        Self { cache, steps: Steps::default(), _folder: folder }
    }

    fn open(&self, kind: BackendKind, dataset: Option<&Dataset>) -> OpenBackend {
        let backend =
            Backend { kind, url: None, requirements: Vec::new(), env: indexmap::IndexMap::new() };
        let request = Request {
            name: kind.as_str(),
            backend: &backend,
            dataset,
            cache: &self.cache,
            observer: &self.steps,
            interrupt: &Interrupt::default(),
        };
        backend::open(&request).unwrap()
    }

    /// Seconds of the last step whose name begins so.
    fn took(&self, step: &str) -> f64 {
        let steps = self.steps.0.lock().unwrap();
        steps.iter().rev().find(|(name, _)| name.starts_with(step)).unwrap().1.as_secs_f64()
    }
}

fn dataset(rows: u64) -> Dataset {
    let column =
        |number| Column { name: format!("text_{number}"), kind: ColumnKind::Text { length: 255 } };
    let columns = (1..=4).map(column).collect();
    let content = Content::Generated { rows, seed: 10301, columns };
    Dataset { table: "records_record".to_owned(), content }
}

fn time<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let value = work();
    (value, began.elapsed().as_secs_f64())
}

fn timed(times: usize, work: impl Fn()) -> Vec<f64> {
    (0..times).map(|_| time(&work).1).collect()
}
