//! The file of accounts, and which of them are of programs that still run. A program that has ended
//! leaves its figures in its slot, to be read once, at the end; a sample reads the others alone. So
//! it costs as much as there are processes, and not as much as there ever were.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::MemfdFlags;
use rustix::io::Result;

use super::layout::{self, SLOT_WORDS, SLOTS, WORD};
use super::slot::{Slot, word};

const SLOT: usize = SLOT_WORDS * WORD;
/// Slots that are read at once: for a small tree all that it needs, the header included.
const TOGETHER: usize = 8;

/// All accounts, in memory that has no name but our descriptor's.
#[derive(Debug)]
pub(super) struct Accounts {
    file: OwnedFd,
    window: Window,
    /// How many programs have asked for a slot, when it was last looked at.
    asked: u64,
    living: Living,
}

/// One program's account, and its place in the order in which programs began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) place: usize,
    pub(super) slot: Slot,
}

impl Accounts {
    /// None yet.
    ///
    /// # Errors
    /// When there can be no such memory.
    pub(super) fn make() -> Result<Self> {
        let file = rustix::fs::memfd_create("memprobe-heap", MemfdFlags::CLOEXEC)?;
        rustix::fs::ftruncate(&file, layout::FILE_SIZE as u64)?;
        rustix::io::pwrite(&file, &layout::MAGIC.to_ne_bytes(), 0)?;
        Ok(Self { file, window: Window::default(), asked: 0, living: Living::default() })
    }

    /// Where programs find the file.
    pub(super) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", rustix::process::getpid(), self.file.as_raw_fd())
    }

    /// Reads those of programs that run. One whose process no longer `exists` is left out from then
    /// on: nothing writes to it.
    pub(super) fn read(&mut self, mut exists: impl FnMut(i32) -> bool) {
        self.living.programs.retain(|id, _| exists(*id));
        self.window.forget();
        let taken = self.taken();
        for place in self.living.wanted(taken) {
            if let Some(slot) = self.slot(place) {
                self.living.update(Placed { place, slot });
            }
        }
    }

    /// That of the program which process `id` ran last, as it was read last.
    pub(super) fn of(&mut self, id: i32) -> Option<&mut Placed> {
        self.living.programs.get_mut(&id)
    }

    /// Every program's, in the order in which they began.
    pub(super) fn all(&mut self) -> Vec<Slot> {
        self.window.forget();
        (0..self.taken()).map(|place| self.slot(place).unwrap_or_default()).collect()
    }

    /// Whether programs have gone without, because there were too many.
    pub(super) const fn ran_out(&self) -> bool {
        self.asked > SLOTS as u64
    }

    /// How many slots are taken.
    fn taken(&mut self) -> usize {
        let header = self.window.at(&self.file, 0);
        self.asked = header.map_or(self.asked, |header| word(header, layout::TAKEN));
        usize::try_from(self.asked).unwrap_or(SLOTS).min(SLOTS)
    }

    fn slot(&mut self, place: usize) -> Option<Slot> {
        self.window.at(&self.file, place + 1).map(Slot::parse)
    }
}

/// A part of the file, as it was read.
#[derive(Debug)]
struct Window {
    /// The first slot in it, where the header is number 0.
    first: usize,
    length: usize,
    bytes: [u8; TOGETHER * SLOT],
}

impl Default for Window {
    fn default() -> Self {
        Self { first: 0, length: 0, bytes: [0; TOGETHER * SLOT] }
    }
}

impl Window {
    /// What is read from now on is new.
    const fn forget(&mut self) {
        self.length = 0;
    }

    /// Slot `number` of `file`, with those behind it if it was not read yet.
    fn at(&mut self, file: &OwnedFd, number: usize) -> Option<&[u8]> {
        if !(self.first..self.first + self.length).contains(&number) {
            let read = rustix::io::pread(file, &mut self.bytes, (number * SLOT) as u64);
            (self.first, self.length) = (number, read.unwrap_or(0) / SLOT);
        }
        self.bytes[..self.length * SLOT].chunks_exact(SLOT).nth(number - self.first)
    }
}

/// Which slots are worth reading. Pure.
#[derive(Debug, Default)]
struct Living {
    /// Slots up to here were seen.
    seen: usize,
    /// Those of them that don't say yet whose they are.
    unsigned: Vec<usize>,
    /// By process, the program that it ran last.
    programs: BTreeMap<i32, Placed>,
}

impl Living {
    /// The places to read in ascending order, when slots up to `taken` are in use.
    fn wanted(&mut self, taken: usize) -> Vec<usize> {
        let known = self.programs.values().map(|program| program.place);
        let mut wanted: Vec<usize> = known.chain(self.unsigned.drain(..)).collect();
        wanted.sort_unstable();
        wanted.extend(self.seen..taken);
        self.seen = self.seen.max(taken);
        wanted
    }

    fn update(&mut self, read: Placed) {
        if read.slot.process == 0 {
            self.unsigned.push(read.place);
            return;
        }
        let known = self.programs.entry(read.slot.process).or_insert(read);
        if known.place < read.place {
            *known = read;
        }
        if known.place == read.place {
            known.slot.update(read.slot);
        }
    }
}

#[cfg(test)]
mod tests;
