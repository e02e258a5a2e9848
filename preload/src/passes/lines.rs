//! What each line of Python's has allocated and not freed: every block of the interpreter's own
//! allocators, with the file and line that ran when it was asked for.
//!
//! The line is found as the interpreter itself would find it, but read from its frames in place:
//! nothing is called for a block but for a place in the code that was not met before. Where the
//! frames are is found out, and checked against the public functions, before any block is noted.

use core::ffi::{c_int, c_void};

use super::api::{self, CurrentThread, Functions, Object};
use super::table::{Full, Pile, Table};
use super::text::Text;
use crate::sys;

/// Lines of a reading at most.
pub(super) const MOST_LINES: usize = 200;
/// A block's value: the line's place above, its bytes below.
const BYTES_BITS: u32 = 40;
const BYTES: u64 = (1 << BYTES_BITS) - 1;
/// Where a frame has its next instruction, in every known version.
const INSTRUCTION: usize = 56;

/// A line that has allocated something.
#[derive(Clone, Copy)]
struct Line {
    file: Object,
    number: u32,
    blocks: u64,
    bytes: u64,
}

/// Where frames are. Offsets in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    /// In the thread's state: the current frame, or what points to it.
    thread: usize,
    /// In what points to it.
    link: Option<usize>,
    /// In a frame: its code.
    code: usize,
    /// In a frame: the one that called it.
    caller: usize,
    /// In a frame: whose it is; those of C's have no line. 0: not needed.
    owner: usize,
    /// In a code object: its first instruction.
    start: usize,
}

/// The account.
pub(super) struct Lines {
    /// How many are wanted; 0: off.
    pub(super) wanted: usize,
    layout: Option<Layout>,
    current_thread: Option<CurrentThread>,
    code_type: Object,
    file_name: Object,
    /// From a block to its line and bytes.
    blocks: Table,
    /// From an instruction to its line.
    places: Table,
    /// From a file and a number to the line.
    by_number: Table,
    lines: Pile<Line>,
    bytes: u64,
    /// The next reading comes when so many bytes are live.
    next: i64,
}

impl Lines {
    pub(super) const fn new() -> Self {
        Self {
            wanted: 0,
            layout: None,
            current_thread: None,
            code_type: core::ptr::null_mut(),
            file_name: core::ptr::null_mut(),
            blocks: Table::new(),
            places: Table::new(),
            by_number: Table::new(),
            lines: Pile::new(),
            bytes: 0,
            next: 0,
        }
    }

