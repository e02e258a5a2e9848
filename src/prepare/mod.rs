//! What a cell needs before it can be measured: source trees, a Python environment, system packages.
//!
//! Everything lands in memgrid's cache, named by the fingerprint of what it depends on, made
//! under a temporary name and renamed when whole; the user's own files are never written to.

pub mod cache;
pub mod environment;
pub mod patch;
pub mod source;
pub mod system;
pub mod tool;

use crate::error::{Error, ErrorKind};
use crate::outcome::Outcome;

/// Why something that cells need can't be had. It becomes the cells' outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// `unavailable`, `patch-failed` or `interrupted`.
    pub outcome: Outcome,
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

impl Blocked {
    /// Something is not to be had, for `reason`.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unavailable, reason: reason.into(), help: None }
    }
}

/// With the whole chain of causes in the reason.
impl From<Error> for Blocked {
    fn from(error: Error) -> Self {
        let outcome = match error.kind() {
            ErrorKind::Interrupted => Outcome::Interrupted,
            _ => Outcome::Unavailable,
        };
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            reason.push_str(": ");
            reason.push_str(&next.to_string());
            cause = next.source();
        }
        if let Some(hint) = error.hint_text() {
            reason.push_str("; ");
            reason.push_str(hint);
        }
        Self { outcome, reason, help: None }
    }
}

/// libgit2 failed at something that should have worked.
impl From<git2::Error> for Blocked {
    fn from(error: git2::Error) -> Self {
        Self::unavailable(format!("git: {}", error.message()))
    }
}
