//! The validated configuration: what was resolved, not what was typed. `docs/matrix.md` is its
//! reference for people.

mod measuring;

use std::path::PathBuf;

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};

pub use self::measuring::{Compare, DeclaredMetric, Measure, Passes, Rank};
use super::series::Series;
pub use super::services::model::{Per, Ready, Service, Stop, StopSignal};
use crate::measurement::Directions;
use crate::plan::Cell;

/// The axis whose values name [`State`]s.
pub const STATE_AXIS: &str = "state";
/// The axis whose values name [`Backend`]s.
pub const BACKEND_AXIS: &str = "backend";
/// The source that `[subject]` describes.
pub const SUBJECT: &str = "subject";

/// A validated `matrix.toml`. Paths are absolute.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that holds the matrix file; relative paths in it start here.
    pub root: PathBuf,
    /// The product, before it is expanded.
    pub matrix: Matrix,
    /// Source trees by name: `[subject]` first (as [`SUBJECT`]), then `[sources.NAME]`. May be empty.
    pub sources: IndexMap<String, Source>,
    /// `[state.NAME]`: the variants of the sources. Empty when there is no `state` axis.
    pub states: IndexMap<String, State>,
    /// States whose patches are taken apart, by name. What they stand for is in `states` and in
    /// `matrix`.
    pub series: IndexMap<String, Series>,
    /// `[backend.NAME]`. Empty when there is no `backend` axis.
    pub backends: IndexMap<String, Backend>,
    /// `[AXIS.VALUE]` for any other axis: what a value adds to the workload's environment.
    pub values: IndexMap<String, IndexMap<String, ValueTable>>,
    /// What is run in each cell.
    pub workload: Workload,
    /// `[service.NAME]`: private servers that cells use.
    pub services: IndexMap<String, Service>,
    /// `[system]`: Debian packages that every cell needs.
    pub packages: Vec<String>,
    /// `[python]`: the virtual environment, if the workload wants one.
    pub python: Option<Python>,
    /// `[dataset]`: the rows that every backend holds, if the workload wants any.
    pub dataset: Option<Dataset>,
    /// `[measure]`.
    pub measure: Measure,
    /// `[passes]`.
    pub passes: Passes,
    /// `[compare]`: which cells are twins.
    pub compare: Compare,
    /// `[metrics.NAME]`: what the workload's own figures mean.
    pub metrics: IndexMap<String, DeclaredMetric>,
    /// Where runs and the index go (`reports` beside the matrix file unless told otherwise).
    pub reports: PathBuf,
}

impl Config {
    /// The names of the services that a cell uses: everybody's, then those of its values.
    #[must_use]
    pub fn services_of(&self, cell: &Cell) -> Vec<&str> {
        let values = self.values_of(cell).flat_map(|value| &value.services);
        let names = self.workload.services.iter().chain(values).map(String::as_str);
        names.collect::<IndexSet<_>>().into_iter().collect()
    }

    /// The Debian packages that a cell needs beside its services'.
    #[must_use]
    pub fn packages_of(&self, cell: &Cell) -> Vec<&str> {
        let values = self.values_of(cell).flat_map(|value| &value.packages);
        self.packages.iter().chain(values).map(String::as_str).collect()
    }

    /// What the values of a cell say beyond their names.
    pub fn values_of(&self, cell: &Cell) -> impl Iterator<Item = &ValueTable> {
        let tables = cell.axes.iter().map(|(axis, value)| self.values.get(axis)?.get(value));
        tables.flatten()
    }

    /// Which way metrics are better.
    #[must_use]
    pub fn directions(&self) -> Directions {
        Directions::new(self.metrics.iter().map(|(name, it)| (name.clone(), it.better)))
    }

    /// What competitors are ranked by: what `[compare]` says, or else what was declared, or memory.
    #[must_use]
    pub fn ranked_by(&self) -> Vec<String> {
        let declared = || self.metrics.keys().cloned().collect::<Vec<_>>();
        match &self.compare.rank {
            Some(rank) => rank.metrics.clone(),
            None if self.metrics.is_empty() => vec!["peak_rss".to_owned()],
            None => declared(),
        }
    }
}

/// The axes and what is taken from and added to their product, as in GitHub Actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// Axes in the order in which they were written; values as text.
    pub axes: IndexMap<String, Vec<String>>,
    /// `[[matrix.exclude]]`.
    pub exclude: Vec<IndexMap<String, String>>,
    /// `[[matrix.include]]`.
    pub include: Vec<IndexMap<String, String>>,
}

