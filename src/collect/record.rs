//! The records in a run's folder. The files are the truth; history is an index over them.
//!
//! ```text
//! reports/runs/<run>/
//!   manifest.json                           RunManifest
//!   matrix.toml                             as it was
//!   patches/<sha256>.patch                  every patch that a state used
//!   cells/<id>/cell.json                    CellRecord
//!   cells/<id>/attempts/<n>/attempt.json    AttemptRecord
//!   cells/<id>/attempts/<n>/samples.jsonl   see measurement
//!   cells/<id>/attempts/<n>/samples.csv     the same as a table
//!   cells/<id>/attempts/<n>/curves.bin      what is drawn of them; may be missing
//!   cells/<id>/attempts/<n>/{stdout,stderr}.log
//! ```

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::{Commits, SeriesKind};
use crate::measurement::{Derived, Metric, ProbeResult};
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId, Pass};

/// The version of every record's shape in this file.
pub const SCHEMA: u32 = 1;

/// All that a run depended on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunManifest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `20261121-221530-3f9a`: UTC, and four random digits.
    pub run: String,
    /// A name that the user gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// memgrid's version.
    pub memgrid: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs, and for ever if it was killed.
    pub finished: Option<Timestamp>,
    /// The command line, without the program's path.
    pub arguments: Vec<String>,
    /// Ids of the selected cells, in matrix order.
    pub cells: Vec<CellId>,
    /// SHA-256 of the matrix file's text.
    pub matrix_sha256: String,
    /// Axis along which twins differ, and its baseline value.
    pub baseline: Option<(String, String)>,
    /// How it was measured.
    pub measure: MeasureRecord,
    /// The machine.
    pub machine: Machine,
    /// Where the programs that it started get their memory from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<Allocator>,
    /// Versions by name: `python`, `django`, `psycopg`, `postgresql`, …
    pub versions: IndexMap<String, String>,
    /// States by name.
    pub states: IndexMap<String, StateRecord>,
    /// States whose patches were taken apart, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub series: IndexMap<String, SeriesRecord>,
    /// States that could not be had, as they were asked for, by name: their cells say why.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub refused: IndexMap<String, StateRecord>,
    /// Revisions by source name, where the command line asked for another than the matrix.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub revisions: IndexMap<String, String>,
    /// The rows, if there are any.
    pub dataset: Option<DatasetRecord>,
    /// SHA-256 over the workload's files.
    pub workload_sha256: String,
}

impl RunManifest {
    /// The commits that it measured, by state and then by source.
    #[must_use]
    pub fn commits(&self) -> Commits {
        let sources = |state: &StateRecord| {
            let commits = state.sources.iter();
            commits
                .filter_map(|(name, source)| Some((name.clone(), source.commit.clone()?)))
                .collect()
        };
        self.states.iter().map(|(name, state)| (name.clone(), sources(state))).collect()
    }
}

/// `[measure]` as it was in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureRecord {
    /// Seconds between two samples.
    pub period: f64,
    /// Measured attempts of each cell.
    pub repeats: u32,
    /// Attempts of each cell before those.
    pub warmup: u32,
    /// Seconds that one attempt may take.
    pub timeout: f64,
    /// Attempts at the same time.
    pub jobs: usize,
    /// Bytes of RSS that an attempt may hold.
    pub memory_limit: Option<u64>,
    /// Whether attempts ran with address randomisation off and a fixed hash seed.
    #[serde(default)]
    pub steady: bool,
    /// Whether live heap was counted.
    #[serde(default)]
    pub heap: bool,
    /// Passes that were made after the measured attempts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<Pass>,
    /// Seed of the order.
    pub seed: u64,
}

/// The machine that a run was measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// A fingerprint of what follows but for host name and load: runs with different ones are not comparable.
    pub id: String,
    /// Host name.
    pub hostname: String,
    /// Kernel name, release and architecture.
    pub kernel: String,
    /// The distribution, from `/etc/os-release`.
    pub os: String,
    /// Model name of the first CPU.
    pub cpu: String,
    /// CPUs that this process may use.
    pub cpus: usize,
    /// Bytes of RAM.
    pub memory: u64,
    /// Load average over one minute when the run began.
    pub load: f64,
    /// Transparent huge pages: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
}

