//! The C library, as far as it is needed: only what glibc and musl both have, since a program of
//! either may be asked to load this library and must not fail to.

use core::ffi::{CStr, c_char, c_int, c_long, c_void};
use core::mem::MaybeUninit;

/// An address has so many bits at most, unless a program asks the kernel for more: 47 on x86-64, and
/// 48 on aarch64, where mappings begin at the upper end.
pub(crate) const ADDRESS_BITS: usize = 48;

pub(crate) const PROT_NONE: c_int = 0;
pub(crate) const PROT_READ_WRITE: c_int = 3;
pub(crate) const MAP_SHARED: c_int = 0x01;
pub(crate) const MAP_PRIVATE: c_int = 0x02;
pub(crate) const MAP_FIXED: c_int = 0x10;
pub(crate) const MAP_ANONYMOUS: c_int = 0x20;
pub(crate) const MREMAP_FIXED: c_int = 2;
pub(crate) const MREMAP_DONTUNMAP: c_int = 4;
pub(crate) const MADV_WIPEONFORK: c_int = 18;
pub(crate) const MAP_FAILED: *mut c_void = usize::MAX as *mut c_void;
pub(crate) const O_RDONLY: c_int = 0;
pub(crate) const O_WRONLY: c_int = 1;
pub(crate) const O_RDWR: c_int = 2;
pub(crate) const O_APPEND: c_int = 0o2_000;
pub(crate) const O_CLOEXEC: c_int = 0o2_000_000;
pub(crate) const RTLD_DEFAULT: *mut c_void = core::ptr::null_mut();
pub(crate) const RTLD_NEXT: *mut c_void = usize::MAX as *mut c_void;
pub(crate) const CLOCK_MONOTONIC: c_int = 1;
pub(crate) const AT_PHDR: u64 = 3;
pub(crate) const AT_PHNUM: u64 = 5;
const AT_PAGESZ: u64 = 6;
pub(crate) const AT_BASE: u64 = 7;
pub(crate) const AT_EXECFN: u64 = 31;
pub(crate) const OWN_PROGRAM: *const c_char = c"/proc/self/exe".as_ptr();

// Before glibc 2.34 dlsym was in a library of its own.
#[link(name = "c")]
#[link(name = "dl")]
unsafe extern "C" {
    pub(crate) fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    pub(crate) fn getenv(name: *const c_char) -> *const c_char;
    pub(crate) fn getpid() -> c_int;
    pub(crate) fn getauxval(kind: u64) -> u64;
    pub(crate) fn madvise(at: *mut c_void, length: usize, advice: c_int) -> c_int;
    pub(crate) fn clock_gettime(clock: c_int, time: *mut i64) -> c_int;
    pub(crate) fn sched_yield() -> c_int;
    pub(crate) fn syscall(number: c_long, ...) -> c_long;
    fn __errno_location() -> *mut c_int;
    pub(crate) static environ: *const *const c_char;
}

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const MMAP: i64 = 9;
    pub(super) const MUNMAP: i64 = 11;
    pub(super) const READ: i64 = 0;
    pub(super) const CLOSE: i64 = 3;
    pub(super) const EXECVE: i64 = 59;
    pub(super) const PRCTL: i64 = 157;
    pub(super) const GETTID: i64 = 186;
    pub(super) const OPENAT: i64 = 257;
    pub(super) const READLINKAT: i64 = 267;
    pub(super) const STATX: i64 = 332;
}

#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const OPENAT: i64 = 56;
    pub(super) const CLOSE: i64 = 57;
    pub(super) const READ: i64 = 63;
    pub(super) const READLINKAT: i64 = 78;
    pub(super) const PRCTL: i64 = 167;
    pub(super) const GETTID: i64 = 178;
    pub(super) const MUNMAP: i64 = 215;
    pub(super) const EXECVE: i64 = 221;
    pub(super) const MMAP: i64 = 222;
    pub(super) const STATX: i64 = 291;
}

const AT_FDCWD: c_int = -100;

// The kernel's own calls: the C libraries' functions are not yet to be used where a sanitizer
// stands before them, and those that map memory would be counted.

/// The calling thread's id.
pub(crate) fn thread() -> c_int {
    // SAFETY: never fails.
    unsafe { syscall(number::GETTID) as c_int }
}

/// What the program has of this name: a function, or the address of a variable, of C type T.
pub(crate) fn find<T: Copy>(name: &CStr) -> Option<T> {
    const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
    // SAFETY: a name that ends with 0.
    let address = unsafe { dlsym(RTLD_DEFAULT, name.as_ptr()) };
    // SAFETY: T is the C type of what has this name.
    (!address.is_null()).then(|| unsafe { core::mem::transmute_copy(&address) })
}

/// Opens the file `path`.
pub(crate) unsafe fn open(path: *const c_char, flags: c_int) -> Option<c_int> {
    // SAFETY: the caller's path ends with 0.
    let file = unsafe { syscall(number::OPENAT, AT_FDCWD, path, flags) };
    (file >= 0).then_some(file as c_int)
}

pub(crate) unsafe fn close(file: c_int) {
    // SAFETY: the caller's descriptor, which nobody else has.
    unsafe { syscall(number::CLOSE, file) };
}

/// Reads up to `room` bytes; how many there were, and 0 at the end.
pub(crate) unsafe fn read(file: c_int, to: *mut u8, room: usize) -> usize {
    // SAFETY: the caller's descriptor, and memory with room for as much.
    usize::try_from(unsafe { syscall(number::READ, file, to, room) }).unwrap_or(0)
}

