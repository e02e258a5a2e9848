//! Rankings for a terminal, for a pull request, and for programs. `html` draws the same in pages.

mod json;
mod markdown;
mod table;
mod wording;

pub(in crate::render) use markdown::sections;
/// As a terminal shows it, after something else; empty without rankings.
pub(in crate::render) fn table(rankings: &[Ranking], look: Look) -> String {
    if rankings.is_empty() { String::new() } else { format!("\n{}", table::render(rankings, look)) }
}

pub(in crate::render) use wording::{
    answers, figure_title, group_title, rows, ties, title, unranked_reason,
};

use super::output::Format;
use super::terminal::Look;
use crate::analyse::ranking::Ranking;
use crate::error::{Error, Result};

/// `rankings` in `format`; ends with a newline.
///
/// # Errors
/// When the format has no place for a ranking: JUnit and GitHub's annotations are for verdicts.
pub fn render(rankings: &[Ranking], format: Format, look: Look) -> Result<String> {
    match format {
        Format::Table => Ok(table::render(rankings, look)),
        Format::Markdown => Ok(markdown::render(rankings)),
        Format::Json => json::render(rankings),
        Format::Junit | Format::Github => {
            Err(Error::usage("a ranking has no verdicts, which this format is for")
                .hint("--format table, markdown or json"))
        }
    }
}
