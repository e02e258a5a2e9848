//! A cache of a test's own, and ways to look at what backends do from the outside.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use memgrid::backend::{self, OpenBackend, Request};
use memgrid::config::{Backend, BackendKind, Column, ColumnKind, Content, Dataset};
use memgrid::event::{Event, Observer};
use memgrid::interrupt::Interrupt;
use memgrid::prepare::Blocked;
use memgrid::prepare::cache::Cache;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, raw_sql};

/// A cache of a test's own, which a server's unprivileged user can reach.
pub(crate) struct Sandbox {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) cache: Cache,
    pub(crate) interrupt: Interrupt,
    pub(crate) events: Events,
}

#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<Event>>);

impl Observer for Events {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mg").tempdir_in("/tmp").unwrap();
        fs_err::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        Self { folder, cache, interrupt: Interrupt::default(), events: Events::default() }
    }

    pub(crate) fn open(
        &self,
        backend: &Backend,
        dataset: Option<&Dataset>,
    ) -> Result<OpenBackend, Blocked> {
        let Self { cache, events, interrupt, .. } = self;
        let name = backend.kind.as_str();
        backend::open(&Request { name, backend, dataset, cache, observer: events, interrupt })
    }

    pub(crate) fn private(&self, kind: BackendKind, dataset: Option<&Dataset>) -> OpenBackend {
        self.open(&private(kind), dataset).unwrap()
    }

    /// What the observer was told since the last call: ends of steps, and notices.
    pub(crate) fn told(&self) -> String {
        let events = std::mem::take(&mut *self.events.0.lock().unwrap());
        let lines = events.into_iter().filter_map(|event| match event {
            Event::StepFinished { step, detail, .. } => Some(format!("{step}: {detail}")),
            Event::StepFailed { step, reason } => Some(format!("{step} failed: {reason}")),
            Event::Notice { text } => Some(text),
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Command lines of the processes whose data is in this sandbox.
    pub(crate) fn server_processes(&self) -> Vec<String> {
        self.processes().map(|(_, command_line)| command_line).collect()
    }

    /// Their process groups.
    pub(crate) fn server_groups(&self) -> Vec<i32> {
        let groups = self.processes().map(|(id, _)| {
            let id = rustix::process::Pid::from_raw(id);
            rustix::process::getpgid(id).unwrap().as_raw_nonzero().get()
        });
        groups.collect()
    }

    fn processes(&self) -> impl Iterator<Item = (i32, String)> {
        let root = self.folder.path().display().to_string();
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        ids.filter_map(move |id| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            let is_server = ["postgres", "mariadbd", "mysqld"]
                .iter()
                .any(|name| Path::new(line.split(' ').next().unwrap_or_default()).ends_with(name));
            (is_server && line.contains(&root)).then_some((id, line))
        })
    }

    /// Overwrites a file without which a server of this kind can't start.
    pub(crate) fn damage(&self, kind: BackendKind) {
        let file = match kind {
            BackendKind::Postgresql => "global/pg_control",
            BackendKind::Sqlite | BackendKind::Mysql => "ibdata1",
        };
        let kinds = fs_err::read_dir(self.cache.root().join("servers")).unwrap();
        for folder in kinds.map(|entry| entry.unwrap().path()) {
            if folder.file_name().unwrap().to_str().unwrap().starts_with(kind.as_str()) {
                fs_err::write(folder.join("0/data").join(file), "damaged").unwrap();
            }
        }
    }
}

pub(crate) fn private(kind: BackendKind) -> Backend {
    Backend { kind, url: None, requirements: Vec::new(), env: indexmap::IndexMap::new() }
}

pub(crate) fn given(kind: BackendKind, url: &str) -> Backend {
    Backend { url: Some(url.to_owned()), ..private(kind) }
}

pub(crate) fn dataset(rows: u64) -> Dataset {
    let text =
        |name: &str, length| Column { name: name.to_owned(), kind: ColumnKind::Text { length } };
    let number = Column { name: "number".to_owned(), kind: ColumnKind::Integer };
    let columns = vec![text("short", 20), number, text("long", 400)];
    let content = Content::Generated { rows, seed: 10301, columns };
    Dataset { table: "records_record".to_owned(), content }
}

/// The kinds that can be had. Whoever requires servers gets a failure for the others.
pub(crate) fn installed() -> Vec<BackendKind> {
    let all = [BackendKind::Sqlite, BackendKind::Postgresql, BackendKind::Mysql];
    all.into_iter().filter(|kind| crate::skip::has_server(*kind)).collect()
}

/// Those of them that are servers.
pub(crate) fn servers() -> Vec<BackendKind> {
    installed().into_iter().filter(|kind| *kind != BackendKind::Sqlite).collect()
}

/// Runs a statement as a workload would, which knows nothing but the URL.
pub(crate) fn execute(kind: BackendKind, url: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let statement = raw_sql(AssertSqlSafe(sql.to_owned()));
    runtime.block_on(async {
        match kind {
            BackendKind::Sqlite => {
                let path = url.strip_prefix("sqlite://").unwrap();
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                statement.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            BackendKind::Postgresql => {
                let options = PgConnectOptions::new_without_pgpass()
                    .socket(socket_folder(url))
                    .port(5432)
                    .username("memgrid")
                    .database(database_of(url));
                let mut connection = PgConnection::connect_with(&options).await.unwrap();
                statement.execute(&mut connection).await.unwrap();
            }
            BackendKind::Mysql => {
                let options = MySqlConnectOptions::new()
                    .socket(socket_folder(url).join("mysql.sock"))
                    .database(database_of(url));
                let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
                statement.execute(&mut connection).await.unwrap();
            }
        }
    });
}

fn database_of(url: &str) -> &str {
    let (before, _) = url.split_once('?').unwrap();
    before.rsplit('/').next().unwrap()
}

/// The folder of the socket that a private server's URL names.
pub(crate) fn socket_folder(url: &str) -> PathBuf {
    let path = Path::new(url.split_once('=').unwrap().1);
    if path.ends_with("mysql.sock") { path.parent().unwrap().to_owned() } else { path.to_owned() }
}
