//! `memgrid history trend CELL`: how a metric of a cell went, with the commits between two runs.

use clap::Args;

use super::Format;
use crate::analyse::trend::Trend;
use crate::cli::Global;
use crate::commands::project::{self, Project};
use crate::commands::{output, trends};
use crate::config::suggest::{closest, did_you_mean, list};
use crate::error::{Error, ErrorKind, Result};
use crate::exit_code;
use crate::history::History;
use crate::plan::CellId;
use crate::prepare::source::ChangeLog;
use crate::render::trend;

/// Commits that are listed of a change; a longer list is for `git log`.
const COMMITS: usize = 20;

/// Arguments of `memgrid history trend`.
#[derive(Debug, Args)]
pub(super) struct TrendArgs {
    /// The cell: sqlite/json/patched
    #[arg(value_name = "CELL")]
    cell: String,
    /// The metric: peak_rss, wall_time, …
    #[arg(long, value_name = "NAME", default_value = "peak_rss")]
    metric: String,
    /// How many of its runs, the newest ones
    #[arg(long, value_name = "N", default_value_t = 20)]
    runs: u32,
    /// How to print it on stdout
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

/// Prints the trend.
pub(super) fn run(
    args: &TrendArgs,
    global: &Global,
    project: &Project,
    history: &mut History,
) -> Result<u8> {
    let cell = CellId::from_values(args.cell.split('/'));
    let points = history.trend(&cell, &args.metric, args.runs)?;
    if points.is_empty() {
        return Err(no_run(project, &cell));
    }
    let trend = Trend::new(cell, &args.metric, &points, &project.config.directions());
    if trend.measured().next().is_none() {
        return Err(no_figure(history, &trend)?);
    }
    let cache = project::cache(global)?;
    let changes = trends::changes(&trend, &mut ChangeLog::new(&cache, COMMITS));
    match args.format {
        Format::Json => {
            output::json(&trend::document(&trend, &changes))?;
        }
        Format::Table => output::data(&trend::table(&trend, &changes, output::look(global)))?,
    }
    Ok(exit_code::DONE)
}

fn no_run(project: &Project, cell: &CellId) -> Error {
    let ids: Vec<&str> = project.cells.iter().map(|cell| cell.id.as_str()).collect();
    let (kind, message, hint) = if ids.contains(&cell.as_str()) {
        let hint = format!("`memgrid run {cell}` measures it");
        (ErrorKind::NoSuchRun, format!("no run has measured {cell}"), hint)
    } else {
        let hint = match closest(cell.as_str(), &ids, 3).as_slice() {
            [] => "`memgrid plan` lists the cells".to_owned(),
            near => format!("the nearest are {}", list(near)),
        };
        (ErrorKind::NothingSelected, format!("there is no cell {cell}"), hint)
    };
    Error::new(kind, message).hint(hint)
}

fn no_figure(history: &mut History, trend: &Trend) -> Result<Error> {
    let Trend { cell, metric, .. } = trend;
    let metrics = history.metrics(cell)?;
    let names: Vec<&str> = metrics.iter().map(String::as_str).collect();
    let shown = trend.steps.len();
    Ok(if names.contains(&metric.as_str()) {
        let message = format!("none of the newest {shown} runs of {cell} has a {metric}");
        Error::new(ErrorKind::NoSuchRun, message).hint("look further back with --runs")
    } else {
        let message = format!("no run of {cell} has a metric `{metric}`");
        Error::usage(message).hint(did_you_mean(metric, &names))
    })
}
