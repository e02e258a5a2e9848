//! Writes `samples.jsonl`. Lines gather in a buffer and leave it whole, so a reader (or a crash)
//! finds whole lines.

use std::io::{self, Write};

use serde::Serialize;

use super::number;
use super::{Footer, Header, Mark};

const ENOUGH: usize = 16 * 1024;

/// Writes one sample file.
#[derive(Debug)]
pub struct Writer<W: Write> {
    inner: W,
    buffer: Vec<u8>,
    samples: u64,
    marks: u64,
}

impl<W: Write> Writer<W> {
    /// Starts a file with its header, which is written at once.
    ///
    /// # Errors
    /// When `inner` can't be written.
    pub fn new(inner: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self { inner, buffer: Vec::with_capacity(ENOUGH), samples: 0, marks: 0 };
        writer.object(header)?;
        writer.flush()?;
        Ok(writer)
    }

    /// Adds a sample: a value for each of the header's fields, `None` for what was not read.
    ///
    /// # Errors
    /// When `inner` can't be written.
    pub fn sample(&mut self, values: &[Option<f64>]) -> io::Result<()> {
        self.buffer.push(b'[');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.buffer.push(b',');
            }
            number::write(&mut self.buffer, *value);
        }
        self.buffer.extend_from_slice(b"]\n");
        self.samples += 1;
        self.flush_if_long()
    }

    /// Adds samples that have the same values but for the first field, which is the time.
    ///
    /// # Errors
    /// When `inner` can't be written.
    pub fn same(
        &mut self,
        times: impl IntoIterator<Item = f64>,
        values: &[Option<f64>],
    ) -> io::Result<()> {
        let mut text = None;
        for time in times {
            self.buffer.push(b'[');
            number::write(&mut self.buffer, Some(time));
            if let Some(text) = text.clone() {
                self.buffer.extend_from_within(text);
            } else {
                let start = self.buffer.len();
                for value in values {
                    self.buffer.push(b',');
                    number::write(&mut self.buffer, *value);
                }
                self.buffer.extend_from_slice(b"]\n");
                text = Some(start..self.buffer.len());
            }
            self.samples += 1;
        }
        self.flush_if_long()
    }

    /// Adds a mark.
    ///
    /// # Errors
    /// When `inner` can't be written.
    pub fn mark(&mut self, mark: &Mark) -> io::Result<()> {
        self.marks += 1;
        self.object(mark)?;
        self.flush_if_long()
    }

    /// Hands all that has gathered to `inner`.
    ///
    /// # Errors
    /// When `inner` can't be written.
    pub fn flush(&mut self) -> io::Result<()> {
        let written = self.inner.write_all(&self.buffer).and_then(|()| self.inner.flush());
        self.buffer.clear();
        written
    }

    /// Ends the file. The footer's counts are the writer's own.
    ///
    /// # Errors
    /// When `inner` can't be written.
    pub fn finish(mut self, footer: Footer) -> io::Result<W> {
        self.object(&Footer { samples: self.samples, marks: self.marks, ..footer })?;
        self.flush()?;
        Ok(self.inner)
    }

    fn object(&mut self, object: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.buffer, object)?;
        self.buffer.push(b'\n');
        Ok(())
    }

    fn flush_if_long(&mut self) -> io::Result<()> {
        if self.buffer.len() >= ENOUGH { self.flush() } else { Ok(()) }
    }
}
