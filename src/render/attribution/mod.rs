//! Which patch did it, for each of its readers: a person at a terminal, a pull request, a program.
//! The index's page says the same; `wording` holds what they say alike.

mod markdown;
mod table;
#[cfg(test)]
mod tests;
pub(super) mod wording;

pub use wording::metrics;

use super::comparison::Options;
use super::output::Format;
use crate::analyse::attribution::Attribution;
use crate::error::{Error, Result};

/// `attribution` in `format`; ends with a newline.
///
/// # Errors
/// When the format is for findings that pass or fail, which these don't.
pub fn render(attribution: &Attribution, format: Format, options: &Options) -> Result<String> {
    match format {
        Format::Table => Ok(table::render(attribution, options)),
        Format::Markdown => Ok(markdown::render(attribution, options)),
        Format::Json => json(attribution),
        Format::Junit | Format::Github => {
            Err(Error::usage("an attribution passes or fails nothing, so it has no such report")
                .hint("--format table, markdown or json"))
        }
    }
}

/// `docs/attribution.schema.json` describes every key; a key is never left out, and what there is
/// none of is null.
fn json(attribution: &Attribution) -> Result<String> {
    let mut text = serde_json::to_string_pretty(attribution)
        .map_err(|error| Error::bug("an attribution can't be written as JSON").because(error))?;
    text.push('\n');
    Ok(text)
}
