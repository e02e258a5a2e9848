//! The program's environment as it came from the kernel, and the same without us. Calls no library
//! and allocates nothing: it is needed where a sanitizer may stand before each function.

use core::ffi::c_char;
use core::ptr;

use crate::{layout, sys};

/// Pointers to strings, the last of them null.
pub(crate) type List = *const *const c_char;

/// The value of the variable `name`.
pub(crate) unsafe fn variable(mut environment: List, name: &str) -> Option<*const c_char> {
    // SAFETY: the caller's list and its strings end with 0.
    unsafe {
        while !(*environment).is_null() {
            if let Some(value) = value(*environment, name) {
                return Some(value);
            }
            environment = environment.add(1);
        }
    }
    None
}

/// The value that `text` gives to the variable `name`, if it is this one's.
unsafe fn value(text: *const c_char, name: &str) -> Option<*const c_char> {
    // SAFETY: the caller's string ends with 0, and is at least as long as what it begins with.
    unsafe {
        let is_it = sys::starts_with(text.cast(), name) && at(text, name.len()) == b'=';
        is_it.then(|| text.add(name.len() + 1))
    }
}

/// A program's environment, in memory of its own.
pub(crate) struct Environment {
    pub(crate) list: List,
    size: usize,
}

impl Environment {
    /// `all` without what is for us; `None` if we are not in it.
    pub(crate) unsafe fn without_us(all: List) -> Option<Self> {
        const PRELOAD: &str = "LD_PRELOAD";
        // SAFETY: the caller's list and its strings end with 0. There is room for all of them, and
        // for the text of those that are changed.
        unsafe {
            let (mut count, mut room) = (1, 0);
            let mut each = all;
            while !(*each).is_null() {
                count += 1;
                room += value(*each, PRELOAD).map_or(0, |_| length(*each) + 1);
                each = each.add(1);
            }
            let size = count * size_of::<*const c_char>() + room;
            let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS;
            let list = sys::map(size, flags, -1)?.cast::<*const c_char>();
            let mut text = list.add(count).cast::<u8>();
            let (mut next, mut is_in_it) = (list, false);
            each = all;
            while !(*each).is_null() {
                let mut kept = *each;
                if let Some(libraries) = value(kept, PRELOAD) {
                    let new = text;
                    text = copy(text, kept, libraries);
                    let (end, keeps_any, has_us) = without_our_library(libraries, text);
                    is_in_it |= has_us;
                    text = end;
                    kept = if keeps_any { new.cast_const().cast() } else { ptr::null() };
                } else if layout::VARIABLES.iter().any(|name| value(kept, name).is_some()) {
                    kept = ptr::null();
                }
                if !kept.is_null() {
                    *next = kept;
                    next = next.add(1);
                }
                each = each.add(1);
            }
            // The list ends where nothing was written: with null.
            let without = Self { list, size };
            if is_in_it {
                return Some(without);
            }
            without.forget();
            None
        }
    }

    /// Gives its memory back.
    pub(crate) unsafe fn forget(self) {
        // SAFETY: it was mapped for this, and the caller no longer uses the list.
        unsafe { sys::unmap(self.list.cast_mut().cast(), self.size) };
    }
}

/// Writes to `to` what `libraries` holds but for ours, and a 0; where that ends, whether there
/// is any (an empty one is one), and whether ours was there.
unsafe fn without_our_library(libraries: *const c_char, to: *mut u8) -> (*mut u8, bool, bool) {
    let (mut to, mut keeps_any, mut has_us) = (to, false, false);
    let mut start = libraries;
    // SAFETY: nothing behind the 0 is read, and no more is written.
    unsafe {
        loop {
            let mut end = start;
            let mut name = start;
            while !matches!(at(end, 0), b':' | b' ' | 0) {
                end = end.add(1);
                if at(end, 0) != b'/' && at(end.sub(1), 0) == b'/' {
                    name = end;
                }
            }
            let is_ours = sys::starts_with(name.cast(), layout::LIBRARY)
                && name.add(layout::LIBRARY.len()) == end;
            has_us |= is_ours;
            if !is_ours {
                // With the separator before it, unless it is the first.
                let from = if keeps_any { start.sub(1) } else { start };
                to = copy(to, from, end);
                keeps_any = true;
            }
            if at(end, 0) == 0 {
                to.write_volatile(0);
                return (to.add(1), keeps_any, has_us);
            }
            start = end.add(1);
        }
    }
}

