//! `memgrid report`: renders the index again from what is stored.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Global;
use crate::config::{Overrides, SeriesChoice};
use crate::error::{Context, Result};
use crate::exit_code;
use crate::history::History;

use super::compare::newest_attribution;
use super::project::{self, Project};
use super::{index, output, trends};

/// Arguments of `memgrid report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Open the index in the browser
    #[arg(long)]
    open: bool,
    /// Use the templates and styles of this folder instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Show the states of a series that `run --series` measured: leave-one-out or cumulative;
    /// --series STATE=KIND if several states have patches
    #[arg(long, value_name = "[STATE=]KIND")]
    series: Vec<SeriesChoice>,
}

/// Renders, prints where the index is, and opens it if that was asked for.
pub(super) fn run(global: &Global, args: &ReportArgs) -> Result<u8> {
    let overrides = Overrides { series: args.series.clone(), ..Overrides::default() };
    let project = Project::load(global, &overrides)?;
    let progress = project::progress(global);
    let mut history = History::open(&project.config.reports, &progress)?;
    progress.finish();
    let summary = index::summarise(&project, &mut history)?;
    let past = trends::past(&project, &mut history, &project::cache(global)?)?;
    let attribution = newest_attribution(&project, &mut history)?;
    let templates = args.templates.as_deref();
    let page = index::render(&project, &summary, past, attribution, templates)?;
    output::data(&format!("{}\n", page.display()))?;
    if args.open {
        open::that(&page).context(|| format!("{} can't be opened in a browser", page.display()))?;
    }
    Ok(exit_code::DONE)
}
