//! Databases: found, started, filled with the dataset, stopped.

use std::path::PathBuf;

use crate::config::BackendKind;

/// Where the server program of this kind is: on PATH, or in the places where distributions put
/// it. `None` for SQLite, which needs none.
#[must_use]
pub fn locate(_kind: BackendKind) -> Option<PathBuf> {
    None
}
