//! Rows out to a fixture: Django's JSON, or CSV with a header. What is written can be read again
//! as a fixture with the same checksum.

use std::io::Write;
use std::str::FromStr;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::table::Table;
use super::value::{Row, Value};
use super::{Chunk, Source};
use crate::error::{Error, Result};

/// What stands for NULL in CSV.
pub(super) const NULL: &str = r"\N";

/// The formats that fixtures come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Django's JSON fixture, which `manage.py loaddata` takes.
    Json,
    /// CSV with a header; [`NULL`](super::export) is `\N`.
    Csv,
}

impl Format {
    /// The word for it, which is also the file's extension.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err(Error::usage(format!("unknown fixture format {text:?}")).hint("json or csv")),
        }
    }
}

/// Writes all rows of a dataset, and returns how many there were.
///
/// # Errors
/// When `out` can't be written, a fixture can't be read, or CSV can't tell a text from NULL.
pub fn export(source: &Source, format: Format, out: &mut dyn Write) -> Result<u64> {
    match format {
        Format::Json => json(source, out)?,
        Format::Csv => csv(source, out)?,
    }
    out.flush()?;
    Ok(source.rows())
}

fn json(source: &Source, out: &mut dyn Write) -> Result<()> {
    let model = source.table().name().replacen('_', ".", 1);
    let mut separator = "[\n";
    for chunk in source.chunks() {
        for row in chunk?.rows() {
            out.write_all(separator.as_bytes())?;
            separator = ",\n";
            let entry = Entry { model: &model, table: source.table(), row };
            serde_json::to_writer(&mut *out, &entry).map_err(std::io::Error::from)?;
        }
    }
    let end: &[u8] = if separator == "[\n" { b"[]\n" } else { b"\n]\n" };
    Ok(out.write_all(end)?)
}

fn csv(source: &Source, out: &mut dyn Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let names = source.table().columns().iter().map(|column| &column.name);
    writer.write_record(names).map_err(unwritable)?;
    for chunk in source.chunks() {
        write_records(&mut writer, &chunk?)?;
    }
    Ok(writer.flush()?)
}

fn write_records(writer: &mut csv::Writer<&mut dyn Write>, chunk: &Chunk) -> Result<()> {
    for row in chunk.rows() {
        for value in row {
            if *value == Value::Text(NULL.into()) {
                let key = row.first().unwrap_or(value).with_text(|key| format!("{key:?}"));
                let message = format!(r"row {key} holds the text \N, which is NULL in CSV");
                return Err(Error::usage(message).hint("export as JSON"));
            }
            value.with_text(|text| writer.write_field(text.unwrap_or(NULL))).map_err(unwritable)?;
        }
        writer.write_record(None::<&[u8]>).map_err(unwritable)?;
    }
    Ok(())
}

fn unwritable(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => Error::bug(format!("CSV: {other:?}")),
    }
}

struct Entry<'a> {
    model: &'a str,
    table: &'a Table,
    row: &'a Row,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_map(Some(3))?;
        entry.serialize_entry("model", self.model)?;
        entry.serialize_entry("pk", &self.row.first().map(Scalar))?;
        entry.serialize_entry("fields", &Fields(self))?;
        entry.end()
    }
}

struct Fields<'a>(&'a Entry<'a>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.0.table.columns().iter().zip(self.0.row).skip(1);
        serializer.collect_map(columns.map(|(column, value)| (&column.name, Scalar(value))))
    }
}

struct Scalar<'a>(&'a Value<'a>);

impl Serialize for Scalar<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_none(),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Text(text) => serializer.serialize_str(text),
        }
    }
}
