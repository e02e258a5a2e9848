//! Passes: what memprobe asks about a CPython beyond its memory, in a measurement of its own, since
//! it costs more than a figure of memory may: the live instances of classes (`objects`), and the
//! lines that have allocated what is live at the peak (`lines`).
//!
//! There is no thread of ours. Readings are made by the interpreter's own main thread between two
//! of its instructions (`Py_AddPendingCall`), or by a thread that sends a mark, which may take the
//! interpreter's lock there as it does right after. So nothing waits for anything, a fork finds
//! nothing locked, and when the interpreter goes down there is nothing to end.
//!
//! A reading is a line of JSON at the end of a file of memprobe's.

mod api;
mod lines;
mod marks;
mod objects;
mod table;
mod text;

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use api::{Functions, IsFinalizing};
use lines::Lines;
use objects::{Found, Objects};
use text::Text;

use crate::{python, slot, sys};

/// Nanoseconds between two readings of objects at least.
const LEAST_GAP: u64 = 10_000_000;
/// After a reading of objects, the program runs this many times as long before the next one.
const REST: u64 = 4;
/// How many calls of the allocator go by between two looks at the clock.
const PATIENCE: u32 = 64;
const NEVER: u64 = u64::MAX;

/// A variable of the environment, kept where the program can't change it.
struct Setting([u8; 4096]);

/// All that a pass needs.
struct State {
    python: Option<Functions>,
    is_finalizing: Option<IsFinalizing>,
    minor: u32,
    file: Setting,
    classes: Setting,
    /// In a pass of objects, the descriptor that marks are sent to.
    marks: c_int,
    objects: Objects,
    lines: Lines,
    text: Text,
}

struct Shared(UnsafeCell<State>);
// SAFETY: written by the constructor, and then by whoever holds the interpreter's lock and has
// made BUSY true.
unsafe impl Sync for Shared {}

static STATE: Shared = Shared(UnsafeCell::new(State {
    python: None,
    is_finalizing: None,
    minor: 0,
    file: Setting([0; 4096]),
    classes: Setting([0; 4096]),
    marks: -1,
    objects: Objects::new(),
    lines: Lines::new(),
    text: Text::new(),
}));

/// A pass is wanted, and this is a CPython.
static ACTIVE: AtomicBool = AtomicBool::new(false);
/// Blocks are noted.
static NOTING: AtomicBool = AtomicBool::new(false);
/// Somebody uses the state: what is allocated on its behalf is not looked at.
static BUSY: AtomicBool = AtomicBool::new(false);
/// A reading was asked for.
static PENDING: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU32 = AtomicU32::new(0);
/// When the next reading is due, in nanoseconds.
static DUE: AtomicU64 = AtomicU64::new(NEVER);

impl Setting {
    /// `false` if the variable is not there or too long.
    fn read(&mut self, name: &CStr) -> bool {
        // SAFETY: a name that ends with 0; so does a value.
        let value = unsafe { sys::getenv(name.as_ptr()) };
        if value.is_null() {
            return false;
        }
        // SAFETY: as above.
        let value = unsafe { CStr::from_ptr(value) }.to_bytes();
        match self.0.get_mut(..value.len()) {
            Some(start) if value.len() < 4096 => start.copy_from_slice(value),
            _ => return false,
        }
        true
    }

    fn bytes(&self) -> &[u8] {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(0);
        &self.0[..length]
    }
}

/// Begins a pass if one is wanted, in a CPython 3.`minor` whose allocators are ours to see.
pub(crate) fn begin(minor: u32) {
    // SAFETY: the constructor is the only thread.
    let state = unsafe { &mut *STATE.0.get() };
    if !state.file.read(c"MEMPROBE_PASSES") {
        return;
    }
    let mut number = Setting([0; 4096]);
    if number.read(c"MEMPROBE_LINES") {
        state.lines.wanted = parse(number.bytes());
    }
    let has_objects = state.classes.read(c"MEMPROBE_OBJECTS");
    state.python = Functions::find();
    state.is_finalizing = api::find_is_finalizing();
    state.minor = minor;
    if state.python.is_none() || state.is_finalizing.is_none() || !(11..=14).contains(&minor) {
        tell(state, |text| {
            text.raw(",\"refused\":\"passes need CPython 3.11 to 3.14\"");
        });
        return;
    }
    if has_objects && number.read(c"MEMPROBE_FD") {
        state.marks = c_int::try_from(parse(number.bytes())).unwrap_or(-1);
        marks::watch(state.marks);
    }
    DUE.store(0, Relaxed);
    ACTIVE.store(true, Relaxed);
}