// Byte by byte, each for its own sake: otherwise the compiler calls `strlen` and `memcpy`.

unsafe fn at(text: *const c_char, place: usize) -> u8 {
    // SAFETY: the caller's place is inside.
    unsafe { text.cast::<u8>().add(place).read_volatile() }
}

unsafe fn length(text: *const c_char) -> usize {
    let mut length = 0;
    // SAFETY: the caller's string ends with 0.
    while unsafe { at(text, length) } != 0 {
        length += 1;
    }
    length
}

/// Writes the text from `start` to `end`; where the copy ends.
unsafe fn copy(to: *mut u8, start: *const c_char, end: *const c_char) -> *mut u8 {
    // SAFETY: both are of one string, and the caller has room for it.
    unsafe {
        let length = end.offset_from(start).unsigned_abs();
        for place in 0..length {
            to.add(place).write_volatile(at(start, place));
        }
        to.add(length)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::{CStr, CString};

    use super::*;

    fn cleared(variables: &[&str]) -> Option<Vec<String>> {
        let all: Vec<_> = variables.iter().map(|text| CString::new(*text).unwrap()).collect();
        let mut list: Vec<_> = all.iter().map(|text| text.as_ptr()).collect();
        list.push(ptr::null());
        // SAFETY: lists of strings, as C has them.
        unsafe {
            let cleared = Environment::without_us(list.as_ptr())?;
            let place = |place| *cleared.list.add(place);
            let texts = (0..).map(place).take_while(|text| !text.is_null());
            Some(texts.map(|text| CStr::from_ptr(text).to_str().unwrap().to_owned()).collect())
        }
    }

    #[test]
    fn only_what_is_ours_is_taken_out() {
        const OURS: &str = "/tmp/memprobe-0/1-2/libmemgrid_preload.so";
        let preloaded = |value: &str| {
            let preload = format!("LD_PRELOAD={value}");
            let given = ["A=1", &preload, "MEMPROBE_FD=3", "MEMPROBE_HEAP=/x", "LD_PRELOADED=y"];
            let left = cleared(&given)?;
            let mut all = vec!["A=1", "MEMPROBE_FD=3", "LD_PRELOADED=y"];
            if left.len() > all.len() {
                all.insert(1, &left[1]);
            }
            assert_eq!(left, all);
            Some(left[1].strip_prefix("LD_PRELOAD=").map(str::to_owned))
        };
        let kept = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(preloaded(OURS), Some(None), "there was none before us");
        assert_eq!(preloaded(&format!("{OURS}:")), kept(""), "there was an empty one");
        assert_eq!(preloaded(&format!("{OURS}:a.so b.so")), kept("a.so b.so"));
        assert_eq!(preloaded(&format!("/lib/a.so:{OURS} b.so")), kept("/lib/a.so b.so"));
        assert_eq!(preloaded(&format!("a.so {OURS}")), kept("a.so"));
        assert_eq!(preloaded(&format!("{OURS}:{OURS}")), Some(None));
        for others in ["", "a.so", "/libmemgrid_preload.so/a.so", "/x/libmemgrid_preload.so.1"] {
            assert_eq!(preloaded(others), None, "we are not in it");
        }
        assert_eq!(cleared(&["A=1"]), None);
        assert_eq!(cleared(&[]), None);
    }
}
