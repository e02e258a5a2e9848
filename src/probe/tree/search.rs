//! Who is in the tree: the members of the workload's cgroup, our descendants, or all processes whose
//! parents say so.

use std::time::Duration;

use super::Tree;
use crate::probe::clock::Stopwatch;
use crate::probe::process::{self, Process};
use crate::probe::procfs;

/// Time that must pass for each unit of CPU time that an expensive search took.
const SHARE: u32 = 200;
/// Time between two searches for what has left the workload's cgroup.
const STRAYS: Duration = Duration::from_millis(100);

impl Tree {
    /// Finds new processes, if there can be any.
    pub(super) fn discover(&mut self, now: Duration) {
        let affordable = now >= self.search_due;
        if !self.newcomers.are_possible(now, affordable) {
            return;
        }
        self.find_members(affordable);
        if self.own_children.is_none() {
            if affordable {
                self.search_everywhere(now);
            }
        } else if affordable || self.group.is_none() {
            self.find_descendants(now, affordable);
        }
    }

    fn find_members(&mut self, also_within: bool) {
        let Some(group) = &self.group else { return };
        self.members.add_listed(|buffer, found| {
            group.members(buffer, found);
            if also_within {
                group.members_within(buffer, found);
            }
        });
    }

    fn find_descendants(&mut self, now: Duration, affordable: bool) {
        let began = Stopwatch::of_cpu_time();
        let mut searched = Duration::ZERO;
        self.members.add_descendants(
            |buffer, found| {
                if let Some(own_children) = &self.own_children {
                    let _ = process::read_children(own_children, buffer, found);
                }
            },
            |process, buffer, found| searched += find_children(process, affordable, buffer, found),
        );
        if self.group.is_some() {
            self.search_due = now + (began.elapsed() * SHARE).max(STRAYS);
        } else if !searched.is_zero() {
            self.search_due = now + searched * SHARE;
        }
    }

    /// The way without lists of children.
    fn search_everywhere(&mut self, now: Duration) {
        let began = Stopwatch::of_cpu_time();
        self.members.add_by_parents(self.own.as_raw_nonzero().get(), all_processes());
        self.search_due = now + began.elapsed() * SHARE;
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
        let began = Stopwatch::of_cpu_time();
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
