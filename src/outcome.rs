//! How a cell or an attempt ended. The words are a contract: they stand in every output.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a cell or an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Measured, and the workload succeeded.
    Ok,
    /// The workload exited with an error, was killed by a signal, or could not be started.
    Failed,
    /// A hunk of the state's patches did not apply.
    PatchFailed,
    /// The attempt took longer than its `timeout`.
    TimedOut,
    /// The attempt used more memory than its `memory_limit`.
    OverLimit,
    /// Something that the cell needs is not on this machine.
    Unavailable,
    /// The output differs from that of the cell's twin in the baseline state.
    WrongOutput,
    /// Ctrl-C, or the run was ended before the attempt was complete.
    Interrupted,
}

impl Outcome {
    /// Every outcome, in the order in which reports list them.
    pub const ALL: [Self; 8] = [
        Self::Ok,
        Self::Failed,
        Self::PatchFailed,
        Self::TimedOut,
        Self::OverLimit,
        Self::Unavailable,
        Self::WrongOutput,
        Self::Interrupted,
    ];

    /// The word for it, as in files and on the terminal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::PatchFailed => "patch-failed",
            Self::TimedOut => "timed-out",
            Self::OverLimit => "over-limit",
            Self::Unavailable => "unavailable",
            Self::WrongOutput => "wrong-output",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether a run with such a cell is incomplete; `strict` counts unavailable cells too.
    #[must_use]
    pub const fn is_incomplete(self, strict: bool) -> bool {
        match self {
            Self::Ok => false,
            Self::Unavailable => strict,
            _ => true,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serialised_word_is_the_printed_one() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_string(&outcome).unwrap(), format!("\"{outcome}\""));
        }
    }
}
