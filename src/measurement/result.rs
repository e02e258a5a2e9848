//! `result.json`: how one attempt ended and its figures.

use serde::{Deserialize, Serialize};

use super::{AllocationLines, Metrics};

/// How memprobe saw the workload end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeOutcome {
    /// Exit status 0.
    Ok,
    /// Another exit status, a signal, or it could not be started.
    Failed,
    /// Ended by memprobe after `--timeout`.
    TimedOut,
    /// Ended by memprobe above `--memory-limit`.
    OverLimit,
    /// Ended because memprobe was told to stop.
    Interrupted,
}

/// What memprobe writes to `--json FILE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Version of this file's shape; see `docs/sample-format.md`.
    pub schema: u32,
    /// How it ended.
    pub outcome: ProbeOutcome,
    /// What happened, for people, unless it is `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The workload's exit status, if it exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The figures.
    pub metrics: Metrics,
    /// The lines that had allocated most at the peak; only if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<AllocationLines>,
    /// Hex digest of the output, if the workload sent one (`digest HEX`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_digest: Option<String>,
    /// How many samples were taken.
    pub samples: u64,
    /// How well the sampling kept its period; `None` if the workload could not be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// Things that a reader of the figures must know: a fallback that was taken, a limit of the machine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How well the sampling kept its period, and what it cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Seconds between two samples, as asked for.
    pub period: f64,
    /// Samples a second, as reached; `None` if the workload was gone before a period had passed.
    pub rate: Option<f64>,
    /// Deadlines that passed without a sample.
    pub missed: u64,
    /// Seconds by which a sample came after its deadline: the mean.
    pub lateness_mean: f64,
    /// Seconds by which a sample came after its deadline: the worst.
    pub lateness_max: f64,
    /// Seconds of CPU that memprobe itself used.
    pub probe_cpu: f64,
    /// Bytes of memory that memprobe itself held at most; `None` if it could not be read.
    pub probe_rss: Option<u64>,
}
