//! The calls of the C library that the program needs, and what it does with them again and again.

use std::ffi::{c_int, c_long, c_void};
use std::fs::File;
use std::hint::black_box;
use std::os::fd::FromRawFd as _;
use std::process::exit;
use std::time::Duration;
use std::{env, ptr, thread};

/// Numbers of system calls.
#[cfg(target_arch = "x86_64")]
pub const NANOSLEEP: c_long = 35;
#[cfg(target_arch = "x86_64")]
pub const EXIT: c_long = 60;
#[cfg(target_arch = "aarch64")]
pub const NANOSLEEP: c_long = 101;
#[cfg(target_arch = "aarch64")]
pub const EXIT: c_long = 93;

unsafe extern "C" {
    pub fn mmap(
        at: *mut c_void,
        len: usize,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        off: c_long,
    ) -> *mut c_void;
    pub fn madvise(at: *mut c_void, len: usize, advice: c_int) -> c_int;
    pub fn munmap(at: *mut c_void, len: usize) -> c_int;
    pub fn posix_fadvise(fd: c_int, from: c_long, len: c_long, advice: c_int) -> c_int;
    pub fn fork() -> c_int;
    pub fn clone(
        run: extern "C" fn(*mut c_void) -> c_int,
        stack: *mut c_void,
        flags: c_int,
        arg: *mut c_void,
    ) -> c_int;
    pub fn setsid() -> c_int;
    pub fn waitpid(pid: c_int, status: *mut c_int, options: c_int) -> c_int;
    pub fn waitid(kind: c_int, id: c_int, info: *mut c_void, options: c_int) -> c_int;
    pub fn signal(number: c_int, handler: usize) -> usize;
    pub fn raise(number: c_int) -> c_int;
    pub fn syscall(number: c_long, ...) -> c_long;
    pub fn getppid() -> c_int;
    pub fn getrusage(who: c_int, usage: *mut c_long) -> c_int;
    pub fn clock_gettime(clock: c_int, time: *mut c_long) -> c_int;
}

pub fn sleep(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

pub fn marks() -> File {
    let number = env::var("MEMPROBE_FD").expect("MEMPROBE_FD").parse().expect("a number");
    unsafe { File::from_raw_fd(number) }
}

/// Of this process (CLOCK_PROCESS_CPUTIME_ID).
pub fn cpu_time() -> Duration {
    let mut time: [c_long; 2] = [0, 0];
    unsafe { clock_gettime(2, time.as_mut_ptr()) };
    Duration::new(time[0] as u64, time[1] as u32)
}

/// Of this process and the children that it waited for: user and system time in seconds, minor and
/// major page faults.
pub fn account() -> String {
    let mut sums = [0.0; 4];
    for who in [0, -1] {
        // Two times, a size, three that are 0, the faults, and more.
        let mut usage: [c_long; 18] = [0; 18];
        unsafe { getrusage(who, usage.as_mut_ptr()) };
        let seconds = |place: usize| usage[place] as f64 + usage[place + 1] as f64 / 1e6;
        let used = [seconds(0), seconds(2), usage[8] as f64, usage[9] as f64];
        sums.iter_mut().zip(used).for_each(|(sum, used)| *sum += used);
    }
    sums.map(|sum| sum.to_string()).join(" ")
}

pub fn spin(ms: u64) {
    while cpu_time() < Duration::from_millis(ms) {
        // Hardly any of it is the kernel's.
        (0..10_000).for_each(|number| drop(black_box(number)));
    }
}

/// Runs `child` in a forked process and returns its id.
pub fn forked(child: impl FnOnce()) -> c_int {
    match unsafe { fork() } {
        0 => {
            child();
            exit(0);
        }
        id => id,
    }
}

pub fn wait_for(ids: &[c_int]) {
    for id in ids {
        unsafe { waitpid(*id, ptr::null_mut(), 0) };
    }
}
