//! What being measured does to a command: it runs bare, under memprobe, and under memprobe with live
//! heap counted, in turn.
//!
//! Many short runs tell more than few long ones: this machine's speed changes within seconds. So the
//! cells have few rows, every cell comes once a round, and a round gives one ratio, the geometric mean
//! over its cells. What is bounded is therefore the slow-down at so many rows, starting included; what
//! would only show in larger workloads isn't, and can be asked with `--rows=50000`.

use std::process::{Command, Stdio};

use memgrid::collect::record::AttemptRecord;
use memgrid::measurement::ProbeResult;
use nix::sys::resource::UsageWho;

use super::common;
use super::interval::{Estimate, common_ratio};

/// How a command was run.
#[derive(Clone, Copy)]
enum Way {
    Bare,
    Measured,
    Counted,
}

const WAYS: [Way; 3] = [Way::Bare, Way::Measured, Way::Counted];
/// In so many rounds each way comes first, second and last as often, and after each other one.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 0, 2]];

/// Of one run, in seconds.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: f64,
    /// CPU time of the command alone.
    command: f64,
    /// The same with memprobe's own.
    all: f64,
}

/// What is compared, and where it is in a [`Cost`].
type Figure = (&'static str, fn(&Cost) -> f64);
const FIGURES: [Figure; 3] = [
    ("CPU of the command", |cost| cost.command),
    ("CPU with memprobe's", |cost| cost.all),
    ("wall time", |cost| cost.wall),
];

/// By cell and round, what each way took.
type Costs = Vec<Vec<[Cost; 3]>>;

/// Measures every cell in every way, and prints the ratios to bare.
pub fn measure(cells: &[&AttemptRecord], rows: u64, rounds: usize) {
    let mut costs: Costs = vec![Vec::new(); cells.len()];
    for round in 0..rounds {
        for (place, (cell, costs)) in cells.iter().zip(&mut costs).enumerate() {
            let mut of_ways = [Cost::default(); 3];
            for way in ORDERS[(round + place) % ORDERS.len()] {
                of_ways[way] = cost(cell, WAYS[way]);
            }
            costs.push(of_ways);
        }
    }
    println!("\n{} cells of {rows} rows, {rounds} rounds in turn, over bare", cells.len());
    for (way, what) in [(1, "memprobe"), (2, "with live heap")] {
        for (figure, value) in FIGURES {
            let ratios = |costs: &[[Cost; 3]]| -> Vec<f64> {
                costs.iter().map(|costs| value(&costs[way]) / value(&costs[0])).collect()
            };
            println!("\n{what}: {figure}");
            let of_cells: Vec<Vec<f64>> = costs.iter().map(|costs| ratios(costs)).collect();
            for (cell, ratios) in cells.iter().zip(&of_cells) {
                print(cell.cell.as_str(), common_ratio(ratios));
            }
            let of_rounds: Vec<f64> = (0..rounds)
                .map(|round| mean(of_cells.iter().map(|ratios| ratios[round])))
                .collect();
            print("all of these", common_ratio(&of_rounds));
        }
    }
}

/// The geometric mean.
fn mean(ratios: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = ratios.len() as f64;
    (ratios.map(f64::ln).sum::<f64>() / count).exp()
}

fn print(label: &str, ratio: Estimate) {
    let (low, high) = ratio.ends;
    let percent = ratio.confidence * 100.0;
    println!("  {label:<28}{:>7.3}  ({low:.3} to {high:.3}, {percent:.1}%)", ratio.middle);
}

/// CPU time is what the kernel says of children that were waited for, whichever way: memprobe's own
/// account of its command would hold moments that nobody counts for a bare one.
fn cost(attempt: &AttemptRecord, way: Way) -> Cost {
    let result = tempfile::NamedTempFile::new().unwrap();
    let mut command = match way {
        Way::Bare => Command::new(&attempt.command[0]),
        Way::Measured | Way::Counted => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_memprobe"));
            command.args(["--quiet", "--json"]).arg(result.path());
            command.args(matches!(way, Way::Counted).then_some("--heap"));
            command.arg("--").arg(&attempt.command[0]);
            command
        }
    };
    command.args(&attempt.command[1..]).envs(&attempt.env);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let before = common::cpu_time(UsageWho::RUSAGE_CHILDREN);
    let wall = common::time(&mut command).as_secs_f64();
    let all = common::cpu_time(UsageWho::RUSAGE_CHILDREN) - before;
    let own = match way {
        Way::Bare => 0.0,
        Way::Measured | Way::Counted => {
            let text = std::fs::read(result.path()).unwrap();
            let result: ProbeResult = serde_json::from_slice(&text).unwrap();
            result.sampling.unwrap().probe_cpu
        }
    };
    Cost { wall, command: all - own, all }
}