/// A number in digits; 0 if it is none.
fn parse(digits: &[u8]) -> usize {
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: usize, digit| {
        number.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
    })
}

/// CPython has handed out a block, unless it is null. Its lock is held.
#[inline]
pub(crate) fn allocated(block: *mut c_void) {
    if ACTIVE.load(Relaxed) && !block.is_null() {
        look(|state, python| {
            let (live, bytes) = (slot::live(), python::held(block));
            // SAFETY: CPython calls its allocator with its lock.
            match unsafe { state.lines.add(python, block, bytes, live) } {
                Ok(true) => tell_lines(state, python, live),
                Ok(false) => {}
                Err(_) => stop_noting(state, "there is no memory to note lines"),
            }
        });
    }
}

/// CPython frees a block, unless it is null. Its lock is held.
#[inline]
pub(crate) fn freed(block: *mut c_void) {
    if ACTIVE.load(Relaxed) && !block.is_null() {
        look(|state, _| state.lines.remove(block));
    }
}

fn look(note: impl FnOnce(&mut State, &Functions)) {
    let calls = CALLS.load(Relaxed).wrapping_add(1);
    CALLS.store(calls, Relaxed);
    if calls.is_multiple_of(PATIENCE) && now() >= DUE.load(Relaxed) {
        ask();
    }
    if NOTING.load(Relaxed) {
        with_state(note);
    }
}

/// Uses the state, unless somebody does: we ourselves, whose allocations these are then.
fn with_state(act: impl FnOnce(&mut State, &Functions)) {
    if BUSY.swap(true, Relaxed) {
        return;
    }
    // SAFETY: we have made BUSY true.
    let state = unsafe { &mut *STATE.0.get() };
    if let Some(python) = state.python {
        act(state, &python);
    }
    BUSY.store(false, Relaxed);
}

/// Asks the interpreter for a reading.
#[cold]
fn ask() {
    if PENDING.load(Relaxed) || BUSY.load(Relaxed) {
        return;
    }
    // SAFETY: read only; it was written before the interpreter began.
    let state = unsafe { &*STATE.0.get() };
    if !is_running(state) {
        return;
    }
    if let Some(python) = &state.python {
        PENDING.store(true, Relaxed);
        let _errno = sys::Errno::keep();
        // SAFETY: may be called by any thread.
        if unsafe { (python.add_pending_call)(on_call, null_mut()) } != 0 {
            PENDING.store(false, Relaxed);
        }
    }
}

/// Whether there is an interpreter, which is not on its way out.
fn is_running(state: &State) -> bool {
    let (Some(python), Some(is_finalizing)) = (&state.python, state.is_finalizing) else {
        return false;
    };
    // SAFETY: both may be called at any time.
    unsafe { (python.is_initialized)() != 0 && is_finalizing() == 0 }
}

unsafe extern "C" fn on_call(_: *mut c_void) -> c_int {
    let _errno = sys::Errno::keep();
    // SAFETY: the interpreter calls this with its lock, between two instructions.
    with_state(|state, python| unsafe { read(state, python) });
    PENDING.store(false, Relaxed);
    0
}

/// A mark is about to be sent: the reading is of this very moment.
#[cold]
fn on_mark() {
    let _errno = sys::Errno::keep();
    if BUSY.load(Relaxed) || !ACTIVE.load(Relaxed) {
        return;
    }
    // SAFETY: read only.
    let state = unsafe { &*STATE.0.get() };
    let Some(python) = state.python.filter(|_| is_running(state)) else { return };
    // SAFETY: a thread of Python's own, which takes its lock back after the call in any case.
    unsafe {
        if (python.this_thread)().is_null() {
            return;
        }
        let held = (python.lock)();
        with_state(|state, python| read(state, python));
        (python.unlock)(held);
    }
}

