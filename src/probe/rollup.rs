//! When PSS and USS are read. The kernel walks every page table for them and holds the program's
//! memory map meanwhile, so their own cost sets how often: 1% of the time, and twice a second at
//! most. The first few come closer together, so that short programs have some too.

use std::time::Duration;

/// Not at the very start: what lives for a millisecond should not be stopped for this.
const FIRST: Duration = Duration::from_millis(10);
const LONGEST_GAP: Duration = Duration::from_millis(500);
/// Time that must pass for each unit of time that a reading took.
const SHARE: u32 = 100;

/// Times are since the workload's start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    due: Duration,
    affordable: Duration,
    gap: Duration,
}

impl Schedule {
    pub(super) const fn new() -> Self {
        Self { due: FIRST, affordable: Duration::ZERO, gap: FIRST }
    }

    /// Whether a reading is due.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        now >= self.due
    }

    /// Whether there may be one more, as for a mark, that is not due.
    pub(super) fn is_affordable(&self, now: Duration) -> bool {
        now >= self.affordable
    }

    /// Notes a reading.
    pub(super) fn done(&mut self, began: Duration, ended: Duration) {
        self.affordable = ended + ended.saturating_sub(began) * SHARE;
        self.gap = (self.gap * 2).min(LONGEST_GAP);
        self.due = self.affordable.max(ended + self.gap);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn cheap_readings_come_twice_a_second_after_an_early_few() {
        let mut schedule = Schedule::new();
        let mut readings = Vec::new();
        for now in (0..3000).map(ms) {
            if schedule.is_due(now) {
                schedule.done(now, now + Duration::from_micros(100));
                readings.push(now.as_millis());
            }
        }
        assert_eq!(readings, [10, 31, 72, 153, 314, 635, 1136, 1637, 2138, 2639]);
    }

    #[test]
    fn dear_readings_take_a_hundredth_of_the_time() {
        let mut schedule = Schedule::new();
        schedule.done(ms(10), ms(30));
        assert!(!schedule.is_due(ms(2029)) && !schedule.is_affordable(ms(2029)));
        assert!(schedule.is_due(ms(2030)) && schedule.is_affordable(ms(2030)));
    }
}
