//! Which attempt runs when: strictly in the given order, `jobs` at a time.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use indexmap::IndexMap;

use super::stop::Stop;
use super::{Settings, Task, attempt};
use crate::collect::RunDir;
use crate::collect::record::AttemptRecord;
use crate::error::{Context, Error, Result};
use crate::event::{Event, Observer};
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::plan::{Attempt, CellId};

/// Runs `attempts` in order and gives their records, in the same order. Each is in the run's
/// folder as soon as it has ended.
///
/// Once an attempt of a cell has failed, the cell's further attempts are skipped, since they
/// would fail the same way; [`Event::AttemptSkipped`] tells of each. After an interrupt nothing
/// new is started, and the attempts that were running are recorded as `interrupted`; whether that
/// happened is for the caller to ask of `interrupt`.
///
/// # Errors
/// When a record can't be written or a cell has no task. What was recorded before is kept.
pub fn execute(
    tasks: &IndexMap<CellId, Task>,
    attempts: &[Attempt],
    settings: &Settings,
    run: &RunDir,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<Vec<AttemptRecord>> {
    let cells = attempts.iter().map(|attempt| &attempt.cell).collect::<HashSet<_>>().len();
    observer.event(Event::AttemptsStarted { attempts: attempts.len(), cells });
    let jobs = settings.jobs.clamp(1, attempts.len().max(1));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|index| format!("attempts-{index}"))
        .build()
        .context(|| format!("{jobs} threads can't be started"))?;
    let schedule = Schedule {
        tasks,
        attempts,
        settings,
        run,
        observer,
        stop: Stop::new(interrupt, observer),
        next: AtomicUsize::new(0),
        broken: AtomicBool::new(false),
        failed: Mutex::default(),
    };
    let mut records = Vec::with_capacity(attempts.len());
    for worked in pool.broadcast(|_| schedule.work()) {
        records.extend(worked?);
    }
    records.sort_unstable_by_key(|(index, _)| *index);
    Ok(records.into_iter().map(|(_, record)| record).collect())
}

/// What the threads share.
struct Schedule<'a> {
    tasks: &'a IndexMap<CellId, Task>,
    attempts: &'a [Attempt],
    settings: &'a Settings,
    run: &'a RunDir,
    observer: &'a dyn Observer,
    stop: Stop<'a>,
    next: AtomicUsize,
    /// An attempt could not be recorded: nothing new is started.
    broken: AtomicBool,
    failed: Mutex<HashSet<&'a CellId>>,
}

impl<'a> Schedule<'a> {
    /// One thread's share: the next attempt, until there is none.
    fn work(&self) -> Result<Vec<(usize, AttemptRecord)>> {
        let mut records = Vec::new();
        while let Some((index, attempt)) = self.take() {
            if self.has_failed(&attempt.cell) {
                self.observer.event(skipped(attempt));
                continue;
            }
            match self.measure(attempt) {
                Ok(record) => records.push((index, record)),
                Err(error) => {
                    self.broken.store(true, Ordering::SeqCst);
                    return Err(error);
                }
            }
        }
        Ok(records)
    }

    fn take(&self) -> Option<(usize, &'a Attempt)> {
        if self.stop.is_raised() || self.broken.load(Ordering::SeqCst) {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::SeqCst);
        Some((index, self.attempts.get(index)?))
    }

    fn measure(&self, planned: &'a Attempt) -> Result<AttemptRecord> {
        let Attempt { cell, number, warmup, pass } = planned;
        let task = self
            .tasks
            .get(cell)
            .ok_or_else(|| Error::bug(format!("cell {cell} is to be run and has no task")))?;
        let (cell, number, warmup, pass) = (cell.clone(), *number, *warmup, *pass);
        self.observer.event(Event::AttemptStarted { cell: cell.clone(), number, warmup, pass });
        let began = Instant::now();
        let record = attempt::run(planned, task, self.settings, self.run, &self.stop)?;
        // A pass that fails says nothing of the others.
        if pass.is_none() && !matches!(record.outcome, Outcome::Ok | Outcome::Interrupted) {
            self.failed().insert(&planned.cell);
        }
        self.observer.event(Event::AttemptFinished {
            cell,
            number,
            warmup,
            pass,
            outcome: record.outcome,
            reason: record.reason.clone(),
            took: began.elapsed(),
            peak_rss: peak_rss(&record),
        });
        Ok(record)
    }

    fn has_failed(&self, cell: &CellId) -> bool {
        self.failed().contains(cell)
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, HashSet<&'a CellId>> {
        self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn skipped(attempt: &Attempt) -> Event {
    Event::AttemptSkipped {
        cell: attempt.cell.clone(),
        number: attempt.number,
        warmup: attempt.warmup,
        pass: attempt.pass,
    }
}

fn peak_rss(record: &AttemptRecord) -> Option<f64> {
    record.result.as_ref()?.metrics.get("peak_rss")?.value
}