    /// Finds out where frames are; from then on blocks are noted.
    ///
    /// # Errors
    /// Why they can't be.
    ///
    /// # Safety
    /// The caller holds the interpreter's lock, and Python's code runs right now.
    pub(super) unsafe fn begin(
        &mut self,
        python: &Functions,
        minor: u32,
    ) -> Result<(), &'static str> {
        const UNKNOWN: &str = "this CPython's frames are not as those of known versions";
        if self.layout.is_some() {
            return Ok(());
        }
        self.current_thread = api::find_current_thread();
        self.code_type = sys::find(c"PyCode_Type").ok_or(UNKNOWN)?;
        // SAFETY: as the caller says.
        unsafe {
            self.file_name = (python.intern)(c"co_filename".as_ptr());
            let thread = self.current_thread.ok_or(UNKNOWN)?();
            let frame = (python.frame)(thread);
            if frame.is_null() || self.file_name.is_null() {
                return Err(UNKNOWN);
            }
            let layout = self.find_layout(python, minor, thread, frame);
            (python.release)(frame);
            self.layout = Some(layout.ok_or(UNKNOWN)?);
        }
        Ok(())
    }

    /// Looks for `frame` in the thread's state, and checks what is found.
    unsafe fn find_layout(
        &self,
        python: &Functions,
        minor: u32,
        thread: *mut c_void,
        frame: Object,
    ) -> Option<Layout> {
        // SAFETY: a frame object has the frame behind its head and its caller's object; a thread's
        // state is longer than what is looked at.
        unsafe {
            let inner = frame.cast::<usize>().add(3).read();
            let word = |place: usize| thread.byte_add(place).cast::<usize>().read();
            let known = Layout { thread: 56, link: None, code: 0, caller: 8, owner: 0, start: 0 };
            let mut layout = match minor {
                11 => Layout { link: Some(8), code: 32, caller: 48, ..known },
                12 => Layout { link: Some(0), owner: 70, ..known },
                13 | 14 => {
                    let thread = (24..=160).step_by(8).find(|place| word(*place) == inner)?;
                    Layout { thread, owner: if minor == 13 { 70 } else { 74 }, ..known }
                }
                _ => return None,
            };
            let found = layout.frame(thread);
            if found as usize != inner {
                return None;
            }
            let code = layout.code(found);
            let wanted = (python.frame_code)(frame);
            (python.release)(wanted);
            if code != wanted {
                return None;
            }
            let instruction = found.byte_add(INSTRUCTION).cast::<usize>().read();
            let last = usize::try_from((python.frame_instruction)(frame)).ok()?;
            layout.start = instruction.checked_sub(code as usize)?.checked_sub(last)?;
            let line = (python.code_line)(code, last as c_int);
            (layout.start < 4096 && line == (python.frame_line)(frame)).then_some(layout)
        }
    }

    /// Notes a block. Whether it is time for a reading: `live` bytes are live.
    ///
    /// # Safety
    /// The caller holds the interpreter's lock.
    #[inline]
    pub(super) unsafe fn add(
        &mut self,
        python: &Functions,
        block: *mut c_void,
        bytes: u64,
        live: i64,
    ) -> Result<bool, Full> {
        // SAFETY: as the caller says.
        let Some(line) = (unsafe { self.line(python)? }) else { return Ok(false) };
        let bytes = bytes.min(BYTES);
        let before = self.blocks.insert(block as u64, line << BYTES_BITS | bytes)?;
        if let Some(before) = before {
            self.take(before);
        }
        self.bytes += bytes;
        if let Some(line) = self.lines.items_mut().get_mut(line as usize) {
            line.bytes += bytes;
            line.blocks += 1;
        }
        Ok(live >= self.next)
    }

    /// Notes that a block is free.
    #[inline]
    pub(super) fn remove(&mut self, block: *mut c_void) {
        if let Some(value) = self.blocks.remove(block as u64) {
            self.take(value);
        }
    }

    fn take(&mut self, value: u64) {
        let bytes = value & BYTES;
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(line) = self.lines.items_mut().get_mut((value >> BYTES_BITS) as usize) {
            line.bytes = line.bytes.saturating_sub(bytes);
            line.blocks = line.blocks.saturating_sub(1);
        }
    }

    /// The place of the line that runs right now.
    #[inline]
    unsafe fn line(&mut self, python: &Functions) -> Result<Option<u64>, Full> {
        let (Some(layout), Some(thread)) = (self.layout, self.current_thread) else {
            return Ok(None);
        };
        // SAFETY: the caller holds the lock, so this thread's frames stand still.
        unsafe {
            let thread = thread();
            if thread.is_null() {
                return Ok(None);
            }
            let mut frame = layout.frame(thread);
            let code = loop {
                if frame.is_null() {
                    return Ok(None);
                }
                let code = layout.code(frame);
                let is_c = layout.owner > 0 && frame.byte_add(layout.owner).cast::<u8>().read() > 2;
                if !is_c && !code.is_null() && api::type_of(code) == self.code_type {
                    break code;
                }
                frame = frame.byte_add(layout.caller).cast::<*mut c_void>().read();
            };
            let instruction = frame.byte_add(INSTRUCTION).cast::<usize>().read();
            if let Some(line) = self.places.get(instruction as u64) {
                return Ok(Some(line));
            }
            let last = (instruction as isize).wrapping_sub(code as isize + layout.start as isize);
            self.new_place(python, code, instruction, last as c_int)
        }
    }

    /// A place in the code that has not allocated before. The code is kept: its address must go on
    /// to mean this place.
    #[cold]
    unsafe fn new_place(
        &mut self,
        python: &Functions,
        code: Object,
        instruction: usize,
        last: c_int,
    ) -> Result<Option<u64>, Full> {
        // SAFETY: the caller holds the lock.
        unsafe {
            let number = u32::try_from((python.code_line)(code, last)).unwrap_or(0);
            // An attribute that every code has: no error comes of it, and none is lost.
            let file = (python.attribute)(code, self.file_name);
            if file.is_null() {
                return Ok(None);
            }
            (python.keep)(code);
            // An object's address ends with four bits that are 0.
            let key = file as u64 ^ u64::from(number).rotate_left(sys::ADDRESS_BITS as u32);
            let line = match self.by_number.get(key) {
                Some(line) => {
                    (python.release)(file);
                    line
                }
                None => {
                    let line = self.lines.items().len() as u64;
                    self.lines.push(Line { file, number, blocks: 0, bytes: 0 })?;
                    self.by_number.insert(key, line)?;
                    line
                }
            };
            self.places.insert(instruction as u64, line)?;
            Ok(Some(line))
        }
    }

    /// Writes down the lines that hold most, of `live` bytes that are live. The next reading comes
    /// when there is a little more.
    ///
    /// # Safety
    /// The caller holds the interpreter's lock.
    pub(super) unsafe fn tell(&mut self, python: &Functions, live: i64, text: &mut Text) {
        const LEAST: i64 = 64 * 1024;
        self.next = live + (live / 256).max(LEAST);
        let mut top = [0_usize; MOST_LINES];
        let wanted = self.wanted.min(MOST_LINES);
        let lines = self.lines.items();
        let mut count = 0;
        for (place, line) in lines.iter().enumerate().filter(|(_, line)| line.bytes > 0) {
            if count == wanted && line.bytes <= lines[top[count - 1]].bytes {
                continue;
            }
            let at = top[..count].partition_point(|&other| lines[other].bytes >= line.bytes);
            count = (count + 1).min(wanted);
            top.copy_within(at..count - 1, at + 1);
            top[at] = place;
        }
        text.raw("\"live\":").number(live.max(0).cast_unsigned()).raw(",\"python\":");
        text.number(self.bytes).raw(",\"lines\":[");
        for (place, line) in top[..count].iter().filter_map(|&place| lines.get(place)).enumerate() {
            text.raw(if place > 0 { ",[" } else { "[" });
            let mut length = 0;
            // SAFETY: as the caller says; the file's name was kept.
            unsafe {
                let name = (python.text)(line.file, &raw mut length);
                let length = usize::try_from(length).unwrap_or(0);
                if name.is_null() {
                    (python.clear_error)();
                    text.quoted(b"?");
                } else {
                    text.quoted(core::slice::from_raw_parts(name.cast(), length));
                }
            }
            text.raw(",").number(line.number.into()).raw(",").number(line.bytes);
            text.raw(",").number(line.blocks).raw("]");
        }
        text.raw("]");
    }
}

impl Layout {
    /// The frame that runs in a thread.
    #[inline]
    unsafe fn frame(&self, thread: *mut c_void) -> *mut c_void {
        // SAFETY: as the caller has found out.
        unsafe {
            let at = thread.byte_add(self.thread).cast::<*mut c_void>().read();
            match self.link {
                Some(_) if at.is_null() => at,
                Some(link) => at.byte_add(link).cast::<*mut c_void>().read(),
                None => at,
            }
        }
    }

    /// A frame's code; the lowest bits may say how it is referred to.
    #[inline]
    unsafe fn code(&self, frame: *mut c_void) -> Object {
        // SAFETY: as above.
        unsafe { frame.byte_add(self.code).cast::<Object>().read().map_addr(|bits| bits & !7) }
    }
}
