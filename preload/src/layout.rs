//! What the counting library and memprobe share: a file of slots, one for each program that a
//! process runs. Both sides compile this file.
//!
//! The file is an array of 64-bit words in the machine's byte order: a header, then the slots. A
//! process takes the next free slot and alone writes to it; memprobe reads all of them at once.

/// The library's file.
pub(crate) const LIBRARY: &str = "libmemgrid_preload.so";
/// The variables that are for the library alone. The first says where the file of slots is.
pub(crate) const VARIABLES: [&str; 4] =
    ["MEMPROBE_HEAP", "MEMPROBE_PASSES", "MEMPROBE_LINES", "MEMPROBE_OBJECTS"];

/// Bytes in a word.
pub(crate) const WORD: usize = 8;
/// Words in the header and in a slot: two cache lines, so that no two processes share one.
pub(crate) const SLOT_WORDS: usize = 16;
/// How many slots there are.
pub(crate) const SLOTS: usize = 32_768;
/// Bytes in the whole file. What no process uses is never filled.
pub(crate) const FILE_SIZE: usize = (SLOTS + 1) * SLOT_WORDS * WORD;

/// The header's first word: which layout this is.
pub(crate) const MAGIC: u64 = 0x6d65_6d70_726f_0003;
/// The header's word that says how many slots were taken.
pub(crate) const TAKEN: usize = 1;

/// A slot's word: the process, written last. 0 while the slot is being filled.
pub(crate) const PROCESS: usize = 0;
/// A slot's word: live bytes (signed).
pub(crate) const LIVE: usize = 1;
/// A slot's word: the most live bytes at one time (signed).
pub(crate) const PEAK: usize = 2;
/// A slot's word: the part of the live bytes that is in CPython's own small blocks (signed).
pub(crate) const PYTHON: usize = 3;
/// A slot's word: the place of the first program of this family, which forked the others, plus 1.
pub(crate) const FAMILY: usize = 4;
/// A slot's word: live bytes that were inherited at the fork (signed).
pub(crate) const INHERITED: usize = 5;
/// A slot's word: the device of the program's file.
pub(crate) const DEVICE: usize = 6;
/// A slot's word: the inode of the program's file.
pub(crate) const INODE: usize = 7;
/// A slot's word: why the figures are not to be believed; 0 if they are.
pub(crate) const REFUSED: usize = 8;
/// A slot's word: what is known of the interpreter: one of the `PYTHON_…` below.
pub(crate) const INTERPRETER: usize = 9;
/// A slot's word: the most bytes at one time in CPython's own small blocks (signed).
pub(crate) const PYTHON_PEAK: usize = 10;
/// A slot's word: bytes in CPython's own small blocks that were inherited at the fork (signed).
pub(crate) const PYTHON_INHERITED: usize = 11;
/// A slot's first of two words: what the kernel calls the process, filled up with zeros.
pub(crate) const NAME: usize = 12;
/// Bytes in a process's name.
pub(crate) const NAME_SIZE: usize = 2 * WORD;

/// [`REFUSED`]: the program or another library stands in for malloc before us.
pub(crate) const OWN_MALLOC: u64 = 1;
/// [`REFUSED`]: a Go program, whose heap does not go through libc.
pub(crate) const GO: u64 = 2;
/// [`REFUSED`]: what was counted for known blocks is not what they hold.
pub(crate) const SELF_TEST_FAILED: u64 = 3;
/// [`REFUSED`]: a mapping could not be accounted for.
pub(crate) const MAPPINGS_LOST: u64 = 4;
/// [`REFUSED`]: C++'s operators are an allocator's own, and don't go through malloc.
pub(crate) const OWN_OPERATORS: u64 = 5;
/// [`REFUSED`]: the first of [`SANITIZERS`] is in the program; for the others count on from here.
/// The library has left it alone.
pub(crate) const SANITIZER: u64 = 16;

/// Sanitizers that have an allocator of their own, which stands in the way of ours: what
/// instrumented code calls before all else, and who that is.
pub(crate) const SANITIZERS: [(&str, &str); 5] = [
    ("__asan_init", "AddressSanitizer"),
    ("__tsan_init", "ThreadSanitizer"),
    ("__msan_init", "MemorySanitizer"),
    ("__hwasan_init", "HWAddressSanitizer"),
    ("__lsan_init", "LeakSanitizer"),
];

/// [`INTERPRETER`]: CPython's own small blocks are counted one by one.
pub(crate) const PYTHON_COUNTED: u64 = 1;
/// [`INTERPRETER`]: a CPython of a version whose pools are unknown.
pub(crate) const PYTHON_UNKNOWN: u64 = 2;
/// [`INTERPRETER`]: a free-threaded CPython, which has another allocator.
pub(crate) const PYTHON_FREE_THREADED: u64 = 3;
/// [`INTERPRETER`]: the interpreter uses an allocator that was not asked to be counted.
pub(crate) const PYTHON_BYPASSED: u64 = 4;
/// [`INTERPRETER`]: a block's pool said another size than the block was asked for with.
pub(crate) const PYTHON_OTHER_POOLS: u64 = 5;
