//! `memgrid bisect CELL`: the first commit that made a cell worse, by measuring as few commits as
//! it can.

mod ends;
mod measuring;
mod scale;
mod search;

use clap::{Args, ValueEnum};

use crate::cli::Global;
use crate::error::Result;
use crate::exit_code;
use crate::render;

use super::job::Surroundings;
use super::output;
use super::overrides::OverrideArgs;
use search::Search;

const AFTER_HELP: &str = "\
Each commit that is measured is a run of its own below `reports/bisect`. What was measured there before is used again, so the
same command goes on after Ctrl-C. docs/nightly.md describes more.";

/// Arguments of `memgrid bisect`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct BisectArgs {
    /// The cell, by its id
    #[arg(value_name = "CELL")]
    cell: String,
    /// Where it was still good: a run, or a branch, tag or commit [default: the last good night]
    #[arg(long, value_name = "RUN|REV")]
    good: Option<String>,
    /// Where it is bad: a run, or a branch, tag or commit [default: the newest run of the cell]
    #[arg(long, value_name = "RUN|REV")]
    bad: Option<String>,
    /// What tells good from bad [default: what became worse, of the metrics that rules are about]
    #[arg(long, value_name = "METRIC")]
    metric: Option<String>,
    /// The source whose commits are searched
    #[arg(long, value_name = "NAME", default_value = crate::config::SUBJECT)]
    source: String,
    /// Install what is missing first (Debian packages; needs root or sudo)
    #[arg(long)]
    with_deps: bool,
    /// How to print the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    // Last, since its heading would otherwise stand above what follows.
    /// How, where it is to be another way than the bad run was measured.
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs; docs/output.md describes it.
    Json,
}

/// Searches and tells.
pub(super) fn run(global: &Global, args: &BisectArgs) -> Result<u8> {
    let around = Surroundings::of(global)?;
    let bisection = Search::prepare(global, args, &around)?.run()?;
    around.progress.finish();
    match args.format {
        Format::Text => {
            output::data(&render::bisection::text(&bisection, output::look(global).color))?;
        }
        Format::Json => output::json(&bisection)?,
    }
    Ok(match bisection.found {
        Some(_) => exit_code::DONE,
        None => exit_code::INCOMPLETE,
    })
}
