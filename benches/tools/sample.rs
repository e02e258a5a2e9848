//! What a sample costs: CPU time of the tool's own threads while a workload sleeps, from two moments
//! of a run at which the tool does nothing but take samples. What it needs to start and to end is
//! not in it, nor what the workload needs.
//!
//! By how much that grows with each sample more is taken from two runs, one with samples often and one
//! with samples seldom: what a tool reads at a rate of its own, as memprobe does PSS, is in both. All
//! tools take turns, and ratios are within a round.

use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::install::Installed;
use super::tool::Tool;
use super::{arguments, clear, median, spread};

/// Of so many rounds the lowest and the highest enclose the median with 97% (sign test).
const ROUNDS: usize = 6;
/// Seconds between two samples.
const OFTEN: f64 = 0.01;
const SELDOM: f64 = 0.1;
/// Seconds until tool and workload have started, during which samples count, and until the end. In its
/// first second memprobe reads PSS more often than ever after; then it does so every few seconds, of
/// which some have to be counted.
const START: f64 = 1.5;
const WATCHED: f64 = 4.0;
const END: f64 = 0.3;
/// What the workload holds, in MiB.
const HELD: u32 = 64;

/// Modes of `bench/known_peak.py`.
const MODES: [(&str, &str); 2] = [("hold", "one process"), ("tree", "with four children")];

/// What a tool took in one round.
#[derive(Clone, Copy)]
struct Cost {
    /// Seconds of CPU time for each sample more.
    sample: f64,
    /// With samples often: all CPU time, in seconds a second, and how many samples a second.
    all: Watched,
}

/// What was seen of one run.
#[derive(Clone, Copy)]
struct Watched {
    cpu: f64,
    rate: f64,
}

/// By tool, a figure each round, or why there is none.
type Costs = Vec<Result<Vec<Cost>, String>>;

/// Measures all tools that take samples, and prints a table for each workload.
pub fn compare(with: &Installed, scratch: &Path) {
    let lacking = Tool::SAMPLERS.map(|tool| with.lacks(tool).map_or(Ok(Vec::new()), Err));
    let mut costs: Vec<Costs> = MODES.iter().map(|_| lacking.to_vec()).collect();
    for round in 0..ROUNDS {
        for ((mode, _), costs) in MODES.iter().zip(&mut costs) {
            // None is always the first.
            for turn in 0..Tool::SAMPLERS.len() {
                let place = (turn + round) % Tool::SAMPLERS.len();
                let Ok(so_far) = &mut costs[place] else { continue };
                match cost(Tool::SAMPLERS[place], with, mode, scratch) {
                    Ok(cost) => so_far.push(cost),
                    Err(why) => costs[place] = Err(why),
                }
            }
        }
    }
    for ((_, what), costs) in MODES.iter().zip(&costs) {
        print(what, costs);
    }
}

fn print(what: &str, costs: &Costs) {
    println!(
        "\nsample: {what}; {OFTEN} s apart, against {SELDOM} s; {ROUNDS} rounds of all in turn"
    );
    println!(
        "{:<28}{:>24}{:>22}{:>9}{:>22}",
        "", "µs of CPU time a sample", "times memprobe's", "rate Hz", "% of a core"
    );
    let own = costs.first().and_then(|costs| costs.as_ref().ok());
    for (tool, costs) in Tool::SAMPLERS.iter().zip(costs) {
        print!("{:<28}", tool.label());
        match costs {
            Err(why) => println!("  failed: {why}"),
            Ok(costs) => {
                let each =
                    |value: fn(&Cost) -> f64| -> Vec<f64> { costs.iter().map(value).collect() };
                let mut ratios: Vec<f64> = own.map_or_else(Vec::new, |own| {
                    costs.iter().zip(own).map(|(cost, own)| cost.sample / own.sample).collect()
                });
                println!(
                    "{:>24}{:>22}{:>9.0}{:>22}",
                    spread(&mut each(|cost| cost.sample * 1e6)),
                    if ratios.is_empty() { "—".to_owned() } else { spread(&mut ratios) },
                    median(&mut each(|cost| cost.all.rate)),
                    spread(&mut each(|cost| cost.all.cpu * 100.0)),
                );
            }
        }
    }
}

fn cost(tool: Tool, with: &Installed, mode: &str, scratch: &Path) -> Result<Cost, String> {
    let often = watch(tool, with, mode, OFTEN, scratch)?;
    let seldom = watch(tool, with, mode, SELDOM, scratch)?;
    let more = often.rate - seldom.rate;
    if more <= 0.0 {
        return Err("too few samples".to_owned());
    }
    Ok(Cost { sample: (often.cpu - seldom.cpu) / more, all: often })
}

fn watch(
    tool: Tool,
    with: &Installed,
    mode: &str,
    period: f64,
    scratch: &Path,
) -> Result<Watched, String> {
    let out = tool.output(scratch);
    clear(&out);
    let workload = arguments(with, mode, HELD, START + WATCHED + END);
    let mut command = tool.command(with, &workload, period, &out);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
    sleep(Duration::from_secs_f64(START));
    let (began, before) = (Instant::now(), own_cpu_time(child.id()));
    sleep(Duration::from_secs_f64(WATCHED));
    let (took, after) = (began.elapsed(), own_cpu_time(child.id()));
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("{command:?} ended with {status}"));
    }
    let (_, rate) = tool.found(with, &out)?.samples.ok_or("no samples")?;
    Ok(Watched { cpu: (after? - before?) / took.as_secs_f64(), rate })
}

/// Seconds of CPU time of a process's living threads, without its children's. To the nanosecond,
/// where `stat` counts hundredths of a second.
fn own_cpu_time(id: u32) -> Result<f64, String> {
    let failed = |error: std::io::Error| format!("process {id}: {error}");
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{id}/task")).map_err(failed)? {
        let path = thread.map_err(failed)?.path().join("schedstat");
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let ran = text.split_whitespace().next().and_then(|ran| ran.parse::<f64>().ok());
        nanoseconds += ran.ok_or_else(|| format!("process {id}: schedstat says {text:?}"))?;
    }
    Ok(nanoseconds / 1e9)
}
