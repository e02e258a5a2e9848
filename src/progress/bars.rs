//! Spinners and a bar, for a person at a terminal.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::text::{self, Count};
use crate::event::Event;
use crate::outcome::Outcome;
use crate::render::format;

/// How often what moves is drawn anew.
const TICK: Duration = Duration::from_millis(120);

/// Draws events.
pub(super) struct Bars {
    area: MultiProgress,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Steps that run. Several of the same name may.
    steps: HashMap<String, Vec<ProgressBar>>,
    attempts: Option<ProgressBar>,
    /// Names of the attempts that run.
    running: Vec<String>,
    /// When the latest attempt was done: milliseconds since the first began.
    latest: Arc<AtomicU64>,
    count: Count,
    finished: bool,
}

impl Bars {
    pub(super) fn new() -> Self {
        Self::on(ProgressDrawTarget::stderr())
    }

    fn on(target: ProgressDrawTarget) -> Self {
        let area = MultiProgress::with_draw_target(target);
        area.set_move_cursor(false);
        Self { area, state: Mutex::default() }
    }

    pub(super) fn event(&self, event: &Event) {
        let mut state = self.state();
        state.count.take(event);
        let lasting = self.move_on(&mut state, event);
        if (lasting || state.finished)
            && let Some(line) = text::line(event, state.count)
        {
            // Also without a bar this is a line of its own.
            let _ = self.area.println(colored(&line));
        }
    }

    /// Clears what moves.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        state.finished = true;
        for bar in state.steps.drain().flat_map(|(_, bars)| bars).collect::<Vec<_>>() {
            bar.finish_and_clear();
        }
        if let Some(bar) = state.attempts.take() {
            bar.finish_and_clear();
        }
        let _ = self.area.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Updates what moves; says whether the event leaves a line behind.
    fn move_on(&self, state: &mut State, event: &Event) -> bool {
        match event {
            Event::StepStarted { step } => {
                if !state.finished {
                    let bar = self.spinner(step);
                    state.steps.entry(step.clone()).or_default().push(bar);
                }
                false
            }
            Event::StepFinished { step, .. } | Event::StepFailed { step, .. } => {
                if let Some(bar) = state.steps.get_mut(step).and_then(Vec::pop) {
                    bar.finish_and_clear();
                    self.area.remove(&bar);
                }
                true
            }
            Event::AttemptsStarted { attempts, .. } => {
                if let Some(bar) = state.attempts.take() {
                    bar.finish_and_clear();
                }
                state.attempts = Some(self.bar(*attempts, &state.latest));
                false
            }
            Event::AttemptStarted { cell, number, warmup, pass } => {
                state.running.push(text::name(cell, *number, *warmup, *pass));
                state.show_running();
                false
            }
            Event::AttemptFinished { cell, number, warmup, pass, outcome, .. } => {
                state.end_attempt(&text::name(cell, *number, *warmup, *pass));
                *outcome != Outcome::Ok
            }
            Event::AttemptSkipped { cell, number, warmup, pass } => {
                state.end_attempt(&text::name(cell, *number, *warmup, *pass));
                true
            }
            Event::Notice { .. } | Event::Interrupted => true,
        }
    }

    fn spinner(&self, step: &str) -> ProgressBar {
        let bar = self.area.add(ProgressBar::new_spinner());
        bar.set_style(
            style("{spinner} {wide_msg} {elapsed}")
                .tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "]),
        );
        bar.set_message(format::visible(step).into_owned());
        bar.enable_steady_tick(TICK);
        bar
    }

    fn bar(&self, attempts: usize, latest: &Arc<AtomicU64>) -> ProgressBar {
        let bar = self.area.add(ProgressBar::new(attempts as u64));
        let style = style("{bar:24} {pos}/{len}{left}  {wide_msg}").progress_chars("━╸─");
        let latest = Arc::clone(latest);
        bar.set_style(style.with_key("left", move |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&left(state, &latest).unwrap_or_default());
        }));
        bar.enable_steady_tick(TICK);
        bar
    }
}

