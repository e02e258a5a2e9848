//! What happens while a run is prepared and executed. `prepare`, `backend` and `execute` emit
//! events and never print; `progress` shows them.

use std::time::Duration;

use crate::outcome::Outcome;
use crate::plan::{CellId, Pass};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A step of the preparation began: `starting PostgreSQL`, `applying 3 patches to Django`.
    StepStarted {
        /// Names the step; the same text ends it.
        step: String,
    },
    /// A step ended well. Steps that had nothing to do (all was in the cache) are reported too.
    StepFinished {
        /// As in [`Event::StepStarted`].
        step: String,
        /// How it went, in a few words: `15.18`, `50,000 rows in 0.8 s`, `cached`.
        detail: String,
        /// How long it took.
        took: Duration,
    },
    /// A step failed; the run goes on without what it would have given.
    StepFailed {
        /// As in [`Event::StepStarted`].
        step: String,
        /// Why.
        reason: String,
    },
    /// All is prepared; attempts begin.
    AttemptsStarted {
        /// How many attempts there are to run.
        attempts: usize,
        /// Of how many cells.
        cells: usize,
    },
    /// An attempt began.
    AttemptStarted {
        /// Its cell.
        cell: CellId,
        /// Its number within the cell, from 1.
        number: u32,
        /// Run to warm up.
        warmup: bool,
        /// What it looks for, if it gives no figures.
        pass: Option<Pass>,
    },
    /// An attempt ended.
    AttemptFinished {
        /// Its cell.
        cell: CellId,
        /// Its number within the cell, from 1.
        number: u32,
        /// Run to warm up.
        warmup: bool,
        /// What it looks for, if it gives no figures.
        pass: Option<Pass>,
        /// How it ended.
        outcome: Outcome,
        /// Why, unless it is `ok`.
        reason: Option<String>,
        /// How long it took.
        took: Duration,
        /// Peak RSS in bytes, if it was measured.
        peak_rss: Option<f64>,
    },
    /// An attempt is not run, since an earlier one of its cell failed.
    AttemptSkipped {
        /// Its cell.
        cell: CellId,
        /// Its number within the cell, from 1.
        number: u32,
        /// Would have been run to warm up.
        warmup: bool,
        /// What it looks for, if it gives no figures.
        pass: Option<Pass>,
    },
    /// Something that the user should know, and that is no step of its own.
    Notice {
        /// One sentence.
        text: String,
    },
    /// The first Ctrl-C was seen: running attempts are being ended.
    Interrupted,
}

/// Where events go. Called from many threads.
pub trait Observer: Sync {
    /// Takes note of one event.
    fn event(&self, event: Event);
}

/// An observer that ignores everything, for callers that show nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: Event) {}
}

/// Emits the start and the end of a step around `work`. `work` returns its value and the detail
/// that [`Event::StepFinished`] shows.
pub fn step<T, E: std::fmt::Display>(
    observer: &dyn Observer,
    step: &str,
    work: impl FnOnce() -> Result<(T, String), E>,
) -> Result<T, E> {
    let began = std::time::Instant::now();
    observer.event(Event::StepStarted { step: step.to_owned() });
    match work() {
        Ok((value, detail)) => {
            let took = began.elapsed();
            observer.event(Event::StepFinished { step: step.to_owned(), detail, took });
            Ok(value)
        }
        Err(error) => {
            observer.event(Event::StepFailed { step: step.to_owned(), reason: error.to_string() });
            Err(error)
        }
    }
}
