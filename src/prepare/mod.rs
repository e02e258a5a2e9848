//! What a cell needs before it can be measured: source trees, a Python environment, system packages.
//!
//! Everything lands in memgrid's cache, named by the fingerprint of what it depends on, made
//! under a temporary name and renamed when whole; the user's own files are never written to.

pub mod cache;
pub mod tool;

/// Why something that cells need can't be had. It becomes the cells' outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// `unavailable`, `patch-failed` or `interrupted`.
    pub outcome: crate::outcome::Outcome,
    /// What happened: names the file, hunk, package or server.
    pub reason: String,
    /// A command that would help, such as `memgrid setup`.
    pub help: Option<String>,
}

impl std::fmt::Display for Blocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}
