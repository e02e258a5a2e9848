//! A server that is there for this workload alone: a process's descendants, all of which are read.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid;

use super::ServerReading;
use crate::probe::look::Look;
use crate::probe::members::Members;
use crate::probe::newcomers::Newcomers;
use crate::probe::process::Process;

/// Time between two searches for new processes.
const SEARCH: Duration = Duration::from_millis(50);

/// The descendants of a process, without itself.
#[derive(Debug)]
pub(super) struct Family {
    root: Option<Process>,
    members: Members,
    /// What all held together by the first reading, in bytes.
    before: Option<u64>,
    newcomers: Newcomers,
    search_due: Duration,
}

impl Family {
    /// The descendants of `root`, read for the first time: what they hold now counts as before.
    pub(super) fn of(root: Pid, reset: bool) -> Self {
        let mut members = Members::new(reset);
        let root = members.open(root.as_raw_nonzero().get()).ok();
        let (newcomers, search_due) = (Newcomers::new(), Duration::ZERO);
        let mut family = Self { root, members, before: None, newcomers, search_due };
        family.read(Duration::ZERO, Look::Everything);
        family
    }

    /// Why high-water marks could not be reset.
    pub(super) const fn reset_refused(&self) -> Option<Errno> {
        self.members.reset_refused()
    }

    /// Why nothing was read, if nothing was.
    pub(super) const fn why_empty(&self) -> Option<&'static str> {
        match (&self.root, self.before) {
            (_, Some(_)) => None,
            (None, None) => Some("the process that --server names can't be seen from here"),
            (Some(_), None) => Some(
                "nothing descends from the process that --server names, and that one itself does \
                 not count",
            ),
        }
    }

    /// What all hold together, less what they held before; `None` if there are none.
    pub(super) fn read(&mut self, now: Duration, look: Look) -> Option<ServerReading> {
        if self.members.refresh(look) {
            self.newcomers.expect();
        }
        if now >= self.search_due && self.newcomers.are_possible(now, true) {
            self.search();
            self.search_due = now + SEARCH;
        }
        let reading = self.members.take_reading();
        if reading.threads == 0 {
            return None;
        }
        let before = *self.before.get_or_insert(reading.anon);
        Some(ServerReading::since(before, reading.anon, reading.peak - reading.rss))
    }

    fn search(&mut self) {
        self.members.add_descendants(
            |buffer, found| {
                if let Some(root) = &self.root {
                    root.children_of_threads(buffer, found);
                }
            },
            Process::children_of_threads,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::told::Told;

    #[test]
    fn what_a_child_takes_is_the_familys() {
        let mut shell = Told::python_in_shell(
            "import sys; print(flush=True); sys.stdin.readline(); \
             held = bytearray(64 << 20); print(flush=True); sys.stdin.readline()",
        );
        let mut family = Family::of(Pid::from_raw(shell.id()).unwrap(), false);
        let first = family.read(SEARCH, Look::Sizes).unwrap();
        assert!(first.anon < 1 << 20, "{first:?}");
        shell.go_on();
        let held = family.read(SEARCH, Look::Sizes).unwrap();
        assert!((60 << 20..70 << 20).contains(&held.anon), "{held:?}");
        shell.end();
        assert_eq!(family.read(SEARCH, Look::Sizes), None);
    }
}
