//! Django's serializers with the patches of the default matrix and without: the same bytes, or the
//! same exception, over every way in which people call them; and memory that stays flat.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

mod skip;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use memgrid::backend::{self, OpenBackend, Request};
use memgrid::config::{self, BackendKind, Config, Content, PathKind};
use memgrid::event::Silent;
use memgrid::interrupt::Interrupt;
use memgrid::prepare::cache::Cache;
use memgrid::prepare::environment::ensure;
use memgrid::prepare::source::prepare_states;
use serde::Deserialize;

const STATES: [&str; 2] = ["unpatched", "patched"];
const FORMATS: [&str; 3] = ["json", "xml", "yaml"];
const MIB: f64 = 1024.0 * 1024.0;

/// Cases whose objects share values, which YAML shows: had they no anchors, they would test
/// nothing.
const SHARING: [&str; 6] = [
    "the_same_object_twice",
    "shared_values",
    "values_shared_by_the_field",
    "keys_shared_by_a_related_manager",
    "natural_keys_of_one_author",
    "natural_keys_that_are_one_tuple",
];

/// What `serializers/run.py` says of a case.
#[derive(Debug, Deserialize, PartialEq)]
struct Observed {
    output: serde_json::Value,
    error: Option<String>,
    queries: Option<u64>,
}

/// The project's own matrix and the source trees of its states.
struct Project {
    config: Config,
    cache: Cache,
    trees: BTreeMap<String, PathBuf>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let text = fs_err::read_to_string(root().join("matrix.toml")).unwrap();
        let look_up = |path: &Path| match path {
            path if path.is_dir() => Some(PathKind::Folder),
            path => path.is_file().then_some(PathKind::File),
        };
        let config = config::load("matrix.toml", &text, root(), &look_up).unwrap();
        let cache = Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")).unwrap();
        let python = config.python.as_ref().unwrap();
        let made = ensure(python, &[], &cache, &Silent, &Interrupt::default()).unwrap();
        let states = prepare_states(
            &config.sources,
            &config.states,
            Some(&made.python),
            &cache,
            &Silent,
            &Interrupt::default(),
        );
        let trees = states
            .into_iter()
            .map(|(name, state)| (name, state.unwrap().worktrees["subject"].clone()))
            .collect();
        Project { config, cache, trees }
    })
}

/// One backend with an interpreter that has its driver.
struct Bench {
    kind: BackendKind,
    python: PathBuf,
    folder: tempfile::TempDir,
}

impl Bench {
    /// `None` when the server's programs are not there and the test may be skipped for it.
    fn new(kind: BackendKind) -> Option<Self> {
        if !skip::has_server(kind) {
            return None;
        }
        let Project { config, cache, .. } = project();
        let requirements = &config.backends[kind.as_str()].requirements;
        let python = config.python.as_ref().unwrap();
        let python = ensure(python, requirements, cache, &Silent, &Interrupt::default()).unwrap();
        // A private PostgreSQL that root starts runs as another user, who has to get through.
        let folder = tempfile::Builder::new().prefix("mg").tempdir().unwrap();
        fs_err::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        Some(Self { kind, python: python.python, folder })
    }

    fn open(&self, rows: Option<u64>) -> OpenBackend {
        let config = &project().config;
        let dataset = rows.map(|wanted| {
            let mut dataset = config.dataset.clone().unwrap();
            let Content::Generated { rows, .. } = &mut dataset.content else {
                panic!("the default matrix generates its rows");
            };
            *rows = wanted;
            dataset
        });
        backend::open(&Request {
            name: self.kind.as_str(),
            backend: &config.backends[self.kind.as_str()],
            dataset: dataset.as_ref(),
            cache: &Cache::at(self.folder.path()).unwrap(),
            observer: &Silent,
            interrupt: &Interrupt::default(),
        })
        .unwrap()
    }

    fn command(&self, program: &Path, state: &str, url: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PYTHONPATH", &project().trees[state])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("MEMGRID_DATABASE_URL", url)
            .env_remove("MEMPROBE_FD");
        command
    }

