//! What memgrid needs of a database, whichever it is: [`Session`], and how its SQL differs:
//! [`Dialect`]. `link` does for all kinds what sqlx does alike for them; each kind is one file with
//! what it does in its own way. All else (`store`) is written once, on top.

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use sqlx::{ColumnIndex, Decode, Row};

use crate::dataset::{Checksum, Chunk, Column, ColumnType, Table, Value};
use crate::error::Result;

/// Chunks on their way into a database.
pub(super) type Chunks<'a> = dyn Iterator<Item = Result<Chunk>> + 'a;

/// An open connection.
pub(super) trait Session {
    /// How the database's SQL differs.
    fn dialect(&self) -> &'static Dialect;

    /// Runs statements that return nothing.
    fn execute(&mut self, sql: &str) -> Result<()>;

    /// Runs a statement and returns its rows as text.
    fn query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>>;

    /// Makes the table and writes the rows, in the way that is fastest here.
    fn fill(&mut self, table: &Table, chunks: &mut Chunks<'_>) -> Result<()>;

    /// Reads every row back.
    fn sum(&mut self, table: &Table) -> Result<Checksum>;

    /// Something that is cheap to have and different when the table's content is: whether it still
    /// is what it was. Comparable only to what the same version of the same database said.
    fn quick(&mut self, table: &str) -> Result<String>;

    /// The server's version: `15.18`.
    fn version(&mut self) -> Result<String>;

    /// Closes the connection, and waits until it is.
    fn close(self: Box<Self>) -> Result<()>;
}

/// How the SQL of a database differs from that of others.
#[derive(Debug)]
pub(super) struct Dialect {
    /// Around names.
    pub(super) quote: char,
    /// Whether `\` escapes in text literals.
    pub(super) backslash: bool,
    /// Follows the type of a primary key of whole numbers.
    pub(super) identity: &'static str,
    /// Follows the type of a primary key of texts, so that all databases tell the same ones apart.
    pub(super) text_key: &'static str,
    /// Types, but for VARCHAR, which is the same everywhere.
    pub(super) integer: &'static str,
    pub(super) big_integer: &'static str,
    pub(super) float: &'static str,
    pub(super) boolean: &'static str,
    pub(super) text: &'static str,
    /// Selects the names of all tables of the current database or schema.
    pub(super) tables: &'static str,
    /// Selects the names of all databases of the server.
    pub(super) databases: &'static str,
    /// Takes, until the connection ends, the lock that keeps two memgrids from writing at once.
    pub(super) lock: Option<&'static str>,
}

impl Dialect {
    /// A name, quoted.
    pub(super) fn name(&self, name: &str) -> String {
        let quote = self.quote.to_string();
        format!("{quote}{}{quote}", name.replace(self.quote, &quote.repeat(2)))
    }

    /// A text literal.
    pub(super) fn literal(&self, text: &str) -> String {
        let mut literal = String::with_capacity(text.len() + 2);
        self.push_literal(&mut literal, text);
        literal
    }

    /// Appends a text literal.
    pub(super) fn push_literal(&self, sql: &mut String, text: &str) {
        sql.push('\'');
        if text.contains(['\'', '\\']) {
            let text = text.replace('\'', "''");
            sql.push_str(&if self.backslash { text.replace('\\', r"\\") } else { text });
        } else {
            sql.push_str(text);
        }
        sql.push('\'');
    }

    /// The statement that makes a table.
    pub(super) fn create(&self, table: &Table) -> String {
        let columns = table.columns().iter().enumerate();
        let columns: Vec<_> =
            columns.map(|(index, column)| self.column(index == 0, column)).collect();
        format!("CREATE TABLE {} ({})", self.name(table.name()), columns.join(", "))
    }

