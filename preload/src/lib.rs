//! The library that memprobe loads into a program to count its live heap, exactly.
//!
//! It stands before the C library's allocator and mappings (`malloc`, `mapping`), passes every call
//! on, and adds or takes away what the block holds in a slot of shared memory (`slot`), which
//! memprobe reads at any rate without stopping the program. It changes nothing that the program
//! does: it prints nothing, keeps errno, leaves no descriptor open, and allocates nothing.
//!
//! Nearly all of it is `unsafe`, since all of it is C's side of a call or memory that other
//! processes see; it is the one place of memgrid's where that is so.
//!
//! Nothing of Rust's standard library is used beyond `core`: what allocates would call ourselves.

#![cfg_attr(embedded, no_std)]
#![cfg_attr(test, allow(dead_code, reason = "a test must not stand before its own malloc"))]

mod allocator;
mod check;
mod elf;
mod environment;
mod layout;
mod malloc;
mod mapping;
mod passes;
mod python;
mod ranges;
mod real;
mod sanitizer;
mod slot;
mod start;
mod sys;

// `core` names the function that unwinds, though nothing here does. Not exported: a Rust program's
// own must not be replaced.
#[cfg(embedded)]
core::arch::global_asm!(
    ".globl rust_eh_personality",
    ".hidden rust_eh_personality",
    "rust_eh_personality:",
    ".byte 0",
);

/// As build.rs compiles it: without the standard library, and so without the libraries that that
/// one needs.
#[cfg(embedded)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn abort() -> !;
    }
    // SAFETY: never returns.
    unsafe { abort() }
}
