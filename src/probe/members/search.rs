//! How processes become members: by their ids, as descendants of those that are, or because their
//! parents are.

use std::collections::BTreeMap;

use rustix::io::{Errno, Result};

use super::Members;
use crate::probe::process::Process;

impl Members {
    /// Opens process `id` without adding it.
    ///
    /// # Errors
    /// When it has ended, or may not be read.
    pub(in crate::probe) fn open(&mut self, id: i32) -> Result<Process> {
        Process::open(id, &mut self.buffer)
    }

    /// Adds a process whose peaks count from now.
    pub(in crate::probe) fn add_from_now(&mut self, id: i32, mut process: Process) {
        self.high_water.forget(&mut process);
        self.insert(id, process);
    }

    fn insert(&mut self, id: i32, process: Process) {
        self.changes += 1;
        self.processes.insert(id, process);
    }

    /// Opens process `id`, unless it is known. Whether it is a new one.
    pub(in crate::probe) fn add(&mut self, id: i32) -> bool {
        if self.contains(id) {
            return false;
        }
        match self.open(id) {
            Ok(process) => {
                self.insert(id, process);
                true
            }
            // It has ended since.
            Err(Errno::NOENT | Errno::SRCH) => false,
            Err(_) => {
                self.unreadable += 1;
                false
            }
        }
    }

    /// Adds the processes that `list` puts into its second argument, with a buffer to read into.
    pub(in crate::probe) fn add_listed(&mut self, list: impl FnOnce(&mut [u8], &mut Vec<i32>)) {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        list(&mut self.buffer, &mut found);
        for id in &found {
            self.add(*id);
        }
        self.found = found;
    }

    /// Adds the processes that `list` gives, and all that descends from them and from those that are
    /// known, as far as `children` tells.
    pub(in crate::probe) fn add_descendants(
        &mut self,
        list: impl FnOnce(&mut [u8], &mut Vec<i32>),
        mut children: impl FnMut(&Process, &mut [u8], &mut Vec<i32>),
    ) {
        self.found.clear();
        list(&mut self.buffer, &mut self.found);
        for process in self.processes.values() {
            children(process, &mut self.buffer, &mut self.found);
        }
        // What is found grows while the new ones' own children are looked for.
        let mut next = 0;
        while let Some(id) = self.found.get(next).copied() {
            next += 1;
            if self.add(id)
                && let Some(process) = self.processes.get(&id)
            {
                children(process, &mut self.buffer, &mut self.found);
            }
        }
    }

    /// The way without lists of children, as every process names its parent: adds those among
    /// `all` that descend from `root`.
    pub(in crate::probe) fn add_by_parents(&mut self, root: i32, all: Vec<i32>) {
        let mut others = BTreeMap::new();
        for id in all {
            if id != root
                && !self.contains(id)
                && let Ok(process) = self.open(id)
            {
                others.insert(id, process);
            }
        }
        loop {
            let ours = |parent: i32| parent == root || self.contains(parent);
            let (children, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
                others.into_iter().partition(|(_, process)| ours(process.status.parent));
            if children.is_empty() {
                return;
            }
            self.changes += children.len() as u64;
            self.processes.extend(children);
            others = rest;
        }
    }
}