    fn column(&self, key: bool, column: &Column) -> String {
        let kind = match column.kind {
            // SQLite numbers rows only in a column of exactly this type.
            ColumnType::BigInteger if key && self.identity.contains("AUTOINCREMENT") => {
                "integer".to_owned()
            }
            ColumnType::Integer => self.integer.to_owned(),
            ColumnType::BigInteger => self.big_integer.to_owned(),
            ColumnType::Float => self.float.to_owned(),
            ColumnType::Boolean => self.boolean.to_owned(),
            ColumnType::Varchar(length) => format!("varchar({length})"),
            ColumnType::Text => self.text.to_owned(),
        };
        let name = self.name(&column.name);
        match (key, column.kind) {
            (true, ColumnType::BigInteger) => format!("{name} {kind} NOT NULL {}", self.identity),
            (true, _) => format!("{name} {kind} {} NOT NULL PRIMARY KEY", self.text_key),
            (false, _) if column.nullable => format!("{name} {kind} NULL"),
            (false, _) => format!("{name} {kind} NOT NULL"),
        }
    }

    /// The statement that reads all rows, in no particular order.
    pub(super) fn select(&self, table: &Table) -> String {
        format!("SELECT {} FROM {}", self.columns(table), self.name(table.name()))
    }

    /// The names of a table's columns, quoted, with commas between them.
    pub(super) fn columns(&self, table: &Table) -> String {
        let names: Vec<_> = table.columns().iter().map(|column| self.name(&column.name)).collect();
        names.join(", ")
    }
}

/// Adds up the rows of a table as they arrive.
pub(super) async fn sum<R: Readable>(
    mut rows: BoxStream<'_, sqlx::Result<R>>,
    table: &Table,
) -> sqlx::Result<Checksum> {
    let mut sum = Checksum::default();
    while let Some(row) = rows.try_next().await? {
        let columns = table.columns().iter().enumerate();
        let values = columns
            .map(|(index, column)| row.value(index, column.kind))
            .collect::<Result<Vec<_>, _>>()?;
        sum.add(&values);
    }
    Ok(sum)
}

/// A row of any of the databases.
pub(super) trait Readable {
    fn value(&self, index: usize, kind: ColumnType) -> sqlx::Result<Value<'_>>;
    fn text(&self, index: usize) -> sqlx::Result<Option<String>>;
    fn width(&self) -> usize;
}

impl<R> Readable for R
where
    R: Row,
    usize: ColumnIndex<R>,
    for<'r> Option<i32>: Decode<'r, R::Database>,
    for<'r> Option<i64>: Decode<'r, R::Database>,
    for<'r> Option<f64>: Decode<'r, R::Database>,
    for<'r> Option<bool>: Decode<'r, R::Database>,
    for<'r> Option<&'r str>: Decode<'r, R::Database>,
{
    fn value(&self, index: usize, kind: ColumnType) -> sqlx::Result<Value<'_>> {
        let value = match kind {
            ColumnType::Integer => {
                self.try_get_unchecked::<Option<i32>, _>(index)?.map(|n| Value::Integer(n.into()))
            }
            ColumnType::BigInteger => {
                self.try_get_unchecked::<Option<i64>, _>(index)?.map(Value::Integer)
            }
            ColumnType::Float => self.try_get_unchecked::<Option<f64>, _>(index)?.map(Value::Float),
            ColumnType::Boolean => {
                self.try_get_unchecked::<Option<bool>, _>(index)?.map(Value::Boolean)
            }
            ColumnType::Varchar(_) | ColumnType::Text => self
                .try_get_unchecked::<Option<&str>, _>(index)?
                .map(|text| Value::Text(text.into())),
        };
        Ok(value.unwrap_or(Value::Null))
    }

    fn text(&self, index: usize) -> sqlx::Result<Option<String>> {
        Ok(self.try_get_unchecked::<Option<&str>, _>(index)?.map(str::to_owned))
    }

    fn width(&self) -> usize {
        self.len()
    }
}

/// The rows of a statement as text, whatever their types.
pub(super) fn texts<R: Readable>(rows: &[R]) -> sqlx::Result<Vec<Vec<Option<String>>>> {
    rows.iter().map(|row| (0..row.width()).map(|index| row.text(index)).collect()).collect()
}
