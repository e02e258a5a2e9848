//! memprobe beside the tools that people use today, on workloads whose peak is known: what each
//! costs, how often it looks, and which peak it finds.
//!
//! Runs with and without a tool alternate, and ratios are of such pairs. The peak found is what a
//! tool shows above what it shows when the workload holds nothing, so that tools that count a
//! process's RSS and those that count its heap are asked the same question.

#![allow(clippy::print_stdout, clippy::unwrap_used, unreachable_pub, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod install;
mod tool;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use install::Installed;
use nix::sys::resource::{UsageWho, getrusage};
use tool::{Found, Tool};

/// Seconds between two samples, for those that take any.
const PERIOD: f64 = 0.01;
const SELDOM: f64 = 0.1;

/// A mode of `bench/known_peak.py`.
struct Workload {
    mode: &'static str,
    what: &'static str,
    mib: u32,
    /// Rounds or seconds.
    length: f64,
}

/// What one run took, in seconds.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

fn main() {
    let quick = common::quick();
    let pairs = if quick { 1 } else { 7 };
    let with = Installed::ensure();
    let scratch = tempfile::tempdir().unwrap();
    println!("memprobe and others, {}", with.versions());
    let workload = |mode, what, mib, length| Workload { mode, what, mib, length };
    let (rounds, seconds) = if quick { (3.0, 0.2) } else { (60.0, 1.0) };
    for workload in [
        workload("allocate", "many small objects, then 256 MiB held", 256, rounds),
        workload("spike", "64 MiB for some milliseconds", 64, seconds),
        workload("tree", "four children that hold 64 MiB each", 256, seconds),
    ] {
        compare(&with, &workload, pairs, scratch.path());
    }
    let seconds = if quick { 0.5 } else { 4.0 };
    cost_of_a_sample(&with, seconds, if quick { 1 } else { 3 }, scratch.path());
}

fn compare(with: &Installed, workload: &Workload, pairs: usize, scratch: &Path) {
    let Workload { mode, what, mib, length } = workload;
    println!("\n{mode}: {what}; period {:.0} ms; {pairs} pairs", PERIOD * 1e3);
    println!(
        "{:<28}{:<15}{:>18}{:>18}{:>9}{:>11}{:>9}",
        "", "measures", "wall / bare", "CPU / bare", "rate Hz", "peak MiB", "of known"
    );
    let busy = arguments(with, mode, *mib, *length);
    let idle = arguments(with, mode, 0, *length);
    for tool in Tool::ALL.into_iter().filter(|tool| with.has(*tool)) {
        let out = tool.output(scratch);
        let measured = |workload: &[String]| measure(tool, with, workload, PERIOD, &out);
        let (_, nothing) = measured(&idle);
        let (mut wall, mut cpu, mut peaks, mut rates) = (vec![], vec![], vec![], vec![]);
        for _ in 0..pairs {
            let bare = run(Command::new(&with.python).args(&busy));
            let (cost, found) = measured(&busy);
            wall.push(cost.wall / bare.wall);
            cpu.push(cost.cpu / bare.cpu);
            peaks.push(found.peak - nothing.peak);
            rates.extend(found.samples.map(|(_, rate)| rate));
        }
        let peak = median(&mut peaks);
        let rate =
            if rates.is_empty() { "—".into() } else { format!("{:.0}", median(&mut rates)) };
        println!(
            "{:<28}{:<15}{:>18}{:>18}{rate:>9}{peak:>11.1}{:>8.1}%",
            tool.label(),
            tool.measures(),
            spread(&mut wall),
            spread(&mut cpu),
            peak / f64::from(*mib) * 100.0
        );
    }
}

/// By how much CPU time grows with each sample more, while a workload sleeps: whatever a tool
/// needs to start, and to write down what it found, is in both runs.
fn cost_of_a_sample(with: &Installed, seconds: f64, pairs: usize, scratch: &Path) {
    println!("\nCost of a sample in µs of CPU time ({PERIOD} s and {SELDOM} s apart, {seconds} s)");
    println!("{:<28}{:>24}{:>24}", "", "one process", "with four children");
    for tool in Tool::SAMPLERS.into_iter().filter(|tool| with.has(*tool)) {
        let out = tool.output(scratch);
        let cost = |mode| {
            let workload = arguments(with, mode, 64, seconds);
            let mut costs: Vec<f64> = (0..pairs)
                .filter_map(|_| {
                    let (often, many) = measure(tool, with, &workload, PERIOD, &out);
                    let (seldom, few) = measure(tool, with, &workload, SELDOM, &out);
                    let samples = many.samples?.0 - few.samples?.0;
                    (samples > 0.0).then(|| (often.cpu - seldom.cpu) / samples * 1e6)
                })
                .collect();
            if costs.is_empty() { "too few samples".to_owned() } else { spread(&mut costs) }
        };
        println!("{:<28}{:>24}{:>24}", tool.label(), cost("hold"), cost("tree"));
    }
}

fn arguments(with: &Installed, mode: &str, mib: u32, length: f64) -> Vec<String> {
    let script = with.script("known_peak.py").to_string_lossy().into_owned();
    vec![script, mode.to_owned(), mib.to_string(), length.to_string()]
}

fn measure(
    tool: Tool,
    with: &Installed,
    workload: &[String],
    period: f64,
    out: &Path,
) -> (Cost, Found) {
    // mprof appends to what it finds.
    let _ = std::fs::remove_file(out);
    let cost = run(&mut tool.command(with, workload, period, out));
    (cost, tool.found(with, out))
}

/// Wall time, and CPU time of the whole tree.
fn run(command: &mut Command) -> Cost {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (before, began) = (cpu_of_children(), Instant::now());
    let status = command.status().unwrap();
    let wall = began.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?} ended with {status}");
    Cost { wall, cpu: cpu_of_children() - before }
}

fn cpu_of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000).as_secs_f64()
    };
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    common::median(figures)
}

/// Median, minimum and maximum.
fn spread(figures: &mut [f64]) -> String {
    let median = median(figures);
    let digits = if median.abs() < 20.0 { 2 } else { 0 };
    let (min, max) = (figures[0], figures[figures.len() - 1]);
    format!("{median:.digits$} ({min:.digits$}–{max:.digits$})")
}
