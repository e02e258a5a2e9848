//! The allocator behind ours. It may be another library's than the C library's: one that the user
//! preloads or that the program is linked with, such as jemalloc. Then it maps its memory with
//! calls that reach us as the program's own do, and what it puts there would count twice.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::elf::{self, Name};

const MALLOC: Name = Name::new("malloc");
/// C++'s `operator new(size_t)`.
const NEW: Name = Name::new("_Znwm");

/// Where it begins, and where what lies behind it does.
static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// Finds it, before it runs for the first time. `own` is an address of ours.
pub(crate) fn find(own: usize) {
    let bases = || elf::objects().map(|object| object.base);
    let Some(ours) = bases().filter(|base| *base <= own).max() else { return };
    let behind = elf::objects().skip_while(|object| object.base != ours).skip(1);
    let has_malloc = |object: &elf::Object| object.exports().is_some_and(|all| all.have(&MALLOC));
    let Some(found) = behind.into_iter().find(has_malloc) else { return };
    START.store(found.base, Relaxed);
    END.store(bases().filter(|base| *base > found.base).min().unwrap_or(usize::MAX), Relaxed);
}

/// Whether the instruction at `address` is the allocator's.
#[inline]
pub(crate) fn has(address: usize) -> bool {
    (START.load(Relaxed)..END.load(Relaxed)).contains(&address)
}

/// Whether it has C++'s operators too, which then don't call `malloc`, and somebody uses them.
pub(crate) fn is_used_by_operators() -> bool {
    let has_new = |object: &elf::Object| object.exports().is_some_and(|all| all.have(&NEW));
    let start = START.load(Relaxed);
    let mut both = elf::objects().filter(|object| object.base == start);
    both.any(|object| has_new(&object))
        && elf::objects().any(|object| {
            // C++'s own library has them as well, and uses them for itself.
            !has_new(&object) && (object.imports("_Znw") || object.imports("_Zna"))
        })
}
