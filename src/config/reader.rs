//! Reads the parsed file key by key: the right type, or a problem at its place. (Deriving serde
//! would stop at the first.)

use std::fmt;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::{Problem, Sink, Span};
use super::suggest::did_you_mean;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

impl<T> At<T> {
    pub(super) const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A value of any type, with the name of its key for messages.
#[derive(Clone)]
pub(super) struct Value<'a> {
    pub(super) key: At<&'a str>,
    value: &'a Spanned<DeValue<'a>>,
    sink: &'a Sink,
}

/// A table, with its name for messages (`[measure]`).
#[derive(Clone)]
pub(super) struct Table<'a> {
    pub(super) name: String,
    pub(super) span: Span,
    table: &'a DeTable<'a>,
    sink: &'a Sink,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`[{}]`", self.name)
    }
}

impl<'a> Table<'a> {
    pub(super) fn top(root: &'a Spanned<DeTable<'a>>, sink: &'a Sink) -> Self {
        Self { name: String::new(), span: root.span(), table: root.get_ref(), sink }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let sink = self.sink;
        self.table.iter().map(move |(key, value)| Value {
            key: At::new(key.get_ref().as_ref(), key.span()),
            value,
            sink,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<Value<'a>> {
        self.values().find(|value| value.key.value == key)
    }

    /// As [`Self::get`], and a problem if it isn't there.
    pub(super) fn require(&self, key: &str, hint: &str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            let problem = Problem::at(&self.span, format!("{self} needs `{key}`"));
            self.sink.add(problem.hint(hint).absence());
        }
        value
    }

    /// A problem for every key that is not among `known`.
    pub(super) fn only(&self, known: &[&str]) {
        for value in self.values().filter(|value| !known.contains(&value.key.value)) {
            let key = value.key.value;
            let within = if self.name.is_empty() { String::new() } else { format!(" in {self}") };
            let problem = Problem::at(&value.key.span, format!("unknown key `{key}`{within}"));
            self.sink.add(problem.hint(did_you_mean(key, known)));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    pub(super) fn sub_table(&self, key: &str) -> Option<Table<'a>> {
        let name = self.name_of(key);
        self.get(key)?.table(name)
    }

    /// The tables in this table, by key; anything else in it is a problem.
    pub(super) fn sub_tables(&self) -> Vec<(At<&'a str>, Table<'a>)> {
        let tables = self.values().filter_map(|value| {
            let table = value.table(self.name_of(value.key.value))?;
            Some((value.key, table))
        });
        tables.collect()
    }

    fn name_of(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl<'a> Value<'a> {
    pub(super) fn span(&self) -> Span {
        self.value.span()
    }

    fn wrong<T>(&self, expected: &str) -> Option<T> {
        let message = format!("`{}` must be {expected}", self.key.value);
        let found = format!("this is {}", kind(self.value.get_ref()));
        self.sink.add(Problem::at(&self.span(), message).label(found));
        None
    }

    fn at<T>(&self, value: T) -> At<T> {
        At::new(value, self.span())
    }

    pub(super) fn text(&self) -> Option<At<String>> {
        self.text_of("a string")
    }

    pub(super) fn boolean(&self) -> Option<At<bool>> {
        match self.value.get_ref() {
            DeValue::Boolean(value) => Some(self.at(*value)),
            _ => self.wrong("true or false"),
        }
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let DeValue::Integer(integer) = self.value.get_ref() else {
            return self.wrong("a whole number");
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            let message = format!("`{}` must be between {least} and {most}", self.key.value);
            self.sink.add(Problem::at(&self.span(), message));
        }
        number
    }

    /// A string, number or boolean as text.
    pub(super) fn scalar(&self) -> Option<At<String>> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(self.at(text.to_string())),
            DeValue::Integer(integer) => Some(self.at(integer.to_string())),
            DeValue::Float(float) => Some(self.at(float.as_str().to_owned())),
            DeValue::Boolean(value) => Some(self.at(value.to_string())),
            _ => self.wrong("a string, a number or a boolean"),
        }
    }

    /// Whether it is a whole number: someone left a unit out.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Integer(_) | DeValue::Float(_))
    }

    /// Whether it is an array, whatever is in it.
    pub(super) fn is_array(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Array(_))
    }

    fn array(&self, of_what: &str) -> Option<&'a DeArray<'a>> {
        match self.value.get_ref() {
            DeValue::Array(array) => Some(array),
            _ => self.wrong(&format!("an array of {of_what}")),
        }
    }

    /// The values of an array, each still of any type.
    pub(super) fn elements(&self, of_what: &str) -> Option<Vec<Value<'a>>> {
        let element = |value| Value { key: self.key.clone(), value, sink: self.sink };
        Some(self.array(of_what)?.iter().map(element).collect())
    }

    /// Its text; `expected` says what else is a problem.
    pub(super) fn text_of(&self, expected: &str) -> Option<At<String>> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(self.at(text.to_string())),
            _ => self.wrong(expected),
        }
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    pub(super) fn texts(&self) -> Option<Vec<At<String>>> {
        let elements = self.elements("strings")?;
        Some(elements.iter().filter_map(|value| value.text_of("an array of strings")).collect())
    }

    pub(super) fn scalars(&self) -> Option<Vec<At<String>>> {
        let elements = self.elements("values")?;
        Some(elements.iter().filter_map(Value::scalar).collect())
    }

    pub(super) fn table(&self, name: String) -> Option<Table<'a>> {
        match self.value.get_ref() {
            DeValue::Table(table) => {
                Some(Table { name, span: self.span(), table, sink: self.sink })
            }
            _ => self.wrong("a table"),
        }
    }

    /// The tables of an array (`[[name]]`).
    pub(super) fn tables(&self, name: &str) -> Option<Vec<Table<'a>>> {
        let elements = self.elements("tables")?;
        Some(elements.iter().filter_map(|value| value.table(name.to_owned())).collect())
    }
}

const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
