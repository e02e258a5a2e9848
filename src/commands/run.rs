//! `memgrid run [CELL…]`: measures the selected cells and renders the index.

use clap::Args;

use crate::analyse::summary::Summary;
use crate::cli::Global;
use crate::collect::RunDir;
use crate::error::{Error, Result};
use crate::exit_code;
use crate::render::run::{Options, render};

use super::job::{Job, Measured, Surroundings};
use super::measure_args::MeasureArgs;
use super::outputs::Outputs;
use super::overrides::OverrideArgs;
use super::project::Project;
use super::run_reference::parse_name;
use super::{conclusion, index, output, rankings};

/// Arguments of `memgrid run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// What is measured.
    #[command(flatten)]
    measure: MeasureArgs,
    /// Go on with the last incomplete run: what is `ok` stays, everything else is measured
    #[arg(long)]
    resume: bool,
    /// A name for the run, to find it again
    #[arg(long, value_name = "NAME", conflicts_with = "resume", value_parser = parse_name)]
    name: Option<String>,
    /// Where the result goes.
    #[command(flatten)]
    outputs: Outputs,
    // Last, since its heading would otherwise stand above what follows.
    /// How.
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// Measures, concludes, renders, prints.
pub(super) fn run(global: &Global, args: &RunArgs) -> Result<u8> {
    let selection = args.measure.selection.to_selection();
    let job = if args.resume {
        refuse_overrides(args)?;
        Job::resumed(global, &selection)?
    } else {
        let project = Project::load(global, &args.overrides.to_overrides())?;
        Job::new(project, &selection, args.name.clone())?
    };
    args.outputs.prepare()?;
    let around = Surroundings::of(global)?;
    let Measured { run, installed } = job.measure(args.measure.with_deps, &around)?;
    around.progress.finish();

    let summary = publish(global, args, &job.project, &run, &around)?;
    around.check(&run)?;
    let incomplete = !installed || conclusion::is_incomplete(&summary, args.measure.strict);
    Ok(if incomplete { exit_code::INCOMPLETE } else { exit_code::DONE })
}

fn refuse_overrides(args: &RunArgs) -> Result<()> {
    if args.overrides.any() {
        return Err(Error::usage("a resumed run is measured as it was begun")
            .hint("leave out the options that say how to measure, or start a new run"));
    }
    Ok(())
}

/// Adds the run to the history, renders the index, prints the result.
fn publish(
    global: &Global,
    args: &RunArgs,
    project: &Project,
    run: &RunDir,
    around: &Surroundings,
) -> Result<Summary> {
    let (summary, page) = index::publish(project, run, around)?;
    let rankings = rankings::declared(&project.config, &summary)?;
    args.outputs.write(global, |format, look| {
        let options = Options {
            metrics: project.config.metrics.keys().cloned().collect(),
            rankings: rankings.clone(),
            look,
            strict: args.measure.strict,
            matrix: global.matrix.to_str().map(str::to_owned),
        };
        render(run.id(), &summary, format, &options)
    })?;
    if !global.quiet {
        output::say(&format!("Index: {}", page.display()));
    }
    Ok(summary)
}
