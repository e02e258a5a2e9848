//! What memprobe itself takes of a core at the rates that people use, while the workload sleeps:
//! 100 Hz on one process (goal: 0.5%), and 1 kHz on a tree of ten (goal: 5%).
//!
//! Of a run as a whole, its start and end included; and of the same run under way, which is the
//! difference to a run that ends after the first seconds.
//!
//! Beside it what any sampler takes here, since that is the machine's affair: a thread that does
//! nothing but wake up at the same rate, and one that then reads one `status` for each process.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss, missing_docs)]

mod common;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::time::{Duration, Instant};

use memgrid::measurement::ProbeResult;
use nix::sys::resource::UsageWho;

struct Case {
    what: &'static str,
    period: Duration,
    processes: usize,
}

fn main() {
    let (rounds, first, length) = if common::quick() { (1, 0.2, 0.5) } else { (5, 2.0, 8.0) };
    for Case { what, period, processes } in [
        Case { what: "100 Hz, one process", period: Duration::from_millis(10), processes: 1 },
        Case { what: "1 kHz, ten processes", period: Duration::from_millis(1), processes: 10 },
    ] {
        let [mut whole, mut under_way, mut waking, mut reading] = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            let (short, first) = memprobe(period, processes, first);
            let (long, all) = memprobe(period, processes, length);
            whole.push(long / all * 100.0);
            under_way.push((long - short) / (all - first) * 100.0);
            waking.push(thread(period, 0, length / 2.0) * 100.0);
            reading.push(thread(period, processes, length / 2.0) * 100.0);
        }
        let row = |whose: &str, shares: &[f64]| {
            common::row(&format!("{what}: {whose}"), "% of a core", shares);
        };
        row("memprobe under way", &under_way);
        row("memprobe, start to end", &whole);
        row("waking up", &waking);
        row("waking up and reading", &reading);
    }
}

/// The CPU time that memprobe says it took, and how long the run was, in seconds.
fn memprobe(period: Duration, processes: usize, length: f64) -> (f64, f64) {
    // The shell is one of them, and so is what it waits for.
    let children = format!("sleep {length} & ").repeat(processes - 1);
    let script = match processes {
        1 => format!("exec sleep {length}"),
        _ => format!("{children}wait"),
    };
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
    command.args(["--quiet", "--period", &format!("{}us", period.as_micros()), "--out"]);
    common::time(command.arg(out.path()).args(["--", "sh", "-c", &script]));
    let text = std::fs::read(out.path().join("result.json")).unwrap();
    let result: ProbeResult = serde_json::from_slice(&text).unwrap();
    let found = result.metrics["processes"].value.unwrap();
    assert!((found - processes as f64).abs() < 0.5, "{found} processes");
    (result.sampling.unwrap().probe_cpu, result.metrics["wall_time"].value.unwrap())
}

/// The share of a core of this thread while it wakes up and reads `files`.
fn thread(period: Duration, files: usize, length: f64) -> f64 {
    let status = File::open("/proc/self/status").unwrap();
    let mut buffer = [0; 4096];
    let (before, began) = (common::cpu_time(UsageWho::RUSAGE_THREAD), Instant::now());
    let mut due = began;
    while began.elapsed().as_secs_f64() < length {
        due += period;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        for _ in 0..files {
            assert!(status.read_at(&mut buffer, 0).unwrap() > 0);
        }
    }
    (common::cpu_time(UsageWho::RUSAGE_THREAD) - before) / began.elapsed().as_secs_f64()
}
