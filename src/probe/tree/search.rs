//! Who is in the tree: the members of the workload's cgroup, our descendants, or all processes whose
//! parents say so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::Tree;
use crate::probe::process::{self, Process};
use crate::probe::procfs;

/// Time that must pass for each unit of time that an expensive search took.
const SHARE: u32 = 200;
/// Time between two searches for what has left the workload's cgroup.
const STRAYS: Duration = Duration::from_millis(100);

impl Tree {
    /// Finds new processes, if there can be any.
    pub(super) fn discover(&mut self) {
        let affordable = Instant::now() >= self.search_due;
        if !self.newcomers.are_possible(affordable) {
            return;
        }
        self.find_members(affordable);
        if self.own_children.is_none() {
            if affordable {
                self.search_everywhere();
            }
        } else if affordable || self.group.is_none() {
            self.find_descendants(affordable);
        }
    }

    fn find_members(&mut self, also_within: bool) {
        let Some(group) = &self.group else { return };
        self.found.clear();
        group.members(&mut self.buffer, &mut self.found);
        if also_within {
            group.members_within(&mut self.buffer, &mut self.found);
        }
        while let Some(id) = self.found.pop() {
            self.add(id);
        }
    }

    fn find_descendants(&mut self, affordable: bool) {
        let began = Instant::now();
        self.found.clear();
        if let Some(own_children) = &self.own_children {
            let _ = process::read_children(own_children, &mut self.buffer, &mut self.found);
        }
        let mut searched = Duration::ZERO;
        for process in self.processes.values() {
            searched += find_children(process, affordable, &mut self.buffer, &mut self.found);
        }
        // What is found grows while the new ones' own children are looked for.
        let mut next = 0;
        while let Some(id) = self.found.get(next).copied() {
            next += 1;
            if !self.add(id) {
                continue;
            }
            let Some(process) = self.processes.get(&id) else { continue };
            searched += find_children(process, affordable, &mut self.buffer, &mut self.found);
        }
        let now = Instant::now();
        if self.group.is_some() {
            self.search_due = now + ((now - began) * SHARE).max(STRAYS);
        } else if !searched.is_zero() {
            self.search_due = now + searched * SHARE;
        }
    }

    /// Opens process `id`, unless it is known. Whether it is a new one.
    pub(super) fn add(&mut self, id: i32) -> bool {
        if self.processes.contains_key(&id) {
            return false;
        }
        match Process::open(id, &mut self.buffer) {
            Ok(process) => {
                self.processes.insert(id, process);
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

    /// The way without lists of children: every process names its parent.
    fn search_everywhere(&mut self) {
        let began = Instant::now();
        let mut others = BTreeMap::new();
        for id in all_processes() {
            let is_new = id != self.own.as_raw_nonzero().get() && !self.processes.contains_key(&id);
            if is_new && let Ok(process) = Process::open(id, &mut self.buffer) {
                others.insert(id, process);
            }
        }
        loop {
            let ours = |parent: i32| {
                parent == self.own.as_raw_nonzero().get() || self.processes.contains_key(&parent)
            };
            let (children, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
                others.into_iter().partition(|(_, process)| ours(process.status.parent));
            if children.is_empty() {
                break;
            }
            self.processes.extend(children);
            others = rest;
        }
        self.search_due = Instant::now() + began.elapsed() * SHARE;
    }
}

/// Adds the children of `process` to `found`. How long an expensive search took, if there was one.
fn find_children(
    process: &Process,
    affordable: bool,
    buffer: &mut [u8],
    found: &mut Vec<i32>,
) -> Duration {
    if process.status.threads > 1 && affordable {
        let began = Instant::now();
        process.children_of_threads(buffer, found);
        return began.elapsed();
    }
    let _ = process.children(buffer, found);
    Duration::ZERO
}

fn all_processes() -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    names.filter_map(|name| procfs::process_id(name.as_encoded_bytes())).collect()
}
