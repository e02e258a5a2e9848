//! Processes that are read together, such as a workload's or a server's: what all of them hold, the
//! highest since the reading before, and who descends from them.

mod search;

use std::collections::BTreeMap;

use rustix::io::Errno;

use super::look::Look;
use super::process::{self, Process};
use super::procfs::Stat;

/// What all members held at one moment. Memory in bytes.
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
    /// Of processes that have memory of their own: 0 if there is nothing to read.
    pub(super) threads: u64,
}

impl Reading {
    /// The same once more, if nothing has happened since.
    pub(super) const fn held(self) -> Self {
        Self { peak: self.rss, ceiling: self.rss, ..self }
    }
}

/// Open processes, by their ids.
#[derive(Debug)]
pub(super) struct Members {
    processes: BTreeMap<i32, Process>,
    high_water: HighWater,
    /// Processes that could not be opened though they were there.
    unreadable: u64,
    /// The latest look, and how many there were before newcomers.
    look: Look,
    known: usize,
    /// Whether that look found anything, and what all held then.
    has_news: bool,
    held: Reading,
    /// How many came or went so far.
    changes: u64,
    buffer: Vec<u8>,
    found: Vec<i32>,
}

/// What happens to high-water marks once they are read.
#[derive(Debug)]
struct HighWater {
    /// Whether they are reset.
    reset: bool,
    /// Why they aren't, though they were to be.
    refused: Option<Errno>,
}

impl HighWater {
    fn forget(&mut self, process: &mut Process) {
        match process.forget_high(self.reset) {
            Ok(()) | Err(Errno::SRCH | Errno::NOENT) => {}
            Err(why) => {
                self.refused = Some(why);
                self.reset = false;
            }
        }
    }
}

impl Members {
    /// Nobody yet. High-water marks are reset at each reading if `reset`.
    pub(super) fn new(reset: bool) -> Self {
        Self {
            processes: BTreeMap::new(),
            high_water: HighWater { reset, refused: None },
            unreadable: 0,
            look: Look::Everything,
            has_news: true,
            held: Reading::default(),
            known: 0,
            changes: 0,
            buffer: vec![0; process::BUFFER],
            found: Vec::new(),
        }
    }

    /// Why high-water marks could not be reset.
    pub(super) const fn reset_refused(&self) -> Option<Errno> {
        self.high_water.refused
    }

    /// Processes that were there and could not be opened.
    pub(super) const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.processes.len()
    }

    /// How many came or went so far: as long as it stays, they are the same.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether process `id` is one of them.
    pub(super) fn contains(&self, id: i32) -> bool {
        self.processes.contains_key(&id)
    }

    /// All, as read last.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, &Process)> {
        self.processes.iter().map(|(id, process)| (*id, process))
    }

    /// Those that have memory of their own, as read last.
    pub(super) fn with_memory(&self) -> impl Iterator<Item = (i32, &Process)> {
        self.iter().filter(|(_, process)| process.memory().is_some())
    }

    /// All, with a buffer to read further files of theirs into.
    pub(super) fn with_buffer(&mut self) -> (impl Iterator<Item = &mut Process>, &mut Vec<u8>) {
        (self.processes.values_mut(), &mut self.buffer)
    }

    /// Begins a reading, before newcomers are added: looks at each that is known. What has ended is
    /// dropped; whether there was any.
    pub(super) fn refresh(&mut self, look: Look) -> bool {
        let before = self.len();
        self.read(look);
        self.known = self.len();
        self.known < before
    }

    fn read(&mut self, look: Look) {
        self.look = look;
        self.has_news = false;
        self.found.clear();
        for (id, process) in &mut self.processes {
            match process.read(look, &mut self.buffer) {
                Ok(is_news) => self.has_news |= is_news,
                Err(_) => self.found.push(*id),
            }
        }
        for id in &self.found {
            self.processes.remove(id);
        }
        self.has_news |= !self.found.is_empty();
        self.changes += self.found.len() as u64;
    }

    /// CPU time and page faults of process `id`, which is added if it isn't known.
    pub(super) fn stat_of(&mut self, id: i32) -> Option<Stat> {
        self.add(id);
        self.processes.get_mut(&id)?.read_stat(&mut self.buffer).ok()
    }

    /// Drops those that aren't `wanted`.
    pub(super) fn retain(&mut self, mut wanted: impl FnMut(i32) -> bool) {
        let before = self.len();
        self.processes.retain(|id, _| wanted(*id));
        self.changes += (before - self.len()) as u64;
    }

    /// Whether there is more to this reading than the one before, once more.
    pub(super) fn has_news(&self) -> bool {
        self.has_news || self.len() != self.known
    }

    /// Ends a reading: what they hold. The next one's peaks count from here.
    pub(super) fn take_reading(&mut self) -> Reading {
        if !self.has_news() {
            // As nearly always, for most programs.
            return self.held;
        }
        if self.look < Look::Everything && self.len() > self.known {
            // A new one may run in memory that was not looked at for some time: whether it does is
            // told from all of it being equal.
            self.read(Look::Everything);
        }
        self.find_borrowers();
        let reading = self.sum();
        self.held = reading.held();
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
            let rise = process.recent_rise();
            sum.ceiling += memory.rss + rise;
            highest_rise = highest_rise.max(rise);
        }
        sum.peak = sum.rss + highest_rise;
        sum
    }

    /// Lets the peaks of the next reading count from here.
    pub(super) fn forget_highs(&mut self) {
        for process in self.processes.values_mut() {
            self.high_water.forget(process);
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
}
