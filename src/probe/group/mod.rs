//! A cgroup (version 2) of the workload's own. No process leaves it by forking, by another session
//! or by losing its parent, so it lists all of them at once, and ends all of them at once.
//!
//! It needs no controllers and sets no limits. Where none can be made, the tree of descendants does
//! the same with more effort; see `tree`.

mod place;

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};

use super::owner::Owner;
use super::{process, procfs};

/// Where the kernel lists a group's processes.
const PROCS: &str = "cgroup.procs";
/// Files in which a limit stands. Some programs adapt to the limits of their own group.
const LIMITS: [&str; 2] = ["memory.max", "cpu.max"];
/// How often what a group holds is killed, where the kernel can't do it at once.
const KILLS: u32 = 20;
/// How long is waited for a group whose last process has just ended.
const PATIENCE: u32 = 50;

/// The group; it is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Group {
    folder: PathBuf,
    dir: OwnedFd,
    procs: OwnedFd,
}

impl Group {
    /// Makes a group under our own one, and removes those that memprobes left there.
    ///
    /// # Errors
    /// Why there can't be one.
    pub(super) fn make() -> Result<Self, String> {
        let read = |path| fs::read(path).map_err(|error| format!("{path}: {error}"));
        let parent =
            place::own_folder(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?)?;
        let owner = Owner::ourselves().map_err(|error| format!("/proc/self: {error}"))?;
        remove_lost(&parent, &owner);
        if let Some(file) = LIMITS.iter().find(|file| is_limited(&parent.join(file))) {
            return Err(format!("programs would no longer find the limit in our own {file}"));
        }
        Self::at(parent.join(owner.name()))
    }

    fn at(folder: PathBuf) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{}: {error}", folder.display());
        fs::create_dir(&folder).map_err(failed)?;
        let open = |name: &str, flags| {
            rustix::fs::open(folder.join(name), flags | OFlags::CLOEXEC, Mode::empty())
        };
        let opened = open("", OFlags::RDONLY | OFlags::DIRECTORY)
            .and_then(|dir| Ok((dir, open(PROCS, OFlags::RDONLY)?)));
        match opened {
            Ok((dir, procs)) => Ok(Self { folder, dir, procs }),
            Err(error) => {
                remove(&folder);
                Err(failed(error.into()))
            }
        }
    }

    /// Adds the ids of all processes in it to `found`.
    pub(super) fn members(&self, buffer: &mut [u8], found: &mut Vec<i32>) {
        // What can't be read is found as a descendant.
        let _ = process::read_children(&self.procs, buffer, found);
    }

    /// Adds those of all processes in groups that its processes made in it.
    pub(super) fn members_within(&self, buffer: &mut [u8], found: &mut Vec<i32>) {
        // A link for its name, one for `.`, and one for each group within.
        if rustix::fs::fstat(&self.dir).is_ok_and(|stat| stat.st_nlink > 2) {
            for group in nested(&self.folder) {
                members_of(&group, buffer, found);
            }
        }
    }

    /// Ends all processes in it.
    pub(super) fn kill(&self) {
        // Linux 5.14 or newer; older ones need to be told each process, until no new ones come.
        if fs::write(self.folder.join("cgroup.kill"), "1").is_ok() {
            return;
        }
        let (mut buffer, mut found) = (vec![0; process::BUFFER], Vec::new());
        for _ in 0..KILLS {
            found.clear();
            self.members(&mut buffer, &mut found);
            self.members_within(&mut buffer, &mut found);
            if found.is_empty() {
                return;
            }
            for id in found.iter().filter_map(|id| Pid::from_raw(*id)) {
                // It may have ended since.
                let _ = kill_process(id, Signal::KILL);
            }
        }
    }

    /// User and system time of all processes that were ever in it.
    pub(super) fn cpu_time(&self) -> Option<(Duration, Duration)> {
        procfs::group_cpu(&fs::read(self.folder.join("cpu.stat")).ok()?)
    }

    /// The most memory that was charged to it at one time, in bytes.
    ///
    /// # Errors
    /// Why it isn't known.
    pub(super) fn peak(&self) -> Result<u64, &'static str> {
        if let Ok(text) = fs::read_to_string(self.folder.join("memory.peak")) {
            return text.trim().parse().map_err(|_| "memory.peak is no number");
        }
        Err(match self.folder.join("memory.current").exists() {
            true => "this kernel keeps no maximum for a cgroup (Linux 5.19 does)",
            false => "the memory controller is not passed on to cgroups within our own",
        })
    }
}

/// The place into which a process can be born.
impl AsFd for Group {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.dir.as_fd()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for _ in 0..PATIENCE {
            if remove(&self.folder) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Removes groups in `parent` whose memprobes have ended. Whatever still runs there is left alone,
/// and so is its group.
fn remove_lost(parent: &Path, owner: &Owner) {
    for group in nested(parent) {
        let name = group.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| owner.has_lost(name)) {
            remove(&group);
        }
    }
}

/// Removes a group and those within; whether it is gone. The kernel removes none that has processes.
fn remove(folder: &Path) -> bool {
    let gone = || {
        fs::remove_dir(folder).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })
    };
    if gone().is_ok() {
        return true;
    }
    nested(folder).iter().all(|group| remove(group)) && gone().is_ok()
}

/// The groups in a group.
fn nested(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let folders =
        entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

fn members_of(folder: &Path, buffer: &mut [u8], found: &mut Vec<i32>) {
    if let Ok(procs) = fs::File::open(folder.join(PROCS)) {
        let _ = process::read_children(&procs, buffer, found);
    }
    for group in nested(folder) {
        members_of(&group, buffer, found);
    }
}

fn is_limited(file: &Path) -> bool {
    fs::read(file).is_ok_and(|limit| !limit.starts_with(b"max"))
}

#[cfg(test)]
mod tests;
