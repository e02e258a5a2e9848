//! The tools that are compared: how each is started, and what it says afterwards.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::install::Installed;

const MIB: f64 = 1024.0 * 1024.0;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Memprobe,
    Mprof,
    Psrecord,
    Time,
    Memray,
    MemrayPython,
    Tracemalloc,
}

/// What a tool found in one run.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// In MiB.
    pub peak: f64,
    /// How many samples there are, and how many a second, if it takes any.
    pub samples: Option<(f64, f64)>,
}

impl Tool {
    pub const ALL: [Self; 7] = [
        Self::Memprobe,
        Self::Mprof,
        Self::Psrecord,
        Self::Time,
        Self::Memray,
        Self::MemrayPython,
        Self::Tracemalloc,
    ];
    pub const SAMPLERS: [Self; 3] = [Self::Memprobe, Self::Mprof, Self::Psrecord];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Memprobe => "memprobe",
            Self::Mprof => "mprof",
            Self::Psrecord => "psrecord",
            Self::Time => "time -v",
            Self::Memray => "memray",
            Self::MemrayPython => "memray, Python's allocators",
            Self::Tracemalloc => "tracemalloc",
        }
    }

    /// What it measures.
    pub const fn measures(self) -> &'static str {
        match self {
            Self::Memprobe | Self::Mprof | Self::Psrecord => "RSS, tree",
            Self::Time => "RSS, largest",
            Self::Memray | Self::MemrayPython => "heap",
            Self::Tracemalloc => "Python's heap",
        }
    }

    /// The command that measures `workload`, a Python program with its arguments, with a sample
    /// every `period` seconds, and leaves what it finds at `out`.
    pub fn command(
        self,
        with: &Installed,
        workload: &[String],
        period: f64,
        out: &Path,
    ) -> Command {
        let python = with.python.as_os_str();
        let mut command = Command::new(match self {
            Self::Memprobe => Path::new(env!("CARGO_BIN_EXE_memprobe")).to_owned(),
            Self::Mprof => with.beside_python("mprof"),
            Self::Psrecord => with.beside_python("psrecord"),
            Self::Time => with.time.clone().unwrap_or_default(),
            Self::Memray | Self::MemrayPython => with.beside_python("memray"),
            Self::Tracemalloc => with.python.clone(),
        });
        let period = period.to_string();
        match self {
            Self::Memprobe => {
                command.args(["--quiet", "--period", &format!("{period}s"), "--out"]).arg(out);
                command.arg("--").arg(python);
            }
            Self::Mprof => {
                command.args(["run", "--include-children", "--interval", &period, "--output"]);
                command.arg(out).arg(python);
            }
            Self::Psrecord => {
                // A command line in one word.
                let line = format!("{} {}", with.python.display(), workload.join(" "));
                command.args([&line, "--include-children", "--interval", &period, "--log"]);
                command.arg(out);
                return command;
            }
            Self::Time => {
                command.arg("-v").arg("-o").arg(out).arg(python);
            }
            Self::Memray => {
                command.args(["run", "--quiet", "--force", "--output"]).arg(out);
            }
            Self::MemrayPython => {
                command.args(["run", "--quiet", "--force", "--trace-python-allocators"]);
                command.arg("--output").arg(out);
            }
            Self::Tracemalloc => {
                command.arg(with.script("traced.py")).arg(out);
            }
        }
        command.args(workload);
        command
    }

    /// What it left at `out`.
    ///
    /// # Errors
    /// Why there is no figure in it.
    pub fn found(self, with: &Installed, out: &Path) -> Result<Found, String> {
        let in_bytes = |figure: Option<f64>| {
            let peak = figure.ok_or_else(|| format!("{} has no peak", out.display()))?;
            Ok(Found { peak: peak / MIB, samples: None })
        };
        match self {
            Self::Memprobe => {
                let result = json(&out.join("result.json"))?;
                let found = in_bytes(result["metrics"]["peak_rss"]["value"].as_f64())?;
                let (samples, rate) = (&result["samples"], &result["sampling"]["rate"]);
                Ok(Found { samples: samples.as_f64().zip(rate.as_f64()), ..found })
            }
            Self::Mprof => sampled(out, |line| {
                let mut words = line.strip_prefix("MEM ")?.split_whitespace();
                let memory = words.next()?.parse().ok()?;
                Some((words.next()?.parse().ok()?, memory))
            }),
            Self::Psrecord => sampled(out, |line| {
                let words: Vec<f64> = line.split_whitespace().flat_map(str::parse).collect();
                Some((*words.first()?, *words.get(2)?))
            }),
            Self::Time => {
                let text = read(out)?;
                let line = text.lines().find(|line| line.contains("Maximum resident set size"));
                let kib = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
                in_bytes(kib.map(|kib: f64| kib * 1024.0))
            }
            Self::Memray | Self::MemrayPython => {
                let stats = out.with_extension("json");
                let mut command = Command::new(with.beside_python("memray"));
                command.args(["stats", "--json", "--force", "--output"]).arg(&stats).arg(out);
                let output = command.output().map_err(|error| error.to_string())?;
                if !output.status.success() {
                    return Err(format!("memray stats: {}", output.status));
                }
                in_bytes(json(&stats)?["metadata"]["peak_memory"].as_f64())
            }
            Self::Tracemalloc => in_bytes(read(out)?.parse().ok()),
        }
    }

    /// Where it can leave what it finds.
    pub fn output(self, scratch: &Path) -> PathBuf {
        scratch.join(format!("{self:?}"))
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn json(path: &Path) -> Result<Value, String> {
    serde_json::from_str(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// Samples of a text file, a line each: when, and how many MiB.
fn sampled(path: &Path, sample: impl Fn(&str) -> Option<(f64, f64)>) -> Result<Found, String> {
    let text = read(path)?;
    let samples: Vec<(f64, f64)> = text.lines().filter_map(sample).collect();
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return Err(format!("{} has no samples", path.display()));
    };
    let peak = samples.iter().map(|sample| sample.1).fold(0.0, f64::max);
    let count = samples.len() as f64;
    Ok(Found { peak, samples: Some((count, (count - 1.0) / (last.0 - first.0).max(1e-9))) })
}
