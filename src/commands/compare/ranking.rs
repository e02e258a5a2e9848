//! `memgrid compare --rank AXIS`: the values of an axis in one run, ranked.

use indexmap::IndexSet;

use crate::analyse::ranking::Ranking;
use crate::analyse::summary::Summary;
use crate::cli::Global;
use crate::config::Config;
use crate::config::suggest::did_you_mean;
use crate::error::{Error, Result};
use crate::exit_code;
use crate::history::History;
use crate::plan::{self, Cell, Selection};

use super::super::project::Project;
use super::super::run_reference::resolve;
use super::super::{index, rankings};
use super::{CompareArgs, selection};

/// Ranks and tells. A competitor without a rank makes it incomplete.
pub(super) fn run(
    global: &Global,
    args: &CompareArgs,
    axis: &str,
    project: &Project,
    history: &mut History,
) -> Result<u8> {
    let config = &project.config;
    let reference = args.run.as_deref().unwrap_or("latest");
    let record = resolve(&config.reports, history, reference)?.read()?;
    let cells: Vec<Cell> = selection::of_run(project, &record).into_values().collect();
    check_axis(axis, &cells)?;
    let wanted = Selection { patterns: args.cells.clone(), filters: args.filters.clone() };
    let selected: Vec<Cell> = plan::select(&cells, &wanted)?;
    let summary = index::figures(project, &selected, record)?;
    let metrics = metrics(config, axis, args.output.metrics(), &summary)?;
    let found = rankings::of(config, &summary, axis, &metrics)?;
    args.output.write_rankings(global, &found)?;
    let complete = found.iter().all(Ranking::is_complete);
    Ok(if complete { exit_code::DONE } else { exit_code::INCOMPLETE })
}

fn check_axis(axis: &str, cells: &[Cell]) -> Result<()> {
    if cells.iter().any(|cell| cell.value(axis).is_some()) {
        return Ok(());
    }
    let axes: IndexSet<&str> =
        cells.iter().flat_map(|cell| cell.axes.keys()).map(String::as_str).collect();
    let hint = did_you_mean(axis, &Vec::from_iter(axes));
    Err(Error::usage(format!("there is no axis `{axis}` to rank along")).hint(hint))
}

/// The metrics that were asked for, or those that the matrix file ranks by.
fn metrics(
    config: &Config,
    axis: &str,
    asked: &[String],
    summary: &Summary,
) -> Result<Vec<String>> {
    if asked.is_empty() {
        return Ok(config.ranked_by());
    }
    let names: IndexSet<&str> =
        summary.cells.iter().flat_map(|cell| cell.metrics.keys()).map(String::as_str).collect();
    let directions = config.directions();
    for name in asked {
        let figure = summary.cells.iter().find_map(|cell| cell.metrics.get(name));
        let Some(figure) = figure else {
            let message = format!("no {axis} has a metric `{name}`");
            return Err(Error::usage(message).hint(did_you_mean(name, &Vec::from_iter(names))));
        };
        if directions.of(name, figure.scope).is_none() {
            let message = format!("nothing says whether less or more of `{name}` is better");
            let hint = format!(
                "add better = \"lower\" or better = \"higher\" in `[metrics.{name}]` of the matrix file"
            );
            return Err(Error::usage(message).hint(hint));
        }
    }
    Ok(asked.to_vec())
}
