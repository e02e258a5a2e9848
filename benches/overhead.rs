//! What memgrid costs beside the bare workloads: the default matrix with a warm cache, against the
//! same 18 commands from a shell script, one after the other, with the servers already up. The
//! goal is a ratio of at most 1.05.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use memgrid::backend::{self, OpenBackend};
use memgrid::collect::RunDir;
use memgrid::config::{self, Config, Overrides, PathKind};
use memgrid::event::Silent;
use memgrid::interrupt::Interrupt;
use memgrid::prepare::cache::Cache;

fn main() {
    let (rows, pairs) = if common::quick() { (200, 1) } else { (50_000, 3) };
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
    let script = script(reports.path());
    let config = configuration(&project, rows);
    let (mut with, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        with.push(common::time(&mut run()).as_secs_f64());
        let servers = open(&config, &cache);
        bare.push(common::time(&mut shell(&script)).as_secs_f64());
        servers.into_iter().for_each(|server| server.close().unwrap());
    }
    println!("The default matrix of 18 cells, {rows} rows (goal: a ratio of at most 1.05)");
    common::pair(("memgrid run", &with), ("the same commands bare", &bare));
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

/// The newest run's commands with their environments, in the order in which they ran.
fn script(reports: &Path) -> String {
    let newest = RunDir::list(reports).unwrap().remove(0);
    let record = RunDir::open(reports, &newest).unwrap().read().unwrap();
    let mut attempts: Vec<_> =
        record.cells.values().flat_map(|results| &results.attempts).collect();
    attempts.sort_by_key(|attempt| attempt.started);
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
