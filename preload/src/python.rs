//! CPython's own allocator, which takes small blocks (up to 512 bytes) out of arenas.
//!
//! It stays in place. Ours is called before it, and counts each block with the size that its pool
//! says it has: pools lie at multiples of their size and begin with a header. The arenas
//! themselves, which CPython maps, are then taken out of the account of mappings. What is larger
//! than a small block comes from malloc and is counted there.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::elf::{self, Name};
use crate::{layout, malloc as blocks, mapping, passes, real, slot, sys};

/// What is smaller on the arenas' interface is no arena (3.11 maps its frames there).
const SMALLEST_ARENA: usize = 256 * 1024;
/// The largest small block.
const SMALL: usize = 512;
const GRANULE: usize = 16;
/// Where a pool's first block is: behind its header.
const FIRST_BLOCK: usize = 48;
/// Where a pool's header holds the place of its size among the sizes: behind a counter, three
/// pointers, and the arena's number.
const SIZE_INDEX: usize = 36;

/// CPython's `PyMemAllocatorEx`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Allocator {
    context: *mut c_void,
    malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void),
}

/// CPython's `PyObjectArenaAllocator`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Arenas {
    context: *mut c_void,
    alloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void, usize),
}

type UseAllocator = unsafe extern "C" fn(c_int, *mut Allocator);
type UseArenas = unsafe extern "C" fn(*mut Arenas);
type Version = unsafe extern "C" fn() -> *const c_char;

/// What CPython had before us: its two domains' allocators, and that of arenas.
struct Originals {
    domains: [UnsafeCell<Option<Allocator>>; 2],
    arenas: UnsafeCell<Option<Arenas>>,
}

// SAFETY: written by the constructor, while there is one thread.
unsafe impl Sync for Originals {}

static ORIGINALS: Originals = Originals {
    domains: [UnsafeCell::new(None), UnsafeCell::new(None)],
    arenas: UnsafeCell::new(None),
};
/// `PYMEM_DOMAIN_MEM` and `PYMEM_DOMAIN_OBJ`. The third, raw memory, is malloc's.
const DOMAINS: [c_int; 2] = [1, 2];

/// Whether a small block may lie elsewhere than in a pool that we know.
static NEEDS_LOOK: AtomicBool = AtomicBool::new(false);
/// Whether CPython is in one of our functions.
static INSIDE: AtomicBool = AtomicBool::new(false);
/// A pool's size as a power of two.
static POOL_BITS: AtomicUsize = AtomicUsize::new(14);

/// A region is 4 GiB of addresses, in which a bit stands for each pool.
const REGION_BITS: usize = 32;
const REGIONS: usize = 1 << (sys::ADDRESS_BITS - REGION_BITS);
static POOLS: [AtomicPtr<AtomicU64>; REGIONS] = [const { AtomicPtr::new(null_mut()) }; REGIONS];

/// If the program is a CPython, or is linked with one: puts ours in place, before it begins.
pub(crate) fn begin() {
    const SIGN: Name = Name::new("PyMem_SetAllocator");
    if !elf::is_exported(&SIGN) {
        return;
    }
    let (Some(get), Some(set), Some(get_arenas), Some(set_arenas), Some(version)) = (
        sys::find::<UseAllocator>(c"PyMem_GetAllocator"),
        sys::find::<UseAllocator>(c"PyMem_SetAllocator"),
        sys::find::<UseArenas>(c"PyObject_GetArenaAllocator"),
        sys::find::<UseArenas>(c"PyObject_SetArenaAllocator"),
        sys::find::<Version>(c"Py_GetVersion"),
    ) else {
        return;
    };
    // SAFETY: these may be called before the interpreter is initialised, and have these types
    // since Python 3.5.
    unsafe {
        match pool_bits(CStr::from_ptr(version())) {
            Ok(bits) => POOL_BITS.store(bits, Relaxed),
            Err(why) => return slot::set_interpreter(why),
        }
        for (original, domain) in ORIGINALS.domains.iter().zip(DOMAINS) {
            let mut allocator = Allocator { context: null_mut(), malloc, calloc, realloc, free };
            get(domain, &raw mut allocator);
            *original.get() = Some(allocator);
            let context = original.get().cast();
            allocator = Allocator { context, malloc, calloc, realloc, free };
            set(domain, &raw mut allocator);
        }
        let mut arenas = Arenas { context: null_mut(), alloc: alloc_arena, free: free_arena };
        get_arenas(&raw mut arenas);
        *ORIGINALS.arenas.get() = Some(arenas);
        arenas = Arenas { context: null_mut(), alloc: alloc_arena, free: free_arena };
        set_arenas(&raw mut arenas);
        passes::begin(minor(CStr::from_ptr(version())));
    }
}

