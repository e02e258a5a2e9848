//! Reads `samples.jsonl`, also one that a crash cut off: lines that can't be read are counted and
//! left out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;

use super::number::read_row;
use super::{Footer, Header, Mark, SCHEMA};

/// A longer line is not one of ours; reading it whole could take all memory there is.
const LONGEST: u64 = 16 << 20;

/// A sample file's content, with the samples as one column a field.
#[derive(Clone, Debug)]
pub struct SampleFile {
    /// The first line.
    pub header: Header,
    /// The workload's marks, in the order of the file.
    pub marks: Vec<Mark>,
    /// The last line; `None` if memprobe was killed before it could write one.
    pub footer: Option<Footer>,
    /// Lines that could not be read and were left out.
    pub bad_lines: u64,
    columns: Vec<Vec<f64>>,
}

/// An object between the samples.
#[derive(Deserialize)]
#[serde(untagged)]
enum Object {
    Mark(Mark),
    Footer(Footer),
}

impl SampleFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it can't be read, or does not begin with a header of a known schema.
    pub fn open(path: &Path) -> io::Result<Self> {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(named)?;
        Self::read(BufReader::with_capacity(256 << 10, file)).map_err(named)
    }

    /// Reads a sample file's text.
    ///
    /// # Errors
    /// When it can't be read, or does not begin with a header of a known schema.
    pub fn read(mut input: impl BufRead) -> io::Result<Self> {
        let mut line = Vec::new();
        let header = if next_line(&mut input, &mut line)? == Line::Whole {
            read_header(&line)?
        } else {
            return Err(not_ours("it has no header"));
        };
        let columns = vec![Vec::new(); header.fields.len()];
        let mut file = Self { header, marks: Vec::new(), footer: None, bad_lines: 0, columns };
        let mut row = Vec::new();
        loop {
            match next_line(&mut input, &mut line)? {
                Line::None => return Ok(file),
                Line::TooLong => file.bad_lines += 1,
                Line::Whole => file.take(&line, &mut row),
            }
        }
    }

    fn take(&mut self, line: &[u8], row: &mut Vec<f64>) {
        if line.first() == Some(&b'[') {
            if read_row(line, row) && row.len() == self.columns.len() {
                for (column, value) in self.columns.iter_mut().zip(row.iter()) {
                    column.push(*value);
                }
                return;
            }
        } else if let Ok(object) = serde_json::from_slice(line) {
            match object {
                Object::Mark(mark) => self.marks.push(mark),
                Object::Footer(footer) => self.footer = Some(footer),
            }
            return;
        }
        self.bad_lines += 1;
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Whether there is no sample at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A field's value in every sample, NaN where it was not read; `None` if the file has no such
    /// field.
    #[must_use]
    pub fn column(&self, field: &str) -> Option<&[f64]> {
        let place = self.header.fields.iter().position(|known| known.name == field)?;
        self.columns.get(place).map(Vec::as_slice)
    }

    /// A field as a curve: seconds since the workload began, and the value, of every sample in
    /// which it was read. Empty if the file has no such field.
    pub fn points(&self, field: &str) -> impl Iterator<Item = (f64, f64)> {
        let times = self.column("t").unwrap_or_default().iter().copied();
        let values = self.column(field).unwrap_or_default().iter().copied();
        times.zip(values).filter(|(t, value)| !t.is_nan() && !value.is_nan())
    }
}

fn read_header(line: &[u8]) -> io::Result<Header> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let version: Version =
        serde_json::from_slice(line).map_err(|_| not_ours("its first line is no header"))?;
    if version.schema > SCHEMA {
        return Err(not_ours(&format!(
            "its schema is {}, newer than {SCHEMA}, which this memgrid reads",
            version.schema
        )));
    }
    serde_json::from_slice(line).map_err(|error| not_ours(&format!("its header: {error}")))
}

fn not_ours(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a readable sample file: {why}"))
}

#[derive(PartialEq)]
enum Line {
    Whole,
    TooLong,
    None,
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    if input.by_ref().take(LONGEST).read_until(b'\n', line)? == 0 {
        return Ok(Line::None);
    }
    if line.len() as u64 == LONGEST && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Line::TooLong);
    }
    Ok(Line::Whole)
}
