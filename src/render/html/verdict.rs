//! Verdicts as pages show them: a word, a sign and a class, so that none rests on colour alone.

use serde::Serialize;

use crate::analyse::comparison::{CellComparison, Verdict};
use crate::render::comparison::wording;

/// What was concluded of a cell against its twin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct VerdictView {
    pub(super) word: &'static str,
    /// As the terminal has it: `✓`, `=`, `✗`, `?`, `≠`, `·`.
    pub(super) sign: &'static str,
    /// `good`, `same`, `bad`, `doubt` or `none`.
    pub(super) class: &'static str,
    /// Why, in one sentence; none for what did not change, which most of a large matrix may be.
    pub(super) reason: Option<String>,
}

impl VerdictView {
    /// The verdict of a cell: the worst among the metrics that a rule names.
    pub(super) fn of(comparison: &CellComparison) -> Self {
        let changed = comparison.verdict != Verdict::Unchanged;
        let reason = changed.then(|| comparison.reason.clone());
        Self { reason, ..Self::named(comparison.verdict) }
    }

    /// Much more stayed than in the cells beside it: no verdict, but shown as one.
    pub(super) fn behind() -> Self {
        Self { word: "left behind", sign: "◣", class: "doubt", reason: None }
    }

    /// What became of a cell since the run before, in a word of its own.
    pub(super) const fn since(word: &'static str, sign: &'static str, class: &'static str) -> Self {
        Self { word, sign, class, reason: None }
    }

    /// A verdict, whatever led to it.
    pub(super) fn named(verdict: Verdict) -> Self {
        Self {
            word: wording::verdict(verdict),
            sign: wording::sign(verdict),
            class: class(verdict),
            reason: None,
        }
    }
}

/// The CSS class that a verdict has everywhere.
pub(super) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Improved => "good",
        Verdict::Unchanged => "same",
        Verdict::Regressed => "bad",
        Verdict::Inconclusive => "doubt",
        Verdict::NotComparable | Verdict::NotJudged => "none",
    }
}
