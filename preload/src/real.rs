//! The functions that ours stand before, as the dynamic linker would have found them without us;
//! and memory for the linker itself, in case it needs some while it looks for them.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering::Relaxed};

use crate::elf::Symbol;
use crate::sys;

pub(crate) type Malloc = unsafe extern "C" fn(usize) -> *mut c_void;
pub(crate) type Calloc = unsafe extern "C" fn(usize, usize) -> *mut c_void;
pub(crate) type Realloc = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
pub(crate) type Free = unsafe extern "C" fn(*mut c_void);
pub(crate) type Usable = unsafe extern "C" fn(*mut c_void) -> usize;
pub(crate) type Aligned = unsafe extern "C" fn(usize, usize) -> *mut c_void;
pub(crate) type PosixMemalign = unsafe extern "C" fn(*mut *mut c_void, usize, usize) -> c_int;
pub(crate) type Mmap =
    unsafe extern "C" fn(*mut c_void, usize, c_int, c_int, c_int, i64) -> *mut c_void;
pub(crate) type Munmap = unsafe extern "C" fn(*mut c_void, usize) -> c_int;
pub(crate) type Mremap =
    unsafe extern "C" fn(*mut c_void, usize, usize, c_int, *mut c_void) -> *mut c_void;
pub(crate) type Write = unsafe extern "C" fn(c_int, *const c_void, usize) -> isize;
/// Called by no one here: C's own start gets it with the arguments as they are.
pub(crate) type StartMain = unsafe extern "C" fn();
pub(crate) type Mprotect = unsafe extern "C" fn(*mut c_void, usize, c_int) -> c_int;

/// Declares a function to be found: `get` is `None` only while it is being looked for, or where
/// there is none.
macro_rules! real {
    ($name:ident, $symbol:literal, $type:ty) => {
        pub(crate) mod $name {
            use super::*;

            static FOUND: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

            #[inline]
            pub(crate) fn get() -> Option<$type> {
                let mut found = FOUND.load(Relaxed);
                if found.is_null() {
                    found = look_up($symbol, &FOUND);
                }
                // SAFETY: null, or the address of the C library's function of this name, whose
                // type this is.
                unsafe { core::mem::transmute::<*mut c_void, Option<$type>>(found) }
            }
        }
    };
}

real!(malloc, c"malloc", Malloc);
real!(calloc, c"calloc", Calloc);
real!(realloc, c"realloc", Realloc);
real!(free, c"free", Free);
real!(usable, c"malloc_usable_size", Usable);
real!(memalign, c"memalign", Aligned);
real!(aligned_alloc, c"aligned_alloc", Aligned);
real!(posix_memalign, c"posix_memalign", PosixMemalign);
real!(valloc, c"valloc", Malloc);
real!(pvalloc, c"pvalloc", Malloc);
real!(mmap, c"mmap", Mmap);
real!(munmap, c"munmap", Munmap);
real!(mremap, c"mremap", Mremap);
real!(mprotect, c"mprotect", Mprotect);
real!(write, c"write", Write);
real!(start_main, c"__libc_start_main", StartMain);

/// The linker is looking for one of them right now, on our behalf.
static LOOKING: AtomicBool = AtomicBool::new(false);

#[cold]
fn look_up(symbol: &CStr, found: &AtomicPtr<c_void>) -> *mut c_void {
    // Before `main` there is one thread; all that matter are found by our constructor.
    if LOOKING.swap(true, Relaxed) {
        return null_mut();
    }
    let _errno = sys::Errno::keep();
    // SAFETY: a symbol's name that ends with 0.
    let address = unsafe { sys::dlsym(sys::RTLD_NEXT, symbol.as_ptr()) };
    found.store(address, Relaxed);
    LOOKING.store(false, Relaxed);
    address
}

/// Finds all of them, while there is but one thread.
pub(crate) fn find_all() -> bool {
    let allocator = malloc::get().is_some()
        && calloc::get().is_some()
        && realloc::get().is_some()
        && free::get().is_some()
        && usable::get().is_some()
        && write::get().is_some();
    let mapping = mmap::get().is_some()
        && munmap::get().is_some()
        && mremap::get().is_some()
        && mprotect::get().is_some();
    // A C library may lack these; then so does the program.
    let _ = (memalign::get(), aligned_alloc::get(), posix_memalign::get());
    let _ = (valloc::get(), pvalloc::get());
    allocator && mapping
}

/// Whether a call of the function `name` reaches `ours`, as far as the dynamic linker tells.
pub(crate) fn is_reached(name: &CStr, ours: *const ()) -> bool {
    // SAFETY: a symbol's name that ends with 0.
    let found = unsafe { sys::dlsym(sys::RTLD_DEFAULT, name.as_ptr()) };
    found.cast_const().cast() == ours || is_import(found)
}

/// Whether the program merely imports what it has at `address`. One that is linked to a fixed place
/// (as Debian's Python is) has a stub of its own for each function whose address it takes. The stub
/// calls the first that the linker finds elsewhere, which is ours.
fn is_import(address: *const c_void) -> bool {
    type Dladdr1 =
        unsafe extern "C" fn(*const c_void, *mut [usize; 4], *mut *const Symbol, c_int) -> c_int;
    const RTLD_DL_SYMENT: c_int = 1;
    // SAFETY: glibc's function, if there is one; what it fills in is a `Dl_info` and the address of
    // a symbol, which stays where it is.
    unsafe {
        let dladdr1 = sys::dlsym(sys::RTLD_DEFAULT, c"dladdr1".as_ptr());
        let dladdr1 = core::mem::transmute::<*mut c_void, Option<Dladdr1>>(dladdr1);
        let (mut object, mut symbol) = ([0; 4], core::ptr::null());
        let found = dladdr1.is_some_and(|dladdr1| {
            dladdr1(address, &raw mut object, &raw mut symbol, RTLD_DL_SYMENT) != 0
        });
        found && !symbol.is_null() && (*symbol).is_import()
    }
}

const RESERVE: usize = 16 * 1024;
const ALIGNMENT: usize = 16;

/// A few blocks for the linker, which are never given back.
#[repr(align(16))]
struct Reserve(UnsafeCell<[u8; RESERVE]>);

// SAFETY: every block of it is handed out once.
unsafe impl Sync for Reserve {}

static BLOCKS: Reserve = Reserve(UnsafeCell::new([0; RESERVE]));
static USED: AtomicUsize = AtomicUsize::new(0);

/// A zeroed block of the reserve; null if it is used up.
#[cold]
pub(crate) fn reserve(size: usize) -> *mut c_void {
    let Some(wanted) = size.checked_next_multiple_of(ALIGNMENT).filter(|size| *size <= RESERVE)
    else {
        return null_mut();
    };
    let start = USED.fetch_add(wanted, Relaxed);
    if start + wanted > RESERVE {
        return null_mut();
    }
    // SAFETY: start is inside the reserve.
    unsafe { BLOCKS.0.get().cast::<u8>().add(start).cast() }
}

/// How many bytes of the reserve lie behind `block`; `None` if it is not from there.
#[inline]
pub(crate) fn reserved(block: *mut c_void) -> Option<usize> {
    let place = (block as usize).wrapping_sub(BLOCKS.0.get() as usize);
    (place < RESERVE).then(|| RESERVE - place)
}