/// Reads what is wanted.
///
/// # Safety
/// The caller holds the interpreter's lock.
unsafe fn read(state: &mut State, python: &Functions) {
    let began = now();
    // SAFETY: as the caller says.
    unsafe {
        // Nothing of the program's may be lost.
        if !is_running(state) || !(python.error)().is_null() {
            return;
        }
        if state.lines.wanted > 0 && !NOTING.load(Relaxed) {
            match state.lines.begin(python, state.minor) {
                Ok(()) => NOTING.store(true, Relaxed),
                Err(why) => stop_noting(state, why),
            }
        }
        if state.classes.bytes().is_empty() {
            return DUE.store(NEVER, Relaxed);
        }
        let State { minor, classes, objects, text, .. } = state;
        if !start(text) {
            return DUE.store(NEVER, Relaxed);
        }
        text.raw(",\"objects\":[");
        let names = classes.bytes().split(|byte| *byte == b',');
        let mut comma = "";
        objects.read(python, *minor, names, |found| {
            text.raw(comma);
            comma = ",";
            match found {
                Found::Instances(count, size) => {
                    text.raw("[").number(count).raw(",").number(size).raw("]");
                }
                Found::NotLoaded => {
                    text.raw("null");
                }
                Found::Refused(why) => {
                    text.quoted(why.as_bytes());
                }
            }
        });
        let took = now().saturating_sub(began);
        text.raw("],\"took\":").number(took).raw("}\n");
        send(&state.file, text);
        DUE.store(now() + (took * REST).max(LEAST_GAP), Relaxed);
    }
}

fn tell_lines(state: &mut State, python: &Functions, live: i64) {
    let _errno = sys::Errno::keep();
    if start(&mut state.text) {
        state.text.raw(",");
        // SAFETY: CPython calls its allocator with its lock.
        unsafe { state.lines.tell(python, live, &mut state.text) };
        state.text.raw("}\n");
        send(&state.file, &state.text);
    }
}

fn stop_noting(state: &mut State, why: &str) {
    NOTING.store(false, Relaxed);
    state.lines.wanted = 0;
    tell(state, |text| {
        text.raw(",\"no_lines\":").quoted(why.as_bytes());
    });
}

/// Sends a line with what `write` adds.
fn tell(state: &mut State, write: impl FnOnce(&mut Text)) {
    if start(&mut state.text) {
        write(&mut state.text);
        state.text.raw("}\n");
        send(&state.file, &state.text);
    }
}

/// Begins a line. `false` if there is no memory.
fn start(text: &mut Text) -> bool {
    // SAFETY: never fails.
    let process = u64::try_from(unsafe { sys::getpid() }).unwrap_or(0);
    let has_memory = text.begin();
    text.raw("{\"process\":").number(process);
    has_memory
}

/// Adds the text to memprobe's file. No descriptor stays open for that: a program may count its
/// own, or close all.
fn send(file: &Setting, text: &Text) {
    let bytes = text.bytes();
    // SAFETY: the path ends with 0, since it is shorter than its room; the text is ours.
    unsafe {
        let path = file.0.as_ptr().cast::<c_char>();
        let flags = sys::O_WRONLY | sys::O_APPEND | sys::O_CLOEXEC;
        let Some(descriptor) = sys::open(path, flags) else { return };
        marks::write_through(descriptor, bytes.as_ptr().cast(), bytes.len());
        sys::close(descriptor);
    }
}

/// Nanoseconds on a clock that never goes back.
fn now() -> u64 {
    let mut time = [0_i64; 2];
    // SAFETY: a `struct timespec` is two such numbers.
    unsafe { sys::clock_gettime(sys::CLOCK_MONOTONIC, time.as_mut_ptr()) };
    (time[0] * 1_000_000_000 + time[1]).cast_unsigned()
}

/// In a forked child: what was asked for in the parent is not asked for here.
pub(crate) fn after_fork_in_child() {
    PENDING.store(false, Relaxed);
}
