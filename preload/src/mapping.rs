//! Anonymous mappings, which count while the program may use them: not while they are merely
//! reserved (`PROT_NONE`). What the C library maps for itself, such as large blocks of malloc's
//! and the stacks of threads, does not come this way, and so counts once or not at all.

use core::arch::naked_asm;
use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::ranges::{Full, Range, Ranges};
use crate::{allocator, layout, real, slot, sys};

/// As many mappings as the kernel lets a process have, unless it is told otherwise.
const MOST: usize = 65_536;
/// How often another thread gets the processor before we give up.
const PATIENCE: u32 = 100_000;

/// The program's anonymous mappings.
struct Mappings {
    anonymous: Ranges<MOST>,
    /// Those that can be used.
    counted: Ranges<MOST>,
}

struct Shared(UnsafeCell<Mappings>);
// SAFETY: used by whoever holds the lock.
unsafe impl Sync for Shared {}

/// All zeros, so that it takes no memory until it is used.
static MAPPINGS: Shared =
    Shared(UnsafeCell::new(Mappings { anonymous: Ranges::new(), counted: Ranges::new() }));
static LOCKED: AtomicBool = AtomicBool::new(false);
/// A mapping could not be accounted for: then no other is, so that nobody waits again.
static LOST: AtomicBool = AtomicBool::new(false);
/// The thread whose mappings are not counted right now; 0 if there is none.
static ASIDE: AtomicI32 = AtomicI32::new(0);

pub(crate) fn lock() -> bool {
    if LOST.load(Ordering::Relaxed) {
        return false;
    }
    for _ in 0..PATIENCE {
        if LOCKED.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            return true;
        }
        // SAFETY: no more than a hint.
        unsafe { sys::sched_yield() };
    }
    // A signal's handler that maps, in a thread that was mapping; or a child that was forked by the
    // kernel's own call meanwhile. Never hang a program for it.
    lose();
    false
}

fn lose() {
    LOST.store(true, Ordering::Relaxed);
    slot::refuse(layout::MAPPINGS_LOST);
}

pub(crate) fn unlock() {
    LOCKED.store(false, Ordering::Release);
}

/// Changes the account.
fn change(change: impl FnOnce(&mut Mappings) -> Result<i64, Full>) {
    let _errno = sys::Errno::keep();
    if !lock() {
        return;
    }
    // SAFETY: we hold the lock.
    let changed = change(unsafe { &mut *MAPPINGS.0.get() });
    unlock();
    match changed {
        Ok(bytes) => slot::count(bytes),
        Err(Full) => lose(),
    }
}

impl Mappings {
    fn drop_range(&mut self, range: Range) -> Result<i64, Full> {
        self.anonymous.remove(range)?;
        Ok(-(self.counted.remove(range)?.cast_signed() as i64))
    }

    fn map(&mut self, range: Range, anonymous: bool, usable: bool) -> Result<i64, Full> {
        let mut bytes = self.drop_range(range)?;
        if anonymous {
            self.anonymous.insert(range)?;
            if usable {
                bytes += self.counted.insert(range)?.cast_signed() as i64;
            }
        }
        Ok(bytes)
    }

    fn protect(&mut self, range: Range, usable: bool) -> Result<i64, Full> {
        let Self { anonymous, counted } = self;
        if !usable {
            return Ok(-(counted.remove(range)?.cast_signed() as i64));
        }
        let mut bytes = Ok(0);
        anonymous.each(range, |part| {
            if let Ok(sum) = bytes {
                bytes = counted.insert(part).map(|new| sum + new.cast_signed() as i64);
            }
        });
        bytes
    }
}

/// The pages that `length` bytes from `at` on lie in; `None` where the kernel would refuse.
fn pages(at: *mut c_void, length: usize) -> Option<Range> {
    pages_of(sys::page_size(), at as usize, length)
}

fn pages_of(size: usize, start: usize, length: usize) -> Option<Range> {
    let end = start.checked_add(length.checked_next_multiple_of(size)?)?;
    (start.is_multiple_of(size) && length > 0).then_some(Range { start, end })
}

/// Maps memory whose content is accounted for elsewhere, so that it never counts: not even for
/// the moment that would be the peak. `None` if another thread is doing the same.
pub(crate) fn aside<T>(map: impl FnOnce() -> T) -> Option<T> {
    let thread = sys::thread();
    ASIDE.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).ok()?;
    let mapped = map();
    ASIDE.store(0, Ordering::Relaxed);
    Some(mapped)
}

fn is_aside() -> bool {
    let thread = ASIDE.load(Ordering::Relaxed);
    thread != 0 && thread == sys::thread()
}

/// Takes a mapping out of the account. It may still be unmapped as any other.
pub(crate) fn forget(at: *mut c_void, length: usize) {
    if let Some(range) = pages(at, length) {
        change(|mappings| mappings.drop_range(range));
    }
}