/// The C library's allocator, and what the environment makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocator {
    /// The C library and its version, as it calls itself.
    pub library: String,
    /// Variables of memgrid's own environment that change how memory is allocated.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub settings: IndexMap<String, String>,
}

/// One state as it was in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateRecord {
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it consisted of, by source name.
    pub sources: IndexMap<String, SourceRecord>,
}

/// A state whose patches were taken apart: which of them which state has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesRecord {
    /// In which way.
    pub kind: SeriesKind,
    /// The patches, in the order in which they are applied.
    pub patches: Vec<SeriesPatchRecord>,
    /// The series' states in the order of the axis, and the indices of the patches that each has.
    pub states: IndexMap<String, Vec<usize>>,
}

/// One patch of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesPatchRecord {
    /// What it is called.
    pub label: String,
    /// The source that it changes.
    pub source: String,
    /// The file's name.
    pub name: String,
}

/// One source of a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// `Django==5.2.19`, or a repository's URL (without credentials).
    pub origin: String,
    /// The commit that the patches were applied to.
    pub commit: Option<String>,
    /// The patches in order.
    pub patches: Vec<PatchRecord>,
}

/// One patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchRecord {
    /// The file's name.
    pub name: String,
    /// What matrix.toml calls it, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// SHA-256 of the file; its text is kept as `patches/<sha256>.patch` in the run's folder.
    pub sha256: String,
    /// The subject line of its mail, or the file's name.
    pub subject: String,
}

impl PatchRecord {
    /// What to call it in a sentence: its label, or the file's name.
    #[must_use]
    pub fn called(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}

/// The rows that a run used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Fingerprint of the content: the same in every backend.
    pub fingerprint: String,
    /// The table.
    pub table: String,
    /// How many rows.
    pub rows: u64,
}

/// How one cell of a run ended. Its attempts are records of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRecord {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The cell.
    pub cell: Cell,
    /// How it ended.
    pub outcome: Outcome,
    /// What happened, and what to do next, unless it is `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A command that would help, such as `memgrid setup`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// One execution of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The cell.
    pub cell: CellId,
    /// From 1, in the order of this cell's attempts.
    pub number: u32,
    /// Run to warm up: left out of every figure.
    pub warmup: bool,
    /// What it looked for, if it gives no figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<Pass>,
    /// When it began.
    pub started: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// What happened, unless it is `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Program and arguments, as they were run.
    pub command: Vec<String>,
    /// The variables that memgrid set, without secrets.
    pub env: IndexMap<String, String>,
    /// What memprobe found; `None` if it could not be started or was killed.
    pub result: Option<ProbeResult>,
    /// Whether the samples lie beside it as CSV too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub csv: bool,
    /// How many bytes are missing in the middle of a log, by its file's name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub left_out: IndexMap<String, u64>,
    /// What follows from the samples.
    #[serde(default, skip_serializing_if = "Derived::is_empty")]
    pub derived: Derived,
}

impl AttemptRecord {
    /// All figures by name: those that were read, and then those that follow from the samples. A
    /// workload's own figure of the same name counts instead.
    pub fn metrics(&self) -> impl Iterator<Item = (&String, &Metric)> {
        let read = self.result.iter().flat_map(|result| &result.metrics);
        let taken = |name: &String| {
            self.result.as_ref().is_some_and(|result| result.metrics.contains_key(name))
        };
        read.chain(self.derived.metrics.iter().filter(move |(name, _)| !taken(name)))
    }

    /// One figure by name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        let read = self.result.as_ref().and_then(|result| result.metrics.get(name));
        read.or_else(|| self.derived.metrics.get(name))
    }
}

/// A whole run, as read from its folder.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// All that it depended on.
    pub manifest: RunManifest,
    /// What it left, by cell, in the manifest's order.
    pub cells: IndexMap<CellId, CellResults>,
}

/// What a run left of one cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellResults {
    /// How it ended; `None` if the run was killed before that was known.
    pub record: Option<CellRecord>,
    /// Its attempts by number.
    pub attempts: Vec<AttemptRecord>,
    /// Its passes by number. They lie among the attempts, and are kept apart from them by whoever
    /// reads them: no figure is ever taken from one.
    pub passes: Vec<AttemptRecord>,
}

impl CellResults {
    /// Whether the cell was measured and all went well.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.outcome == Outcome::Ok)
    }
}
