//! The C library, as far as it is needed: only what glibc and musl both have, since a program of
//! either may be asked to load this library and must not fail to.

use core::ffi::{c_char, c_int, c_long, c_void};

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
pub(crate) const O_WRONLY: c_int = 1;
pub(crate) const O_RDWR: c_int = 2;
pub(crate) const O_APPEND: c_int = 0o2_000;
pub(crate) const O_CLOEXEC: c_int = 0o2_000_000;
pub(crate) const RTLD_DEFAULT: *mut c_void = core::ptr::null_mut();
pub(crate) const RTLD_NEXT: *mut c_void = usize::MAX as *mut c_void;
pub(crate) const CLOCK_MONOTONIC: c_int = 1;
pub(crate) const AT_PHDR: u64 = 3;
pub(crate) const AT_PHNUM: u64 = 5;

// Before glibc 2.34 dlsym and pthread_atfork were in libraries of their own.
#[link(name = "c")]
#[link(name = "dl")]
#[link(name = "pthread")]
unsafe extern "C" {
    pub(crate) fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    pub(crate) fn open(path: *const c_char, flags: c_int, ...) -> c_int;
    pub(crate) fn close(descriptor: c_int) -> c_int;
    pub(crate) fn getenv(name: *const c_char) -> *const c_char;
    pub(crate) fn getpid() -> c_int;
    pub(crate) fn getauxval(kind: u64) -> u64;
    pub(crate) fn madvise(at: *mut c_void, length: usize, advice: c_int) -> c_int;
    pub(crate) fn clock_gettime(clock: c_int, time: *mut i64) -> c_int;
    pub(crate) fn sched_yield() -> c_int;
    pub(crate) fn syscall(number: c_long, ...) -> c_long;
    pub(crate) fn pthread_atfork(
        prepare: extern "C" fn(),
        parent: extern "C" fn(),
        child: extern "C" fn(),
    ) -> c_int;
    fn __errno_location() -> *mut c_int;
}

/// The calling thread's id.
pub(crate) fn thread() -> c_int {
    #[cfg(target_arch = "x86_64")]
    const GETTID: c_long = 186;
    #[cfg(target_arch = "aarch64")]
    const GETTID: c_long = 178;
    // SAFETY: never fails.
    unsafe { syscall(GETTID) as c_int }
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