/// Puts a mapping into the account that was made [`aside`].
pub(crate) fn remember(at: *mut c_void, length: usize) {
    if let Some(range) = pages(at, length) {
        change(|mappings| mappings.map(range, true, true));
    }
}

/// With the address that it returns to as one more argument, which tells who calls.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
extern "C" fn mmap() {
    #[cfg(target_arch = "x86_64")]
    naked_asm!(
        ".cfi_startproc",
        "endbr64",
        "push qword ptr [rsp]",
        ".cfi_adjust_cfa_offset 8",
        "call {map}",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
        map = sym map,
    );
    #[cfg(target_arch = "aarch64")]
    naked_asm!("hint #34", "mov x6, x30", "b {map}", map = sym map);
}

/// The same, where a long has 64 bits.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
extern "C" fn mmap64() {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("endbr64", "jmp {mmap}", mmap = sym mmap);
    #[cfg(target_arch = "aarch64")]
    naked_asm!("hint #34", "b {mmap}", mmap = sym mmap);
}

unsafe extern "C" fn map(
    wanted: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: i64,
    caller: usize,
) -> *mut c_void {
    let Some(mmap) = real::mmap::get() else { return sys::MAP_FAILED };
    // SAFETY: the program's own call.
    let at = unsafe { mmap(wanted, length, protection, flags, file, offset) };
    let anonymous = flags & sys::MAP_ANONYMOUS != 0;
    // A file's mapping matters only where it may take the place of another.
    if (anonymous || flags & sys::MAP_FIXED != 0)
        && at != sys::MAP_FAILED
        && !is_aside()
        && let Some(range) = pages(at, length)
    {
        let anonymous = anonymous && !allocator::has(caller);
        let usable = protection != sys::PROT_NONE;
        change(|mappings| mappings.map(range, anonymous, usable));
    }
    at
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn munmap(at: *mut c_void, length: usize) -> c_int {
    let Some(munmap) = real::munmap::get() else { return -1 };
    // Before: another thread may get the same addresses right after. With a whole page it can
    // only fail for want of memory.
    if let Some(range) = pages(at, length) {
        change(|mappings| mappings.drop_range(range));
    }
    // SAFETY: the program's own call.
    unsafe { munmap(at, length) }
}

#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn mprotect(at: *mut c_void, length: usize, protection: c_int) -> c_int {
    let Some(mprotect) = real::mprotect::get() else { return -1 };
    // SAFETY: the program's own call.
    let failed = unsafe { mprotect(at, length, protection) };
    if failed == 0
        && let Some(range) = pages(at, length)
    {
        change(|mappings| mappings.protect(range, protection != sys::PROT_NONE));
    }
    failed
}

/// In C it takes four or five arguments; the fifth's register is read either way.
#[cfg_attr(not(test), unsafe(no_mangle))]
unsafe extern "C" fn mremap(
    at: *mut c_void,
    length: usize,
    new_length: usize,
    flags: c_int,
    wanted: *mut c_void,
) -> *mut c_void {
    let Some(mremap) = real::mremap::get() else { return sys::MAP_FAILED };
    let wanted = if flags & sys::MREMAP_FIXED != 0 { wanted } else { null_mut() };
    // SAFETY: the program's own call.
    let new = unsafe { mremap(at, length, new_length, flags, wanted) };
    if new != sys::MAP_FAILED
        && let (Some(from), Some(to)) = (pages(at, length), pages(new, new_length))
    {
        change(|mappings| {
            let (anonymous, usable) =
                (mappings.anonymous.meets(from), mappings.counted.meets(from));
            let mut bytes = 0;
            if flags & sys::MREMAP_DONTUNMAP == 0 {
                bytes = mappings.drop_range(from)?;
            }
            Ok(bytes + mappings.map(to, anonymous, usable)?)
        });
    }
    new
}

/// Whether ours are what the program gets.
pub(crate) fn is_in_place() -> bool {
    let ours = [(c"mmap", mmap as *const ()), (c"munmap", munmap as *const ())];
    ours.into_iter().all(|(name, ours)| real::is_reached(name, ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_has_whole_pages_of_the_kernels_size() {
        const KIB: usize = 1024;
        let range = |start, end| Some(Range { start: start * KIB, end: end * KIB });
        assert_eq!(pages_of(4 * KIB, 64 * KIB, 5 * KIB), range(64, 72));
        assert_eq!(pages_of(64 * KIB, 64 * KIB, 5 * KIB), range(64, 128));
        assert_eq!(pages_of(64 * KIB, 68 * KIB, 5 * KIB), None, "it begins within a page");
        assert_eq!(pages_of(4 * KIB, 64 * KIB, 0), None);
        assert_eq!(pages_of(4 * KIB, 64 * KIB, usize::MAX), None);
        assert!(sys::page_size().is_power_of_two() && sys::page_size() >= 4 * KIB);
    }
}
