//! The workload's process tree: who is in it, and what all of them hold together.
//!
//! We are the subreaper of all that the workload starts, so its processes are exactly our
//! descendants: one whose parent has ended becomes our own child. Where the workload has a cgroup of
//! its own, that lists them all at once, and descendants are only looked for now and then: for those
//! that left the group, as programs may that manage groups themselves.

mod search;

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};
use rustix::process::{Pid, Signal};

use super::group::Group;
use super::look::Look;
use super::members::{Members, Reading};
use super::newcomers::Newcomers;
use super::process::Process;
use super::procfs::{Rollup, Stat};

/// All processes that descend from us.
#[derive(Debug)]
pub(super) struct Tree {
    own: Pid,
    /// Our own children; `None` where the kernel doesn't list children.
    own_children: Option<OwnedFd>,
    /// The workload's cgroup, if there can be one.
    group: Option<Group>,
    members: Members,
    newcomers: Newcomers,
    /// When an expensive search is affordable again, since the workload's start.
    search_due: Duration,
}

impl Tree {
    /// A tree without processes yet, which will be in `group` if there is one.
    pub(super) fn new(reset: bool, group: Option<Group>) -> Self {
        let own = rustix::process::getpid();
        let list = format!("/proc/self/task/{own}/children");
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        Self {
            own,
            own_children: rustix::fs::open(list, flags, Mode::empty()).ok(),
            group,
            members: Members::new(reset),
            newcomers: Newcomers::new(),
            search_due: Duration::ZERO,
        }
    }

    /// Whether the kernel lists children; otherwise all of `/proc` is searched, less often.
    pub(super) const fn kernel_lists_children(&self) -> bool {
        self.own_children.is_some()
    }

    /// The workload's cgroup.
    pub(super) const fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// Goes on without a cgroup.
    pub(super) fn leave_group(&mut self) {
        self.group = None;
    }

    /// Why high-water marks could not be reset.
    pub(super) const fn reset_refused(&self) -> Option<Errno> {
        self.members.reset_refused()
    }

    /// Processes that were there and could not be opened.
    pub(super) const fn unreadable(&self) -> u64 {
        self.members.unreadable()
    }

    /// Whether process `id` was there at the last reading.
    pub(super) fn contains(&self, id: i32) -> bool {
        self.members.contains(id)
    }

    /// How many processes there are.
    pub(super) fn size(&self) -> usize {
        self.members.len()
    }

    /// How many processes came or went so far.
    pub(super) const fn changes(&self) -> u64 {
        self.members.changes()
    }

    /// The processes that have memory of their own, as read last.
    pub(super) fn with_memory(&self) -> impl Iterator<Item = (i32, &Process)> {
        self.members.with_memory()
    }

    /// Looks at every process, and finds new ones. It is `now`, since the workload's start. Whether
    /// there may be anything that the reading before does not have.
    pub(super) fn look(&mut self, now: Duration, look: Look) -> bool {
        if self.members.refresh(look) {
            self.newcomers.expect();
        }
        self.discover(now);
        self.members.has_news()
    }

    /// What was found at the latest look.
    pub(super) fn take_reading(&mut self) -> Reading {
        self.members.take_reading()
    }

    /// CPU time and page faults so far of all processes that still exist, and of those that they
    /// waited for, as of the latest look for them.
    pub(super) fn stat(&mut self) -> Stat {
        let mut sum = Stat::default();
        let (processes, buffer) = self.members.with_buffer();
        for process in processes {
            let Ok(stat) = process.stat(buffer) else { continue };
            sum.user += stat.user;
            sum.system += stat.system;
            sum.minor_faults += stat.minor_faults;
            sum.major_faults += stat.major_faults;
            sum.children_minor_faults += stat.children_minor_faults;
        }
        sum
    }

    /// One process's CPU time and page faults, also when it has ended and was not waited for yet.
    pub(super) fn stat_of(&mut self, pid: Pid) -> Option<Stat> {
        self.members.stat_of(pid.as_raw_nonzero().get())
    }

    /// PSS and USS of the tree.
    ///
    /// # Errors
    /// When a living process's can't be read: a sum without it would be too low.
    pub(super) fn rollup(&mut self) -> Result<Rollup> {
        let mut sum = Rollup::default();
        let mut read = false;
        let (processes, buffer) = self.members.with_buffer();
        for process in processes.filter(|process| process.memory().is_some()) {
            match process.rollup(buffer) {
                Ok(rollup) => {
                    sum.pss += rollup.pss;
                    sum.uss += rollup.uss;
                    read = true;
                }
                // It has ended since.
                Err(Errno::SRCH) => {}
                Err(error) => return Err(error),
            }
        }
        if read { Ok(sum) } else { Err(Errno::SRCH) }
    }

    /// Sends `signal` to every process that `wanted` accepts.
    pub(super) fn signal(&self, signal: Signal, wanted: impl Fn(Pid) -> bool) {
        for (id, process) in self.members.iter() {
            let Some(pid) = Pid::from_raw(id) else { continue };
            if process.status.state != b'Z' && wanted(pid) {
                // It may have ended since, or belong to another user.
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    }

    /// Ends every process with a signal that none can handle.
    pub(super) fn kill(&self) {
        if let Some(group) = &self.group {
            group.kill();
        }
        self.signal(Signal::KILL, |_| true);
    }

    /// The names of all processes that have not ended.
    pub(super) fn names(&self) -> Vec<String> {
        let living = self.members.iter().filter(|(_, process)| process.status.state != b'Z');
        living.map(|(_, process)| process.name()).collect()
    }
}

#[cfg(test)]
mod tests;
