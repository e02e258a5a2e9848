//! When samples are due: on absolute deadlines, a whole number of periods after the start, so that
//! one late sample doesn't shift those after it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Time since a moment. Read without a detour over the C library: a program that was just woken up
/// has nothing at hand, and each place in memory that it goes to takes it up to a microsecond.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch {
    clock: ClockId,
    began: Duration,
}

impl Stopwatch {
    /// Starts now.
    pub(super) fn start() -> Self {
        Self::of(ClockId::Monotonic)
    }

    /// The same for CPU time of this thread: what something takes, however long others keep it waiting.
    pub(super) fn of_cpu_time() -> Self {
        Self::of(ClockId::ThreadCPUTime)
    }

    fn of(clock: ClockId) -> Self {
        Self { clock, began: read(clock) }
    }

    /// Time since the start.
    pub(super) fn elapsed(self) -> Duration {
        read(self.clock).saturating_sub(self.began)
    }
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// The deadlines of one session. Times are since its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    period: Duration,
    next: Duration,
    met: u64,
    missed: u64,
    lateness: Duration,
    worst: Duration,
}

impl Deadlines {
    /// The first deadline is one period after the start.
    pub(super) const fn new(period: Duration) -> Self {
        let zero = Duration::ZERO;
        Self { period, next: period, met: 0, missed: 0, lateness: zero, worst: zero }
    }

    /// When the next sample is due.
    pub(super) const fn next(&self) -> Duration {
        self.next
    }

    /// Notes that the sample that was due is taken at `now`, and moves to the deadline after it.
    /// Deadlines that have passed meanwhile are missed.
    pub(super) fn meet(&mut self, now: Duration) {
        let late = now.saturating_sub(self.next);
        self.met += 1;
        self.lateness += late;
        self.worst = self.worst.max(late);
        let skipped = match late < self.period {
            true => 0, // As nearly always: no division of 128 bits for that.
            false => u32::try_from(late.as_nanos() / self.period.as_nanos()).unwrap_or(u32::MAX),
        };
        self.missed += u64::from(skipped);
        self.next += self.period.saturating_mul(skipped.saturating_add(1));
    }

    /// Deadlines that passed without a sample.
    pub(super) const fn missed(&self) -> u64 {
        self.missed
    }

    /// Deadlines that were met.
    pub(super) const fn met(&self) -> u64 {
        self.met
    }

    /// By how much samples came late: mean and worst.
    pub(super) fn lateness(&self) -> (Duration, Duration) {
        let met = u32::try_from(self.met.max(1)).unwrap_or(u32::MAX);
        (self.lateness / met, self.worst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_late_sample_does_not_shift_the_next() {
        let mut deadlines = Deadlines::new(ms(10));
        deadlines.meet(ms(13));
        assert_eq!(deadlines.next(), ms(20));
        deadlines.meet(ms(20));
        assert_eq!(deadlines.next(), ms(30));
        assert_eq!((deadlines.met(), deadlines.missed()), (2, 0));
        assert_eq!(deadlines.lateness(), (Duration::from_micros(1500), ms(3)));
    }

    #[test]
    fn what_is_early_or_was_never_due_is_not_late() {
        let mut deadlines = Deadlines::new(ms(10));
        assert_eq!(deadlines.lateness(), (ms(0), ms(0)));
        deadlines.meet(ms(7));
        assert_eq!((deadlines.lateness(), deadlines.next()), ((ms(0), ms(0)), ms(20)));
    }

    #[test]
    fn deadlines_that_passed_are_counted() {
        let mut deadlines = Deadlines::new(ms(10));
        deadlines.meet(ms(45));
        assert_eq!((deadlines.next(), deadlines.missed()), (ms(50), 3));
        deadlines.meet(ms(60));
        assert_eq!((deadlines.next(), deadlines.missed()), (ms(70), 4));
    }
}
