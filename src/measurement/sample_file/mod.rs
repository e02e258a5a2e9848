//! `samples.jsonl`: one attempt's samples as JSON lines, described in `docs/sample-format.md`.
//!
//! A header object, then an array a sample with a mark object between them now and then, then a
//! footer object. Every line stands alone, so what a crash leaves can be read up to its last
//! whole line.

pub mod csv;
mod number;
mod reader;
pub(crate) mod rows;
mod writer;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use reader::SampleFile;
pub use writer::Writer;

use super::{ProbeOutcome, Scope, Unit};

/// The version of the file's shape; a reader refuses a newer one.
pub const SCHEMA: u32 = 1;

/// The first line: what the arrays mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Which program wrote it: `memprobe 0.1.0 (build 0123abcd)`.
    pub program: String,
    /// When the workload began, in UTC: `2026-11-21T22:15:30.123456Z`.
    pub started: String,
    /// The workload's first process.
    pub pid: u32,
    /// Program and arguments; bytes that are not UTF-8 are replaced.
    pub command: Vec<String>,
    /// Seconds between two samples, as asked for.
    pub period: f64,
    /// What stands at each place of a sample's array. The first is `t`.
    pub fields: Vec<Field>,
}

/// What stands at one place of every sample's array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// `t`, `rss`, `pss`, …
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// Whose it is.
    pub scope: Scope,
}

/// A moment that the workload named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// The name.
    #[serde(rename = "mark")]
    pub name: String,
    /// Seconds since the workload began.
    pub t: f64,
}

/// The last line: all that was to be written was written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Footer {
    /// How the workload ended.
    pub end: ProbeOutcome,
    /// When it ended, in seconds since it began.
    pub t: f64,
    /// How many samples the file holds.
    pub samples: u64,
    /// How many marks the file holds.
    pub marks: u64,
    /// How many deadlines passed without a sample.
    pub missed: u64,
}
