//! When PSS and USS are read. The kernel walks every page table for them and holds the program's
//! memory map meanwhile, so their own cost sets how often, and what there is to learn: a thousandth
//! of the time while nothing tells of a change, and up to a hundredth after one. Twice a second at
//! most; but in the first second they come closer together, so that short programs have some too.

use std::time::Duration;

/// Not at the very start: what lives for a millisecond should not be stopped for this.
const FIRST: Duration = Duration::from_millis(10);
const LONGEST_GAP: Duration = Duration::from_millis(500);
/// Time that must pass for each unit of time that a reading took, when there is news.
const SHARE: u32 = 100;
/// The same without any: other programs may still have come to share pages, or have ceased to.
const SHARE_AT_REST: u32 = 1000;
/// Before this time there is always news.
const BEGINNING: Duration = Duration::from_secs(1);
/// What part of the memory has to change to be news.
const NEWS: u64 = 100;

/// What tells that PSS or USS may have changed, and costs nothing since it is read anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Resident memory of the tree, in bytes.
    pub(super) rss: u64,
    /// Bytes that its processes may have ceased to share so far, which their RSS doesn't tell.
    pub(super) copied: u64,
    /// Processes that came or went so far.
    pub(super) changes: u64,
}

impl Signs {
    /// Whether there is news since `before`.
    fn differ_from(&self, before: &Self) -> bool {
        let moved = self.rss.abs_diff(before.rss).max(self.copied.abs_diff(before.copied));
        self.changes != before.changes || moved > before.rss / NEWS
    }
}

/// Times are since the workload's start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// When it may be read with news, for a mark, and without news.
    due: Duration,
    affordable: Duration,
    due_at_rest: Duration,
    gap: Duration,
    /// As they were at the latest reading.
    signs: Signs,
}

impl Schedule {
    pub(super) fn new() -> Self {
        Self {
            due: FIRST,
            affordable: Duration::ZERO,
            due_at_rest: FIRST,
            gap: FIRST,
            signs: Signs::default(),
        }
    }

    /// Whether a reading is due.
    pub(super) fn is_due(&self, now: Duration, signs: &Signs) -> bool {
        now >= self.due && (now >= self.due_at_rest || signs.differ_from(&self.signs))
    }

    /// Whether there may be one more, as for a mark, that is not due.
    pub(super) fn is_affordable(&self, now: Duration) -> bool {
        now >= self.affordable
    }

    /// Notes a reading.
    pub(super) fn done(&mut self, began: Duration, ended: Duration, signs: Signs) {
        let took = ended.saturating_sub(began);
        self.affordable = ended + took * SHARE;
        self.gap = (self.gap * 2).min(LONGEST_GAP);
        self.due = self.affordable.max(ended + self.gap);
        let at_rest = if ended < BEGINNING { SHARE } else { SHARE_AT_REST };
        self.due_at_rest = ended + took * at_rest;
        self.signs = signs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const HELD: Signs = Signs { rss: 64 << 20, copied: 0, changes: 1 };

    /// In milliseconds, the readings of the first `until`, each of which takes `micros`.
    fn readings(until: u64, micros: u64, signs: impl Fn(u64) -> Signs) -> Vec<u64> {
        let mut schedule = Schedule::new();
        let due = |now: &u64| {
            let is_due = schedule.is_due(ms(*now), &signs(*now));
            if is_due {
                schedule.done(ms(*now), ms(*now) + Duration::from_micros(micros), signs(*now));
            }
            is_due
        };
        (0..until).filter(due).collect()
    }

    #[test]
    fn cheap_readings_come_twice_a_second_after_an_early_few() {
        let growing = |now| Signs { rss: now << 20, ..HELD };
        for found in [readings(3000, 100, |_| HELD), readings(3000, 100, growing)] {
            assert_eq!(found, [10, 31, 72, 153, 314, 635, 1136, 1637, 2138, 2639]);
        }
    }

    #[test]
    fn dear_readings_take_a_hundredth_of_the_time_and_a_thousandth_at_rest() {
        assert_eq!(readings(50_000, 20_000, |_| HELD), [10, 2030, 22_050, 42_070]);
        let growing = |now| Signs { rss: now << 20, ..HELD };
        assert_eq!(readings(7000, 20_000, growing), [10, 2030, 4050, 6070]);
        let mut schedule = Schedule::new();
        schedule.done(ms(10), ms(30), HELD);
        assert!(!schedule.is_affordable(ms(2029)) && schedule.is_affordable(ms(2030)));
    }

    #[test]
    fn news_is_read_at_once() {
        let jump = |signs: Signs| move |now| if now < 7000 { HELD } else { signs };
        for news in [
            Signs { rss: 128 << 20, ..HELD },
            Signs { rss: 1 << 20, ..HELD },
            Signs { copied: 1 << 20, ..HELD },
            Signs { changes: 2, ..HELD },
        ] {
            assert_eq!(readings(20_000, 10_000, jump(news)), [10, 1020, 7000, 17_010], "{news:?}");
        }
        let hardly = Signs { rss: HELD.rss + HELD.rss / 200, copied: HELD.rss / 200, ..HELD };
        assert_eq!(readings(20_000, 10_000, jump(hardly)), [10, 1020, 11_030]);
    }

    #[test]
    fn what_changes_slowly_is_news_in_the_end() {
        // One part in a hundred every 3 s.
        let growing = |now: u64| Signs { rss: HELD.rss + HELD.rss / 300_000 * now, ..HELD };
        let found = readings(8000, 10_000, growing);
        assert_eq!(found[..2], [10, 1020]);
        let gaps = found[1..].windows(2).map(|pair| pair[1] - pair[0]);
        assert!(
            found.len() == 4 && gaps.clone().all(|gap| (3000..3200).contains(&gap)),
            "{found:?}"
        );
    }
}
