//! Shows events on stderr: bars on a terminal, plain lines elsewhere. Consumes events, and only that.

mod bars;
mod lines;
mod text;

use std::io::{IsTerminal as _, stderr};

use crate::event::{Event, Observer};
use bars::Bars;
use lines::Lines;

/// How events are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A spinner for each step and a bar for the attempts, for a person at a terminal.
    Bars,
    /// A line for each step and each attempt, for logs.
    Lines,
    /// A line for what went wrong, and nothing else.
    Quiet,
}

impl Mode {
    /// The mode for this process: `quiet` as the user asked for it, `ci` if a CI system runs it
    /// (they say so by the variable `CI`, and some have a terminal).
    #[must_use]
    pub fn choose(quiet: bool, ci: bool) -> Self {
        match (quiet, stderr().is_terminal() && !ci) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Bars,
            (false, false) => Self::Lines,
        }
    }
}

/// Shows events on stderr. May be given events from several threads; what it shows of one event
/// stays together.
pub struct Progress(Shown);

enum Shown {
    Bars(Bars),
    Lines(Lines<anstream::AutoStream<std::io::Stderr>>),
}

/// An observer that shows events on stderr in this way. Colours are used as anstream's global
/// choice says.
#[must_use]
pub fn observer(mode: Mode) -> Progress {
    let lines = |quiet| Lines::new(anstream::AutoStream::auto(stderr()), quiet);
    Progress(match mode {
        Mode::Bars => Shown::Bars(Bars::new()),
        Mode::Lines => Shown::Lines(lines(false)),
        Mode::Quiet => Shown::Lines(lines(true)),
    })
}

impl Progress {
    /// Clears what moves, so that others may write to the terminal. Dropping it does so too;
    /// further events are shown as plain lines.
    pub fn finish(&self) {
        if let Shown::Bars(bars) = &self.0 {
            bars.finish();
        }
    }
}

impl Observer for Progress {
    fn event(&self, event: Event) {
        match &self.0 {
            Shown::Bars(bars) => bars.event(&event),
            Shown::Lines(lines) => lines.event(&event),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
