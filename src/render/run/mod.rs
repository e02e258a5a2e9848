//! A run's result as each of its readers wants it.

mod github;
mod json;
mod junit;
mod markdown;
mod table;
mod wording;

use super::output::Format;
use super::terminal::Look;
use crate::analyse::ranking::Ranking;
use crate::analyse::summary::Summary;
use crate::error::{Context, Result};

/// What a reader may choose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How a table is drawn.
    pub look: Look,
    /// Whether an unavailable cell makes a run incomplete.
    pub strict: bool,
    /// Metrics that stand beside memory: those that the matrix declares.
    pub metrics: Vec<String>,
    /// Rankings that are shown beneath the cells; not in JUnit's or GitHub's formats.
    pub rankings: Vec<Ranking>,
    /// The matrix file as a path within the repository, to which annotations are attached.
    pub matrix: Option<String>,
}

/// The results of the run of this id; ends with a newline.
///
/// # Errors
/// None that is known; what the format's library says if there is one.
pub fn render(run: &str, summary: &Summary, format: Format, options: &Options) -> Result<String> {
    match format {
        Format::Table => Ok(table::render(summary, options)),
        Format::Markdown => Ok(markdown::render(run, summary, options)),
        Format::Json => json::document(run, summary, &options.rankings)
            .context(|| "the result can't be written as JSON".to_owned()),
        Format::Junit => junit::render(run, summary, options),
        Format::Github => Ok(github::render(run, summary, options)),
    }
}
