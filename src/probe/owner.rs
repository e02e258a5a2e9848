//! Names for what a memprobe makes outside of itself. They say who made it, so that what a memprobe
//! that was killed left behind can be told from what belongs to one that still runs, and be
//! removed by the next.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::procfs;

const PREFIX: &str = "memprobe-";

/// A process, distinguishable from all that have had or will have its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The namespace (an inode) in which `id` is its id: others can't be judged from here.
    namespace: u64,
    id: i32,
    /// When it started, in clock ticks since the machine did.
    start: u64,
}

impl Owner {
    /// This very process.
    ///
    /// # Errors
    /// When `/proc` doesn't say.
    pub(super) fn ourselves() -> io::Result<Self> {
        let id = rustix::process::getpid().as_raw_nonzero().get();
        let start = start_of(id)?.ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { namespace: fs::metadata("/proc/self/ns/pid")?.ino(), id, start })
    }

    /// What it calls the things that it makes. As long for each as for any other: the name is in the
    /// workload's environment, and its length would move what lies beside that.
    pub(super) fn name(&self) -> String {
        format!("{PREFIX}{:010}-{:010}-{:012}", self.namespace, self.id, self.start)
    }

    /// The maker of what is called `name`; `None` if no memprobe made it.
    fn of(name: &str) -> Option<Self> {
        let mut numbers = name.strip_prefix(PREFIX)?.split('-');
        let namespace = numbers.next()?.parse().ok()?;
        let id = numbers.next()?.parse().ok().filter(|id| *id > 0)?;
        let start = numbers.next()?.parse().ok()?;
        numbers.next().is_none().then_some(Self { namespace, id, start })
    }

    /// Whether another memprobe made what is called `name`, and has ended. When in doubt, not.
    pub(super) fn has_lost(&self, name: &str) -> bool {
        let Some(other) = Self::of(name).filter(|other| other.namespace == self.namespace) else {
            return false;
        };
        match start_of(other.id) {
            Ok(start) => start.is_some_and(|start| start != other.start),
            // Not merely hidden from us.
            Err(_) => {
                Pid::from_raw(other.id).is_some_and(|id| test_kill_process(id) == Err(Errno::SRCH))
            }
        }
    }
}

fn start_of(id: i32) -> io::Result<Option<u64>> {
    Ok(procfs::start(&fs::read(format!("/proc/{id}/stat"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lives_has_lost_nothing_and_what_has_ended_has() {
        let own = Owner::ourselves().unwrap();
        assert_eq!(Owner::of(&own.name()), Some(own));
        assert!(!own.has_lost(&own.name()));
        let earlier = Owner { start: own.start - 1, ..own };
        assert!(own.has_lost(&earlier.name()), "its id was used again");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = Owner { id: i32::try_from(child.id()).unwrap(), ..own };
        child.wait().unwrap();
        assert!(own.has_lost(&ended.name()));
        let elsewhere = Owner { namespace: own.namespace + 1, ..ended };
        assert!(!own.has_lost(&elsewhere.name()), "another container's ids say nothing here");
    }

    #[test]
    fn what_others_made_is_not_touched() {
        let own = Owner::ourselves().unwrap();
        for name in ["memprobe-", "memprobe-1-2", "memprobe-1-2-3-4", "memprobe-a-b-c", "session"] {
            assert!(!own.has_lost(name), "{name}");
        }
        let odd = format!("memprobe-{}--1-3", own.namespace);
        assert!(!own.has_lost(&odd));
    }
}
