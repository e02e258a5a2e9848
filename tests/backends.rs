//! Backends against real databases: private servers are started, killed, and found again.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use memgrid::backend::{self, OpenBackend, Request};
use memgrid::config::{Backend, BackendKind, Column, ColumnKind, Content, Dataset};
use memgrid::event::{Event, Observer};
use memgrid::interrupt::Interrupt;
use memgrid::outcome::Outcome;
use memgrid::prepare::Blocked;
use memgrid::prepare::cache::Cache;

const KINDS: [BackendKind; 3] = [BackendKind::Sqlite, BackendKind::Postgresql, BackendKind::Mysql];

/// A cache of its own, which a server's unprivileged user can reach.
struct Sandbox {
    folder: tempfile::TempDir,
    cache: Cache,
    events: Events,
    interrupt: Interrupt,
}

#[derive(Default)]
struct Events(Mutex<Vec<Event>>);

impl Observer for Events {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mg").tempdir().unwrap();
        fs_err::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        Self { folder, cache, events: Events::default(), interrupt: Interrupt::default() }
    }

    fn open(&self, backend: &Backend, dataset: Option<&Dataset>) -> Result<OpenBackend, Blocked> {
        let Self { cache, events, interrupt, .. } = self;
        let name = backend.kind.as_str();
        backend::open(&Request { name, backend, dataset, cache, observer: events, interrupt })
    }

    fn private(&self, kind: BackendKind, dataset: Option<&Dataset>) -> OpenBackend {
        self.open(&private(kind), dataset).unwrap()
    }

    fn details(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *self.events.0.lock().unwrap());
        let details = taken.into_iter().filter_map(|event| match event {
            Event::StepFinished { step, detail, .. } => Some(format!("{step}: {detail}")),
            Event::Notice { text } => Some(text),
            _ => None,
        });
        details.collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn private(kind: BackendKind) -> Backend {
    Backend { kind, url: None, requirements: Vec::new(), env: Default::default() }
}

fn given(kind: BackendKind, url: &str) -> Backend {
    Backend { url: Some(url.to_owned()), ..private(kind) }
}

fn dataset(rows: u64) -> Dataset {
    let text =
        |name: &str, length| Column { name: name.to_owned(), kind: ColumnKind::Text { length } };
    let columns = vec![
        text("short", 20),
        Column { name: "number".to_owned(), kind: ColumnKind::Integer },
        text("long", 400),
    ];
    let content = Content::Generated { rows, seed: 10301, columns };
    Dataset { table: "records_record".to_owned(), content }
}

/// The kinds whose servers are installed. Whoever requires servers gets a failure for the others.
fn installed() -> Vec<BackendKind> {
    let missing = |kind: &BackendKind| {
        let missing = *kind != BackendKind::Sqlite && backend::locate(*kind).is_none();
        let required = std::env::var_os("MEMGRID_REQUIRE_SERVERS").is_some_and(|it| it == "1");
        assert!(!missing || !required, "no {} server is installed", kind.as_str());
        if missing {
            eprintln!("skipped for {}: no server is installed", kind.as_str());
        }
        missing
    };
    KINDS.into_iter().filter(|kind| !missing(kind)).collect()
}

fn servers() -> Vec<BackendKind> {
    installed().into_iter().filter(|kind| *kind != BackendKind::Sqlite).collect()
}

#[test]
fn every_backend_holds_the_same_rows_and_keeps_them() {
    let sandbox = Sandbox::new();
    let dataset = dataset(1000);
    let mut found = Vec::new();
    for kind in installed() {
        let opened = sandbox.private(kind, Some(&dataset));
        assert!(!opened.version().is_empty());
        let record = opened.dataset().unwrap().clone();
        assert_eq!((record.rows, record.table.as_str()), (1000, "records_record"));
        let report = opened.verify().unwrap().unwrap();
        assert!(report.is_whole(), "{report:?}");
        found.push((record.fingerprint, report.found));
        opened.close().unwrap();
        let told = sandbox.details().join("; ");
        assert!(told.contains("1000 rows in"), "{told}");

        let again = sandbox.private(kind, Some(&dataset));
        assert!(again.verify().unwrap().unwrap().is_whole());
        let told = sandbox.details().join("; ");
        assert!(told.contains("1000 rows, cached"), "{told}");
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
}
