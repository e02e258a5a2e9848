//! Why a patch does not apply. The patch file's own name is put before it by whoever has it.

use super::failure::HunkFailure;

/// Why a patch can't be read, must not be applied, or does not apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// Its text is broken.
    #[error("line {line}: {what}")]
    Malformed {
        /// The line of the patch file, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// It is understood, and refused.
    #[error("{path}: {why}")]
    Refused {
        /// The path that it names.
        path: String,
        /// Why.
        why: String,
    },
    /// It changes a file that is not there.
    #[error("{path} is not in the tree{}", near.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    Missing {
        /// The path that it names.
        path: String,
        /// The nearest path that there is.
        near: Option<String>,
    },
    /// It makes a file that is there already.
    #[error("{path} is in the tree already{}", if *applied { ", with the content that the patch gives it: is it applied already?" } else { "" })]
    Exists {
        /// The path that it names.
        path: String,
        /// It is as the patch would make it.
        applied: bool,
    },
    /// A hunk's lines are not in the file.
    #[error(transparent)]
    Hunk(#[from] Box<HunkFailure>),
    /// libgit2 or the object database failed.
    #[error("{path}: {message}")]
    Git {
        /// The path that it was about.
        path: String,
        /// What libgit2 says.
        message: String,
    },
}

impl PatchError {
    pub(super) fn refused(path: &str, why: impl Into<String>) -> Self {
        Self::Refused { path: path.to_owned(), why: why.into() }
    }

    pub(super) fn git(path: &str) -> impl Fn(git2::Error) -> Self + '_ {
        move |error| Self::Git { path: path.to_owned(), message: error.message().to_owned() }
    }
}
