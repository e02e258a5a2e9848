//! A server that is there for this workload alone: a process's descendants, all of which are read.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::Pid;

use super::ServerReading;
use crate::probe::process::{self, Process};

/// Time between two searches for new processes.
const SEARCH: Duration = Duration::from_millis(50);

/// The descendants of a process, without itself.
#[derive(Debug)]
pub(super) struct Family {
    root: Option<Process>,
    members: BTreeMap<i32, Process>,
    /// What all held together by the first reading, in bytes.
    before: Option<u64>,
    search_due: Instant,
    /// Whether high-water marks are reset at each reading.
    reset: bool,
    reset_refused: Option<Errno>,
    buffer: Vec<u8>,
}

impl Family {
    /// The descendants of `root`, read for the first time: what they hold now counts as before.
    pub(super) fn of(root: Pid, reset: bool) -> Self {
        let mut buffer = vec![0; process::BUFFER];
        let root = Process::open(root.as_raw_nonzero().get(), &mut buffer).ok();
        let mut family = Self {
            root,
            members: BTreeMap::new(),
            before: None,
            search_due: Instant::now(),
            reset,
            reset_refused: None,
            buffer,
        };
        family.read();
        family
    }

    /// Why high-water marks could not be reset.
    pub(super) const fn reset_refused(&self) -> Option<Errno> {
        self.reset_refused
    }

    /// What all hold together, less what they held before; `None` if there are none.
    pub(super) fn read(&mut self) -> Option<ServerReading> {
        let buffer = &mut self.buffer;
        self.members.retain(|_, member| member.read_status(buffer).is_ok());
        if Instant::now() >= self.search_due {
            self.search();
            self.search_due = Instant::now() + SEARCH;
        }
        let (mut anon, mut highest_rise, mut is_there) = (0, 0, false);
        for member in self.members.values() {
            let Some(memory) = member.memory() else { continue };
            is_there = true;
            anon += memory.anon;
            highest_rise = highest_rise.max(member.recent_high().saturating_sub(memory.rss));
        }
        self.forget_highs();
        if !is_there {
            return None;
        }
        let before = *self.before.get_or_insert(anon);
        let held = anon.saturating_sub(before);
        let peak = (anon + highest_rise).saturating_sub(before);
        Some(ServerReading { anon: held, peak })
    }

    fn search(&mut self) {
        let mut found = Vec::new();
        let buffer = &mut self.buffer;
        for process in self.root.iter().chain(self.members.values()) {
            process.children_of_threads(buffer, &mut found);
        }
        // What is found grows while the new ones' own children are looked for.
        let mut next = 0;
        while let Some(id) = found.get(next).copied() {
            next += 1;
            if self.members.contains_key(&id) {
                continue;
            }
            if let Ok(member) = Process::open(id, &mut self.buffer) {
                member.children_of_threads(&mut self.buffer, &mut found);
                self.members.insert(id, member);
            }
        }
    }

    fn forget_highs(&mut self) {
        for member in self.members.values_mut() {
            match member.forget_high(self.reset) {
                Ok(()) | Err(Errno::SRCH | Errno::NOENT) => {}
                Err(why) => {
                    self.reset_refused = Some(why);
                    self.reset = false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A shell whose child allocates when it is told to, and tells when it has.
    fn shell() -> Child {
        let script = "import sys; print(flush=True); sys.stdin.readline(); \
                      held = bytearray(64 << 20); print(flush=True); sys.stdin.readline()";
        Command::new("sh")
            .args(["-c", "python3 -c \"$1\"; :", "sh", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    #[test]
    fn what_a_child_takes_is_the_familys() {
        let mut child = shell();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut tell = child.stdin.take().unwrap();
        said.next();
        let root = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let mut family = Family::of(root, false);
        let first = family.read().unwrap();
        assert!(first.anon < 1 << 20, "{first:?}");
        tell.write_all(b"\n").unwrap();
        said.next();
        let held = family.read().unwrap();
        assert!((60 << 20..70 << 20).contains(&held.anon), "{held:?}");
        tell.write_all(b"\n").unwrap();
        child.wait().unwrap();
        assert_eq!(family.read(), None);
    }
}
