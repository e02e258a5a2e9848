//! The error that reaches a person: a kind (which decides the exit code), a message that names
//! the file, cell or key, the chain of causes, and a hint that says what to do next.
//!
//! Modules may have error types of their own; at their border these become an [`Error`].

use std::fmt;

use crate::exit_code;

/// What an error means for the caller; each kind has one exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A broken assumption of our own.
    Bug,
    /// Wrong usage, configuration, or surroundings (a folder that can't be written, …).
    Usage,
    /// A comparison found a regression.
    Regression,
    /// The selection matches no cell.
    NothingSelected,
    /// Some cells have no measurement.
    Incomplete,
    /// The run that was named does not exist.
    NoSuchRun,
    /// The baseline of a comparison is missing.
    BaselineMissing,
    /// SIGINT or SIGTERM.
    Interrupted,
}

impl ErrorKind {
    /// The process's exit code for this kind.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Bug => exit_code::BUG,
            Self::Usage | Self::NoSuchRun => exit_code::USAGE,
            Self::Regression => exit_code::REGRESSION,
            Self::NothingSelected => exit_code::NOTHING_SELECTED,
            Self::Incomplete => exit_code::INCOMPLETE,
            Self::BaselineMissing => exit_code::BASELINE_MISSING,
            Self::Interrupted => exit_code::INTERRUPTED,
        }
    }
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// An error with a kind, a message, an optional cause and an optional hint.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Source>,
}

/// What fallible functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `message` names the file, cell or key and says what happened.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Shorthand for [`ErrorKind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Shorthand for [`ErrorKind::Bug`].
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the cause; and what to do about it, if it is a full disk.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        let source = source.into();
        if self.hint.is_none() && source.downcast_ref().is_some_and(is_disk_full) {
            self.hint = Some(MAKE_ROOM.to_owned());
        }
        self.source = Some(source);
        self
    }

    /// The same error as one of another kind: a missing run may be a missing baseline.
    #[must_use]
    pub fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Which kind of error it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do next, if that is known.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// I/O errors carry their path already (fs-err); what is missing is what we were doing.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let this = Self::usage(error.to_string());
        if is_disk_full(&error) { this.hint(MAKE_ROOM) } else { this }
    }
}

fn is_disk_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

/// What to do where a disk is full.
pub(crate) const MAKE_ROOM: &str =
    "make room there: what was complete is kept, and `memgrid run --resume` goes on with a run";

/// Puts "what we were doing" in front of a lower error.
pub trait Context<T> {
    /// Turns the error into one of kind [`ErrorKind::Usage`] with `message` before it.
    fn context(self, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Source>> Context<T> for std::result::Result<T, E> {
    fn context(self, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::usage(message()).because(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_what_to_do() {
        let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
        for error in [Error::from(full()), Error::usage("no page").because(full())] {
            assert!(error.hint_text().unwrap().contains("--resume"));
        }
        let other = Error::from(std::io::Error::from(std::io::ErrorKind::NotFound));
        assert_eq!(other.hint_text(), None);
    }
}
