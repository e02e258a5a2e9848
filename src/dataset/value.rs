//! One value of a row, as it is between a source of rows and a database.

use std::borrow::Cow;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// SQL's NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Text without NUL.
    Text(Cow<'a, str>),
}

/// The values of one row, in the order of its table's columns.
pub type Row = Vec<Value<'static>>;

impl Value<'_> {
    /// Runs `use_text` with the value's canonical text: the same in every backend, and the one
    /// that CSV has. `None` stands for NULL.
    pub fn with_text<T>(&self, use_text: impl FnOnce(Option<&str>) -> T) -> T {
        match self {
            Self::Null => use_text(None),
            Self::Text(text) => use_text(Some(text)),
            Self::Boolean(true) => use_text(Some("true")),
            Self::Boolean(false) => use_text(Some("false")),
            Self::Integer(number) => use_text(Some(&number.to_string())),
            // The shortest digits that give the same number again.
            Self::Float(number) => use_text(Some(&format!("{number:?}"))),
        }
    }
}
