//! How closely processes are looked at, and when. A sample costs what it reads, and of a program at
//! rest there is little to learn: so each file is read as often as it may tell something that a cheaper
//! one doesn't.

use std::time::Duration;

/// How often CPU time and page faults are read at most: the kernel counts CPU in hundredths of a
/// second, so more often says nothing more.
const FAULTS: Duration = Duration::from_millis(100);
/// How often everything is, whether or not there is a reason.
const EVERYTHING: Duration = Duration::from_secs(1);

/// How closely. Each has what those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// At the sizes in `statm`; the memory in `status` is read of processes in which they have changed.
    Sizes,
    /// Also at CPU time and page faults in `stat`; the memory is read of processes that had faults as
    /// well. What came and went between two samples leaves nothing but those, and the high-water mark.
    Faults,
    /// At everything: others can put memory into a process (`process_vm_writev`), for which it has
    /// no fault.
    Everything,
}

/// When which look is due. Times are since the workload's start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looks {
    faults_due: Duration,
    everything_due: Duration,
}

impl Looks {
    /// Until when a look is at sizes alone.
    pub(super) fn closer_at(&self) -> Duration {
        self.faults_due.min(self.everything_due)
    }

    /// The look for a sample at `now`. One at a mark has everything: what was highest before the mark
    /// must not show after it.
    pub(super) fn take(&mut self, now: Duration, at_mark: bool) -> Look {
        let look = match () {
            () if at_mark || now >= self.everything_due => Look::Everything,
            () if now >= self.faults_due => Look::Faults,
            () => Look::Sizes,
        };
        if look >= Look::Faults {
            self.faults_due = now + FAULTS;
        }
        if look == Look::Everything {
            self.everything_due = now + EVERYTHING;
        }
        look
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(times: impl Iterator<Item = u64>) -> Vec<Look> {
        let mut looks = Looks::default();
        times.map(|ms| looks.take(Duration::from_millis(ms), false)).collect()
    }

    #[test]
    fn most_looks_are_at_sizes_alone() {
        let looks = looks((0..2000).step_by(10));
        let count = |wanted| looks.iter().filter(|look| **look == wanted).count();
        assert_eq!((count(Look::Everything), count(Look::Faults)), (2, 18));
        assert_eq!((looks[0], looks[10], looks[100]), {
            (Look::Everything, Look::Faults, Look::Everything)
        });
    }

    #[test]
    fn at_a_low_rate_no_look_is_at_sizes_alone() {
        assert_eq!(looks([0, 500, 1000, 1100].into_iter()), {
            [Look::Everything, Look::Faults, Look::Everything, Look::Faults]
        });
    }

    #[test]
    fn a_closer_look_is_announced() {
        let mut looks = Looks::default();
        for now in (0..3000).step_by(7).map(Duration::from_millis) {
            let is_early = now < looks.closer_at();
            assert_eq!(looks.take(now, false) == Look::Sizes, is_early, "{now:?}");
        }
    }

    #[test]
    fn a_mark_has_everything_and_the_next_look_counts_from_it() {
        let mut looks = Looks::default();
        let mut take = |ms, at_mark| looks.take(Duration::from_millis(ms), at_mark);
        take(0, false);
        assert_eq!(take(950, true), Look::Everything);
        assert_eq!((take(1040, false), take(1050, false)), (Look::Sizes, Look::Faults));
        assert_eq!((take(1949, false), take(1950, false)), (Look::Faults, Look::Everything));
    }
}
