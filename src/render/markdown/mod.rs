//! GitHub's Markdown, written such that what comes from elsewhere stays text: for comments on pull
//! requests and jobs' summaries.

mod bounded;
mod escape;
#[cfg(test)]
pub(super) mod reader;

use super::terminal;
pub(super) use bounded::Bounded;
pub(super) use escape::{name, sentence};

/// GitHub takes comments of 65,536 characters; a note of what was left out must fit too.
pub(super) const LIMIT: usize = 65_000;

/// A row of a table.
pub(super) fn table_row(fields: &[String]) -> String {
    format!("| {} |\n", fields.join(" | "))
}

/// Items of a list.
pub(super) fn bullets(items: impl IntoIterator<Item = String>) -> Vec<String> {
    items.into_iter().map(|item| format!("- {item}\n")).collect()
}

/// The first names, and how many more there are.
pub(super) fn names(ids: &[&str]) -> String {
    let few: Vec<_> = ids.iter().take(terminal::FEW).map(|id| name(id)).collect();
    let rest = match ids.len().saturating_sub(terminal::FEW) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    few.join(", ") + &rest
}

/// The beginning of a part that is folded away; [`FOLD_END`] is its end.
pub(super) fn fold(summary: &str) -> String {
    format!("\n<details>\n<summary>{summary}</summary>\n\n")
}

/// The end of a part that is folded away.
pub(super) const FOLD_END: &str = "\n</details>\n";

/// Facts by name.
pub(super) fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    facts.into_iter().map(|(what, fact)| table_row(&[sentence(what), name(fact)])).collect()
}

/// The note at the end of what did not fit.
pub(super) fn left_out(lines: usize) -> String {
    format!("\n{lines} lines were left out, so that this fits a comment; the JSON has them.\n")
}
