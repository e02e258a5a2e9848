//! Proves the figures in this very process before they are believed: with its C library, its
//! allocator and its settings.

use core::ptr::null_mut;

use crate::{allocator, elf, layout, malloc, mapping, real, slot, sys};

/// Why the figures would be wrong here; 0 if they are right.
pub(crate) fn reason() -> u64 {
    if !malloc::is_in_place() || !mapping::is_in_place() {
        layout::OWN_MALLOC
    } else if allocator::is_used_by_operators() {
        layout::OWN_OPERATORS
    } else if !counts_are_right() {
        layout::SELF_TEST_FAILED
    } else {
        0
    }
}

/// Small blocks only: giving back a large one changes what malloc does later.
fn counts_are_right() -> bool {
    const SIZE: usize = 1000;
    let (Some(malloc), Some(calloc), Some(realloc), Some(free), Some(posix_memalign)) = (
        sys::find::<real::Malloc>(c"malloc"),
        sys::find::<real::Calloc>(c"calloc"),
        sys::find::<real::Realloc>(c"realloc"),
        sys::find::<real::Free>(c"free"),
        sys::find::<real::PosixMemalign>(c"posix_memalign"),
    ) else {
        return false;
    };
    let began = slot::live();
    // An allocator may round up, by a quarter at most.
    let holds = |size: usize| {
        let found = usize::try_from(slot::live() - began).unwrap_or(0);
        (size..=size + size / 4 + 64).contains(&found)
    };
    // SAFETY: each block is used as it was allocated, and freed once.
    unsafe {
        let block = malloc(SIZE);
        let mut right = !block.is_null() && holds(SIZE);
        let block = realloc(block, 3 * SIZE);
        right &= !block.is_null() && holds(3 * SIZE);
        let zeros = calloc(SIZE / 10, 10);
        right &= !zeros.is_null() && holds(4 * SIZE);
        let mut aligned = null_mut();
        right &= posix_memalign(&raw mut aligned, 256, SIZE) == 0 && holds(5 * SIZE);
        free(block);
        free(aligned);
        right &= holds(SIZE);
        free(zeros);
        right && slot::live() == began && mappings_are_right()
    }
}

fn mappings_are_right() -> bool {
    const SIZE: usize = 64 * 1024;
    let (Some(mmap), Some(munmap)) =
        (sys::find::<real::Mmap>(c"mmap"), sys::find::<real::Munmap>(c"munmap"))
    else {
        return false;
    };
    let began = slot::live();
    let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
    // SAFETY: a fresh mapping, given back at once.
    unsafe {
        let at = mmap(null_mut(), SIZE, sys::PROT_READ_WRITE, flags, -1, 0);
        if at == sys::MAP_FAILED || slot::live() - began != SIZE.cast_signed() as i64 {
            return false;
        }
        munmap(at, SIZE) == 0 && slot::live() == began
    }
}

/// Whether the program has Go's note: its linker leaves one in every executable.
pub(crate) fn is_go() -> bool {
    let Some((headers, base)) = elf::program() else { return false };
    let notes = headers.iter().filter(|header| header.kind == elf::PT_NOTE && header.size >= 16);
    notes.into_iter().any(|note| {
        let at = base.wrapping_add(note.address as usize) as *const u8;
        // SAFETY: notes are part of the program as it was loaded.
        let bytes = unsafe { core::slice::from_raw_parts(at, note.size as usize) };
        // The note's kind, then its name.
        bytes.windows(8).any(|window| window == b"\x04\0\0\0Go\0\0")
    })
}