/// New memory: of `file` unless that is -1, and then all zeros.
pub(crate) unsafe fn map(length: usize, flags: c_int, file: c_int) -> Option<*mut c_void> {
    // Each as wide as the kernel reads it.
    let (access, flags, file) = (PROT_READ_WRITE as c_long, flags as c_long, file as c_long);
    // SAFETY: takes no memory from anybody.
    let at =
        unsafe { syscall(number::MMAP, 0 as c_long, length, access, flags, file, 0 as c_long) };
    (at != -1).then_some(at as *mut c_void)
}

pub(crate) unsafe fn unmap(at: *mut c_void, length: usize) {
    // SAFETY: the caller's own mapping.
    unsafe { syscall(number::MUNMAP, at, length) };
}

/// Bytes in a page: 4, 16 or 64 KiB on aarch64, as its kernel was built.
pub(crate) fn page_size() -> usize {
    // SAFETY: the kernel's own answer.
    unsafe { getauxval(AT_PAGESZ) as usize }
}

/// What the kernel calls this process, and `ps` too.
pub(crate) unsafe fn own_name(name: *mut [u8; 16]) {
    const PR_GET_NAME: c_int = 16;
    // SAFETY: it has room for what the kernel fills in.
    unsafe { syscall(number::PRCTL, PR_GET_NAME, name) };
}

/// What there is to know of a file.
#[derive(PartialEq)]
pub(crate) struct File {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// `None` for one that is none of bytes, such as a terminal.
    pub(crate) size: Option<u64>,
}

/// The file `path`, without opening it.
pub(crate) fn file(path: *const c_char) -> Option<File> {
    /// Its kind, inode and size.
    const WANTED: u32 = 0x1 | 0x100 | 0x200;
    const KIND: u16 = 0o170_000;
    const REGULAR: u16 = 0o100_000;
    let mut buffer = MaybeUninit::<[u64; 32]>::uninit();
    // SAFETY: a path that ends with 0; a struct statx has 256 bytes, as the buffer does. The C
    // libraries' `stat` differ in name and shape.
    unsafe {
        let at = buffer.as_mut_ptr();
        let failed = syscall(number::STATX, AT_FDCWD, path, 0 as c_int, WANTED, at);
        if failed != 0 {
            return None;
        }
        // stx_mode is at byte 28, stx_ino at 32, stx_size at 40; stx_dev_major and stx_dev_minor
        // are the two halves at byte 136.
        let mode = *at.cast::<u16>().add(14);
        Some(File {
            device: (*at)[17].rotate_left(32),
            inode: (*at)[4],
            size: (mode & KIND == REGULAR).then(|| (*at)[5]),
        })
    }
}

/// Where the symbolic link `path` leads to, with a 0 at its end.
pub(crate) fn link_target<const N: usize>(
    path: *const c_char,
    buffer: &mut MaybeUninit<[u8; N]>,
) -> Option<*const c_char> {
    let start = buffer.as_mut_ptr().cast::<u8>();
    // SAFETY: the buffer has room for as much, and for the 0.
    unsafe {
        let length = syscall(number::READLINKAT, AT_FDCWD, path, start, N - 1);
        let end = usize::try_from(length).ok()?;
        *start.add(end) = 0;
    }
    Some(start.cast())
}

/// Becomes the program in the file `path`. Returns if that can't be.
pub(crate) unsafe fn execute(
    path: *const c_char,
    arguments: *const *const c_char,
    environment: *const *const c_char,
) {
    // SAFETY: the caller's strings and lists, which end with 0.
    unsafe { syscall(number::EXECVE, path, arguments, environment) };
}

/// Whether the string at `text`, which ends with 0, begins with `start`.
///
/// Byte by byte, each of them read for its own sake: otherwise the compiler calls `memcmp`.
pub(crate) unsafe fn starts_with(text: *const u8, start: &str) -> bool {
    let mut bytes = start.bytes().enumerate();
    bytes.all(|(place, byte)| {
        // SAFETY: the string's end is unlike any byte of `start`, and nothing behind it is read.
        unsafe { text.add(place).read_volatile() == byte }
    })
}

type Handler = extern "C" fn();

/// Has these called just before a fork, and after it in the parent and in the child.
///
/// Programs have `pthread_atfork` in themselves with glibc, where it calls something that musl
/// doesn't have: asked for when linked, it would keep a program of musl's from starting.
pub(crate) fn at_fork(prepare: Handler, parent: Handler, child: Handler) {
    type OfGlibc = extern "C" fn(Handler, Handler, Handler, *mut c_void) -> c_int;
    type OfMusl = extern "C" fn(Handler, Handler, Handler) -> c_int;
    // SAFETY: names that end with 0; what is found are the C library's functions of these types.
    // The handlers live as long as we do: a preloaded library is never unloaded.
    unsafe {
        let of_glibc = dlsym(RTLD_DEFAULT, c"__register_atfork".as_ptr());
        if let Some(register) = core::mem::transmute::<*mut c_void, Option<OfGlibc>>(of_glibc) {
            register(prepare, parent, child, core::ptr::null_mut());
            return;
        }
        let of_musl = dlsym(RTLD_DEFAULT, c"pthread_atfork".as_ptr());
        if let Some(register) = core::mem::transmute::<*mut c_void, Option<OfMusl>>(of_musl) {
            register(prepare, parent, child);
        }
    }
}

/// Puts `errno` back at the end of its scope, as the program had it.
pub(crate) struct Errno(c_int);

impl Errno {
    pub(crate) fn keep() -> Self {
        // SAFETY: the C library's own pointer to this thread's errno.
        Self(unsafe { *__errno_location() })
    }
}

impl Drop for Errno {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe { *__errno_location() = self.0 };
    }
}