impl State {
    fn end_attempt(&mut self, name: &str) {
        if let Some(place) = self.running.iter().position(|running| running == name) {
            self.running.remove(place);
        }
        if let Some(bar) = &self.attempts {
            let elapsed = u64::try_from(bar.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.latest.store(elapsed, Ordering::Relaxed);
            bar.inc(1);
        }
        self.show_running();
    }

    fn show_running(&self) {
        if let Some(bar) = &self.attempts {
            bar.set_message(self.running.join(", "));
        }
    }
}

/// The estimate, in whole seconds: what is left takes as long each as what is done took, since the
/// order is random. `latest` is how long it took, in milliseconds, until the latest one was done.
fn left(state: &ProgressState, latest: &AtomicU64) -> Option<String> {
    let (done, all) = (state.pos(), state.len()?);
    let latest = latest.load(Ordering::Relaxed) as f64 / 1000.0;
    let estimate = time_left(done, all, latest, state.elapsed().as_secs_f64())?;
    let estimate =
        if estimate < 60.0 { format!("{estimate:.0} s") } else { format::seconds(estimate) };
    Some(format!(", about {estimate} left"))
}

fn time_left(done: u64, all: u64, latest: f64, elapsed: f64) -> Option<f64> {
    let each = if done > 0 { latest / done as f64 } else { return None };
    let estimate = each * all.saturating_sub(done) as f64 - (elapsed - latest);
    Some(estimate.ceil()).filter(|seconds| *seconds >= 1.0)
}

/// A style; our templates are right, and a wrong one would only look plain.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A line with its colours, or without them if stderr is to have none.
fn colored(line: &str) -> String {
    match anstream::AutoStream::choice(&std::io::stderr()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(line).to_string(),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use indicatif::TermLike;

    use super::*;
    use crate::plan::CellId;

    /// A terminal that keeps what is written to it.
    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<String>>);

    impl TermLike for Recorder {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(&format!("{text}\n"))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn bars() -> (Bars, Recorder) {
        let screen = Recorder::default();
        (Bars::on(ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 20)), screen)
    }

    fn attempt(number: u32, outcome: Option<Outcome>) -> Event {
        let cell = CellId::from_values(["sqlite", "json"]);
        match outcome {
            None => Event::AttemptStarted { cell, number, warmup: false, pass: None },
            Some(outcome) => Event::AttemptFinished {
                cell,
                number,
                warmup: false,
                pass: None,
                outcome,
                reason: None,
                took: Duration::from_secs(1),
                peak_rss: None,
            },
        }
    }

    #[test]
    fn steps_and_trouble_leave_a_line_and_good_attempts_do_not() {
        let (bars, screen) = bars();
        let step = "applying 3 patches".to_owned();
        bars.event(&Event::StepStarted { step: step.clone() });
        bars.event(&Event::StepFinished { step, detail: "cached".to_owned(), took: TICK });
        bars.event(&Event::AttemptsStarted { attempts: 2, cells: 1 });
        for (number, outcome) in [(1, Outcome::Ok), (2, Outcome::Failed)] {
            bars.event(&attempt(number, None));
            bars.event(&attempt(number, Some(outcome)));
        }
        bars.finish();
        let text = anstream::adapter::strip_str(&screen.0.lock().unwrap()).to_string();
        assert!(text.contains("✓ applying 3 patches: cached"), "{text}");
        assert!(text.contains("[2/2] sqlite/json #2  failed"), "{text}");
        assert!(!text.contains("[1/2]"), "{text}");
    }

    #[test]
    fn thousands_of_attempts_from_several_threads_end_at_nothing_running() {
        let (bars, screen) = bars();
        bars.event(&Event::AttemptsStarted { attempts: 4000, cells: 4000 });
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let bars = &bars;
                scope.spawn(move || {
                    for number in 0..1000 {
                        bars.event(&attempt(thread * 1000 + number, None));
                        bars.event(&attempt(thread * 1000 + number, Some(Outcome::Ok)));
                    }
                });
            }
        });
        let state = bars.state();
        assert_eq!((state.count.done, state.running.len()), (4000, 0));
        assert_eq!(state.attempts.as_ref().unwrap().position(), 4000);
        drop(state);
        bars.finish();
        let drawn = screen.0.lock().unwrap().len();
        assert!(drawn < 4000 * 100, "{drawn} bytes: drawing is not limited");
    }

    #[test]
    fn the_estimate_shrinks_while_an_attempt_runs() {
        assert_eq!(time_left(0, 10, 0.0, 3.0), None);
        assert_eq!(time_left(2, 10, 8.0, 8.0), Some(32.0));
        assert_eq!(time_left(2, 10, 8.0, 11.0), Some(29.0));
        assert_eq!(time_left(9, 10, 9.0, 30.0), None, "it takes longer than expected");
        assert_eq!(time_left(10, 10, 9.0, 9.0), None);
    }

    #[test]
    fn what_comes_after_the_end_moves_nothing() {
        let (bars, screen) = bars();
        bars.finish();
        bars.event(&Event::StepStarted { step: "late".to_owned() });
        bars.event(&attempt(1, Some(Outcome::Ok)));
        assert!(bars.state().steps.is_empty());
        assert!(screen.0.lock().unwrap().contains("sqlite/json"));
    }
}