    /// What every case gives in a state.
    fn observe(&self, state: &str, url: &str, options: &[&str]) -> BTreeMap<String, Observed> {
        let script = root().join("tests/serializers/run.py");
        let mut command = self.command(&self.python, state, url);
        let ran = command.arg(script).arg(state).args(options).output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{state}: {stderr}");
        // A generator that can't be closed is only warned of.
        assert!(!stderr.contains("Exception ignored"), "{state}: {stderr}");
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    /// Peak RSS of the workload in bytes, and the digest of its output.
    fn measure(&self, state: &str, format: &str, open: &OpenBackend) -> (f64, String) {
        let result = self.folder.path().join("result.json");
        let memprobe = Path::new(env!("CARGO_BIN_EXE_memprobe"));
        let ran = self
            .command(memprobe, state, open.url())
            .env("MEMGRID_TABLE", "records_record")
            .arg("--json")
            .arg(&result)
            .arg("--")
            .arg(&self.python)
            .arg(root().join("workload/serialize.py"))
            .arg(format)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let result: serde_json::Value =
            serde_json::from_slice(&fs_err::read(&result).unwrap()).unwrap();
        let peak = result["metrics"]["peak_rss"]["value"].as_f64().unwrap();
        (peak, result["output_digest"].as_str().unwrap().to_owned())
    }
}

fn same_in_both_states(kind: BackendKind, options: &[&str]) {
    let Some(bench) = Bench::new(kind) else { return };
    let open = bench.open(None);
    let [before, after] = STATES.map(|state| bench.observe(state, open.url(), options));
    assert!(before.len() > 50, "only {} cases", before.len());
    assert_eq!(before.len(), after.len());
    for (case, before) in &before {
        assert_eq!(&after[case], before, "{} {case}: patched (left), unpatched", kind.as_str());
    }
    for case in SHARING {
        let output = before[&format!("{case}/yaml")].output.to_string();
        assert!(output.contains("&id001"), "{case} shares nothing: {output}");
    }
    open.close().unwrap();
}

/// Ten thousand rows more, about 11 MB of text, must not show; without the patches they do.
fn memory_stays_flat(kind: BackendKind) {
    let Some(bench) = Bench::new(kind) else { return };
    let measure = |rows| {
        let open = bench.open(Some(rows));
        let peaks = STATES.map(|state| FORMATS.map(|format| bench.measure(state, format, &open)));
        open.close().unwrap();
        peaks
    };
    let (few, many) = (measure(4_000), measure(14_000));
    for (at, format) in FORMATS.iter().enumerate() {
        let growth = |state: usize| (many[state][at].0 - few[state][at].0) / MIB;
        let (unpatched, patched) = (growth(0), growth(1));
        assert!(unpatched > 9.0, "{} {format}: {unpatched:.1} MiB", kind.as_str());
        assert!(patched < 3.0, "{} {format}: {patched:.1} MiB", kind.as_str());
        assert_eq!(many[0][at].1, many[1][at].1, "{} {format}: output", kind.as_str());
    }
}

#[test]
fn sqlite_writes_the_same() {
    same_in_both_states(BackendKind::Sqlite, &[]);
}

#[test]
fn sqlite_writes_the_same_without_libyaml() {
    same_in_both_states(BackendKind::Sqlite, &["--pure-yaml"]);
}

#[test]
fn postgresql_writes_the_same() {
    same_in_both_states(BackendKind::Postgresql, &[]);
}

#[test]
fn mysql_writes_the_same() {
    same_in_both_states(BackendKind::Mysql, &[]);
}

#[test]
fn sqlite_stays_flat() {
    memory_stays_flat(BackendKind::Sqlite);
}

#[test]
fn postgresql_stays_flat() {
    memory_stays_flat(BackendKind::Postgresql);
}

#[test]
fn mysql_stays_flat() {
    memory_stays_flat(BackendKind::Mysql);
}
