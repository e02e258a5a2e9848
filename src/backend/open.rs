//! Opening a backend: from what `matrix.toml` says to a database that is reachable, and holds the
//! dataset.

use std::path::PathBuf;
use std::time::Instant;

use tempfile::TempDir;

use super::address::Address;
use super::connect::{
    Connect, given, maintenance, mysql_at, postgresql_at, private_at, private_url, sqlite_url,
};
use super::server::{Server, Start};
use super::session::Session;
use super::sqlite::{Sharing, SqliteFile};
use super::sqlite_file;
use super::store::{self, Origin, Owner, Work};
use crate::collect::record::DatasetRecord;
use crate::config::{self, BackendKind};
use crate::dataset::{Source, fingerprint};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::event::{Event, Observer, step};
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;
use crate::server::{self, DatabaseServer};

/// The database of a private server when there is no dataset: empty at each start.
const EMPTY: &str = "memgrid_empty";

/// What is to be opened.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The backend's name in `matrix.toml`.
    pub name: &'a str,
    /// What `matrix.toml` says of it.
    pub backend: &'a config::Backend,
    /// The rows that it must hold.
    pub dataset: Option<&'a config::Dataset>,
    /// Where data and servers are kept.
    pub cache: &'a Cache,
    /// Is told of each step.
    pub observer: &'a dyn Observer,
    /// Ends the work early.
    pub interrupt: &'a Interrupt,
}

/// A database that workloads can use, until it is closed or dropped.
pub struct OpenBackend {
    name: String,
    place: Place,
    url: String,
    version: String,
    dataset: Option<(config::Dataset, DatasetRecord)>,
}

/// Where the database is.
enum Place {
    /// A file of ours.
    File(PathBuf),
    /// An empty database that goes away with this.
    Scratch(#[expect(dead_code, reason = "dropping it removes the file")] TempDir),
    /// A server of ours, and the database's name on it.
    Private(Box<Server>, String),
    /// The user's.
    Given(Box<Address>),
}

/// What a full verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The table.
    pub table: String,
    /// Rows that should be there, and their checksum.
    pub expected: (u64, String),
    /// Rows that are there, and their checksum.
    pub found: (u64, String),
}

impl Report {
    /// Whether the table holds exactly what it should.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.expected == self.found
    }
}

/// Opens a backend: started, filled, verified.
///
/// # Errors
/// When it can't be had; the reason names what is missing, and the help is a command if there is
/// one that would.
pub fn open(request: &Request<'_>) -> Result<OpenBackend, Blocked> {
    end_what_was_left(request);
    let opened = match (&request.backend.url, request.backend.kind) {
        (Some(url), kind) => open_given(request, url, kind),
        (None, BackendKind::Sqlite) => open_file(request),
        (None, BackendKind::Postgresql) => open_private(request, &postgresql_at),
        (None, BackendKind::Mysql) => open_private(request, &mysql_at),
    };
    opened.map_err(|error| blocked(request.name, &error))
}

/// A server that does not end is no reason not to open this backend.
fn end_what_was_left(request: &Request<'_>) {
    let text = match server::reap(request.cache) {
        Ok(0) => return,
        Ok(ended) => format!("ended servers that a killed memgrid had left behind: {ended}"),
        Err(error) => chain(&error),
    };
    request.observer.event(Event::Notice { text });
}

impl OpenBackend {
    /// The URL for workloads. It may hold a password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL for people.
    #[must_use]
    pub fn redacted_url(&self) -> String {
        match &self.place {
            Place::Given(address) => address.redacted(),
            Place::File(_) | Place::Scratch(_) | Place::Private(..) => self.url.clone(),
        }
    }

    /// What must not be in any record or message: the password, as it is written in the URL and
    /// as it is meant.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        match &self.place {
            Place::Given(address) => address.secrets(),
            Place::File(_) | Place::Scratch(_) | Place::Private(..) => Vec::new(),
        }
    }

    /// The server's version: `15.18`, `10.11.19-MariaDB`. For SQLite that of the library with
    /// which memgrid wrote the file; workloads bring their own.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The server that memgrid started for it.
    #[must_use]
    pub fn server(&self) -> Option<DatabaseServer> {
        let Place::Private(server, _) = &self.place else { return None };
        Some(DatabaseServer { backend: self.name.clone(), process: server.process()? })
    }

    /// The rows in it.
    #[must_use]
    pub fn dataset(&self) -> Option<&DatasetRecord> {
        self.dataset.as_ref().map(|(_, record)| record)
    }

    /// Reads every row and compares it with what the dataset gives. `None` without a dataset.
    ///
    /// # Errors
    /// When rows or fixture can't be read.
    pub fn verify(&self) -> Result<Option<Report>> {
        let Some((dataset, _)) = &self.dataset else { return Ok(None) };
        let source = Source::open(dataset)?;
        let mut session = self.connect()?;
        let found = session.sum(source.table())?;
        session.close()?;
        let expected = source.checksum()?;
        Ok(Some(Report {
            table: dataset.table.clone(),
            expected: (expected.rows(), expected.to_string()),
            found: (found.rows(), found.to_string()),
        }))
    }

    /// Stops the server, if it is ours, and waits until it has ended.
    ///
    /// # Errors
    /// When it does not end.
    pub fn close(self) -> Result<()> {
        match self.place {
            Place::Private(mut server, _) => server.stop(),
            Place::File(_) | Place::Scratch(_) | Place::Given(_) => Ok(()),
        }
    }

    fn connect(&self) -> Result<Box<dyn Session>> {
        match &self.place {
            Place::File(path) => Ok(Box::new(SqliteFile::open(path, Sharing::ReadOnly)?)),
            Place::Given(address) => given(address),
            Place::Scratch(_) => Err(Error::bug(format!("backend {} holds no dataset", self.name))),
            Place::Private(server, database) => {
                let socket = server.socket().ok_or_else(|| {
                    Error::bug(format!("the server of backend {} does not run", self.name))
                })?;
                private_at(server.kind())(socket, database)
            }
        }
    }
}

