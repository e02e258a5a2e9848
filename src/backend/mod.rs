//! Databases: found, started, filled with the dataset, verified, stopped.
//!
//! SQLite is a file in the cache; PostgreSQL and MySQL are private servers that memgrid starts, or
//! the user's own. [`open`] hides which. Each kind of database is a file behind one small trait
//! (`session`), and what is written once for all of them is in `store`.

mod address;
mod connect;
mod insert;
mod link;
mod mysql;
mod open;
mod postgresql;
mod server;
mod session;
mod sqlite;
mod sqlite_file;
mod store;

use std::path::PathBuf;

pub use self::open::{OpenBackend, Report, Request, open};
use crate::config::BackendKind;

/// Where the server program of this kind is: on PATH, or in the places where distributions put
/// it. `None` when it is not installed, and for SQLite, which needs none.
#[must_use]
pub fn locate(kind: BackendKind) -> Option<PathBuf> {
    server::locate::programs(kind).map(|programs| programs.server)
}
