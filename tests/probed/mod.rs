//! One memprobe, and what it left.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test takes what it needs, and fails by panicking"
)]

use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};

use memgrid::measurement::{ProbeResult, SampleFile};

/// What one memprobe left.
pub(crate) struct Probed {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) result: ProbeResult,
    folder: tempfile::TempDir,
}

impl Probed {
    /// Of a memprobe that was told to write to `folder`.
    pub(crate) fn read(folder: tempfile::TempDir, output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).unwrap();
        let text = std::fs::read(folder.path().join("result.json"));
        let text = text.unwrap_or_else(|error| panic!("{error}; {stderr}"));
        Self {
            status: output.status,
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr,
            result: serde_json::from_slice(&text).unwrap(),
            folder,
        }
    }

    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    pub(crate) fn value(&self, metric: &str) -> f64 {
        let metric = &self.result.metrics[metric];
        metric.value.unwrap_or_else(|| panic!("{metric:?}"))
    }

    pub(crate) fn mib(&self, metric: &str) -> f64 {
        self.value(metric) / 1_048_576.0
    }

    /// Why there is no such figure.
    pub(crate) fn why_not(&self, metric: &str) -> &str {
        let metric = &self.result.metrics[metric];
        assert_eq!(metric.value, None);
        metric.unavailable.as_deref().unwrap()
    }

    pub(crate) fn samples(&self) -> SampleFile {
        SampleFile::open(&self.folder.path().join("samples.jsonl")).unwrap()
    }

    pub(crate) fn notes(&self) -> String {
        self.result.notes.join("\n")
    }
}

/// memprobe, to be told the command.
pub(crate) fn memprobe(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
    command.arg("--out").arg(folder).args(options).arg("--");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Measures `command`.
pub(crate) fn probe(options: &[&str], command: &[&str]) -> Probed {
    let folder = tempfile::tempdir().unwrap();
    let output = memprobe(folder.path(), options).args(command).output().unwrap();
    Probed::read(folder, output)
}
