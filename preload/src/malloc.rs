//! The allocator's functions, each of which counts what the real one did.
//!
//! A block counts with what it can hold (`malloc_usable_size`): the size asked for, rounded up by
//! the allocator. That can be known when it is freed, without a word of our own for each block.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use crate::{real, slot};

/// Bytes that `block`, which is not null and not from the reserve, can hold.
#[inline]
pub(crate) unsafe fn held(block: *mut c_void) -> i64 {
    // SAFETY: the caller has the block from the real allocator.
    real::usable::get().map_or(0, |usable| unsafe { usable(block) }.cast_signed() as i64)
}

/// Counts a block that the real allocator handed out.
#[inline]
unsafe fn counted(block: *mut c_void) -> *mut c_void {
    if !block.is_null() {
        // SAFETY: it is the real allocator's.
        slot::count(unsafe { held(block) });
    }
    block
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    let Some(malloc) = real::malloc::get() else { return real::reserve(size) };
    // SAFETY: the program's own call.
    unsafe { counted(malloc(size)) }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let Some(calloc) = real::calloc::get() else {
        return count.checked_mul(size).map_or(null_mut(), real::reserve);
    };
    // SAFETY: the program's own call.
    unsafe { counted(calloc(count, size)) }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn free(block: *mut c_void) {
    if block.is_null() || real::reserved(block).is_some() {
        return;
    }
    // SAFETY: the program's own call; its size is read while it still is its own.
    unsafe {
        slot::count_freed(held(block));
        if let Some(free) = real::free::get() {
            free(block);
        }
    }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the program's own call; sizes are read while the blocks are its own.
    unsafe {
        if block.is_null() {
            return malloc(size);
        }
        if let Some(room) = real::reserved(block) {
            let new = malloc(size);
            if !new.is_null() {
                core::ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast(), size.min(room));
            }
            return new;
        }
        let Some(realloc) = real::realloc::get() else { return null_mut() };
        let before = held(block);
        let new = realloc(block, size);
        if !new.is_null() {
            slot::count(held(new) - before);
        } else if size == 0 {
            // It was freed.
            slot::count(-before);
        }
        new
    }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn reallocarray(block: *mut c_void, count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the program's own call.
        Some(size) => unsafe { realloc(block, size) },
        // No block is so large; the real one says so, in its way.
        // SAFETY: the program's own call.
        None => unsafe { realloc(block, usize::MAX) },
    }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    let Some(memalign) = real::memalign::get() else { return null_mut() };
    // SAFETY: the program's own call.
    unsafe { counted(memalign(alignment, size)) }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    let Some(aligned_alloc) = real::aligned_alloc::get() else { return null_mut() };
    // SAFETY: the program's own call.
    unsafe { counted(aligned_alloc(alignment, size)) }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn posix_memalign(
    block: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    const ENOMEM: c_int = 12;
    let Some(posix_memalign) = real::posix_memalign::get() else { return ENOMEM };
    // SAFETY: the program's own call; on success its block is filled in.
    unsafe {
        let error = posix_memalign(block, alignment, size);
        if error == 0 {
            counted(*block);
        }
        error
    }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn valloc(size: usize) -> *mut c_void {
    let Some(valloc) = real::valloc::get() else { return null_mut() };
    // SAFETY: the program's own call.
    unsafe { counted(valloc(size)) }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn pvalloc(size: usize) -> *mut c_void {
    let Some(pvalloc) = real::pvalloc::get() else { return null_mut() };
    // SAFETY: the program's own call.
    unsafe { counted(pvalloc(size)) }
}

/// Whether ours is what the program gets when it asks for `free` and its like.
pub(crate) fn is_in_place() -> bool {
    let ours: [(&core::ffi::CStr, *const ()); 6] = [
        (c"malloc", malloc as *const ()),
        (c"calloc", calloc as *const ()),
        (c"realloc", realloc as *const ()),
        (c"free", free as *const ()),
        (c"posix_memalign", posix_memalign as *const ()),
        (c"aligned_alloc", aligned_alloc as *const ()),
    ];
    ours.into_iter().all(|(name, ours)| real::is_reached(name, ours))
}
