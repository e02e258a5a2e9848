//! Parquet: a nullable column for each field (bytes as INT64, all else as DOUBLE) and one for the
//! marks' names, in row groups, compressed with Snappy. What the sample file's first and last line
//! say is in the file's metadata.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::measurement::sample_file::Field;
use crate::measurement::sample_file::rows::{self, MARK, Row};
use crate::measurement::{SampleFile, Unit};

/// Rows of a group, which is held in memory while it is written.
const GROUP: usize = 1 << 17;

/// Writes `file`'s samples and marks to `out`.
///
/// # Errors
/// When `out` can't be written.
pub(super) fn write(file: &SampleFile, out: &mut (impl Write + Send)) -> io::Result<()> {
    write_groups(file, out).map_err(|error| match error {
        parquet::errors::ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    })
}

fn write_groups(file: &SampleFile, out: &mut (impl Write + Send)) -> parquet::errors::Result<()> {
    let mut metadata = vec![entry("memprobe.header", serde_json::to_string(&file.header).ok())];
    if let Some(footer) = file.footer {
        metadata.push(entry("memprobe.footer", serde_json::to_string(&footer).ok()));
    }
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(file.header.program.clone())
        .set_key_value_metadata(Some(metadata))
        .build();
    let mut writer = SerializedFileWriter::new(out, schema(file)?, Arc::new(properties))?;
    for rows in rows::rows(file).chunks(GROUP) {
        let mut group = writer.next_row_group()?;
        for field in &file.header.fields {
            let column = file.column(&field.name).unwrap_or_default();
            let values = rows.iter().map(|row| row.value(&field.name, column));
            if is_whole(field) {
                column_of::<Int64Type>(&mut group, values.map(|value| value.map(whole)))?;
            } else {
                column_of::<DoubleType>(&mut group, values)?;
            }
        }
        let names = rows.iter().map(Row::mark).map(|name| name.map(ByteArray::from));
        column_of::<ByteArrayType>(&mut group, names)?;
        group.close()?;
    }
    writer.close()?;
    Ok(())
}

fn entry(key: &str, value: Option<String>) -> KeyValue {
    KeyValue { key: key.to_owned(), value }
}

fn schema(file: &SampleFile) -> parquet::errors::Result<TypePtr> {
    let mut columns = Vec::new();
    for field in &file.header.fields {
        let physical = if is_whole(field) { Physical::INT64 } else { Physical::DOUBLE };
        let column = Type::primitive_type_builder(&field.name, physical);
        columns.push(Arc::new(column.with_repetition(Repetition::OPTIONAL).build()?));
    }
    let mark = Type::primitive_type_builder(MARK, Physical::BYTE_ARRAY)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::String));
    columns.push(Arc::new(mark.build()?));
    Ok(Arc::new(Type::group_type_builder("samples").with_fields(columns).build()?))
}

fn is_whole(field: &Field) -> bool {
    field.unit == Unit::Bytes
}

#[expect(clippy::cast_possible_truncation, reason = "bytes are whole, and fewer than 2^63")]
fn whole(bytes: f64) -> i64 {
    bytes.round() as i64
}

/// Writes the group's next column: the values that there are, and where they are.
fn column_of<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    cells: impl Iterator<Item = Option<T::T>>,
) -> parquet::errors::Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        levels.push(i16::from(cell.is_some()));
        values.extend(cell);
    }
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(&values, Some(&levels), None)?;
        column.close()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::{Row, RowAccessor as _};

    use super::*;

    #[test]
    fn what_is_written_can_be_read_back() {
        let mut out = tempfile::tempfile().unwrap();
        write(&rows::tests::file(), &mut out).unwrap();
        let reader = SerializedFileReader::new(out).unwrap();
        let rows: Vec<Row> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[0].get_long(1).unwrap(), 1_032_192);
        assert_eq!(rows[1].get_string(3).unwrap(), "a, \"b\"");
        assert!(rows[1].get_long(1).is_err(), "null");
        assert_eq!(rows[4].get_long(1).unwrap(), 4_503_599_627_370_497);
        assert_eq!(rows[3].get_double(2).unwrap(), 0.5);
    }
}
