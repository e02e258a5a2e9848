//! One process of the tree, by its open descriptors. They belong to this very process: when it is
//! gone they fail, even if another one has its id by then.

use std::cell::Cell;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::{Errno, Result};
use rustix::process::{Pid, Signal};

use super::look::Look;
use super::procfs::{self, Memory, Rollup, Stat, Status};

/// Any of a process's files fits, but for those of programs in very many groups.
pub(super) const BUFFER: usize = 4096;
/// Written to `clear_refs`: makes the current RSS the new high-water mark.
const RESET_HIGH_WATER: &[u8] = b"5";
/// Of a process's name, as a rule.
const LONGEST_NAME: usize = 64;
/// Seven numbers of pages.
const STATM: usize = 96;

/// An open process and what was read last.
#[derive(Debug)]
pub(super) struct Process {
    dir: OwnedFd,
    status_file: OwnedFd,
    children_file: Option<OwnedFd>,
    clear_refs: Kept,
    stat_file: Kept,
    sizes_file: Kept,
    /// `statm` as read last.
    sizes: [u8; STATM],
    /// `stat` as read last.
    stat: Option<Stat>,
    /// As read last.
    pub(super) status: Status,
    /// Whether that was at the latest look: its high-water mark is told but once.
    is_fresh: bool,
    /// The high-water mark from before the latest reading; 0 after a reset.
    known_high: u64,
    /// Device and inode of the program's file, once somebody has asked since `status` was read.
    program: Cell<Option<(u64, u64)>>,
    /// Runs in its parent's memory, as between vfork and exec.
    pub(super) borrows_memory: bool,
}

/// A file that is opened when it is first needed, and then stays open.
#[derive(Debug, Default)]
struct Kept(Option<OwnedFd>);

impl Kept {
    fn open_at(&mut self, dir: &OwnedFd, name: &str, flags: OFlags) -> Result<&OwnedFd> {
        let file = match self.0.take() {
            Some(file) => file,
            None => open_at(dir, name, flags)?,
        };
        Ok(self.0.insert(file))
    }
}

impl Process {
    /// Opens process `id` and reads its status.
    pub(super) fn open(id: i32, buffer: &mut Vec<u8>) -> Result<Self> {
        let path = format!("/proc/{id}");
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = rustix::fs::open(path, flags, Mode::empty())?;
        let status_file = open_at(&dir, "status", OFlags::RDONLY)?;
        let children = format!("task/{id}/children");
        let children_file = open_at(&dir, &children, OFlags::RDONLY).ok();
        let mut process = Self {
            dir,
            status_file,
            children_file,
            clear_refs: Kept::default(),
            stat_file: Kept::default(),
            sizes_file: Kept::default(),
            sizes: [0; STATM],
            stat: None,
            status: Status::default(),
            is_fresh: false,
            known_high: 0,
            program: Cell::new(None),
            borrows_memory: false,
        };
        // Before it: what changes between the two must be seen by the next look.
        process.read_sizes()?;
        process.read_status(buffer)?;
        Ok(process)
    }

    /// Reads it again, as closely as `look` says, and `status` if anything tells of a change; of what
    /// tells of none, the high-water mark waits for the next look. Whether it was read; an error means
    /// that the process is gone.
    pub(super) fn read(&mut self, look: Look, buffer: &mut Vec<u8>) -> Result<bool> {
        let have_changed = self.read_sizes()?;
        let was_active = look >= Look::Faults && self.has_been_active(buffer)?;
        if have_changed || was_active || look == Look::Everything || self.is_ending() {
            self.read_status(buffer)?;
        } else {
            self.is_fresh = false;
        }
        Ok(self.is_fresh)
    }

