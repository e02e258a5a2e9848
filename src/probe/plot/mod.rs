//! A chart of memory over time in the terminal: under the summary, or of a stored sample file.
//!
//! While the workload runs only numbers are gathered ([`Gathered`]), and only if somebody will see
//! them; all drawing comes after its end.

mod command;
mod curve;
mod draw;
mod labels;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

#[cfg(test)]
pub(super) use command::HELP;
pub(super) use command::{Request, parse, run};

use curve::{Curve, Span};
use draw::Plot;

use super::record::{Sample, seconds};
use super::terminal::Look;

/// Marks that are kept at most: more have no room in any terminal.
const MOST_MARKS: usize = 256;
/// Characters of a mark's name that are kept: more than are shown.
const NAME: usize = 64;

/// When to draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum When {
    /// If stderr is a terminal.
    #[default]
    Auto,
    Always,
    Never,
}

impl When {
    pub(super) fn parse(text: &str) -> Result<Self, lexopt::Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(format!("--plot {text}: it is auto, always or never").into()),
        }
    }

    pub(super) fn applies(self) -> bool {
        match self {
            Self::Auto => io::stderr().is_terminal(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// What is kept for the chart while the workload runs.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    rss: Curve,
    heap: Curve,
    marks: Vec<(f64, String)>,
    more_marks: u64,
}

impl Gathered {
    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    pub(super) fn sample(&mut self, sample: &Sample) {
        let t = sample.t.as_secs_f64();
        if sample.tree.threads == 0 {
            self.rss.skip();
        } else {
            self.rss.add(t, sample.tree.rss as f64, sample.tree.peak as f64);
        }
        match sample.heap {
            Some(live) => self.heap.add(t, live.heap as f64, live.heap as f64),
            None => self.heap.skip(),
        }
    }

    pub(super) fn mark(&mut self, name: &str, t: Duration) {
        if self.marks.len() == MOST_MARKS {
            self.more_marks += 1;
        } else {
            self.marks.push((seconds(t), name.chars().take(NAME).collect()));
        }
    }

    /// The chart, for stderr. `wall` is when the workload ended, and `peak` the highest of all if
    /// it is known to be the workload's one process's: what no sample saw came after the last one.
    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    pub(super) fn draw(mut self, wall: Duration, peak: Option<u64>) -> String {
        if let Some(peak) = peak {
            self.rss.end(seconds(wall), peak as f64);
        }
        let plot = Plot {
            title: "RSS",
            spans: self.rss.spans(),
            part: in_use(&self.heap),
            marks: &self.marks,
            more_marks: self.more_marks,
            end: seconds(wall),
            top: 0.0,
        };
        draw::draw(&plot, Look::of(io::stderr())).unwrap_or_default()
    }
}

/// The part of RSS that is live heap, if that was counted.
fn in_use(heap: &Curve) -> Option<(&str, &[Span])> {
    let spans = heap.spans();
    (spans.len() > 1).then_some(("live heap", spans))
}