fn open_file(request: &Request<'_>) -> Result<OpenBackend> {
    let Some(dataset) = request.dataset else { return open_scratch(request) };
    let name = request.name.to_owned();
    let file = step(request.observer, &format!("filling {name}"), || {
        let began = Instant::now();
        let file = sqlite_file::ensure(request, dataset)?;
        let detail = detail(&file.record, file.origin, began);
        Ok::<_, Error>((file, detail))
    })?;
    Ok(OpenBackend {
        name,
        url: sqlite_url(&file.path),
        place: Place::File(file.path),
        version: file.version,
        dataset: Some((dataset.clone(), file.record)),
    })
}

fn open_scratch(request: &Request<'_>) -> Result<OpenBackend> {
    let parent = request.cache.folder("scratch")?;
    let folder = tempfile::tempdir_in(&parent)
        .context(|| format!("no folder can be made in {}", parent.display()))?;
    let path = folder.path().join("data.sqlite3");
    let mut session = SqliteFile::open(&path, Sharing::Shared)?;
    let version = session.version()?;
    Box::new(session).close()?;
    Ok(OpenBackend {
        name: request.name.to_owned(),
        url: sqlite_url(&path),
        place: Place::Scratch(folder),
        version,
        dataset: None,
    })
}

fn open_private(request: &Request<'_>, connect: &Connect) -> Result<OpenBackend> {
    let kind = request.backend.kind;
    let started = format!("starting {}", request.name);
    let (server, mut session) = step(request.observer, &started, || {
        let Request { cache, observer, interrupt, .. } = *request;
        let start = Start { kind, cache, observer, interrupt };
        let (server, session) = Server::start(&start, |socket| connect(socket, maintenance(kind)))?;
        let version = server.version().to_owned();
        Ok::<_, Error>(((server, session), version))
    })?;
    let version = session.version()?;
    let print = request.dataset.map(fingerprint).transpose()?;
    let database =
        print.as_ref().map_or_else(|| EMPTY.to_owned(), |print| format!("memgrid_{print:.16}"));
    make_database(&mut *session, &database)?;
    session.close()?;
    let socket = server.socket().ok_or_else(|| {
        Error::bug(format!("the server of backend {} does not run", request.name))
    })?;
    let url = private_url(kind, socket, &database);
    let record = fill(request, print.as_deref(), Owner::Memgrid, || connect(socket, &database))?;
    Ok(OpenBackend {
        name: request.name.to_owned(),
        place: Place::Private(Box::new(server), database),
        url,
        version,
        dataset: request.dataset.cloned().zip(record),
    })
}

fn make_database(session: &mut dyn Session, database: &str) -> Result<()> {
    let name = session.dialect().name(database);
    if database == EMPTY {
        session.execute(&format!("DROP DATABASE IF EXISTS {name}"))?;
    }
    let databases = session.query(session.dialect().databases)?;
    if databases.iter().flatten().flatten().any(|name| name == database) {
        return Ok(());
    }
    session.execute(&format!("CREATE DATABASE {name}"))
}

fn open_given(request: &Request<'_>, url: &str, kind: BackendKind) -> Result<OpenBackend> {
    let address = Address::resolve(request.name, kind, url, |name| std::env::var(name).ok())?;
    let opened = (|| {
        let mut session = given(&address)?;
        let version = session.version()?;
        session.close()?;
        let print = request.dataset.map(fingerprint).transpose()?;
        let record = fill(request, print.as_deref(), Owner::User, || given(&address))?;
        Ok((version, record))
    })();
    // What a server says may hold what it was told.
    let (version, record) = opened.map_err(|error: Error| {
        let told = Error::new(error.kind(), address.hide(&chain(&error)));
        error.hint_text().map(str::to_owned).into_iter().fold(told, Error::hint)
    })?;
    Ok(OpenBackend {
        name: request.name.to_owned(),
        url: address.url().to_owned(),
        place: Place::Given(Box::new(address)),
        version,
        dataset: request.dataset.cloned().zip(record),
    })
}

fn fill(
    request: &Request<'_>,
    fingerprint: Option<&str>,
    owner: Owner,
    connect: impl FnOnce() -> Result<Box<dyn Session>>,
) -> Result<Option<DatasetRecord>> {
    let Some((dataset, fingerprint)) = request.dataset.zip(fingerprint) else { return Ok(None) };
    let Request { name, observer, interrupt, .. } = *request;
    step(observer, &format!("filling {name}"), || {
        let began = Instant::now();
        let mut session = connect()?;
        let work = Work { name, dataset, fingerprint, owner, observer, interrupt };
        let (record, origin) = store::ensure(&mut *session, &work)?;
        session.close()?;
        let detail = detail(&record, origin, began);
        Ok((Some(record), detail))
    })
}

fn detail(record: &DatasetRecord, origin: Origin, began: Instant) -> String {
    match origin {
        Origin::Cached => format!("{} rows, cached", record.rows),
        Origin::Written => {
            format!("{} rows in {:.1} s", record.rows, began.elapsed().as_secs_f64())
        }
    }
}

fn blocked(name: &str, error: &Error) -> Blocked {
    let outcome = match error.kind() {
        ErrorKind::Interrupted => Outcome::Interrupted,
        _ => Outcome::Unavailable,
    };
    let reason = format!("backend {name}: {}", chain(error));
    Blocked { outcome, reason, help: error.hint_text().map(str::to_owned) }
}

/// A message with all its causes.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
