//! A table from addresses to a value of 64 bits, in memory that the system maps for us: it takes
//! nothing from the allocator that we watch, and no mapping of it is counted.
//!
//! Open addressing with linear probing; what is removed is filled up from behind (Knuth, The Art of
//! Computer Programming, vol. 3, 6.4, algorithm R), so no graves gather.

use core::ffi::c_void;
use core::ptr::null_mut;

use crate::{real, sys};

/// An address, which is never 0, and its value.
type Entry = (u64, u64);

/// At first it has room for so many.
const LEAST: usize = 1 << 12;

/// The table.
pub(super) struct Table {
    entries: *mut Entry,
    /// A power of two, or 0.
    room: usize,
    used: usize,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self { entries: null_mut(), room: 0, used: 0 }
    }

    fn slots(&self) -> &[Entry] {
        if self.room == 0 {
            return &[];
        }
        // SAFETY: mapped with this length, and ours alone.
        unsafe { core::slice::from_raw_parts(self.entries, self.room) }
    }

    fn slots_mut(&mut self) -> &mut [Entry] {
        if self.room == 0 {
            return &mut [];
        }
        // SAFETY: as above.
        unsafe { core::slice::from_raw_parts_mut(self.entries, self.room) }
    }

    /// The place of `key`, or the free one where it would stand. The table is not full.
    #[inline]
    fn place(&self, key: u64) -> usize {
        let mask = self.room.wrapping_sub(1);
        let mut place = home(key) & mask;
        while let Some((other, _)) = self.slots().get(place) {
            if *other == key || *other == 0 {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }

    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<u64> {
        let (found, value) = *self.slots().get(self.place(key))?;
        (found == key).then_some(value)
    }

    /// Sets the value of `key`, and returns the one that it had. `Err` if there is no memory.
    #[inline]
    pub(super) fn insert(&mut self, key: u64, value: u64) -> Result<Option<u64>, Full> {
        if (self.used + 1) * 4 > self.room * 3 {
            self.grow()?;
        }
        let place = self.place(key);
        let slot = self.slots_mut().get_mut(place).ok_or(Full)?;
        let before = (slot.0 == key).then_some(slot.1);
        *slot = (key, value);
        self.used += usize::from(before.is_none());
        Ok(before)
    }

    /// Takes `key` out; its value.
    #[inline]
    pub(super) fn remove(&mut self, key: u64) -> Option<u64> {
        if self.used == 0 {
            return None;
        }
        let mask = self.room - 1;
        let mut hole = self.place(key);
        let slots = self.slots_mut();
        let (found, value) = *slots.get(hole)?;
        if found != key {
            return None;
        }
        let mut next = hole;
        loop {
            next = (next + 1) & mask;
            let Some(entry) = slots.get(next).copied().filter(|entry| entry.0 != 0) else { break };
            // Whoever may stand at the hole moves there: its home is not between the two.
            let (from_home, from_hole) =
                (next.wrapping_sub(home(entry.0)) & mask, next.wrapping_sub(hole) & mask);
            if from_home >= from_hole {
                slots[hole] = entry;
                hole = next;
            }
        }
        slots[hole] = (0, 0);
        self.used -= 1;
        Some(value)
    }

    /// Takes everything out, and keeps the memory for the next time.
    pub(super) fn clear(&mut self) {
        if self.used > 0 {
            self.slots_mut().fill((0, 0));
            self.used = 0;
        }
    }

    #[cold]
    fn grow(&mut self) -> Result<(), Full> {
        let room = (self.room * 2).max(LEAST);
        let entries = map(room * size_of::<Entry>()).ok_or(Full)?.cast();
        let old = core::mem::replace(self, Self { entries, room, used: 0 });
        for &(key, value) in old.slots().iter().filter(|entry| entry.0 != 0) {
            let place = self.place(key);
            self.slots_mut()[place] = (key, value);
        }
        self.used = old.used;
        if old.room > 0 {
            unmap(old.entries.cast(), old.room * size_of::<Entry>());
        }
        Ok(())
    }
}

/// There is no memory for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Where a key would stand in a table of any size (Knuth's multiplicative hashing).
#[inline]
const fn home(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 28) as usize
}

/// A list that grows, in the same kind of memory.
pub(super) struct Pile<T> {
    items: *mut T,
    room: usize,
    length: usize,
}

impl<T: Copy> Pile<T> {
    pub(super) const fn new() -> Self {
        Self { items: null_mut(), room: 0, length: 0 }
    }

    #[inline]
    pub(super) fn push(&mut self, item: T) -> Result<(), Full> {
        if self.length == self.room {
            self.grow()?;
        }
        // SAFETY: inside of the mapping.
        unsafe { self.items.add(self.length).write(item) };
        self.length += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        self.length = self.length.checked_sub(1)?;
        // SAFETY: it was written by `push`.
        Some(unsafe { self.items.add(self.length).read() })
    }

    pub(super) fn items(&self) -> &[T] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: written up to there.
        unsafe { core::slice::from_raw_parts(self.items, self.length) }
    }

    pub(super) fn items_mut(&mut self) -> &mut [T] {
        if self.length == 0 {
            return &mut [];
        }
        // SAFETY: as above, and ours alone.
        unsafe { core::slice::from_raw_parts_mut(self.items, self.length) }
    }

    #[cold]
    fn grow(&mut self) -> Result<(), Full> {
        let room = (self.room * 2).max(LEAST);
        let items = map(room * size_of::<T>()).ok_or(Full)?.cast::<T>();
        if self.room > 0 {
            // SAFETY: two mappings of ours, the old one with so many items.
            unsafe { core::ptr::copy_nonoverlapping(self.items, items, self.length) };
            unmap(self.items.cast(), self.room * size_of::<T>());
        }
        (self.items, self.room) = (items, room);
        Ok(())
    }
}

/// Fresh zeros that count as nobody's.
pub(super) fn map(length: usize) -> Option<*mut c_void> {
    let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
    // SAFETY: a fresh mapping.
    let at = unsafe { real::mmap::get()?(null_mut(), length, sys::PROT_READ_WRITE, flags, -1, 0) };
    (at != sys::MAP_FAILED).then_some(at)
}

/// Gives back a mapping of ours that nobody uses any more.
fn unmap(at: *mut c_void, length: usize) {
    if let Some(munmap) = real::munmap::get() {
        // SAFETY: as the caller says.
        unsafe { munmap(at, length) };
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn it_holds_what_a_map_of_the_standard_library_holds() {
        let mut table = Table::new();
        let mut model = HashMap::new();
        // A multiplicative generator: few keys, so that they meet often.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for step in 0..200_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let key = ((state >> 40) % 9_000 + 1) * 16;
            if state >> 63 == 0 || step < 5_000 {
                assert_eq!(table.insert(key, step), Ok(model.insert(key, step)));
            } else {
                assert_eq!(table.remove(key), model.remove(&key));
            }
            assert_eq!(table.used, model.len());
        }
        for key in (1..=9_000).map(|key| key * 16) {
            assert_eq!(table.get(key), model.get(&key).copied());
        }
        table.clear();
        assert_eq!((table.get(16), table.used), (None, 0));
    }

    #[test]
    fn a_pile_keeps_its_order_while_it_grows() {
        let mut pile = Pile::new();
        let wanted: Vec<usize> = (0..3 * LEAST).collect();
        assert!(wanted.iter().all(|item| pile.push(*item).is_ok()));
        assert_eq!(pile.items(), wanted);
        assert!(wanted.iter().rev().all(|item| pile.pop() == Some(*item)));
        assert_eq!((pile.pop(), pile.items()), (None, &[][..]));
    }
}
