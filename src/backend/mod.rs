//! Databases: found, started, filled with the dataset, stopped.

mod server;

use std::path::PathBuf;

use crate::config::BackendKind;

/// Where the server program of this kind is: on PATH, or in the places where distributions put
/// it. `None` when it is not installed, and for SQLite, which needs none.
#[must_use]
pub fn locate(kind: BackendKind) -> Option<PathBuf> {
    server::locate::programs(kind).map(|programs| programs.server)
}