    /// Reads `stat` again: whether there were page faults since the last time, or threads came or went.
    fn has_been_active(&mut self, buffer: &mut Vec<u8>) -> Result<bool> {
        let before = self.stat.map(|stat| stat.activity());
        match self.read_stat(buffer) {
            Ok(stat) => Ok(Some(stat.activity()) != before),
            // Without a descriptor to spare nobody knows.
            Err(Errno::MFILE | Errno::NFILE) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Whether it had given its memory back and was not a zombie yet, of which the sizes tell nothing.
    fn is_ending(&self) -> bool {
        self.status.memory.is_none() && self.status.state != b'Z'
    }

    fn read_status(&mut self, buffer: &mut Vec<u8>) -> Result<()> {
        let text = read(&self.status_file, buffer)?;
        self.status = procfs::status(text).ok_or(Errno::SRCH)?;
        self.is_fresh = true;
        self.program.set(None);
        if self.status.memory.is_none() && self.status.threads > 1 {
            self.status.memory = self.memory_of_threads(buffer);
        }
        Ok(())
    }

    /// Whether the sizes have changed since the last time.
    fn read_sizes(&mut self) -> Result<bool> {
        let file = self.sizes_file.open_at(&self.dir, "statm", OFlags::RDONLY)?;
        let mut sizes = [0; STATM];
        rustix::io::pread(file, &mut sizes, 0)?;
        let have_changed = sizes != self.sizes;
        self.sizes = sizes;
        Ok(have_changed)
    }

    /// The first thread may have ended before the others; then only they know the memory.
    fn memory_of_threads(&self, buffer: &mut Vec<u8>) -> Option<Memory> {
        self.threads().ok()?.into_iter().find_map(|thread| {
            let file = self.open_file(&format!("task/{thread}/status")).ok()?;
            procfs::status(read(&file, buffer).ok()?)?.memory
        })
    }

    /// Memory as read last, if it has any of its own.
    pub(super) fn memory(&self) -> Option<&Memory> {
        self.status.memory.as_ref().filter(|_| !self.borrows_memory)
    }

    /// How much higher RSS was since the reading before the last, as far as the kernel tells.
    pub(super) fn recent_rise(&self) -> u64 {
        let news = self.memory().filter(|memory| self.is_fresh && memory.high > self.known_high);
        news.map_or(0, |memory| memory.high.saturating_sub(memory.rss))
    }

    /// Makes the next `recent_rise` count from now, with the kernel's help if `reset`.
    pub(super) fn forget_high(&mut self, reset: bool) -> Result<()> {
        let Some(memory) = self.memory().filter(|_| self.is_fresh) else { return Ok(()) };
        let (high, rss) = (memory.high, memory.rss);
        // Nothing to forget, and no need to disturb the program.
        if high <= rss {
            self.known_high = 0;
            return Ok(());
        }
        self.known_high = high;
        if reset {
            let file = self.clear_refs.open_at(&self.dir, "clear_refs", OFlags::WRONLY)?;
            rustix::io::write(file, RESET_HIGH_WATER)?;
            self.known_high = 0;
        }
        Ok(())
    }

    /// Adds the ids of the first thread's children to `found`; an error if the kernel doesn't
    /// list children.
    pub(super) fn children(&self, buffer: &mut [u8], found: &mut Vec<i32>) -> Result<()> {
        let file = self.children_file.as_ref().ok_or(Errno::NOENT)?;
        read_children(file, buffer, found)
    }

    /// Adds the ids of all threads' children to `found`.
    pub(super) fn children_of_threads(&self, buffer: &mut [u8], found: &mut Vec<i32>) {
        for thread in self.threads().unwrap_or_default() {
            // A thread that has ended meanwhile has left its children to another.
            if let Ok(file) = self.open_file(&format!("task/{thread}/children")) {
                let _ = read_children(&file, buffer, found);
            }
        }
    }

    fn threads(&self) -> Result<Vec<i32>> {
        let tasks = open_at(&self.dir, "task", OFlags::RDONLY | OFlags::DIRECTORY)?;
        let entries = rustix::fs::Dir::new(tasks)?;
        let ids =
            entries.filter_map(|entry| procfs::process_id(entry.ok()?.file_name().to_bytes()));
        Ok(ids.collect())
    }

    /// CPU time and page faults so far, of itself and of the children that it waited for.
    pub(super) fn read_stat(&mut self, buffer: &mut Vec<u8>) -> Result<Stat> {
        let file = self.stat_file.open_at(&self.dir, "stat", OFlags::RDONLY)?;
        let stat = procfs::stat(read(file, buffer)?).ok_or(Errno::SRCH)?;
        Ok(*self.stat.insert(stat))
    }

    /// The same as at the latest look for it; of a new process, as of now.
    pub(super) fn stat(&mut self, buffer: &mut Vec<u8>) -> Result<Stat> {
        self.stat.map_or_else(|| self.read_stat(buffer), Ok)
    }

    /// PSS and USS. Opened anew each time: an open file stays with the program before an exec.
    pub(super) fn rollup(&self, buffer: &mut Vec<u8>) -> Result<Rollup> {
        let file = self.open_file("smaps_rollup")?;
        procfs::rollup(read(&file, buffer)?).ok_or(Errno::SRCH)
    }

    /// The device and inode of the program's file; `None` where it may not be seen. Looked at once for
    /// each reading of `status`, since another program has other sizes.
    pub(super) fn program(&self) -> Option<(u64, u64)> {
        let known = self.program.get().or_else(|| self.find_program());
        self.program.set(known);
        known
    }

    fn find_program(&self) -> Option<(u64, u64)> {
        let stat = rustix::fs::statat(&self.dir, "exe", AtFlags::empty()).ok()?;
        let device = u64::from(rustix::fs::major(stat.st_dev)) << 32;
        Some((device | u64::from(rustix::fs::minor(stat.st_dev)), stat.st_ino))
    }

    /// What the process calls itself.
    pub(super) fn name(&self) -> String {
        let mut buffer = vec![0; LONGEST_NAME];
        let file = self.open_file("comm");
        let text = file.and_then(|file| Ok(read(&file, &mut buffer)?.to_vec())).unwrap_or_default();
        String::from_utf8_lossy(text.trim_ascii()).escape_debug().to_string()
    }

    fn open_file(&self, name: &str) -> Result<OwnedFd> {
        open_at(&self.dir, name, OFlags::RDONLY)
    }
}

fn open_at(dir: &OwnedFd, name: &str, flags: OFlags) -> Result<OwnedFd> {
    rustix::fs::openat(dir, name, flags | OFlags::CLOEXEC, Mode::empty())
}

/// Reads a file that the kernel makes up in one piece, from its beginning.
pub(super) fn read(file: impl AsFd, buffer: &mut Vec<u8>) -> Result<&[u8]> {
    loop {
        let length = rustix::io::pread(&file, &mut *buffer, 0)?;
        if length < buffer.len() {
            return Ok(&buffer[..length]);
        }
        buffer.resize(buffer.len() * 2, 0);
    }
}

/// Reads one of our own files in `/proc/self`.
pub(super) fn read_own(name: &str) -> Result<Vec<u8>> {
    read_whole(format!("/proc/self/{name}"))
}

/// Whether `process`, which may have ended, is told nothing of its children's ends: then nobody
/// waits for them.
pub(super) fn ignores_children(process: Pid) -> bool {
    let status = read_whole(format!("/proc/{process}/status"));
    let ignored = status.map_or(0, |status| procfs::ignored_signals(&status));
    ignored & (1 << (Signal::CHILD.as_raw() - 1)) != 0
}

fn read_whole(path: String) -> Result<Vec<u8>> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut buffer = vec![0; BUFFER];
    let length = read(&file, &mut buffer)?.len();
    buffer.truncate(length);
    Ok(buffer)
}

/// Reads a list of children, which the kernel gives a page at a time.
pub(super) fn read_children(
    file: impl AsFd,
    buffer: &mut [u8],
    found: &mut Vec<i32>,
) -> Result<()> {
    /// An id and a space.
    const LONGEST: usize = 12;
    let mut offset = 0;
    loop {
        let length = rustix::io::pread(&file, &mut *buffer, offset)?;
        found.extend(procfs::children(&buffer[..length]));
        offset += length as u64;
        if length + LONGEST < BUFFER {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
