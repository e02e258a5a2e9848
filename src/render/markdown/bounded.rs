//! A text that never grows beyond a limit, and knows what didn't fit.

/// Text, and how many lines were left out.
pub(in crate::render) struct Bounded {
    text: String,
    limit: usize,
    left_out: usize,
}

impl Bounded {
    /// An empty text of at most `limit` bytes, and so of at most as many characters.
    pub(in crate::render) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, left_out: 0 }
    }

    /// Adds a section: `start`, as many of `lines` as fit, and `end`. It is left out as a whole
    /// if not even one line fits.
    pub(in crate::render) fn section(&mut self, start: &str, lines: &[String], end: &str) {
        let mut room = self.limit.saturating_sub(self.text.len() + start.len() + end.len());
        let fits = |line: &&String| {
            let fits = line.len() <= room;
            room = room.saturating_sub(line.len());
            fits
        };
        let fitting = lines.iter().take_while(fits).count();
        self.left_out += lines.len() - fitting;
        if fitting > 0 {
            self.text.push_str(start);
            self.text.extend(lines[..fitting].iter().map(String::as_str));
            self.text.push_str(end);
        }
    }

    /// The text, with `note` of the number of lines that were left out, if any were.
    pub(in crate::render) fn finish(mut self, note: impl FnOnce(usize) -> String) -> String {
        if self.left_out > 0 {
            self.text.push_str(&note(self.left_out));
        }
        self.text
    }
}
