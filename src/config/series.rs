//! A state whose patches are taken apart: one table that stands for several states, which differ in
//! the patches that they have. What each patch contributes follows from comparing those.

mod expand;
mod label;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::str::FromStr;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::model::Config;
use super::problem::Span;
use super::reader::At;
use super::suggest::list;
use crate::error::{Error, Result};

pub(super) use expand::take_apart;
pub(super) use label::check_label;

/// How a series is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeriesKind {
    /// None, the first, the first two, …, all.
    Cumulative,
    /// None, all, and all but each.
    LeaveOneOut,
}

impl SeriesKind {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Cumulative, Self::LeaveOneOut];

    /// The word for it in `matrix.toml` and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cumulative => "cumulative",
            Self::LeaveOneOut => "leave-one-out",
        }
    }
}

impl FromStr for SeriesKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| "it is leave-one-out or cumulative".to_owned())
    }
}

/// A state's patches, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// In which way.
    pub kind: SeriesKind,
    /// The patches in the order in which they are applied, those of the subject first.
    pub patches: Vec<SeriesPatch>,
    /// Its states in the order of the axis, the one without patches first, and which of the patches
    /// (by index) each of them has.
    pub states: IndexMap<String, Vec<usize>>,
}

/// One patch of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesPatch {
    /// What it is called in states' names and in reports; no other patch of the series is.
    pub label: String,
    /// The source that it changes.
    pub source: String,
    /// Its file. Absolute.
    pub path: PathBuf,
}

/// What the command line says of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesChoice {
    /// The state whose patches are taken apart; `None`: the only one that it can be.
    pub state: Option<String>,
    /// In which way.
    pub kind: SeriesKind,
}

impl FromStr for SeriesChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (state, kind) = match text.split_once('=') {
            Some((state, kind)) => (Some(state.to_owned()), kind),
            None => (None, text),
        };
        Ok(Self { state, kind: kind.parse()? })
    }
}

/// States with `series`, and the place of that.
pub(super) type Declared = IndexMap<String, At<SeriesKind>>;

/// A series that is wanted: the kind, and where it is said, if that is in the file.
type Wanted = IndexMap<String, (SeriesKind, Option<Span>)>;

impl Config {
    /// Whether what the command line says of series could be done.
    pub(super) fn check_series(&self, chosen: &[SeriesChoice]) -> Result<()> {
        for SeriesChoice { state, kind } in chosen {
            let is_done = match state {
                Some(state) => self.series.get(state).is_some_and(|series| series.kind == *kind),
                None => self.series.values().any(|series| series.kind == *kind),
            };
            if !is_done {
                return Err(self.not_taken_apart(state.as_deref(), *kind));
            }
        }
        Ok(())
    }

    fn not_taken_apart(&self, state: Option<&str>, kind: SeriesKind) -> Error {
        let several = |name: &&str| {
            let changes = self.states.get(*name).map(|state| state.changes.values());
            changes.into_iter().flatten().map(|change| change.patches.len()).sum::<usize>() > 1
        };
        let possible: Vec<&str> = self.states.keys().map(String::as_str).filter(several).collect();
        let kind = kind.as_str();
        let message = match state {
            Some(state) => format!("--series: no state `{state}` has two patches or more"),
            None if possible.is_empty() => {
                "--series: no state has two patches or more, to be taken apart".to_owned()
            }
            None => "--series: several states have patches that can be taken apart".to_owned(),
        };
        let error = Error::usage(message);
        match possible.first() {
            Some(first) => error.hint(format!("`--series {first}={kind}`, of {}", list(&possible))),
            None => error.hint("list the patches in `patches` of one `[state.NAME]`"),
        }
    }
}