/// How large the pools of this version are; or what keeps it from being counted.
fn pool_bits(text: &CStr) -> Result<usize, u64> {
    let version = text.to_bytes();
    if version.windows(14).any(|part| part == b"free-threading") {
        return Err(layout::PYTHON_FREE_THREADED);
    }
    match minor(text) {
        8 | 9 => Ok(12),
        10..=14 => Ok(14),
        _ => Err(layout::PYTHON_UNKNOWN),
    }
}

/// The second number of a version; 0 for one that isn't 3.
fn minor(version: &CStr) -> u32 {
    let minor = version.to_bytes().strip_prefix(b"3.").unwrap_or_default();
    let digits = minor.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u32, digit| number * 10 + u32::from(digit - b'0'))
}

/// The bit of the pool that `address` is in.
#[inline]
fn pool(address: usize) -> Option<(&'static AtomicPtr<AtomicU64>, usize, u64)> {
    let region = POOLS.get(address >> REGION_BITS)?;
    let number = (address & ((1 << REGION_BITS) - 1)) >> POOL_BITS.load(Relaxed);
    Some((region, number / 64, 1 << (number % 64)))
}

/// The size of a small block; `None` for one of malloc's.
#[inline]
fn small(block: *mut c_void) -> Option<usize> {
    let (region, word, bit) = pool(block as usize)?;
    let region = region.load(Relaxed);
    // SAFETY: a region has a word for each 64 of its pools. A pool of ours has a header.
    unsafe {
        if region.is_null() || (*region.add(word)).load(Relaxed) & bit == 0 {
            return None;
        }
        let start = block as usize >> POOL_BITS.load(Relaxed) << POOL_BITS.load(Relaxed);
        let index = ((start + SIZE_INDEX) as *const u32).read();
        Some((index as usize + 1) * GRANULE)
    }
}

fn bytes_of(block: *mut c_void) -> i64 {
    small(block).unwrap_or(0).cast_signed() as i64
}

/// What a block of CPython's holds, wherever it is from.
pub(crate) fn held(block: *mut c_void) -> u64 {
    match small(block) {
        Some(bytes) => bytes as u64,
        // SAFETY: what is not CPython's own is malloc's.
        None => unsafe { blocks::held(block) }.max(0).cast_unsigned(),
    }
}

/// Counts a block that was asked for with `size`.
///
/// As long as there were arenas enough, all small blocks lie in pools of ours, and their size
/// follows from what was asked for. The pool is asked all the same when its first block is taken.
#[inline]
fn count_new(block: *mut c_void, size: usize) {
    let offset = block as usize & ((1 << POOL_BITS.load(Relaxed)) - 1);
    // Null has no offset either.
    if size == 0 || offset <= FIRST_BLOCK || NEEDS_LOOK.load(Relaxed) {
        return look_at_new(block, size);
    }
    slot::count_python(size.next_multiple_of(GRANULE).cast_signed() as i64);
}

#[inline(never)]
fn look_at_new(block: *mut c_void, size: usize) {
    if let Some(held) = small(block) {
        if held != size.max(1).next_multiple_of(GRANULE) || held > SMALL {
            wrong_pools();
        }
        slot::count_python(held.cast_signed() as i64);
    }
}

/// What we took for a pool's header is something else.
#[cold]
fn wrong_pools() {
    slot::set_interpreter(layout::PYTHON_OTHER_POOLS);
    slot::refuse(layout::SELF_TEST_FAILED);
}

/// CPython's own allocator.
#[inline]
unsafe fn original<'a>(context: *mut c_void) -> Option<&'a Allocator> {
    // SAFETY: the context that we gave with our functions, which is never written to again.
    unsafe { (*context.cast::<Option<Allocator>>()).as_ref() }
}

/// Calls CPython's own allocator for what may need another arena.
#[inline]
fn inside<T>(call: impl FnOnce() -> T) -> T {
    // Interpreters with locks of their own may meet here; then one may go unnoticed for a moment.
    INSIDE.store(true, Relaxed);
    let result = call();
    INSIDE.store(false, Relaxed);
    result
}

unsafe extern "C" fn malloc(context: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: CPython's own call.
    unsafe {
        let Some(own) = original(context) else { return null_mut() };
        let block = inside(|| (own.malloc)(own.context, size));
        if size <= SMALL {
            count_new(block, size);
        }
        passes::allocated(block);
        block
    }
}

