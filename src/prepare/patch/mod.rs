//! Patches as people have them, applied as git would: exactly, or not at all.
//!
//! A patch file is read into a small model ([`FilePatch`], [`Hunk`]), whatever its form: mails
//! from `git format-patch` (one or several in a file), the output of `git diff`, `git show` or
//! plain `diff -u`. Then, file by file, three things are found out against the tree that it is
//! for: which path it means (`target`), where its hunks belong (`locate`), and whether it may
//! touch that path at all. What is left is a patch in git's own form, at exact positions, and that
//! is applied by libgit2 (`apply`), in memory: the result is a tree in the object database.
//!
//! A hunk may be found at an offset from where it says, but its lines must be in the file as they
//! are in the patch: nothing is guessed (GNU patch's *fuzz*), since a measurement of
//! a tree that nobody meant is worse than none. The one exception is line endings: a patch
//! with LF applies to a file with CRLF and the other way round, and the file keeps its own.

mod apply;
mod content;
mod error;
mod failure;
mod locate;
mod mail;
mod model;
mod name;
mod parse;
mod target;
mod tree;

pub use error::PatchError;
pub use model::{Content, FilePatch, Hunk, Kind, Line, LineKind};
pub(crate) use target::refuse_leading_out;
pub use tree::PatchedTree;

use crate::collect::record::PatchRecord;
use crate::fingerprint::sha256;

/// A patch file that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The file's name.
    pub name: String,
    /// What matrix.toml calls it, if it does.
    pub label: Option<String>,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The subject line of its mail, or the file's name.
    pub subject: String,
    /// The file as it is.
    pub text: Vec<u8>,
    /// What it changes, in order.
    pub files: Vec<FilePatch>,
}

impl Patch {
    /// Reads a patch file's text.
    ///
    /// # Errors
    /// When it is no patch, or a broken one: the error has the line.
    pub fn parse(name: &str, text: Vec<u8>) -> Result<Self, PatchError> {
        let decoded = mail::decode(&text);
        let files = parse::parse(&decoded)?;
        let subject = mail::subject(&decoded).unwrap_or_else(|| name.to_owned());
        let (name, sha256) = (name.to_owned(), sha256(&text));
        Ok(Self { name, label: None, sha256, subject, text, files })
    }

    /// A patch file of which only its message matters: one that can't be understood changes nothing.
    #[must_use]
    pub fn described(name: &str, text: Vec<u8>) -> Self {
        let subject = mail::subject(&mail::decode(&text)).unwrap_or_else(|| name.to_owned());
        let (name, sha256) = (name.to_owned(), sha256(&text));
        Self { name, label: None, sha256, subject, text, files: Vec::new() }
    }

    /// The same, called `label` if there is one.
    #[must_use]
    pub fn labelled(self, label: Option<String>) -> Self {
        Self { label, ..self }
    }

    /// Applies it to `tree`.
    ///
    /// # Errors
    /// When it does not apply or must not; `tree` is then to be thrown away.
    pub fn apply(&self, tree: &mut PatchedTree<'_>) -> Result<(), PatchError> {
        apply::apply(&self.files, tree)
    }

    /// What a run's manifest says of it.
    #[must_use]
    pub fn record(&self) -> PatchRecord {
        PatchRecord {
            name: self.name.clone(),
            label: self.label.clone(),
            sha256: self.sha256.clone(),
            subject: self.subject.clone(),
        }
    }
}
