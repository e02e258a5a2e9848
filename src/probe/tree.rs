//! The workload's process tree: who is in it, and what all of them hold together.
//!
//! We are the subreaper of all that the workload starts, so its processes are exactly our
//! descendants: one whose parent has ended becomes our own child. Where the workload has a cgroup of
//! its own, that lists them all at once, and descendants are only looked for now and then: for those
//! that left the group, as programs may that manage groups themselves.

mod search;

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};
use rustix::process::{Pid, Signal};

use super::group::Group;
use super::newcomers::Newcomers;
use super::process::{self, Process};
use super::procfs::{Rollup, Stat};

/// Time in which every process is read in full at least once; between, only what has changed is.
const IN_FULL: Duration = Duration::from_millis(50);

/// What the tree held at one moment. Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) rss: u64,
    pub(super) anon: u64,
    pub(super) file: u64,
    pub(super) shmem: u64,
    pub(super) swap: u64,
    /// The highest sum of RSS since the reading before, if one process moved and the others held
    /// what they hold now.
    pub(super) peak: u64,
    /// What `peak` can't have been above: the sum of each one's highest.
    pub(super) ceiling: u64,
    pub(super) processes: u64,
    pub(super) threads: u64,
}

/// All processes that descend from us.
#[derive(Debug)]
pub(super) struct Tree {
    own: Pid,
    /// Our own children; `None` where the kernel doesn't list children.
    own_children: Option<OwnedFd>,
    /// The workload's cgroup, if there can be one.
    group: Option<Group>,
    processes: BTreeMap<i32, Process>,
    buffer: Vec<u8>,
    found: Vec<i32>,
    /// Whether high-water marks are reset at each reading.
    reset: bool,
    /// Why they aren't, though we were to.
    reset_refused: Option<Errno>,
    /// Processes that could not be opened though they were there.
    unreadable: u64,
    newcomers: Newcomers,
    /// When an expensive search is affordable again.
    search_due: Instant,
    /// Every so many readings are in full.
    in_full_every: u32,
    readings: u32,
}

impl Tree {
    /// A tree without processes yet, which will be in `group` if there is one, to be read once a
    /// `period`.
    pub(super) fn new(reset: bool, group: Option<Group>, period: Duration) -> Self {
        let in_full_every = IN_FULL.as_nanos() / period.as_nanos().max(1);
        let own = rustix::process::getpid();
        let list = format!("/proc/self/task/{own}/children");
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        Self {
            own,
            own_children: rustix::fs::open(list, flags, Mode::empty()).ok(),
            group,
            processes: BTreeMap::new(),
            buffer: vec![0; process::BUFFER],
            found: Vec::new(),
            reset,
            reset_refused: None,
            unreadable: 0,
            newcomers: Newcomers::new(),
            search_due: Instant::now(),
            in_full_every: u32::try_from(in_full_every).unwrap_or(u32::MAX).max(1),
            readings: 0,
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
        self.reset_refused
    }

    /// Processes that were there and could not be opened.
    pub(super) const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Whether process `id` was there at the last reading.
    pub(super) fn contains(&self, id: i32) -> bool {
        self.processes.contains_key(&id)
    }

    /// How many processes there are.
    pub(super) fn size(&self) -> usize {
        self.processes.len()
    }

    /// The processes that have memory of their own, as read last.
    pub(super) fn with_memory(&self) -> impl Iterator<Item = (i32, &Process)> {
        let processes = self.processes.iter().map(|(id, process)| (*id, process));
        processes.filter(|(_, process)| process.memory().is_some())
    }

    /// Reads every process's memory, and finds new ones.
    pub(super) fn read(&mut self) -> Reading {
        let in_full = self.readings.is_multiple_of(self.in_full_every);
        self.readings = self.readings.wrapping_add(1);
        let buffer = &mut self.buffer;
        let known = self.processes.len();
        self.processes.retain(|_, process| match in_full {
            true => process.read_status(buffer).is_ok(),
            false => process.read_if_changed(buffer).is_ok(),
        });
        let before = self.processes.len();
        if before < known {
            self.newcomers.expect();
        }
        self.discover();
        if !in_full && self.processes.len() > before {
            // A new one may run in memory that was not looked at for some time: whether it does is
            // told from all of it being equal.
            let buffer = &mut self.buffer;
            self.processes.retain(|_, process| process.read_status(buffer).is_ok());
        }
        self.find_borrowers();
        let reading = self.sum();
        self.forget_highs();
        reading
    }

    fn sum(&self) -> Reading {
        let mut sum = Reading::default();
        let mut highest_rise = 0;
        for process in self.processes.values() {
            sum.processes += u64::from(process.status.state != b'Z');
            let Some(memory) = process.memory() else { continue };
            sum.threads += process.status.threads;
            sum.rss += memory.rss;
            sum.anon += memory.anon;
            sum.file += memory.file;
            sum.shmem += memory.shmem;
            sum.swap += memory.swap;
            let high = process.recent_high();
            sum.ceiling += high;
            highest_rise = highest_rise.max(high - memory.rss);
        }
        sum.peak = sum.rss + highest_rise;
        sum
    }

    fn forget_highs(&mut self) {
        for process in self.processes.values_mut() {
            match process.forget_high(self.reset) {
                Ok(()) | Err(Errno::SRCH | Errno::NOENT) => {}
                Err(error) => {
                    self.reset_refused = Some(error);
                    self.reset = false;
                }
            }
        }
    }

    /// A process between vfork and exec uses its parent's memory, which would count twice.
    fn find_borrowers(&mut self) {
        let borrows = |process: &Process| {
            let parent = self.processes.get(&process.status.parent);
            let memory = process.status.memory;
            memory.is_some() && parent.is_some_and(|parent| parent.status.memory == memory)
        };
        self.found.clear();
        self.found.extend(
            self.processes.iter().filter(|(_, process)| borrows(process)).map(|(id, _)| *id),
        );
        for (id, process) in &mut self.processes {
            process.borrows_memory = self.found.contains(id);
        }
    }

    /// CPU time and page faults so far of all processes that still exist, and of those that they
    /// waited for.
    pub(super) fn stat(&mut self) -> Stat {
        let mut sum = Stat::default();
        for process in self.processes.values_mut() {
            let Ok(stat) = process.stat(&mut self.buffer) else { continue };
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
        self.add(pid.as_raw_nonzero().get());
        self.processes.get_mut(&pid.as_raw_nonzero().get())?.stat(&mut self.buffer).ok()
    }

    /// PSS and USS of the tree.
    ///
    /// # Errors
    /// When a living process's can't be read: a sum without it would be too low.
    pub(super) fn rollup(&mut self) -> Result<Rollup> {
        let mut sum = Rollup::default();
        let mut read = false;
        for process in self.processes.values() {
            if process.memory().is_none() {
                continue;
            }
            match process.rollup(&mut self.buffer) {
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
        for (id, process) in &self.processes {
            let Some(pid) = Pid::from_raw(*id) else { continue };
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
    pub(super) fn names(&mut self) -> Vec<String> {
        let living = self.processes.values().filter(|process| process.status.state != b'Z');
        living.map(|process| process.name(&mut self.buffer)).collect()
    }
}

#[cfg(test)]
mod tests;
