//! `[dataset]`: rows that are generated, or a fixture.

use super::context::Context;
use super::model::{Column, ColumnKind, Content, Dataset};
use super::names::is_identifier;
use super::problem::{Problem, Span};
use super::reader::{At, Table};
use super::suggest::did_you_mean;

/// Ids are 32-bit integers in every backend.
pub(super) const MOST_ROWS: u64 = i32::MAX as u64;
/// PostgreSQL cuts longer names.
const LONGEST_NAME: usize = 63;
const LONGEST_TEXT: u64 = 65_535;
const DEFAULT_LENGTH: u32 = 255;

/// The dataset and the place of its table's name.
pub(super) fn read_dataset(top: &Table<'_>, context: &Context<'_>) -> Option<At<Dataset>> {
    let table = top.sub_table("dataset")?;
    table.only(&["table", "rows", "seed", "columns", "fixture"]);
    let name = table.require("table", "name the table that the workload reads");
    let name = name.and_then(|value| value.text());
    if let Some(name) = &name {
        check_identifier(name, "table", context);
    }
    let content = if table.get("fixture").is_some() {
        read_fixture(&table, context)
    } else {
        read_generated(&table, context)
    };
    let name = name.map(|name| name.value).unwrap_or_default();
    Some(At::new(Dataset { table: name, content }, table.span))
}

fn check_identifier(name: &At<String>, what: &str, context: &Context<'_>) {
    if !is_identifier(&name.value) || name.value.len() > LONGEST_NAME {
        let problem = Problem::at(&name.span, format!("{:?} can't name a {what}", name.value));
        let hint = "a letter or `_`, then letters, digits or `_`; 63 characters at most";
        context.add(problem.hint(hint));
    }
}

fn read_fixture(table: &Table<'_>, context: &Context<'_>) -> Content {
    for key in ["rows", "seed", "columns"] {
        if let Some(value) = table.get(key) {
            let problem =
                Problem::at(&value.key.span, format!("`{key}` does not go with `fixture`"));
            context.add(problem.hint("rows are either generated or read from a fixture"));
        }
    }
    let path = table.get("fixture").and_then(|value| value.text());
    let path = path.map(|path| {
        let absolute = context.file(&path, "the fixture");
        let extension = absolute.extension().map(|extension| extension.to_ascii_lowercase());
        if !extension.is_some_and(|extension| extension == "json" || extension == "csv") {
            let problem = Problem::at(&path.span, "a fixture is a `.json` or a `.csv` file");
            context.add(problem.hint("`.json`: Django's dumpdata; `.csv`: with a header"));
        }
        absolute
    });
    Content::Fixture { path: path.unwrap_or_default() }
}

fn read_generated(table: &Table<'_>, context: &Context<'_>) -> Content {
    let hint = "rows = 50_000 with columns, or fixture = \"data.csv\"";
    let rows = table.require("rows", hint).and_then(|value| value.number(0..=MOST_ROWS));
    let seed = table.get("seed").and_then(|value| value.number(0..=u64::MAX));
    let columns = table.require("columns", "columns = [{ name = \"text\", type = \"text\" }]");
    let span = columns.as_ref().map_or_else(|| table.span.clone(), |value| value.span());
    let columns = columns.and_then(|value| value.tables("dataset.columns"));
    Content::Generated {
        rows: rows.unwrap_or(0),
        seed: seed.unwrap_or(0),
        columns: columns.map(|tables| read_columns(&span, &tables, context)).unwrap_or_default(),
    }
}

fn read_columns(span: &Span, tables: &[Table<'_>], context: &Context<'_>) -> Vec<Column> {
    if tables.is_empty() {
        context
            .add(Problem::at(span, "`columns` is empty").hint("`id` alone is no data").absence());
    }
    let mut columns: Vec<Column> = Vec::new();
    for table in tables {
        table.only(&["name", "type", "length"]);
        let name = table.require("name", "name = \"text\"").and_then(|value| value.text());
        if let Some(name) = &name {
            check_identifier(name, "column", context);
            check_unique(name, &columns, context);
        }
        let name = name.map(|name| name.value).unwrap_or_default();
        columns.push(Column { name, kind: read_column_kind(table, context) });
    }
    columns
}

/// Case does not tell columns apart in MySQL and SQLite.
fn check_unique(name: &At<String>, columns: &[Column], context: &Context<'_>) {
    if name.value.eq_ignore_ascii_case("id") {
        let problem = Problem::at(&name.span, "every table has an `id` already");
        context.add(problem.hint("it counts from 1; remove this column"));
    } else if columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name.value)) {
        let problem = Problem::at(&name.span, format!("there are two columns `{}`", name.value));
        context.add(problem.hint("rename one of the two"));
    }
}

fn read_column_kind(table: &Table<'_>, context: &Context<'_>) -> ColumnKind {
    let kind = table.require("type", "type = \"text\" or type = \"integer\"");
    let kind = kind.and_then(|value| value.text());
    let length = table.get("length");
    match kind.as_ref().map(|kind| (kind.value.as_str(), &kind.span)) {
        Some(("integer", _)) => {
            if let Some(length) = length {
                let problem = Problem::at(&length.key.span, "an integer column has no `length`");
                context.add(problem.hint("remove it"));
            }
            ColumnKind::Integer
        }
        Some(("text", _)) | None => {
            let length = length.and_then(|value| value.number(1..=LONGEST_TEXT));
            ColumnKind::Text { length: length.map_or(DEFAULT_LENGTH, |length| length as u32) }
        }
        Some((other, span)) => {
            let problem = Problem::at(span, format!("`{other}` is no type of column"));
            context.add(problem.hint(did_you_mean(other, &["text", "integer"])));
            ColumnKind::Integer
        }
    }
}
