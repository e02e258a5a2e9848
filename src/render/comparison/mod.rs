//! A comparison as each of its readers wants it: a person at a terminal, a pull request, a
//! program, a CI system's test report, a workflow's annotations.
//!
//! All of them say the same; `wording` holds what they say alike. `docs/output.md` shows an
//! example of each.

mod github;
mod json;
mod junit;
mod markdown;
mod table;
pub(super) mod wording;

use super::output::Format;
use super::terminal::Look;
use crate::analyse::comparison::Comparison;
use crate::error::Result;

/// What a reader may choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How a table is drawn.
    pub look: Look,
    /// Metrics to show, by name; empty for those that a rule names, `peak_rss`, `peak_heap`, and what
    /// workloads send and can be judged. JSON always has all.
    pub metrics: Vec<String>,
    /// The matrix file as a path within the repository, to which annotations are attached.
    pub matrix: Option<String>,
}

/// `comparison` in `format`; ends with a newline.
///
/// # Errors
/// When the comparison holds what the format can't say, such as a limit that is no number.
pub fn render(comparison: &Comparison, format: Format, options: &Options) -> Result<String> {
    match format {
        Format::Table => Ok(table::render(comparison, options)),
        Format::Markdown => Ok(markdown::render(comparison, options)),
        Format::Json => json::render(comparison),
        Format::Junit => junit::render(comparison, options),
        Format::Github => Ok(github::render(comparison, options)),
    }
}
