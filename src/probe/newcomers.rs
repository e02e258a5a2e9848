//! Whether there can be new processes at all. The kernel gives out ids in order and says which one it
//! gave last: while that stays, nobody has started anything, and nobody needs to be searched for.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

/// The last id that was given out in our namespace of processes, to which all in namespaces
/// within ours belong as well.
const LAST_ID: &str = "/proc/sys/kernel/ns_last_pid";
/// A process gets its id a moment before it can be found: a search that follows at once may be too
/// early, and the one after it isn't.
const SEARCHES: u8 = 2;
/// How many follow a change that can't be thorough. Others' processes change the id as well, so that
/// on a busy machine these make a part of the work; what they miss a thorough one finds.
const QUICK_SEARCHES: u8 = 3;
/// Time between two searches that nothing asks for: ids may also be given out of order, by what
/// restores processes from files.
const ROUTINE: Duration = Duration::from_secs(1);
/// An id and its line feed.
const LENGTH: usize = 24;

/// When to search.
#[derive(Debug)]
pub(super) struct Newcomers {
    /// `None` where the kernel doesn't tell.
    file: Option<OwnedFd>,
    last: [u8; LENGTH],
    /// Thorough searches still to be made since the last change, and others.
    owed: u8,
    owed_quick: u8,
    routine: Duration,
}

impl Newcomers {
    pub(super) fn new() -> Self {
        let file = rustix::fs::open(LAST_ID, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        Self {
            file: file.ok(),
            last: [0; LENGTH],
            owed: SEARCHES,
            owed_quick: QUICK_SEARCHES,
            routine: Duration::ZERO,
        }
    }

    /// Whoever has started one that has ended may start another, and could even get it the same id.
    pub(super) const fn expect(&mut self) {
        self.owed = SEARCHES;
        self.owed_quick = QUICK_SEARCHES;
    }

    /// Whether to search `now`, which is a time since the start. Not all searches can be `thorough`, but
    /// some have to be.
    pub(super) fn are_possible(&mut self, now: Duration, thorough: bool) -> bool {
        let Some(file) = &self.file else { return true };
        let mut last = [0; LENGTH];
        if rustix::io::pread(file, &mut last, 0).is_err() || last != self.last {
            self.last = last;
            self.expect();
        }
        if !thorough {
            let is_owed = self.owed_quick > 0;
            self.owed_quick = self.owed_quick.saturating_sub(1);
            return is_owed;
        }
        if self.owed == 0 && now < self.routine {
            return false;
        }
        self.owed = self.owed.saturating_sub(1);
        self.owed_quick = self.owed_quick.saturating_sub(1);
        self.routine = now + ROUTINE;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(500);

    #[test]
    fn a_new_process_is_searched_for() {
        let mut newcomers = Newcomers::new();
        for _ in 0..10 {
            newcomers.are_possible(NOW, true);
            let mut child = std::process::Command::new("true").spawn().unwrap();
            assert!(newcomers.are_possible(NOW, false), "at once");
            assert!(newcomers.are_possible(NOW, true), "until a thorough search was made");
            assert!(newcomers.are_possible(NOW, true), "and once more");
            child.wait().unwrap();
        }
    }

    #[test]
    fn what_costs_little_is_not_done_for_ever_either() {
        // Others start things meanwhile, but not always.
        let quick = |_| {
            let mut newcomers = Newcomers::new();
            (0..20).filter(|_| newcomers.are_possible(NOW, false)).count()
        };
        if Newcomers::new().file.is_some() {
            assert!((0..1000).any(|run| quick(run) == usize::from(QUICK_SEARCHES)));
        }
    }

    #[test]
    fn a_search_is_made_now_and_then_though_nothing_starts() {
        for _ in 0..10 {
            let mut newcomers = Newcomers::new();
            newcomers.are_possible(NOW, true);
            newcomers.owed = 0;
            assert!(newcomers.are_possible(NOW + ROUTINE, true));
        }
    }

    #[test]
    fn without_the_kernels_help_every_time_is_right() {
        let mut newcomers = Newcomers { file: None, ..Newcomers::new() };
        assert!((0..10).all(|_| newcomers.are_possible(NOW, true)));
    }

    #[test]
    fn nothing_is_searched_for_while_nothing_starts() {
        let nothing = |_| {
            let mut newcomers = Newcomers::new();
            (0..5).any(|_| !newcomers.are_possible(NOW, true))
        };
        // Others start things meanwhile, but not always.
        let told = Newcomers::new().file.is_some();
        assert_eq!((0..1000).any(nothing), told);
    }
}
