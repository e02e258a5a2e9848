//! memprobe beside the tools that people use today, on workloads whose peak is known: what each
//! costs, how often it looks, and which peak it finds.
//!
//! Runs with and without a tool alternate, and ratios are of such pairs. The peak found is what a
//! tool shows above what it shows when the workload holds nothing, so that tools that count a
//! process's RSS and those that count its heap are asked the same question. A tool that can't be had,
//! or that fails, has a row that says why.
//!
//! `cargo bench --profile release --bench tools -- [PART]…`, where the parts are `allocate`, `spike`,
//! `tree` and `sample`; and `--quick` only shows that all of it works.

#![allow(clippy::print_stdout, clippy::unwrap_used, unreachable_pub, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod install;
mod sample;
mod tool;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use install::Installed;
use nix::sys::resource::UsageWho;
use tool::{Found, Tool};

/// Seconds between two samples, for those that take any.
const PERIOD: f64 = 0.01;

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
    let with = Installed::ensure();
    let scratch = tempfile::tempdir().unwrap();
    println!("memprobe and others, {}", with.versions());
    let pairs = if quick { 1 } else { 7 };
    let workload = |mode, what, mib, length| Workload { mode, what, mib, length };
    let (rounds, seconds) = if quick { (3.0, 0.2) } else { (60.0, 1.0) };
    for workload in [
        workload("allocate", "many small objects, then 256 MiB held", 256, rounds),
        workload("spike", "64 MiB for some milliseconds", 64, seconds),
        workload("tree", "four children that hold 64 MiB each", 256, seconds),
    ] {
        if is_wanted(workload.mode) {
            compare(&with, &workload, pairs, scratch.path());
        }
    }
    if quick {
        println!("\nOne short run says nothing about costs; without --quick they are shown.");
    } else if is_wanted("sample") {
        sample::compare(&with, scratch.path());
    }
}

/// All parts, or those that the command line names.
fn is_wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|word| word == part)
}

fn compare(with: &Installed, workload: &Workload, pairs: usize, scratch: &Path) {
    let Workload { mode, what, mib, .. } = workload;
    println!("\n{mode}: {what}; period {:.0} ms; {pairs} pairs", PERIOD * 1e3);
    println!(
        "{:<28}{:<15}{:>18}{:>18}{:>9}{:>11}{:>9}",
        "", "measures", "wall / bare", "CPU / bare", "rate Hz", "peak MiB", "of known"
    );
    for tool in Tool::ALL {
        let compared = match with.lacks(tool) {
            Some(why) => Err(why),
            None => beside_bare(tool, with, workload, pairs, scratch),
        };
        print!("{:<28}{:<15}", tool.label(), tool.measures());
        match compared {
            Err(why) => println!("  failed: {why}"),
            Ok(mut compared) => {
                let (peak, rate) = (median(&mut compared.peaks), compared.rate());
                println!(
                    "{:>18}{:>18}{rate:>9}{peak:>11.1}{:>8.1}%",
                    ratio(&mut compared.wall),
                    ratio(&mut compared.cpu),
                    peak / f64::from(*mib) * 100.0
                );
            }
        }
    }
}

/// What the runs of one tool gave, a figure each; ratios are to a bare run just before.
#[derive(Default)]
struct Compared {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    /// In MiB.
    peaks: Vec<f64>,
    rates: Vec<f64>,
}

impl Compared {
    fn rate(&mut self) -> String {
        if self.rates.is_empty() { "—".into() } else { format!("{:.0}", median(&mut self.rates)) }
    }
}

fn beside_bare(
    tool: Tool,
    with: &Installed,
    workload: &Workload,
    pairs: usize,
    scratch: &Path,
) -> Result<Compared, String> {
    let busy = arguments(with, workload.mode, workload.mib, workload.length);
    let idle = arguments(with, workload.mode, 0, workload.length);
    let out = tool.output(scratch);
    let (_, nothing) = measure(tool, with, &idle, PERIOD, &out)?;
    let mut compared = Compared::default();
    for _ in 0..pairs {
        let bare = run(Command::new(&with.python).args(&busy))?;
        let (cost, found) = measure(tool, with, &busy, PERIOD, &out)?;
        compared.wall.push(cost.wall / bare.wall);
        compared.cpu.push(cost.cpu / bare.cpu);
        compared.peaks.push(found.peak - nothing.peak);
        compared.rates.extend(found.samples.map(|(_, rate)| rate));
    }
    Ok(compared)
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
) -> Result<(Cost, Found), String> {
    clear(out);
    let cost = run(&mut tool.command(with, workload, period, out))?;
    Ok((cost, tool.found(with, out)?))
}

/// mprof appends to what it finds, and nobody's last run may pass for this one.
fn clear(out: &Path) {
    let _ = std::fs::remove_file(out).or_else(|_| std::fs::remove_dir_all(out));
}

/// Wall time, and CPU time of the whole tree.
fn run(command: &mut Command) -> Result<Cost, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (before, began) = (common::cpu_time(UsageWho::RUSAGE_CHILDREN), Instant::now());
    let status = command.status();
    let program = command.get_program().display();
    let status = status.map_err(|error| format!("{program}: {error}"))?;
    let wall = began.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{program} ended with {status}"));
    }
    Ok(Cost { wall, cpu: common::cpu_time(UsageWho::RUSAGE_CHILDREN) - before })
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    common::median(figures)
}

/// Of one short run there is none.
fn ratio(figures: &mut [f64]) -> String {
    if common::quick() { "—".to_owned() } else { spread(figures) }
}

/// Median, minimum and maximum.
fn spread(figures: &mut [f64]) -> String {
    let median = median(figures);
    let digits = if median.abs() < 20.0 { 2 } else { 0 };
    let (min, max) = (figures[0], figures[figures.len() - 1]);
    format!("{median:.digits$} ({min:.digits$}–{max:.digits$})")
}
