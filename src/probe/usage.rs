//! What the kernel accounts for processes that have ended.

use std::time::Duration;

use nix::sys::resource::{Usage as Raw, UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::procfs::Stat;

/// More than what threads use while they end, after their account was closed.
const LAST_MOMENTS: Duration = Duration::from_millis(2);

/// CPU time, faults and the largest RSS of some processes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    pub(super) user: Duration,
    pub(super) system: Duration,
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    /// The largest that one of them had, in bytes. A process has at least what the one that
    /// started it had, unless that one forked.
    pub(super) max_rss: u64,
}

/// Of all our descendants that have been waited for, by us or by their parents.
pub(super) fn of_children() -> Usage {
    read(UsageWho::RUSAGE_CHILDREN)
}

/// Our own.
pub(super) fn of_ourselves() -> Usage {
    read(UsageWho::RUSAGE_SELF)
}

fn read(who: UsageWho) -> Usage {
    // It has no reason to fail.
    getrusage(who).map_or_else(|_| Usage::default(), |raw| Usage::from(&raw))
}

impl From<&Raw> for Usage {
    fn from(raw: &Raw) -> Self {
        let count = |count| u64::try_from(count).unwrap_or(0);
        Self {
            user: duration(raw.user_time()),
            system: duration(raw.system_time()),
            minor_faults: count(raw.minor_page_faults()),
            major_faults: count(raw.major_page_faults()),
            max_rss: count(raw.max_rss()) * 1024,
        }
    }
}

impl Usage {
    /// With the user and system time of the processes' cgroup, if that is more: it also has what
    /// nobody waited for.
    pub(super) fn at_least(self, group: Option<(Duration, Duration)>) -> Self {
        match group {
            Some((user, system)) if user + system > self.user + self.system => {
                Self { user, system, ..self }
            }
            _ => self,
        }
    }

    /// Whether the group used so much more that others than these were in it. A thread's last moments
    /// are the group's alone.
    pub(super) fn is_far_below(&self, group: Option<(Duration, Duration)>) -> bool {
        let own = self.user + self.system;
        group.is_some_and(|(user, system)| user + system > own + own / 50 + LAST_MOMENTS)
    }

    /// In the unit of `/proc/PID/stat`, to be added to it.
    pub(super) fn as_ticks(&self) -> Stat {
        let per_second = u128::from(rustix::param::clock_ticks_per_second());
        let ticks = |time: Duration| {
            u64::try_from(time.as_micros() * per_second / 1_000_000).unwrap_or(u64::MAX)
        };
        Stat {
            user: ticks(self.user),
            system: ticks(self.system),
            minor_faults: self.minor_faults,
            major_faults: self.major_faults,
            ..Stat::default()
        }
    }
}

fn duration(time: TimeVal) -> Duration {
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec()).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_parts_of_a_second() {
        let (user, system) = (Duration::from_millis(1500), Duration::from_millis(500));
        let usage = Usage { user, system, minor_faults: 7, major_faults: 5, max_rss: 0 };
        let ticks = usage.as_ticks();
        let per_second = rustix::param::clock_ticks_per_second();
        assert_eq!((ticks.user * 2, ticks.system * 2), (per_second * 3, per_second));
        assert_eq!((ticks.minor_faults, ticks.major_faults), (7, 5));
    }

    #[test]
    fn what_nobody_waited_for_is_added() {
        let ms = Duration::from_millis;
        let usage = Usage { user: ms(30), system: ms(10), ..Usage::default() };
        assert_eq!(usage.at_least(None), usage);
        assert_eq!(usage.at_least(Some((ms(20), ms(5)))), usage);
        assert!(usage.is_far_below(Some((ms(30), ms(13)))) && !usage.is_far_below(None));
        assert!(!usage.is_far_below(Some((ms(30), ms(11)))));
        let more = usage.at_least(Some((ms(25), ms(45))));
        assert_eq!((more.user, more.system), (ms(25), ms(45)));
    }
}
