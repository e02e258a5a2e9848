//! The table that holds a dataset's rows: names and types, chosen to suit a Django model.

use crate::error::{Error, Result};

/// The longest name that all three databases take, in bytes (PostgreSQL cuts longer ones off).
const LONGEST_NAME: usize = 63;
/// The table in which the backends keep what they know of datasets.
pub(crate) const RESERVED: &str = "memgrid_dataset";

/// A table. Its first column is the primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnType,
    /// Whether it may hold NULL.
    pub nullable: bool,
}

/// What a column holds; each database has its own name for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers of 32 bits (`IntegerField`).
    Integer,
    /// Whole numbers of 64 bits (`BigIntegerField`, `BigAutoField`).
    BigInteger,
    /// Floating-point numbers of 64 bits (`FloatField`).
    Float,
    /// True or false (`BooleanField`).
    Boolean,
    /// Text of at most so many characters (`CharField`).
    Varchar(u32),
    /// Text of any length (`TextField`).
    Text,
}

impl Table {
    /// A table whose first column is the primary key.
    ///
    /// # Errors
    /// When a name is empty, too long or there twice; the error names it.
    pub fn new(name: &str, columns: Vec<Column>) -> Result<Self> {
        check_name("table", name)?;
        if name == RESERVED {
            return Err(Error::usage(format!("the table can't be called {RESERVED}"))
                .hint("memgrid keeps its notes on datasets in a table of that name"));
        }
        for (index, column) in columns.iter().enumerate() {
            check_name("column", &column.name)?;
            let same = |other: &Column| other.name.eq_ignore_ascii_case(&column.name);
            if columns[..index].iter().any(same) {
                let message = format!("table {name} would have the column {} twice", column.name);
                return Err(
                    Error::usage(message).hint("databases don't tell upper from lower case here")
                );
            }
        }
        Ok(Self { name: name.to_owned(), columns })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its columns, the primary key first.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }
}

fn check_name(what: &str, name: &str) -> Result<()> {
    let problem = if name.is_empty() {
        "is empty".to_owned()
    } else if name.len() > LONGEST_NAME {
        format!("is longer than {LONGEST_NAME} bytes")
    } else if name.contains(char::is_control) {
        "holds a control character".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("{what} name {name:?} {problem}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Column {
        Column { name: name.to_owned(), kind: ColumnType::Integer, nullable: false }
    }

    #[test]
    fn names_that_a_database_would_confuse_are_refused() {
        assert!(Table::new("t", vec![column("id"), column("Id")]).is_err());
        assert!(Table::new(&"x".repeat(64), vec![column("id")]).is_err());
        assert!(Table::new("", vec![column("id")]).is_err());
        assert!(Table::new(RESERVED, vec![column("id")]).is_err());
        assert!(Table::new("t", vec![column("id"), column("name")]).is_ok());
    }
}
