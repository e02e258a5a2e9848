//! Programs with a sanitizer, which has an allocator of its own and has to be loaded before any
//! other library: with ours before it, most would end right away. Such a program is left alone: it
//! is executed once more without us, as it would have been from the start.
//!
//! That is decided here, in the program itself, and not before it is started: whoever starts it
//! may be linked statically, ask the kernel itself, or use any of `exec`'s, `posix_spawn`'s and
//! `system`'s many forms; and what a script or a wrapper will run in the end, nobody knows before.
//! It has to come before the sanitizer's own code, which an executable has in its
//! `DT_PREINIT_ARRAY`: so we are linked with `-z initfirst`, which glibc from 2.34 on honours
//! (before, its own libpthread took that place). Not even the C library has begun by then, and
//! each of its functions may be the sanitizer's: nothing is called but `syscall` and `getauxval`,
//! which none stands before.
//!
//! What a program can tell: it was executed twice (a debugger sees it, a sandbox may forbid it, it
//! is a millisecond older); where it is the interpreter of a script, the kernel calls it by its
//! own name and not by the script's. And what it starts in turn is not counted either.

use core::ffi::c_char;
use core::mem::MaybeUninit;

use crate::elf::{self, Name};
use crate::environment::{Environment, List, variable};
use crate::{layout, slot, sys};

const COUNT: usize = layout::SANITIZERS.len();
const NAMES: [Name; COUNT] = {
    let mut names = [const { Name::new("") }; COUNT];
    let mut place = 0;
    while place < COUNT {
        names[place] = Name::new(layout::SANITIZERS[place].0);
        place += 1;
    }
    names
};

/// Executes this program anew without us if it has a sanitizer. Comes back if it has none, or if
/// that can't be done.
pub(crate) unsafe fn step_aside(arguments: List, environment: List) {
    let Some(sanitizer) = found() else { return };
    // SAFETY: what the linker passes on from the kernel: lists of strings.
    unsafe {
        let Some(without) = Environment::without_us(environment) else { return };
        if let Some(path) = variable(environment, layout::VARIABLES[0]) {
            slot::decline(path, layout::SANITIZER + sanitizer as u64);
        }
        execute(arguments, without.list);
        without.forget();
    }
}

/// The place of the program's sanitizer among those that are known. Its runtime may be a library,
/// which the program is linked with or the user preloads; or in the program itself, as clang links
/// it. (gcc's `-static-libasan` can't be seen here. It does not mind us, and has an allocator of
/// its own.)
fn found() -> Option<usize> {
    let mut all = elf::objects().filter_map(|object| object.exports());
    all.find_map(|exports| NAMES.iter().position(|name| exports.have(name)))
}

/// By the name that it was executed by, if that still is this program: the kernel calls it after
/// that. It is not where a script was executed, whose interpreter this is.
unsafe fn execute(arguments: List, environment: List) {
    // SAFETY: the kernel's own answer: no linker was loaded where the linker itself was executed.
    let by_linker = unsafe { sys::getauxval(sys::AT_BASE) } == 0;
    let arguments = if by_linker { with_the_linkers() } else { Some(arguments) };
    let Some(arguments) = arguments else { return };
    let mut buffer = MaybeUninit::<[u8; 4096]>::uninit();
    // SAFETY: strings and lists that end with 0.
    unsafe {
        let own = sys::file(sys::OWN_PROGRAM);
        let path = sys::getauxval(sys::AT_EXECFN) as *const c_char;
        if own.is_some() && sys::file(path) == own {
            sys::execute(path, arguments, environment);
        }
        if let Some(path) = sys::link_target(sys::OWN_PROGRAM, &mut buffer)
            && own.is_some()
            && sys::file(path) == own
        {
            sys::execute(path, arguments, environment);
        }
        sys::execute(sys::OWN_PROGRAM, arguments, environment);
    }
}

/// All that this process was executed with. Where that was the linker, it takes itself and what is
/// meant for it out of the list that it passes on.
fn with_the_linkers() -> Option<List> {
    /// More than the kernel allows.
    const MOST: usize = 8 << 20;
    const WIDTH: usize = size_of::<*const c_char>();
    let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
    // SAFETY: new memory, which is all zeros; what is read there is text, each part of which ends
    // with 0. The list is one longer than there are parts.
    unsafe {
        let file = sys::open(c"/proc/self/cmdline".as_ptr(), sys::O_RDONLY | sys::O_CLOEXEC)?;
        let text = sys::map(MOST, flags, -1)?.cast::<u8>();
        let mut length = 0;
        while length < MOST {
            match sys::read(file, text.add(length), MOST - length) {
                0 => break,
                count => length += count,
            }
        }
        sys::close(file);
        let ends = || (0..length).filter(|place| *text.add(*place) == 0);
        let list = sys::map((ends().count() + 1) * WIDTH, flags, -1)?.cast::<*const c_char>();
        let mut start = 0;
        for (place, end) in ends().enumerate() {
            *list.add(place) = text.add(start).cast();
            start = end + 1;
        }
        Some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_arguments_are_found_again() {
        let list = with_the_linkers().unwrap();
        for (place, argument) in std::env::args().enumerate() {
            // SAFETY: a list of strings.
            let found = unsafe { std::ffi::CStr::from_ptr(*list.add(place)) };
            assert_eq!(found.to_str(), Ok(&*argument));
        }
        // SAFETY: as above.
        assert!(unsafe { *list.add(std::env::args().count()) }.is_null());
    }

    #[test]
    fn this_program_has_none() {
        assert_eq!(found(), None);
    }
}
