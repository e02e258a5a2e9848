//! Runs attempts: one memprobe each, in a process group of its own, some at a time. Each attempt
//! is recorded in the run's folder as soon as it ends, so a crash loses nothing.

mod attempt;
mod log;
mod log_limit;
pub mod memprobe;
mod process;
mod schedule;
mod secrets;
mod services;
mod stop;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

pub use schedule::execute;

use crate::server::DatabaseServer;
use crate::service::Service;

/// What is run in one cell, with nothing left to be filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables added to memgrid's own environment.
    pub env: IndexMap<String, String>,
    /// Texts, such as passwords, that may stand in no record and no log.
    pub secrets: Vec<String>,
    /// Services that it uses; their variables yield to `env`.
    pub services: Vec<Arc<Service>>,
    /// The private database server that it uses.
    pub server: Option<DatabaseServer>,
    /// The folder it runs in.
    pub cwd: PathBuf,
}

/// What passes look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassSettings {
    /// Classes whose live instances are counted.
    pub objects: Vec<String>,
    /// How many lines are wanted.
    pub lines: u32,
}

/// How attempts are measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The memprobe to use; see [`memprobe::find`].
    pub memprobe: PathBuf,
    /// Time between two samples.
    pub period: Duration,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Bytes of RSS that the process tree of an attempt may hold.
    pub memory_limit: Option<u64>,
    /// Bytes that are kept of each log.
    pub log_limit: u64,
    /// Whether address randomisation is off for the workload.
    pub steady: bool,
    /// Whether live heap is counted.
    pub heap: bool,
    /// What passes look for.
    pub passes: PassSettings,
    /// Attempts at the same time; 0 counts as 1.
    pub jobs: usize,
}
