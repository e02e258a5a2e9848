//! Text of a reading, written into memory of ours: JSON, a line each.

use core::ffi::c_void;

use super::table::map;

/// A line has room for some hundred file names.
const ROOM: usize = 1 << 18;

/// A text that is being written. What has no room is left out.
pub(super) struct Text {
    buffer: *mut u8,
    length: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { buffer: core::ptr::null_mut(), length: 0 }
    }

    /// Begins anew. `false` if there is no memory.
    pub(super) fn begin(&mut self) -> bool {
        self.length = 0;
        if self.buffer.is_null() {
            self.buffer = map(ROOM).map_or(core::ptr::null_mut(), <*mut c_void>::cast);
        }
        !self.buffer.is_null()
    }

    fn byte(&mut self, byte: u8) {
        if !self.buffer.is_null() && self.length < ROOM {
            // SAFETY: inside of the buffer.
            unsafe { self.buffer.add(self.length).write(byte) };
            self.length += 1;
        }
    }

    /// As it is.
    pub(super) fn raw(&mut self, text: &str) -> &mut Self {
        text.bytes().for_each(|byte| self.byte(byte));
        self
    }

    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut rest = number;
        let mut first = digits.len();
        loop {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        digits[first..].iter().for_each(|digit| self.byte(*digit));
        self
    }

    /// In quotes, with what JSON wants escaped.
    pub(super) fn quoted(&mut self, text: &[u8]) -> &mut Self {
        self.byte(b'"');
        for &byte in text {
            match byte {
                b'"' | b'\\' => {
                    self.byte(b'\\');
                    self.byte(byte);
                }
                0..0x20 => self.byte(b'?'),
                _ => self.byte(byte),
            }
        }
        self.byte(b'"');
        self
    }

    /// What was written; empty if it had no room.
    pub(super) fn bytes(&self) -> &[u8] {
        if self.buffer.is_null() || self.length == ROOM {
            return &[];
        }
        // SAFETY: written up to there.
        unsafe { core::slice::from_raw_parts(self.buffer, self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_json() {
        let mut text = Text::new();
        assert!(text.begin());
        text.raw("[").number(0).raw(",").number(u64::MAX).raw(",");
        text.quoted("a\"b\\c\nd\u{1f} é".as_bytes()).raw("]");
        let wanted = "[0,18446744073709551615,\"a\\\"b\\\\c?d? é\"]";
        assert_eq!(text.bytes(), wanted.as_bytes());
        assert!(text.begin() && text.bytes().is_empty());
        text.raw(&"a".repeat(ROOM - 1));
        assert_eq!(text.bytes().len(), ROOM - 1);
        assert_eq!(text.raw("b").bytes(), b"", "it may have been cut off");
    }
}
