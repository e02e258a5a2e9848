//! Run folders as large matrices leave them. One cell is measured for real; every other record is
//! that one's under another name, with figures of its own, and with a sample file that has the
//! same fields and readings shaped like a serializer's: a climb in steps of pages, dips where
//! garbage is collected, a fall at the end.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use memgrid::collect::record::{AttemptRecord, CellRecord, RunManifest, RunRecord};
use memgrid::collect::{RunDir, curves};
use memgrid::measurement::sample_file::{Footer, Header, Mark, Writer};
use memgrid::measurement::{Curves, Metric, ProbeOutcome, SampleFile, Unit};
use memgrid::plan::{Cell, CellId};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::common;

const MIB: f64 = 1024.0 * 1024.0;
const PAGE: f64 = 4096.0;
/// What an attempt keeps of its samples.
pub const THINNED: &str = "curves.bin";
const STATES: [&str; 2] = ["unpatched", "patched"];
/// Cells whose sample files are their own; further ones share these by hard links, since nine
/// thousand files of 10,000 samples would fill a disk.
const OWN: usize = 18;

/// How large a matrix is.
#[derive(Clone, Copy)]
pub struct Scale {
    /// Values of the two axes beside the state.
    pub sides: (usize, usize),
    /// Measured attempts of each cell.
    pub repeats: u32,
    /// Samples of each attempt.
    pub samples: u32,
}

impl Scale {
    /// How many cells there are.
    pub const fn cells(&self) -> usize {
        self.sides.0 * self.sides.1 * STATES.len()
    }
}

/// A project with a matrix of some scale, measured once.
pub struct Project {
    folder: tempfile::TempDir,
    scale: Scale,
    /// What a real cell left.
    model: RunRecord,
    header: Header,
}

impl Project {
    /// Lays it out, and measures it once.
    pub fn new(scale: Scale) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("matrix.toml"), matrix(&scale)).unwrap();
        source(&folder.path().join("source"));
        let first = cell(0, &scale).id;
        common::time(memgrid(folder.path()).args(["run", first.as_str(), "--repeats", "1"]));
        let reports = folder.path().join("reports");
        let run = RunDir::list(&reports).unwrap().remove(0);
        let run = RunDir::open(&reports, &run).unwrap();
        let header = run.samples(&first, 1).unwrap().unwrap().header;
        let model = run.read().unwrap();
        // What follows is the whole history.
        std::fs::remove_dir_all(&reports).unwrap();
        let project = Self { folder, scale, model, header };
        project.measure(0, &(0..scale.cells()).collect::<Vec<_>>());
        project
    }

    /// The reports folder.
    pub fn reports(&self) -> PathBuf {
        self.folder.path().join("reports")
    }

    /// The real `memgrid`, in the project.
    pub fn memgrid(&self) -> Command {
        memgrid(self.folder.path())
    }

    /// Leaves what measuring these cells leaves; `number` tells runs apart. Returns the run's id.
    pub fn measure(&self, number: u64, places: &[usize]) -> String {
        let cells: Vec<Cell> = places.iter().map(|place| cell(*place, &self.scale)).collect();
        let mut manifest: RunManifest = self.model.manifest.clone();
        let minutes = i64::try_from(number * 60).unwrap();
        manifest.started += SignedDuration::from_mins(minutes);
        manifest.finished = Some(manifest.started + SignedDuration::from_mins(30));
        manifest.cells = cells.iter().map(|cell| cell.id.clone()).collect();
        manifest.measure.repeats = self.scale.repeats;
        let reports = self.reports();
        let run = RunDir::create(&reports, &mut manifest).unwrap();
        for (place, cell) in places.iter().zip(&cells) {
            for attempt in 1..=self.scale.repeats {
                self.attempt(&run, number, (*place, cell), attempt, manifest.started);
            }
            let model = self.model.cells[0].record.clone().unwrap();
            run.write_cell(&CellRecord { cell: cell.clone(), ..model }).unwrap();
        }
        run.id().to_owned()
    }

    fn attempt(
        &self,
        run: &RunDir,
        number: u64,
        (place, cell): (usize, &Cell),
        attempt: u32,
        started: Timestamp,
    ) {
        let shape = Shape::new(place, number, attempt, self.scale.samples);
        let model = self.model.cells[0].attempts[0].clone();
        let mut record = AttemptRecord { cell: cell.id.clone(), number: attempt, started, ..model };
        if let Some(result) = record.result.as_mut() {
            shape.figures(&mut result.metrics);
            result.samples = u64::from(self.scale.samples);
        }
        let staged = run.stage_attempt(&cell.id, attempt).unwrap();
        let samples = staged.path().join("samples.jsonl");
        if number == 0 && place >= OWN {
            let like = run.attempt_dir(&self::cell(place % OWN, &self.scale).id, attempt);
            for file in ["samples.jsonl", THINNED] {
                std::fs::hard_link(like.join(file), staged.path().join(file)).unwrap();
            }
        } else {
            shape.write(&self.header, &samples);
            curves::keep(staged.path(), &Curves::of(&SampleFile::open(&samples).unwrap()));
        }
        std::fs::write(staged.path().join("stderr.log"), "50000 rows, 49,233,411 bytes\n").unwrap();
        run.commit_attempt(&staged, &record).unwrap();
    }
}

fn memgrid(folder: &Path) -> Command {
    common::memgrid(folder, &folder.join("cache"))
}

