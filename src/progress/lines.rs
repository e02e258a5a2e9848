//! One line for each event that ends something, for logs and for those who asked for quiet.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::text::{self, Count};
use crate::event::Event;

/// Writes events as lines.
pub(super) struct Lines<W> {
    quiet: bool,
    state: Mutex<(W, Count)>,
}

impl<W: Write> Lines<W> {
    pub(super) const fn new(out: W, quiet: bool) -> Self {
        Self { quiet, state: Mutex::new((out, Count { done: 0, all: 0 })) }
    }

    pub(super) fn event(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, count) = &mut *state;
        count.take(event);
        if self.quiet && !text::is_trouble(event) {
            return;
        }
        if let Some(line) = text::line(event, *count) {
            // Nobody is left to be told when stderr is closed.
            let _ = out.write_all(format!("{line}\n").as_bytes());
        }
    }
}

impl Count {
    /// Counts an event.
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::AttemptsStarted { attempts, .. } => *self = Self { done: 0, all: *attempts },
            Event::AttemptFinished { .. } | Event::AttemptSkipped { .. } => self.done += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outcome::Outcome;
    use crate::plan::CellId;

    fn shown(quiet: bool, events: &[Event]) -> String {
        let lines = Lines::new(Vec::new(), quiet);
        for event in events {
            lines.event(event);
        }
        let (out, _) = lines.state.into_inner().unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    fn finished(cell: &str, number: u32, outcome: Outcome, reason: Option<&str>) -> Event {
        Event::AttemptFinished {
            cell: CellId::from_values([cell]),
            number,
            warmup: false,
            pass: None,
            outcome,
            reason: reason.map(str::to_owned),
            took: Duration::from_millis(2120),
            peak_rss: (outcome == Outcome::Ok).then_some(51.6 * 1024.0 * 1024.0),
        }
    }

    fn a_run() -> Vec<Event> {
        let step = "starting PostgreSQL".to_owned();
        let took = Duration::from_millis(1200);
        let cell = CellId::from_values(["a"]);
        vec![
            Event::StepStarted { step: step.clone() },
            Event::StepFinished { step: step.clone(), detail: "15.14".to_owned(), took },
            Event::StepFailed { step, reason: "no server\nof any kind".to_owned() },
            Event::AttemptsStarted { attempts: 12, cells: 6 },
            Event::AttemptStarted { cell: cell.clone(), number: 1, warmup: false, pass: None },
            finished("a", 1, Outcome::Ok, None),
            finished("a", 2, Outcome::Failed, Some("exit status 1\u{1b}[2J\nmore")),
            Event::AttemptSkipped { cell, number: 3, warmup: false, pass: None },
            Event::Interrupted,
        ]
    }

    #[test]
    fn each_step_and_each_attempt_is_one_line() {
        assert_eq!(
            shown(false, &a_run()),
            "✓ starting PostgreSQL: 15.14 1.2 s
✗ starting PostgreSQL: no server
12 attempts of 6 cells
[ 1/12] a  ok  51.6 MiB  2.1 s
[ 2/12] a #2  failed  2.1 s: exit status 1␛[2J
[ 3/12] a #3  skipped: an earlier attempt failed
interrupted: ending what runs; Ctrl-C again leaves at once
"
        );
    }

    #[test]
    fn quiet_tells_of_trouble_only() {
        assert_eq!(shown(true, &a_run()).lines().count(), 3);
        assert_eq!(shown(true, &[finished("a", 1, Outcome::Ok, None)]), "");
    }

    #[test]
    fn lines_of_several_threads_stay_whole() {
        let lines = Lines::new(Vec::new(), false);
        lines.event(&Event::AttemptsStarted { attempts: 400, cells: 400 });
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        lines.event(&finished("cell", 1, Outcome::Ok, None));
                    }
                });
            }
        });
        let (out, count) = lines.state.into_inner().unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        assert_eq!((text.lines().count(), count.done), (401, 400));
        assert!(text.lines().skip(1).all(|line| line.ends_with("cell  ok  51.6 MiB  2.1 s")));
        assert!(text.ends_with("[400/400] cell  ok  51.6 MiB  2.1 s\n"));
    }
}
