//! `memgrid history`: the runs so far, and what is to be kept of them.

mod baseline;
mod list;
mod prune;
mod trend;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::Global;
use crate::config::Overrides;
use crate::error::Result;
use crate::exit_code;
use crate::history::History;

use super::output;
use super::project::{self, Project};

/// Arguments of `memgrid history`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    /// What to do [default: list the runs]
    #[command(subcommand)]
    action: Option<Action>,
    /// How to list them.
    #[command(flatten)]
    list: list::ListArgs,
}

/// What to do with the history.
#[derive(Debug, Subcommand)]
enum Action {
    /// List the runs, newest first
    List(list::ListArgs),
    /// Show how a metric of a cell went from run to run, with the commits in between
    Trend(trend::TrendArgs),
    /// List, save or remove baselines: names for runs to measure against
    Baseline(baseline::BaselineArgs),
    /// Remove old runs; those that baselines name, the last good night, and the newest result of every cell stay
    Prune(prune::PruneArgs),
    /// Forget the index and read all runs' folders again
    Rebuild,
}

/// How something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs; docs/output.md describes it.
    Json,
}

/// Opens the history and does it.
pub(super) fn run(global: &Global, args: &HistoryArgs) -> Result<u8> {
    let project = Project::load(global, &Overrides::default())?;
    let progress = project::progress(global);
    let reports = &project.config.reports;
    let mut history = History::open(reports, &progress)?;
    match &args.action {
        None => list::run(&args.list, &mut history),
        Some(Action::List(args)) => list::run(args, &mut history),
        Some(Action::Trend(args)) => trend::run(args, global, &project, &mut history),
        Some(Action::Baseline(args)) => baseline::run(args, reports, &mut history),
        Some(Action::Prune(args)) => prune::run(args, reports, &mut history, &progress),
        Some(Action::Rebuild) => {
            let runs = history.rebuild(&progress)?;
            output::say(&format!("{runs} runs are in the history."));
            Ok(exit_code::DONE)
        }
    }
}