fn matrix(scale: &Scale) -> String {
    let values = |name: &str, count| {
        let values: Vec<String> = (0..count).map(|n| format!("\"{name}{n:02}\"")).collect();
        values.join(", ")
    };
    let mut text = "[matrix]\n".to_owned();
    writeln!(text, "store = [{}]", values("store", scale.sides.0)).unwrap();
    writeln!(text, "format = [{}]", values("format", scale.sides.1)).unwrap();
    text.push_str("state = [\"unpatched\", \"patched\"]\n[state.unpatched]\n[state.patched]\n");
    text.push_str("[subject]\ngit = \"source\"\n[workload]\ncommand = [\"ls\", \"{subject}\"]\n");
    text
}

fn source(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    for arguments in
        [&["init", "--quiet"][..], &["commit", "--quiet", "--allow-empty", "--message", "Begin"]]
    {
        let mut git = Command::new("git");
        git.current_dir(folder).args(arguments);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "bench").env(format!("GIT_{role}_EMAIL"), "b@x");
        }
        common::time(&mut git);
    }
}

/// The cell at a place of the matrix; twins are neighbours.
pub fn cell(place: usize, scale: &Scale) -> Cell {
    let field = place / STATES.len();
    let (store, format) = (field / scale.sides.1, field % scale.sides.1);
    let values =
        [format!("store{store:02}"), format!("format{format:02}"), STATES[place % 2].to_owned()];
    let axes = ["store", "format", "state"].map(str::to_owned);
    Cell {
        id: CellId::from_values(values.iter().map(String::as_str)),
        axes: axes.into_iter().zip(values).collect(),
        extra: IndexMap::new(),
    }
}

/// What one attempt's memory does.
struct Shape {
    random: ChaCha8Rng,
    samples: u32,
    base: f64,
    peak: f64,
}

impl Shape {
    fn new(place: usize, run: u64, attempt: u32, samples: u32) -> Self {
        let seed = ((run * 100_000 + place as u64) << 8) + u64::from(attempt);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // What its field has in common, then its own.
        let field = ChaCha8Rng::seed_from_u64((place / 2) as u64).random_range(100.0..400.0);
        let height = if place.is_multiple_of(2) { field } else { 20.0 };
        let peak = (40.0 + height * random.random_range(0.99..1.01)) * MIB;
        Self { random, samples, base: 40.0 * MIB, peak }
    }

    /// The share of a whole that a field of bytes has; `None` for what `ls` alone doesn't have.
    fn share(name: &str) -> Option<f64> {
        Some(match name {
            "rss" | "rss_peak" => 1.0,
            "pss" => 0.96,
            "uss" => 0.94,
            "anon" => 0.92,
            "heap" => 0.85,
            "python_heap" => 0.7,
            "retained" => 0.07,
            "file" => 0.08,
            "shmem" | "swap" => 0.0,
            _ => return None,
        })
    }

    fn figures(&self, metrics: &mut IndexMap<String, Metric>) {
        let seconds = f64::from(self.samples) * 0.01;
        for (name, metric) in metrics {
            let share = name.strip_prefix("peak_").and_then(Self::share);
            metric.value = match metric.unit {
                Unit::Bytes => share.map(|share| (self.peak * share / PAGE).round() * PAGE),
                Unit::Seconds => Some(seconds),
                _ => metric.value,
            };
            if metric.value.is_some() {
                metric.unavailable = None;
            }
        }
    }

    fn write(mut self, header: &Header, path: &Path) {
        let mut writer = Writer::new(File::create(path).unwrap(), header).unwrap();
        let count = f64::from(self.samples);
        let mut row = vec![None; header.fields.len()];
        let mut highest = 0.0_f64;
        for number in 0..self.samples {
            let done = f64::from(number) / count;
            let t = f64::from(number) * 0.01 + self.random.random_range(0.0..0.000_2);
            let t = (t * 1e6).round() / 1e6;
            if number == self.samples / 10 {
                writer.mark(&Mark { name: "serialize".to_owned(), t }).unwrap();
            }
            let dip = if number % 500 > 450 { 0.9 } else { 1.0 };
            let climb = if done < 0.97 { (done / 0.97).powf(0.8) * dip } else { 0.2 };
            let noise = self.random.random_range(-0.5..0.5) * MIB;
            let rss = self.base + (self.peak - self.base) * climb + noise * climb;
            highest = highest.max(rss);
            for (field, value) in header.fields.iter().zip(&mut row) {
                let whole = if field.name == "rss_peak" { highest } else { rss };
                *value = match (&field.unit, Self::share(&field.name)) {
                    _ if field.name == "t" => Some(t),
                    _ if field.name == "progress" => Some((done * 500.0).floor() * 100.0),
                    // Both are read ten times as seldom.
                    (Unit::Bytes, Some(_)) if field.name == "pss" && number % 10 > 0 => None,
                    (Unit::Bytes, Some(_)) if field.name == "uss" && number % 10 > 0 => None,
                    (Unit::Bytes, Some(share)) => Some((whole * share / PAGE).round() * PAGE),
                    (Unit::Bytes, None) => None,
                    (Unit::Seconds, _) => Some((t * 100.0).round() / 100.0),
                    _ => Some(f64::from(number / 100 + 1)),
                };
            }
            writer.sample(&row).unwrap();
        }
        let footer =
            Footer { end: ProbeOutcome::Ok, t: count * 0.01, samples: 0, marks: 0, missed: 0 };
        writer.finish(footer).unwrap();
        debug_assert!(SampleFile::open(path).is_ok_and(|file| file.bad_lines == 0));
    }
}
