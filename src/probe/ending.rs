//! How a workload that has to stop is stopped: a signal that it can handle, and after a while one
//! that it can't.

use std::time::Duration;

use rustix::process::Signal;

use super::{EXIT_OVER_LIMIT, EXIT_TIMED_OUT};
use crate::measurement::ProbeOutcome;

/// Time to clean up in.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// Why and since when the workload is being stopped.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) cause: Cause,
    pub(super) message: String,
    /// When SIGKILL follows.
    pub(super) kill_at: Duration,
}

/// Why the workload has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    TimedOut,
    OverLimit,
    /// memprobe was told to, by this signal.
    Interrupted(i32),
}

impl Ending {
    pub(super) fn new(cause: Cause, message: String, now: Duration) -> Self {
        Self { cause, message, kill_at: now + GRACE }
    }
}

impl Cause {
    pub(super) const fn outcome(self) -> ProbeOutcome {
        match self {
            Self::TimedOut => ProbeOutcome::TimedOut,
            Self::OverLimit => ProbeOutcome::OverLimit,
            Self::Interrupted(_) => ProbeOutcome::Interrupted,
        }
    }

    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::TimedOut => EXIT_TIMED_OUT,
            Self::OverLimit => EXIT_OVER_LIMIT,
            Self::Interrupted(signal) => after_signal(signal),
        }
    }

    /// What the workload is asked with: what we were told, or SIGTERM.
    pub(super) fn signal(self) -> Signal {
        match self {
            Self::Interrupted(signal) => Signal::from_named_raw(signal).unwrap_or(Signal::TERM),
            Self::TimedOut | Self::OverLimit => Signal::TERM,
        }
    }
}

/// The exit code that shells give for a program that a signal ended.
pub(super) fn after_signal(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
