//! What happens when the first process has ended: what it left behind is ended too, and the last
//! figures are collected.

use std::time::Duration;

use rustix::process::{Signal, WaitOptions, WaitStatus, wait};

use super::Session;
use crate::probe::awaited;
use crate::probe::ending::GRACE;
use crate::probe::group::Group;
use crate::probe::look::Look;
use crate::probe::metrics::{self, MayLack, Measured};
use crate::probe::usage;

/// Helpers of a workload that has ended may take this long to notice.
const FAREWELL: Duration = Duration::from_millis(100);
/// How often what is left of an ended workload is looked at.
const CLEARING_PERIOD: Duration = Duration::from_millis(10);
/// When waiting for killed processes is given up: one may hang in the kernel.
const LAST_WAIT: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Ends what the workload left behind.
    fn clear_up(&mut self) {
        let began = self.now();
        let mut kill_at = None;
        loop {
            loop {
                match wait(WaitOptions::NOHANG) {
                    Ok(Some(_)) => self.had_orphans = true,
                    Ok(None) => break,
                    // There are no children, and so no other descendants.
                    Err(_) => return,
                }
            }
            let now = self.now();
            let stop = self.signals.take().stop.is_some();
            self.tree.look(now, Look::Sizes);
            let reading = self.tree.take_reading();
            // Its high-water marks are told but once.
            self.record.peaks.rise(&reading);
            let living = reading.processes;
            if kill_at.is_none() && living > 0 && (stop || now >= began + FAREWELL) {
                kill_at = Some(now + GRACE);
                let names = self.tree.names().join(", ");
                self.notes
                    .push(format!("the command left processes behind, which were ended: {names}"));
                self.tree.signal(Signal::TERM, |_| true);
                self.tree.signal(Signal::CONT, |_| true);
            }
            if stop {
                kill_at = kill_at.map(|_| now);
            }
            if kill_at.is_some_and(|at| now >= at) {
                self.tree.kill();
            }
            if now >= began + FAREWELL + GRACE + LAST_WAIT {
                self.notes.push("a process that was left behind could not be ended".to_owned());
                return;
            }
            awaited::sleep_for(self.signals.awaited(), CLEARING_PERIOD);
        }
    }

    pub(super) fn finish(mut self, status: WaitStatus) -> Measured {
        let wall = self.now();
        self.servers.finish(wall, |id| self.tree.contains(id));
        self.clear_up();
        let Self { mut said, mut record, mut servers, .. } = self;
        self.marks.finish(wall, &mut |message| said.hear(message));
        for name in std::mem::take(&mut said.new_marks) {
            record.mark(name, wall);
        }
        for line in std::mem::take(&mut said.new_servers) {
            servers.hear(line);
        }
        let peak_of = self.heap.as_mut().and_then(|heap| Some(heap.as_mut().ok()?.peaks()));
        let heap = self.heap.map(|heap| heap?.finish(self.main));
        let passes = self
            .passes
            .map(|passes| passes.finish(heap.as_ref(), |id| peak_of.as_ref()?.get(&id).copied()));
        let group = self.tree.group();
        let (waited_for, in_group) = (usage::of_children(), group.and_then(Group::cpu_time));
        let no_group = self.no_group.unwrap_or_default();
        let mut notes = self.notes;
        notes.extend(metrics::tree_notes(&self.tree, &no_group));
        notes.extend(servers.notes());
        notes.extend(said.notes());
        Measured {
            wall,
            status,
            record,
            server: servers.metric(),
            said,
            deadlines: self.deadlines,
            ending: self.ending,
            from_terminal: self.from_terminal,
            had_children: self.main_stat.is_some_and(|stat| stat.children_minor_faults > 0)
                || self.had_orphans,
            may_lack: if waited_for.is_far_below(in_group) {
                Some(MayLack::UsersOfTime)
            } else {
                (self.lets_go && group.is_none()).then_some(MayLack::Unwaited)
            },
            rollup_refused: self.rollup_refused,
            heap,
            passes: passes.unwrap_or_default(),
            usage: waited_for.at_least(in_group),
            charged: match group {
                Some(group) => group.peak().map_err(str::to_owned),
                None => Err(format!("there is no cgroup for the command alone: {no_group}")),
            },
            notes,
        }
    }
}
