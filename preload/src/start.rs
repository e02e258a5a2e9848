//! When we begin: twice before the program does, and again in each forked child.

use core::arch::naked_asm;
use core::ffi::{c_int, c_void};

use crate::environment::{self, List};
use crate::{allocator, check, layout, mapping, passes, python, real, sanitizer, slot, sys};

#[cfg(not(test))]
#[used]
#[unsafe(link_section = ".init_array")]
static FIRST: unsafe extern "C" fn(c_int, List, List) = first;

/// Before all else, the C library's own beginning included: nothing may be counted or called yet.
unsafe extern "C" fn first(_: c_int, arguments: List, environment: List) {
    // SAFETY: what the linker passes on from the kernel.
    unsafe {
        // glibc fills that in when it begins. If it has, a sanitizer has begun too. Other C
        // libraries pass no arguments.
        let is_first = sys::environ.is_null();
        let environment = if is_first { environment } else { sys::environ };
        if is_first {
            sanitizer::step_aside(arguments, environment);
        }
        allocator::find(first as *const () as usize);
        // Its linker may leave out C's own start.
        if check::is_go()
            && let Some(path) = environment::variable(environment, layout::VARIABLES[0])
        {
            slot::decline(path, layout::GO);
        }
    }
}

/// C's own start, which calls `main`: after the beginnings of all libraries, so that an allocator
/// which others bring is ready to be tried, and before that of the program.
///
/// It leaves no frame behind: a program that prints where it is does not show us.
#[cfg_attr(not(test), unsafe(no_mangle))]
#[unsafe(naked)]
extern "C" fn __libc_start_main() {
    #[cfg(target_arch = "x86_64")]
    naked_asm!(
        "endbr64",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "sub rsp, 8",
        "call {start}",
        "add rsp, 8",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "jmp rax",
        start = sym start,
    );
    #[cfg(target_arch = "aarch64")]
    naked_asm!(
        "hint #34", // As `bti c`.
        "stp x29, x30, [sp, #-80]!",
        "stp x0, x1, [sp, #16]",
        "stp x2, x3, [sp, #32]",
        "stp x4, x5, [sp, #48]",
        "str x6, [sp, #64]",
        "bl {start}",
        "mov x16, x0",
        "ldr x6, [sp, #64]",
        "ldp x4, x5, [sp, #48]",
        "ldp x2, x3, [sp, #32]",
        "ldp x0, x1, [sp, #16]",
        "ldp x29, x30, [sp], #80",
        "br x16",
        start = sym start,
    );
}

/// Begins to count. Returns the function that ours stands before.
extern "C" fn start() -> *mut c_void {
    let _errno = sys::Errno::keep();
    if !check::is_go() {
        begin();
    }
    // Last, since what is found takes away the error of what was not: `dlerror` would tell it.
    real::start_main::get().map_or(core::ptr::null_mut(), |go_on| go_on as *mut c_void)
}

fn begin() {
    let complete = real::find_all();
    slot::begin();
    let reason = if complete { check::reason() } else { layout::OWN_MALLOC };
    slot::forget_peak();
    if reason == 0 {
        python::begin();
    } else {
        slot::refuse(reason);
    }
    sys::at_fork(prepare, parent, child);
    slot::publish();
}

extern "C" fn prepare() {
    // So that the child does not find it locked by a thread that it doesn't have.
    mapping::lock();
    slot::before_fork();
}

extern "C" fn parent() {
    slot::after_fork_in_parent();
    mapping::unlock();
}

extern "C" fn child() {
    slot::after_fork_in_child();
    passes::after_fork_in_child();
    mapping::unlock();
}
