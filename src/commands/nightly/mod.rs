//! `memgrid nightly`: the newest revision, measured and compared with the last good night. Its
//! exit code is the verdict.

mod baseline;
mod judging;
mod newest;
mod reports;

use clap::Args;

use crate::cli::Global;
use crate::collect::RunDir;
use crate::collect::night::{Night, NightVerdict};
use crate::error::{Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::exit_code;
use crate::history::{Found, History};
use crate::plan::CellId;
use crate::render::format;

use super::compare::{FailOn, OutputArgs};
use super::job::{Job, Measured, Surroundings};
use super::measure_args::MeasureArgs;
use super::overrides::OverrideArgs;
use super::project::{self, Project};
use super::run_reference::{parse_name, resolve};
use super::{index, nights, output};
use judging::Judged;

const AFTER_HELP: &str = "\
The first night has nothing to be compared with and passes if everything was measured. docs/nightly.md shows how to run
it on GitHub, on GitLab, and by cron or systemd.";

/// Arguments of `memgrid nightly`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct NightlyArgs {
    /// What is measured.
    #[command(flatten)]
    measure: MeasureArgs,
    /// Compare with this run instead of the last good night
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// Fail if a metric became worse than this, after the matrix file's rules; repeatable; `none` forgets those before it
    #[arg(long, value_name = "RULE")]
    fail_on: Vec<FailOn>,
    /// Measure a cell that seems to have regressed N times more on both sides, and believe that; 0: believe it at once
    #[arg(long, value_name = "N", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=1000))]
    confirm: u32,
    /// Don't measure if nothing changed since the last night, and end as it did
    #[arg(long)]
    skip_unchanged: bool,
    /// Take this night for good from now on, though it was worse, and measure nothing
    #[arg(long, value_name = "RUN")]
    #[arg(conflicts_with_all = ["cells", "axes", "baseline", "fail_on", "skip_unchanged", "with_deps", "name"])]
    accept: Option<String>,
    /// A name for the run [default: nightly- and the date]
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    name: Option<String>,
    /// What is shown, and where it goes.
    #[command(flatten)]
    output: OutputArgs,
    // Last, since its heading would otherwise stand above what follows.
    /// How.
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// Fetches, measures, judges, tells.
pub(super) fn run(global: &Global, args: &NightlyArgs) -> Result<u8> {
    if let Some(run) = &args.accept {
        return accept(global, run);
    }
    let mut project = Project::load(global, &args.overrides.to_overrides())?;
    args.output.outputs.prepare()?;
    let around = Surroundings::of(global)?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => free_name(&project, &around)?,
    };
    let selection = args.measure.selection.to_selection();
    let cells = crate::plan::select(&project.cells, &selection)?;
    let ids: Vec<CellId> = cells.iter().map(|cell| cell.id.clone()).collect();
    // Looked for first: a baseline that is missing should not cost a night.
    let baseline = baseline::find(&project, args.baseline.as_deref(), &ids, &around.progress)?;
    newest::pin(&mut project, &cells, baseline.as_ref(), &around)?;
    if args.skip_unchanged
        && let Some(verdict) = newest::unchanged(&project, &cells)?
    {
        around.progress.finish();
        output::say("Nothing changed since the last night, and nothing was measured.");
        return Ok(exit_code_of(verdict));
    }
    let job = Job::new(project, &selection, Some(name))?;
    let Measured { run, installed } = job.measure(args.measure.with_deps, &around)?;
    let (summary, page) = index::publish(&job.project, &run, &around)?;
    around.check(&run)?;
    // A run that is still held counts as one that is going on.
    let run = reopen(&job.project, run)?;
    let judged = judging::judge(global, args, &job.project, &run, &summary, baseline, &around)?;
    around.progress.finish();

    let judged = judged.unless(installed);
    judged.night.write(&run)?;
    let written = reports::write(global, args, &job.project, &summary, &judged)?;
    if !global.quiet {
        tell(&judged, &written, &page);
    }
    Ok(exit_code_of(judged.night.verdict))
}

fn reopen(project: &Project, run: RunDir) -> Result<RunDir> {
    let id = run.id().to_owned();
    drop(run);
    RunDir::open(&project.config.reports, &id)
}

const fn exit_code_of(verdict: NightVerdict) -> u8 {
    match verdict {
        NightVerdict::Passed => exit_code::DONE,
        NightVerdict::Regressed => exit_code::REGRESSION,
        NightVerdict::Incomplete => exit_code::INCOMPLETE,
    }
}

/// `nightly-` and the date, with a number if that is not the day's first.
fn free_name(project: &Project, around: &Surroundings) -> Result<String> {
    let mut history = History::open(&project.config.reports, &around.progress)?;
    let dated = nights::dated("nightly");
    let mut name = dated.clone();
    for number in 2.. {
        if !matches!(history.find(&name)?, Found::Run(_)) {
            break;
        }
        name = format!("{dated}-{number}");
    }
    Ok(name)
}

/// How it ended, for whoever reads the log, and what to do next.
fn tell(judged: &Judged, written: &[std::path::PathBuf], page: &std::path::Path) {
    output::say(&judged.sentence());
    for reason in &judged.night.reasons {
        output::say(&format!("  {}", format::visible(reason)));
    }
    for cell in &judged.night.regressed {
        output::say(&format!("`memgrid bisect {cell}` finds the commit that did it."));
    }
    if judged.night.verdict == NightVerdict::Regressed {
        let accept = format!("`memgrid nightly --accept {}` takes it for good.", judged.run);
        output::say(&format!("If it is meant to be so, {accept}"));
    }
    let written: Vec<String> = written.iter().map(|file| file.display().to_string()).collect();
    output::say(&format!("Index: {}. Reports: {}", page.display(), written.join(", ")));
}

/// Makes a night that had become worse the one that later nights are compared with.
fn accept(global: &Global, reference: &str) -> Result<u8> {
    let project = Project::load(global, &crate::config::Overrides::default())?;
    let progress = project::progress(global);
    let reports = &project.config.reports;
    let mut history = History::open(reports, &progress)?;
    let run = resolve(reports, &mut history, reference)?;
    progress.finish();
    let night = Night::of(&run)?.ok_or_else(|| {
        Error::usage(format!("run {} was not judged as a night", run.id()))
            .hint("name a run that `memgrid nightly` made; `memgrid history` lists the runs")
    })?;
    if night.verdict == NightVerdict::Incomplete {
        let message = format!("run {} is incomplete, and so no measure for later nights", run.id());
        return Err(Error::new(ErrorKind::Incomplete, message)
            .hint(night.reasons.first().cloned().unwrap_or_default()));
    }
    night.accepted_now().write(&run)?;
    progress.event(Event::Notice { text: format!("run {} is good from now on", run.id()) });
    Ok(exit_code::DONE)
}