/// Where a source tree comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A git repository (URL or path) at a revision.
    Git {
        /// URL, or absolute path of a local repository.
        repository: String,
        /// Branch, tag or commit.
        rev: String,
    },
    /// A Python distribution pinned to one version: `Django==5.2.19`.
    Pip {
        /// The name as on the package index.
        name: String,
        /// The exact version.
        version: String,
    },
}

impl Origin {
    /// What it is in one line: `Django==5.2.19`, or a repository and its revision (`rev`, if a
    /// state has one of its own).
    #[must_use]
    pub fn describe(&self, rev: Option<&str>) -> String {
        match self {
            Self::Git { repository, rev: own } => format!("{repository} at {}", rev.unwrap_or(own)),
            Self::Pip { name, version } => format!("{name}=={version}"),
        }
    }
}

/// A source tree under test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it comes from.
    pub origin: Origin,
}

/// A named variant of the sources: for each source a revision and an ordered patch series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// One sentence for people, if given.
    pub description: Option<String>,
    /// What this state changes, by source name; a source that is not named stays as it is.
    pub changes: IndexMap<String, Change>,
    /// Variables that cells of this state add to the workload's environment (templates).
    pub env: IndexMap<String, String>,
}

/// What a state does to one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// A revision other than the source's own (git sources only).
    pub rev: Option<String>,
    /// Patches, applied in this order.
    pub patches: Vec<PatchFile>,
}

/// A patch as the matrix file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchFile {
    /// Its file. Absolute.
    pub path: PathBuf,
    /// What it is called in a series, if that is not to follow from the file's name.
    pub label: Option<String>,
}

impl From<PathBuf> for PatchFile {
    fn from(path: PathBuf) -> Self {
        Self { path, label: None }
    }
}

/// Which database a backend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    /// A file; needs no server.
    Sqlite,
    /// PostgreSQL.
    Postgresql,
    /// MySQL or MariaDB.
    Mysql,
}

impl BackendKind {
    /// The word for it in `matrix.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
        }
    }

    /// Whether it needs a server, private or the user's own.
    #[must_use]
    pub const fn is_server(self) -> bool {
        !matches!(self, Self::Sqlite)
    }
}

/// A database that cells run against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Which database it is.
    pub kind: BackendKind,
    /// A server of the user's own; without it memgrid starts a private one.
    /// Either a URL, or `$NAME` to read it from the environment.
    pub url: Option<String>,
    /// Python distributions that only this backend's cells need (pinned, pip's syntax).
    pub requirements: Vec<String>,
    /// Variables that cells of this backend add to the workload's environment (templates).
    pub env: IndexMap<String, String>,
}

/// What a value of an ordinary axis says beyond its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueTable {
    /// Variables for the workload's environment (templates).
    pub env: IndexMap<String, String>,
    /// The services that its cells use, by name.
    pub services: Vec<String>,
    /// Debian packages that its cells need.
    pub packages: Vec<String>,
}

/// The program that is measured. Its strings are templates; see [`crate::plan::template`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Program and arguments. Arguments that start with `./` are files beside `matrix.toml`, made absolute.
    pub command: Vec<String>,
    /// Variables for every cell (templates).
    pub env: IndexMap<String, String>,
    /// Files and folders that the workload consists of: they must exist, and their contents are
    /// part of a run's manifest. Absolute paths; the `./` arguments' files are among them.
    pub files: Vec<PathBuf>,
    /// The services that every cell uses, by name.
    pub services: Vec<String>,
}

/// The virtual environment that workloads run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// The interpreter that makes the environment: a name on PATH or a path.
    pub interpreter: String,
    /// A requirements file for every cell. Absolute path.
    pub requirements: Option<PathBuf>,
}

/// The rows that every backend holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The table's name.
    pub table: String,
    /// Where its rows come from.
    pub content: Content,
}

/// Where a dataset's rows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Generated from a seed: an `id` from 1 to `rows`, and the columns.
    Generated {
        /// How many rows.
        rows: u64,
        /// The same seed gives the same rows, on every machine and in every backend.
        seed: u64,
        /// The columns after `id`.
        columns: Vec<Column>,
    },
    /// Read from a file that people already have. Absolute path.
    Fixture {
        /// The file; Django's JSON fixture (`.json`) or CSV with a header (`.csv`).
        path: PathBuf,
    },
}

/// A generated column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// What a generated column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// A random string of exactly `length` ASCII letters and digits.
    Text {
        /// Characters in each value (1 to 65,535; up to 255 it is a VARCHAR, above a TEXT).
        length: u32,
    },
    /// A random integer from 0 to 2³¹ − 1.
    Integer,
}