unsafe extern "C" fn calloc(context: *mut c_void, count: usize, size: usize) -> *mut c_void {
    // SAFETY: CPython's own call.
    unsafe {
        let Some(own) = original(context) else { return null_mut() };
        let block = inside(|| (own.calloc)(own.context, count, size));
        if let Some(size) = count.checked_mul(size).filter(|size| *size <= SMALL) {
            count_new(block, size);
        }
        passes::allocated(block);
        block
    }
}

unsafe extern "C" fn realloc(context: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: CPython's own call; a block's size is read while it is in use.
    unsafe {
        let Some(own) = original(context) else { return null_mut() };
        let before = bytes_of(block);
        let new = inside(|| (own.realloc)(own.context, block, size));
        if !new.is_null() {
            let bytes = bytes_of(new) - before;
            if bytes != 0 {
                slot::count_python(bytes);
            }
            passes::freed(block);
            passes::allocated(new);
        }
        new
    }
}

unsafe extern "C" fn free(context: *mut c_void, block: *mut c_void) {
    // SAFETY: CPython's own call; a block's size is read while it is in use.
    unsafe {
        let bytes = bytes_of(block);
        if bytes != 0 {
            slot::count_python_freed(bytes);
        }
        passes::freed(block);
        if let Some(own) = original(context) {
            (own.free)(own.context, block);
        }
    }
}

unsafe extern "C" fn alloc_arena(_: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: written before CPython began.
    let Some(own) = (unsafe { *ORIGINALS.arenas.get() }) else { return null_mut() };
    // SAFETY: CPython's own call.
    let alloc = || unsafe { (own.alloc)(own.context, size) };
    if size < SMALLEST_ARENA {
        return alloc();
    }
    // For an allocator that has taken our place, whose blocks we don't see (PYTHONMALLOC): then
    // the arena counts as the mapping that it is.
    if !INSIDE.load(Relaxed) {
        slot::set_interpreter(layout::PYTHON_BYPASSED);
        return alloc();
    }
    let aside = mapping::aside(alloc);
    let arena = aside.unwrap_or_else(alloc);
    if arena.is_null() {
        NEEDS_LOOK.store(true, Relaxed);
        return arena;
    }
    if !mark(arena as usize, size, true) {
        NEEDS_LOOK.store(true, Relaxed);
        slot::set_interpreter(layout::PYTHON_BYPASSED);
        if aside.is_some() {
            mapping::remember(arena, size);
        }
        return arena;
    }
    if aside.is_none() {
        mapping::forget(arena, size);
    }
    slot::see_interpreter(layout::PYTHON_COUNTED);
    arena
}

unsafe extern "C" fn free_arena(_: *mut c_void, arena: *mut c_void, size: usize) {
    if size >= SMALLEST_ARENA {
        mark(arena as usize, size, false);
    }
    // SAFETY: written before CPython began; CPython's own call.
    unsafe {
        if let Some(own) = *ORIGINALS.arenas.get() {
            (own.free)(own.context, arena, size);
        }
    }
}

/// Notes which pools lie wholly in an arena. `false` if there is no memory for that.
fn mark(arena: usize, size: usize, used: bool) -> bool {
    let bytes = 1 << POOL_BITS.load(Relaxed);
    let mut start = arena.next_multiple_of(bytes);
    while start + bytes <= arena + size {
        let Some((region, word, bit)) = pool(start) else { return false };
        let Some(words) = words_of(region) else { return false };
        // SAFETY: a region has a word for each 64 of its pools.
        let word = unsafe { &*words.add(word) };
        if used {
            word.fetch_or(bit, Relaxed);
        } else {
            word.fetch_and(!bit, Relaxed);
        }
        start += bytes;
    }
    true
}

fn words_of(region: &AtomicPtr<AtomicU64>) -> Option<*mut AtomicU64> {
    let words = region.load(Relaxed);
    if !words.is_null() {
        return Some(words);
    }
    let length = (1 << (REGION_BITS - POOL_BITS.load(Relaxed))) / 8;
    let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
    // SAFETY: a fresh mapping; all zeros are words without a bit.
    let new = unsafe { real::mmap::get()?(null_mut(), length, sys::PROT_READ_WRITE, flags, -1, 0) };
    if new == sys::MAP_FAILED {
        return None;
    }
    match region.compare_exchange(null_mut(), new.cast(), Relaxed, Relaxed) {
        Ok(_) => Some(new.cast()),
        // Another thread was first; ours stays empty.
        Err(first) => Some(first),
    }
}

#[cfg(test)]
mod tests;
