//! What memgrid costs beside the bare workloads: the default matrix with a warm cache, against the
//! same 18 commands from a shell script, one after the other, with the servers already up. The
//! goal is a ratio of at most 1.05.
//!
//! And what being measured does to each of these commands: it runs bare, under memprobe, and under
//! memprobe with live heap counted, in turn. No slow-down should be measurable without live heap; with
//! it the goal is a ratio of at most 1.05 of CPU time.
//!
//! `cargo bench --profile release --bench overhead -- [PART]…`: `memgrid` is the first question, and
//! any other word, such as `sqlite/`, the beginning of the cells that the second is asked of.

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
use nix::sys::resource::UsageWho;

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
    if is_wanted("memgrid") {
        for _ in 0..runs {
            with.push(common::time(&mut run()).as_secs_f64());
            let servers = open(&config, &cache);
            bare.push(common::time(&mut shell(&script)).as_secs_f64());
            servers.into_iter().for_each(|server| server.close().unwrap());
        }
        println!("The default matrix of 18 cells, {rows} rows (goal: a ratio of at most 1.05)");
        common::pair(("memgrid run", &with), ("the same commands bare", &bare));
    }
    let servers = open(&config, &cache);
    slow_down(&attempts, pairs);
    servers.into_iter().for_each(|server| server.close().unwrap());
}

/// Whether the command line names `part`, or a beginning of it, or nothing.
fn is_wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|word| !word.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|word| part.starts_with(&word))
}

/// How one command was run.
const WAYS: [Way; 3] = [Way::Bare, Way::Measured, Way::Counted];

#[derive(Clone, Copy)]
enum Way {
    Bare,
    Measured,
    Counted,
}

/// Wall and CPU time of each way, over bare, cell by cell and of all cells together.
fn slow_down(attempts: &[AttemptRecord], rounds: usize) {
    println!("\nEach cell's command bare, under memprobe, and with live heap, {rounds} rounds");
    let mut sums = vec![[Cost::default(); 3]; rounds];
    for attempt in attempts.iter().filter(|attempt| is_wanted(attempt.cell.as_str())) {
        let mut of_cell = vec![[Cost::default(); 3]; rounds];
        for (round, costs) in of_cell.iter_mut().enumerate() {
            // None is always the first.
            for turn in 0..WAYS.len() {
                let place = (turn + round) % WAYS.len();
                costs[place] = cost(attempt, WAYS[place]);
            }
            for (sum, cost) in sums[round].iter_mut().zip(costs) {
                sum.wall += cost.wall;
                sum.cpu += cost.cpu;
            }
        }
        ratios(attempt.cell.as_str(), &of_cell);
    }
    ratios("all of these", &sums);
}

/// The lowest and the highest of six ratios enclose their median with 97% (sign test).
fn ratios(label: &str, rounds: &[[Cost; 3]]) {
    for (way, place) in [("memprobe", 1), ("with live heap", 2)] {
        let of = |value: fn(&Cost) -> f64| -> Vec<f64> {
            rounds.iter().map(|costs| value(&costs[place]) / value(&costs[0])).collect()
        };
        common::row(&format!("{label}: {way}, wall"), "", &of(|cost| cost.wall));
        common::row(&format!("{label}: {way}, CPU"), "", &of(|cost| cost.cpu));
    }
}

/// Wall time of the whole process, and CPU time of the command alone, in seconds.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: f64,
    cpu: f64,
}

fn cost(attempt: &AttemptRecord, way: Way) -> Cost {
    let command = |program: &str, arguments: &[String]| {
        let mut command = Command::new(program);
        command.args(arguments).envs(&attempt.env);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    if matches!(way, Way::Bare) {
        let before = common::cpu_time(UsageWho::RUSAGE_CHILDREN);
        let wall = common::time(&mut command(&attempt.command[0], &attempt.command[1..]));
        return Cost {
            wall: wall.as_secs_f64(),
            cpu: common::cpu_time(UsageWho::RUSAGE_CHILDREN) - before,
        };
    }
    let result = tempfile::NamedTempFile::new().unwrap();
    let mut arguments = vec!["--quiet".to_owned(), "--json".to_owned()];
    arguments.push(result.path().to_string_lossy().into_owned());
    if matches!(way, Way::Counted) {
        arguments.push("--heap".to_owned());
    }
    arguments.push("--".to_owned());
    arguments.extend_from_slice(&attempt.command);
    let wall = common::time(&mut command(env!("CARGO_BIN_EXE_memprobe"), &arguments));
    let text = std::fs::read(result.path()).unwrap();
    let result: ProbeResult = serde_json::from_slice(&text).unwrap();
    Cost { wall: wall.as_secs_f64(), cpu: result.metrics["cpu_time"].value.unwrap() }
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
