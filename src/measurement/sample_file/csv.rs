//! CSV as RFC 4180 has it, with a header line; what was not read is empty.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use super::SampleFile;
use super::rows::{self, MARK};

/// Writes `file`'s samples and marks to `out`.
///
/// # Errors
/// When `out` can't be written.
pub fn write(file: &SampleFile, out: &mut impl Write) -> io::Result<()> {
    let fields = &file.header.fields;
    let columns: Vec<&[f64]> =
        fields.iter().map(|field| file.column(&field.name).unwrap_or_default()).collect();
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out);
    writer.write_record(fields.iter().map(|field| field.name.as_str()).chain([MARK]))?;
    let mut cell = Vec::new();
    for row in rows::rows(file) {
        for (field, column) in fields.iter().zip(&columns) {
            cell.clear();
            if let Some(value) = row.value(&field.name, column) {
                write!(cell, "{value}")?;
            }
            writer.write_field(&cell)?;
        }
        writer.write_field(row.mark().unwrap_or_default())?;
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_and_mark_is_a_line() {
        let mut out = Vec::new();
        write(&rows::tests::file(), &mut out).unwrap();
        let wanted = "\
t,rss,progress,mark
0,1032192,,
0.01,,,\"a, \"\"b\"\"\"
0.0101,,,c
0.0101,,0.5,
0.02,4503599627370497,2,
0.03,,,end
";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
}
