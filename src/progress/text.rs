//! Events in words. Each is one line.

use anstyle::{AnsiColor, Style};

use crate::event::Event;
use crate::outcome::Outcome;
use crate::plan::{CellId, Pass};
use crate::render::format;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();

/// Attempts done so far, of how many.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) done: usize,
    pub(super) all: usize,
}

/// The line for an event; `None` for those that only begin something. `count` includes it.
pub(super) fn line(event: &Event, count: Count) -> Option<String> {
    Some(match event {
        Event::StepStarted { .. } | Event::AttemptStarted { .. } => return None,
        Event::StepFinished { step, detail, took } => {
            let took = format::seconds(took.as_secs_f64());
            format!("{GOOD}✓{GOOD:#} {step}{} {QUIET}{took}{QUIET:#}", after_colon(detail))
        }
        Event::StepFailed { step, reason } => {
            format!("{BAD}✗{BAD:#} {step}{}", after_colon(reason))
        }
        Event::AttemptsStarted { attempts, cells } => {
            format!(
                "{} of {}",
                format::counted(*attempts, "attempt"),
                format::counted(*cells, "cell")
            )
        }
        Event::AttemptFinished { cell, number, warmup, pass, outcome, reason, took, peak_rss } => {
            let style = match outcome {
                Outcome::Ok => GOOD,
                Outcome::Unavailable | Outcome::Interrupted => ODD,
                _ => BAD,
            };
            let peak =
                peak_rss.map_or_else(String::new, |peak| format!("  {}", format::bytes(peak)));
            let took = format::seconds(took.as_secs_f64());
            let name = name(cell, *number, *warmup, *pass);
            let reason = reason.as_deref().map(after_colon).unwrap_or_default();
            format!("{} {name}  {style}{outcome}{style:#}{peak}  {took}{reason}", position(count))
        }
        Event::AttemptSkipped { cell, number, warmup, pass } => {
            let name = name(cell, *number, *warmup, *pass);
            format!("{} {name}  {ODD}skipped{ODD:#}: an earlier attempt failed", position(count))
        }
        Event::Notice { text } => format!("{ODD}note{ODD:#}{}", after_colon(text)),
        Event::Interrupted => {
            format!("{ODD}interrupted{ODD:#}: ending what runs; Ctrl-C again leaves at once")
        }
    })
}

/// Whether something went wrong that even a quiet user should know.
pub(super) fn is_trouble(event: &Event) -> bool {
    match event {
        Event::StepFailed { .. } | Event::Notice { .. } | Event::Interrupted => true,
        Event::AttemptFinished { outcome, .. } => *outcome != Outcome::Ok,
        _ => false,
    }
}

/// `sqlite/json/patched`, `sqlite/json/patched #2`, `sqlite/json/patched warm-up`,
/// `sqlite/json/patched objects`.
pub(super) fn name(cell: &CellId, number: u32, warmup: bool, pass: Option<Pass>) -> String {
    match (pass, warmup, number) {
        (Some(pass), ..) => format!("{cell} {}", pass.as_str()),
        (None, true, _) => format!("{cell} warm-up"),
        (None, false, 1) => cell.to_string(),
        (None, false, number) => format!("{cell} #{number}"),
    }
}

fn position(count: Count) -> String {
    let width = count.all.to_string().len();
    format!("{QUIET}[{:>width$}/{}]{QUIET:#}", count.done, count.all)
}

/// The first line of a text, with what a terminal would obey made visible.
fn after_colon(text: &str) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if first.is_empty() {
        String::new()
    } else {
        format!(": {}", format::visible(first.trim_end()))
    }
}
