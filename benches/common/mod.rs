//! What the benchmarks share: a hermetic project folder, paired timing, and plain rows of
//! figures. They time whole processes, as a user would meet them.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss)]
#![allow(dead_code, unreachable_pub, missing_docs, reason = "not every benchmark uses all of it")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// Whether `--quick` was given: once through, to see that the benchmark works.
pub fn quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// The real `memgrid`, with the cache and the reports of the benchmark.
pub fn memgrid(folder: &Path, cache: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memgrid"));
    command
        .current_dir(folder)
        .env("MEMGRID_CACHE", cache)
        .env("MEMGRID_REPORTS", folder.join("reports"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// How long `command` takes as a whole process.
///
/// # Panics
/// When it fails: a figure of a failed run would be worth nothing.
pub fn time(command: &mut Command) -> Duration {
    let began = Instant::now();
    let status = command.status().unwrap();
    let took = began.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    took
}

/// Seconds of CPU time, user's and system's, that were used so far.
pub fn cpu_time(of: UsageWho) -> f64 {
    let usage = getrusage(of).unwrap();
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Prints minimum, median and maximum of figures.
pub fn row(label: &str, unit: &str, figures: &[f64]) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (sorted[0], sorted[sorted.len() - 1]);
    println!("{label:<44} min {min:9.3}  median {:9.3}  max {max:9.3} {unit}", median(&sorted));
}

/// The median of sorted figures.
pub fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

/// Prints two series that were taken in turn, and their ratio pair by pair.
pub fn pair(one: (&str, &[f64]), other: (&str, &[f64])) {
    row(one.0, "s", one.1);
    row(other.0, "s", other.1);
    let ratios: Vec<f64> = one.1.iter().zip(other.1).map(|(a, b)| a / b).collect();
    row(&format!("{} / {}", one.0, other.0), "", &ratios);
}
