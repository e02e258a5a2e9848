//! When PSS and USS are read. The kernel walks every page table for them and holds the program's
//! memory map meanwhile, so their own cost sets how often, and what there is to learn: up to a
//! hundredth of the time after a change, and hardly ever while nothing tells of one. Twice a second
//! at most; but in the first second they come closer together, so that short programs have some too.

use std::time::Duration;

/// Not at the very start: what lives for a millisecond should not be stopped for this.
const FIRST: Duration = Duration::from_millis(10);
const LONGEST_GAP: Duration = Duration::from_millis(500);
/// Time that must pass for each unit of time that a reading took, when there is news.
const SHARE: u32 = 100;
/// The same without any: other programs may still have come to share pages, or have ceased to.
const SHARE_AT_REST: u32 = 10_000;
/// How old a reading may become even so, if that hundredth allows another.
const OLDEST: Duration = Duration::from_secs(10);
/// Before this time there is always news.
const BEGINNING: Duration = Duration::from_secs(1);
/// What part of the memory has to change to be news.
const NEWS: u64 = 100;

/// What tells that PSS or USS may have changed, and costs nothing since it is read anyway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// Resident memory of the tree in bytes: anonymous, of files, shared.
    pub(super) held: [u64; 3],
    /// Bytes that its processes may have ceased to share so far, which their RSS doesn't tell.
    pub(super) copied: u64,
    /// Processes that came or went so far.
    pub(super) changes: u64,
}

impl Signs {
    /// Whether there is news since `before`.
    fn differ_from(&self, before: &Self) -> bool {
        let pairs = self.held.iter().zip(before.held).chain([(&self.copied, before.copied)]);
        let moved = pairs.map(|(now, before)| now.abs_diff(before)).max();
        let enough = before.held.iter().sum::<u64>() / NEWS;
        self.changes != before.changes || moved > Some(enough)
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

    /// When the next reading is due, if there are no other signs by then.
    pub(super) fn due(&self, signs: &Signs) -> Duration {
        if signs.differ_from(&self.signs) { self.due } else { self.due.max(self.due_at_rest) }
    }

    /// Whether a reading is due.
    pub(super) fn is_due(&self, now: Duration, signs: &Signs) -> bool {
        now >= self.due(signs)
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
        let at_rest = (took * SHARE_AT_REST).min(OLDEST);
        self.due_at_rest = if ended < BEGINNING { self.due } else { ended + at_rest };
        self.signs = signs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const HELD: Signs = held(64 << 20);

    const fn held(anonymous: u64) -> Signs {
        Signs { held: [anonymous, 0, 0], copied: 0, changes: 1 }
    }

    /// In milliseconds, the readings of the first `until`, each of which takes `micros`.
    fn readings(until: u64, micros: u64, signs: impl Fn(u64) -> Signs) -> Vec<u64> {
        let mut schedule = Schedule::new();
        let due = |now: &u64| {
            let announced = schedule.due(&signs(*now));
            let is_due = schedule.is_due(ms(*now), &signs(*now));
            assert_eq!(is_due, ms(*now) >= announced);
            if is_due {
                schedule.done(ms(*now), ms(*now) + Duration::from_micros(micros), signs(*now));
            }
            is_due
        };
        (0..until).filter(due).collect()
    }

    #[test]
    fn cheap_readings_come_twice_a_second_after_an_early_few() {
        let growing = |now| held(now << 20);
        for found in [readings(3000, 50, |_| HELD), readings(3000, 50, growing)] {
            assert_eq!(found, [10, 31, 72, 153, 314, 635, 1136, 1637, 2138, 2639]);
        }
    }

    #[test]
    fn dear_readings_take_a_hundredth_of_the_time() {
        let growing = |now| held(now << 20);
        assert_eq!(readings(7000, 20_000, growing), [10, 2030, 4050, 6070]);
        let mut schedule = Schedule::new();
        assert!(schedule.is_affordable(ms(0)), "for a mark at the very start");
        schedule.done(ms(10), ms(30), HELD);
        assert!(!schedule.is_affordable(ms(2029)) && schedule.is_affordable(ms(2030)));
    }

    #[test]
    fn at_rest_they_take_far_less_but_do_not_cease() {
        for amount in [64 << 20, 0] {
            assert_eq!(readings(7000, 200, |_| held(amount))[6..], [1136, 3137, 5138]);
        }
        assert_eq!(readings(30_000, 20_000, |_| HELD), [10, 2030, 12_050, 22_070]);
        assert_eq!(readings(80_000, 200_000, |_| HELD), [10, 20_210, 40_410, 60_610]);
    }

    #[test]
    fn news_is_read_at_once() {
        let jump = |signs: Signs| move |now| if now < 7000 { HELD } else { signs };
        for news in [
            held(128 << 20),
            held(1 << 20),
            Signs { held: [0, 64 << 20, 0], ..HELD },
            Signs { copied: 1 << 20, ..HELD },
            Signs { changes: 2, ..HELD },
        ] {
            assert_eq!(readings(17_000, 10_000, jump(news)), [10, 1020, 7000], "{news:?}");
        }
        let hardly = Signs { copied: (64 << 20) / 200, ..held((64 << 20) / 200 * 201) };
        assert_eq!(readings(17_000, 10_000, jump(hardly)), [10, 1020, 11_030]);
        let in_kinds = |held| Signs { held, ..HELD };
        let of_files = in_kinds([1 << 20, 63 << 20, 0]);
        assert!(!in_kinds([1 << 20, 63 << 20, 1 << 19]).differ_from(&of_files), "of all kinds");
    }

    #[test]
    fn what_changes_slowly_is_news_in_the_end() {
        // One part in a hundred every 3 s.
        let growing = |now: u64| held((64 << 20) + (64 << 20) / 300_000 * now);
        let found = readings(8000, 10_000, growing);
        assert_eq!(found[..2], [10, 1020]);
        let gaps = found[1..].windows(2).map(|pair| pair[1] - pair[0]);
        assert!(
            found.len() == 4 && gaps.clone().all(|gap| (3000..3200).contains(&gap)),
            "{found:?}"
        );
    }
}
