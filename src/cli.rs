//! The command line: what is global, and the list of subcommands. Each subcommand's own
//! arguments stand beside what it does, in [`crate::commands`].

mod log;

use std::io::IsTerminal;
use std::path::PathBuf;

use anstream::ColorChoice;
use clap::builder::Resettable;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    a bug in memgrid
  2    wrong usage or configuration
  3    regression
  4    the selection matches no cell
  5    incomplete: a cell failed, timed out, hit a limit, or was unavailable under --strict
  6    the baseline is missing
  130  interrupted";

/// What does this change do to memory, in every combination that my users run?
#[derive(Debug, Parser)]
#[command(name = "memgrid", version, styles = STYLES, after_help = EXIT_CODES)]
#[command(arg_required_else_help = true)]
pub struct Cli {
    /// What every subcommand takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line; what clap has to say about it ends the process. A variable that is
    /// set to nothing counts as not set: CI systems fill in nothing for what nobody gave.
    #[must_use]
    pub fn read() -> Self {
        let is_empty = |variable| std::env::var_os(variable).is_some_and(|value| value.is_empty());
        let mut command = Self::command();
        for (option, variable) in [("reports", "MEMGRID_REPORTS"), ("cache", "MEMGRID_CACHE")] {
            if is_empty(variable) {
                command = command.mut_arg(option, |arg| arg.env(Resettable::Reset));
            }
        }
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }
}

/// Options that every subcommand takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The matrix to work on
    #[arg(long, global = true, value_name = "FILE", default_value = "matrix.toml")]
    pub matrix: PathBuf,
    /// Where runs and the index go [default: `reports` beside the matrix]
    #[arg(long, global = true, value_name = "DIR", env = "MEMGRID_REPORTS")]
    pub reports: Option<PathBuf>,
    /// Where memgrid keeps what it can make again
    #[arg(long, global = true, value_name = "DIR", env = "MEMGRID_CACHE")]
    pub cache: Option<PathBuf>,
    /// Show errors and results, and nothing else
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Show what is done, and why
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Global {
    /// Makes colour and logging follow the options, for the whole process.
    pub fn set_up_output(&self) {
        match self.color {
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
        log::set_up(self.verbose, self.color_on(&std::io::stderr()));
    }

    /// Whether what is written to `stream` is to be coloured.
    #[must_use]
    pub fn color_on(&self, stream: &impl IsTerminal) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure all cells, or the named ones
    Run(commands::run::RunArgs),
    /// Show what `run` would do, without doing it
    Plan(commands::plan::PlanArgs),
    /// Compare two runs, or two values of an axis, and fail if a metric became worse
    Compare(commands::compare::CompareArgs),
    /// Render the index again from what is stored
    Report(commands::report::ReportArgs),
    /// List the runs so far, or rebuild the history from their folders
    History(commands::history::HistoryArgs),
    /// Measure the newest revision and compare it with the last good night
    Nightly(commands::nightly::NightlyArgs),
    /// Measure how much a cell differs from itself on this machine
    Calibrate(commands::calibrate::CalibrateArgs),
    /// Find the first commit that made a cell worse
    Bisect(commands::bisect::BisectArgs),
    /// Write, verify, import or export the rows
    Dataset(commands::dataset::DatasetArgs),
    /// Show what is there, what is missing, and the command that would install it
    Doctor(commands::doctor::DoctorArgs),
    /// Install what is missing
    Setup(commands::setup::SetupArgs),
    /// Remove worktrees, servers' data and caches
    Clean(commands::clean::CleanArgs),
    /// Print a completion script for a shell
    Completions(commands::completions::CompletionsArgs),
}
