//! What memgrid costs beside the bare workloads: the default matrix with a warm cache, against the
//! same 18 commands from a shell script, one after the other, with the servers already up. The
//! goal is a ratio of at most 1.05.
//!
//! And what counting live heap costs: the CPU time of the same commands with and without it, in
//! turn, as memprobe reads it from the kernel. The goal is a ratio of at most 1.05 again.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use memgrid::backend::{self, OpenBackend};
use memgrid::collect::RunDir;
use memgrid::collect::record::AttemptRecord;
use memgrid::config::{self, Config, Overrides, PathKind};
use memgrid::event::Silent;
use memgrid::interrupt::Interrupt;
use memgrid::measurement::ProbeResult;
use memgrid::prepare::cache::Cache;

/// Of so many pairs the lowest and the highest enclose the median with 97% (sign test).
const PAIRS: usize = 6;

fn main() {
    let (rows, runs, pairs) = if common::quick() { (200, 1, 1) } else { (50_000, 3, PAIRS) };
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let reports = tempfile::tempdir().unwrap();
    let cache = Cache::at(Cache::default_root(&|name| std::env::var_os(name)).unwrap()).unwrap();
    let run = || {
        let mut command = common::memgrid(&project, cache.root());
        command.env("MEMGRID_REPORTS", reports.path()).args(["run", "--strict", "--rows"]);
        command.arg(rows.to_string());
        command
    };
    // Fills the cache, and leaves the commands to run bare.
    common::time(&mut run());
    let attempts = attempts(reports.path());
    let script = script(&attempts);
    let config = configuration(&project, rows);
    let (mut with, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        with.push(common::time(&mut run()).as_secs_f64());
        let servers = open(&config, &cache);
        bare.push(common::time(&mut shell(&script)).as_secs_f64());
        servers.into_iter().for_each(|server| server.close().unwrap());
    }
    println!("The default matrix of 18 cells, {rows} rows (goal: a ratio of at most 1.05)");
    common::pair(("memgrid run", &with), ("the same commands bare", &bare));
    let servers = open(&config, &cache);
    live_heap(&attempts, pairs);
    servers.into_iter().for_each(|server| server.close().unwrap());
}

/// CPU time with and without the counting of live heap, cell by cell and of all cells together.
fn live_heap(attempts: &[AttemptRecord], pairs: usize) {
    println!("\nCPU time with live heap counted (goal: a ratio of at most 1.05), {pairs} pairs");
    let (mut with, mut without) = (vec![0.0; pairs], vec![0.0; pairs]);
    for attempt in attempts {
        let pair: Vec<(f64, f64)> = (0..pairs)
            .map(|pair| {
                // Neither is always the first.
                if pair % 2 == 0 {
                    let counted = cpu_time(attempt, &["--heap"]);
                    (counted, cpu_time(attempt, &[]))
                } else {
                    let bare = cpu_time(attempt, &[]);
                    (cpu_time(attempt, &["--heap"]), bare)
                }
            })
            .collect();
        for (place, (counted, bare)) in pair.iter().enumerate() {
            with[place] += counted;
            without[place] += bare;
        }
        let ratios: Vec<f64> = pair.iter().map(|(counted, bare)| counted / bare).collect();
        common::row(attempt.cell.as_str(), "", &ratios);
    }
    common::pair(("all cells, counted", &with), ("all cells, not counted", &without));
}

/// CPU time of one attempt's command under memprobe, without memprobe's own.
fn cpu_time(attempt: &AttemptRecord, options: &[&str]) -> f64 {
    let result = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
    command.args(["--quiet", "--steady", "--json"]).arg(result.path()).args(options).arg("--");
    command.args(&attempt.command).envs(&attempt.env).stdin(Stdio::null());
    common::time(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let text = std::fs::read(result.path()).unwrap();
    let result: ProbeResult = serde_json::from_slice(&text).unwrap();
    result.metrics["cpu_time"].value.unwrap()
}

fn configuration(project: &Path, rows: u64) -> Config {
    let text = std::fs::read_to_string(project.join("matrix.toml")).unwrap();
    let look_up = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some(if metadata.is_dir() { PathKind::Folder } else { PathKind::File })
    };
    let Ok(config) = config::load("matrix.toml", &text, project, &look_up) else {
        panic!("matrix.toml has problems")
    };
    config.with(&Overrides { rows: Some(rows), ..Overrides::default() }).unwrap()
}

fn open(config: &Config, cache: &Cache) -> Vec<OpenBackend> {
    let open = |(name, backend)| {
        let request = backend::Request {
            name,
            backend,
            dataset: config.dataset.as_ref(),
            cache,
            observer: &Silent,
            interrupt: &Interrupt::default(),
        };
        backend::open(&request).unwrap()
    };
    config.backends.iter().map(|(name, backend)| (name.as_str(), backend)).map(open).collect()
}

/// The newest run's attempts, in the order in which they ran.
fn attempts(reports: &Path) -> Vec<AttemptRecord> {
    let newest = RunDir::list(reports).unwrap().remove(0);
    let record = RunDir::open(reports, &newest).unwrap().read().unwrap();
    let mut attempts: Vec<_> =
        record.cells.into_values().flat_map(|results| results.attempts).collect();
    attempts.sort_by_key(|attempt| attempt.started);
    attempts
}

/// The commands with their environments.
fn script(attempts: &[AttemptRecord]) -> String {
    let mut script = String::from("set -e\n");
    for attempt in attempts {
        script.push_str("env");
        for (name, value) in &attempt.env {
            write!(script, " {}", quoted(&format!("{name}={value}"))).unwrap();
        }
        for word in &attempt.command {
            write!(script, " {}", quoted(word)).unwrap();
        }
        script.push('\n');
    }
    script
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn shell(script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell
}
