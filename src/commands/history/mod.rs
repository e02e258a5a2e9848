//! `memgrid history`: the runs so far, and what is to be kept of them.

mod baseline;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::config::Overrides;
use crate::error::Result;
use crate::exit_code;
use crate::history::{History, PastRun};
use crate::render::format;

use super::output;
use super::project::{self, Project};

/// Arguments of `memgrid history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// What to do [default: list the runs]
    #[command(subcommand)]
    action: Option<Action>,
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
enum Action {
    /// List the runs, newest first
    List,
    /// List, save or remove baselines: names for runs to measure against
    Baseline(baseline::BaselineArgs),
    /// Forget the index and read all runs' folders again
    Rebuild,
}

/// Opens the history and does it.
pub(super) fn run(global: &Global, args: &HistoryArgs) -> Result<u8> {
    let project = Project::load(global, &Overrides::default())?;
    let progress = project::progress(global);
    let reports = &project.config.reports;
    let mut history = History::open(reports, &progress)?;
    match &args.action {
        None | Some(Action::List) => {
            let rows = history.runs()?.into_iter().map(row);
            output::data(&output::table(&["Run", "Name", "Began", "Cells"], rows))?;
        }
        Some(Action::Baseline(args)) => return baseline::run(args, reports, &mut history),
        Some(Action::Rebuild) => {
            let runs = history.rebuild(&progress)?;
            output::say(&format!("{runs} runs are in the history."));
        }
    }
    Ok(exit_code::DONE)
}

fn row(run: PastRun) -> Vec<String> {
    let outcomes = run.outcomes.iter().map(|(outcome, cells)| format!("{cells} {outcome}"));
    let mut cells = outcomes.collect::<Vec<_>>().join(", ");
    if run.finished.is_none() {
        cells.push_str(" (has not ended)");
    }
    vec![run.run, run.name.unwrap_or_default(), format::timestamp(run.started), cells]
}
