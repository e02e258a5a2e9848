//! `memgrid compare [A] [B]`: two runs, a run and a baseline, or two values of an axis; the gate
//! that a nightly job trusts. `nightly` and `bisect` ask [`judge`] the same without printing.

mod attribution;
mod confirm;
mod judge;
mod outputs;
mod ranking;
mod remake;
mod rules;
mod selection;
mod sides;

use clap::Args;

use crate::analyse::comparison::Comparison;
use crate::cli::Global;
use crate::config::Overrides;
use crate::error::Result;
use crate::history::History;
use crate::plan::{self, Selection};
use crate::render::output::Format;

use super::job::Surroundings;
use super::output;
use super::project::{self, Project};

pub(super) use attribution::newest as newest_attribution;
pub(super) use judge::{Asked, exit_code_of, judge, judge_and_confirm};
pub(super) use outputs::OutputArgs;
pub(super) use rules::FailOn;
pub(super) use sides::Sides;

const AFTER_HELP: &str = "\
A run is `latest`, `latest~N`, an id or the beginning of one, a name, or the folder of a run from
another machine. docs/compare.md describes rules, exit codes and use in CI.";

/// Arguments of `memgrid compare`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct CompareArgs {
    /// What to measure against: a run [default: the last complete run before B]; with --axis, a value
    #[arg(value_name = "A")]
    a: Option<String>,
    /// What is judged: a run [default: latest]; with --axis, another value
    #[arg(value_name = "B")]
    b: Option<String>,
    /// Compare two values of this axis in one run: --axis state unpatched patched
    #[arg(long, value_name = "AXIS", conflicts_with = "baseline", group = "within")]
    axis: Option<String>,
    /// Rank the values of this axis in one run, by each --metric
    #[arg(long, value_name = "AXIS", group = "within", conflicts_with_all = ["a", "b", "baseline", "fail_on", "confirm", "strict", "all_metrics"])]
    rank: Option<String>,
    /// The run whose values --axis compares, or --rank ranks [default: latest]
    #[arg(long, value_name = "RUN", requires = "within")]
    run: Option<String>,
    /// Measure against the run that was saved under this name; A is then the judged run
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// What each patch of a series contributes: to be had of a run that was made with --series, or of a matrix
    /// whose state has `series`. A is the run [default: latest]
    #[arg(long, conflicts_with_all = ["b", "axis", "rank", "baseline", "confirm"])]
    attribution: bool,
    /// Only this cell, or cells that match this glob; repeatable
    #[arg(long = "cell", value_name = "CELL")]
    cells: Vec<String>,
    /// Only cells with this value of an axis; a glob, and repeatable: --where backend=sqlite
    #[arg(long = "where", value_name = "AXIS=VALUE", value_parser = plan::parse_filter)]
    filters: Vec<(String, String)>,
    /// Fail if a metric became worse than this: peak_rss>3% '*/yaml/*:peak_rss>5MiB'; repeatable, after the
    /// matrix file's rules; `none` forgets those before it
    #[arg(long, value_name = "RULE")]
    fail_on: Vec<FailOn>,
    /// Measure a cell that seems to have regressed N times more on both sides, and believe that
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    confirm: Option<u32>,
    /// Fail if a cell is unavailable
    #[arg(long)]
    strict: bool,
    // Last, since its heading would otherwise stand above what follows.
    /// What is shown, and where it goes.
    #[command(flatten)]
    output: OutputArgs,
}

/// Compares, measures again if that was asked for, and tells.
pub(super) fn run(global: &Global, args: &CompareArgs) -> Result<u8> {
    if args.attribution {
        return attribution::run(global, args);
    }
    let project = Project::load(global, &Overrides::default())?;
    let progress = project::progress(global);
    args.output.outputs.prepare()?;
    let mut history = History::open(&project.config.reports, &progress)?;
    if let Some(axis) = &args.rank {
        progress.finish();
        return ranking::run(global, args, axis, &project, &mut history);
    }
    let mut sides = Sides::of_args(args, &project.config, &mut history)?;
    drop(history);
    progress.finish();
    let selection = Selection { patterns: args.cells.clone(), filters: args.filters.clone() };
    let asked = Asked { selection, fail_on: args.fail_on.clone(), strict: args.strict };
    let comparison = match args.confirm {
        None => judge(&project, &sides, &asked)?,
        Some(repeats) => {
            let around = Surroundings::of(global)?;
            let judged = judge_and_confirm(global, &project, &mut sides, &asked, repeats, &around);
            around.progress.finish();
            judged?
        }
    };
    args.output.check(&comparison)?;
    args.output.write(global, &comparison)?;
    if args.output.outputs.format() != Format::Table && !global.quiet {
        say(&comparison);
    }
    Ok(exit_code_of(comparison.gate))
}

/// For whoever reads a log, when stdout is for programs.
fn say(comparison: &Comparison) {
    for reason in &comparison.reasons {
        output::say(reason);
    }
}
