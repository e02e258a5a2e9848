//! How a metric of a cell went over runs: in the terminal, and as JSON.

mod json;
mod spark;
mod table;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use json::document;
pub use table::table;

use crate::history::PastSource;
use crate::prepare::source::Commits;

/// A source that was another one in an earlier run, and its commits in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceHistory {
    /// The run in which it had changed.
    pub run: String,
    /// The run before, in which it had not.
    pub since: String,
    /// Its name: `subject`, or that of a further source.
    pub source: String,
    /// What it was.
    pub before: PastSource,
    /// What it is.
    pub after: PastSource,
    /// Commits that came, and commits that went; `None` if it has the same commit or another
    /// origin, or if they are not known.
    pub commits: Option<Lying>,
    /// Why the commits are not known, and how to see them.
    pub unknown: Option<String>,
}

/// Commits between two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lying {
    /// What the later one has and the earlier has not.
    pub added: Commits,
    /// What the earlier one has and the later has not.
    pub gone: Commits,
}
