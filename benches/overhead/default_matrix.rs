//! The default matrix's cells as commands that can run without memgrid, with the servers that they
//! need.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use memgrid::backend::{self, OpenBackend};
use memgrid::collect::RunDir;
use memgrid::collect::record::AttemptRecord;
use memgrid::config::{self, Config, Overrides, PathKind};
use memgrid::event::Silent;
use memgrid::interrupt::Interrupt;
use memgrid::prepare::cache::Cache;
use tempfile::TempDir;

use super::common;

/// The matrix with so many rows, measured once.
pub struct DefaultMatrix {
    project: PathBuf,
    cache: Cache,
    reports: TempDir,
    config: Config,
    rows: u64,
    pub attempts: Vec<AttemptRecord>,
}

impl DefaultMatrix {
    /// Fills the cache, by running the matrix.
    pub fn prepare(rows: u64) -> Self {
        let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = Cache::default_root(&|name| std::env::var_os(name)).unwrap();
        let config = configuration(&project, rows);
        let reports = tempfile::tempdir().unwrap();
        let cache = Cache::at(root).unwrap();
        let mut matrix = Self { project, cache, reports, config, rows, attempts: Vec::new() };
        common::time(&mut matrix.run());
        matrix.attempts = newest_attempts(matrix.reports.path());
        matrix
    }

    /// `memgrid run`.
    pub fn run(&self) -> Command {
        let mut command = common::memgrid(&self.project, self.cache.root());
        command.env("MEMGRID_REPORTS", self.reports.path()).args(["run", "--strict", "--rows"]);
        command.arg(self.rows.to_string());
        command
    }

    /// The same commands from a shell.
    pub fn script(&self) -> Command {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script(&self.attempts));
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        shell
    }

    /// Does something while the servers are up.
    pub fn with_servers<T>(&self, what: impl FnOnce() -> T) -> T {
        let servers = self.open_servers();
        let result = what();
        servers.into_iter().for_each(|server| server.close().unwrap());
        result
    }

    fn open_servers(&self) -> Vec<OpenBackend> {
        let open = |(name, backend)| {
            let request = backend::Request {
                name,
                backend,
                dataset: self.config.dataset.as_ref(),
                cache: &self.cache,
                observer: &Silent,
                interrupt: &Interrupt::default(),
            };
            backend::open(&request).unwrap()
        };
        let backends = self.config.backends.iter();
        backends.map(|(name, backend)| (name.as_str(), backend)).map(open).collect()
    }
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

/// The newest run's attempts, in the order in which they ran.
fn newest_attempts(reports: &Path) -> Vec<AttemptRecord> {
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
