//! Sees a mark before it is sent, so that a reading is of the moment that the mark names.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicI32, Ordering::Relaxed};

use crate::real;

/// Where marks are sent; -1: nobody wants to know.
static WATCHED: AtomicI32 = AtomicI32::new(-1);

pub(super) fn watch(descriptor: c_int) {
    WATCHED.store(descriptor, Relaxed);
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, length: usize) -> isize {
    // SAFETY: the program's own call.
    unsafe {
        if descriptor >= 0
            && descriptor == WATCHED.load(Relaxed)
            && !bytes.is_null()
            && has_mark(core::slice::from_raw_parts(bytes.cast(), length))
        {
            super::on_mark();
        }
        write_through(descriptor, bytes, length)
    }
}

/// The C library's own.
pub(super) unsafe fn write_through(
    descriptor: c_int,
    bytes: *const c_void,
    length: usize,
) -> isize {
    // SAFETY: as the caller's.
    real::write::get().map_or(-1, |write| unsafe { write(descriptor, bytes, length) })
}

/// Whether a line names a moment.
fn has_mark(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"mark "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_seen_among_other_lines() {
        assert!(has_mark(b"mark a"));
        assert!(has_mark(b"progress 3\nmark b\n"));
        assert!(!has_mark(b"progress 3\nmetric mark 1\nmarker 2\n"));
    }
}
