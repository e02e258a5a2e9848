//! `memgrid run [CELL…]`: measures the selected cells and renders the index.

use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use jiff::Timestamp;

use crate::analyse::summary::Summary;
use crate::cli::Global;
use crate::collect::{RunDir, record::RunManifest};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::event::Observer;
use crate::execute::{self, Settings, Task};
use crate::exit_code;
use crate::history::History;
use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::plan::{self, Cell, CellId};
use crate::prepare::Blocked;
use crate::render;

use super::overrides::OverrideArgs;
use super::project::{self, Project};
use super::resume::{self, Resumed};
use super::run_reference::parse_name;
use super::selection::SelectionArgs;
use super::staging::{Setting, Stage};
use super::{conclusion, index, installing, manifest, measuring, output};

/// Arguments of `memgrid run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Which cells.
    #[command(flatten)]
    selection: SelectionArgs,
    /// Install what is missing first (Debian packages; needs root or sudo)
    #[arg(long)]
    with_deps: bool,
    /// Fail if a cell is unavailable
    #[arg(long)]
    strict: bool,
    /// Go on with the last incomplete run: what is `ok` stays, everything else is measured
    #[arg(long)]
    resume: bool,
    /// A name for the run, to find it again
    #[arg(long, value_name = "NAME", conflicts_with = "resume", value_parser = parse_name)]
    name: Option<String>,
    /// How to print the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    // Last, since its heading would otherwise stand above what follows.
    /// How.
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs; docs/output.md describes it.
    Json,
}

/// What is to be measured, new or resumed.
struct Job {
    project: Project,
    cells: Vec<Cell>,
    attempts: Vec<plan::Attempt>,
    resumed: Option<Resumed>,
    seed: u64,
}

/// Measures, concludes, renders, prints.
pub(super) fn run(global: &Global, args: &RunArgs) -> Result<u8> {
    let job = if args.resume { resumed_job(global, args)? } else { new_job(global, args)? };
    let cache = project::cache(global)?;
    let interrupt = Interrupt::listen()?;
    let progress = project::progress(global);
    let installed =
        !args.with_deps || installing::install_missing(&job.project.config, &job.cells, &progress);
    let setting = Setting {
        config: &job.project.config,
        cells: &job.cells,
        cache: &cache,
        observer: &progress,
        interrupt: &interrupt,
    };
    let stage = Stage::set_up(&setting)?;
    let run = measure(&job, args, &stage, &progress, &interrupt)?;
    stage.close()?;
    progress.finish();

    let summary = publish(global, args, &job.project, &run, &progress)?;
    if interrupt.is_raised() {
        return Err(interrupted(run.id()));
    }
    let incomplete = !installed || conclusion::is_incomplete(&summary, args.strict);
    Ok(if incomplete { exit_code::INCOMPLETE } else { exit_code::DONE })
}

/// Adds the run to the history, renders the index, prints the result.
fn publish(
    global: &Global,
    args: &RunArgs,
    project: &Project,
    run: &RunDir,
    observer: &dyn Observer,
) -> Result<Summary> {
    // Opening it takes the run in; only what is found out later has to be recorded again.
    let mut history = History::open(&project.config.reports, observer)?;
    let all = index::summarise(project, &mut history)?;
    if conclusion::write_wrong_outputs(run, &all)? {
        history.record(&run.read()?)?;
    }
    let page = index::render(project, &all, None)?;
    let summary = index::summarise_run(project, run, all)?;
    match args.format {
        Format::Json => {
            let document = render::json::document(run.id(), &summary, |_| true);
            output::data(&document.context(|| "the result can't be written as JSON".to_owned())?)?;
        }
        Format::Table => {
            output::data(&render::terminal::table(&summary, |_| true, output::look(global)))?;
        }
    }
    if !global.quiet {
        output::say(&format!("Index: {}", page.display()));
    }
    Ok(summary)
}

fn new_job(global: &Global, args: &RunArgs) -> Result<Job> {
    let project = Project::load(global, &args.overrides.to_overrides())?;
    let cells = plan::select(&project.cells, &args.selection.to_selection())?;
    let ids: Vec<CellId> = cells.iter().map(|cell| cell.id.clone()).collect();
    let measure = &project.config.measure;
    let seed = measure.seed.unwrap_or_else(draw_seed);
    let attempts = plan::order(&ids, measure.warmup, measure.repeats, seed);
    Ok(Job { cells, attempts, seed, resumed: None, project })
}

fn resumed_job(global: &Global, args: &RunArgs) -> Result<Job> {
    if args.overrides.any() {
        return Err(Error::usage("a resumed run is measured as it was begun")
            .hint("leave out the options that say how to measure, or start a new run"));
    }
    let resumed = Resumed::find(global)?;
    let project = Project::load(global, &resumed.overrides)?;
    resumed.check_matrix(&project)?;
    let cells = plan::select(&resumed.unfinished(&project.cells), &args.selection.to_selection())?;
    let seed = resumed.record.manifest.measure.seed;
    let attempts = resumed.attempts(&cells);
    Ok(Job { cells, attempts, seed, resumed: Some(resumed), project })
}

/// A seed for a run that was given none; it is recorded, so the order can be had again.
pub(super) fn draw_seed() -> u64 {
    let drawn = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), "order");
    // What is shown and typed again should be short, and exact in every JSON reader.
    drawn % 1_000_000
}

fn measure(
    job: &Job,
    args: &RunArgs,
    stage: &Stage,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<RunDir> {
    let config = &job.project.config;
    let mut manifest =
        manifest::write(&job.project, &job.cells, stage, args.name.clone(), job.seed)?;
    let run = open_run(job, &mut manifest, stage)?;
    let (tasks, blocked) = tasks(job, stage, interrupt)?;
    for (cell, why) in &blocked {
        conclusion::write_blocked(&run, cell, why)?;
    }
    let attempts: Vec<_> =
        job.attempts.iter().filter(|attempt| tasks.contains_key(&attempt.cell)).cloned().collect();
    let settings = Settings {
        memprobe: stage.memprobe.clone(),
        period: config.measure.period,
        timeout: config.measure.timeout,
        memory_limit: config.measure.memory_limit,
        steady: config.measure.steady,
        heap: config.measure.heap,
        jobs: config.measure.jobs,
    };
    if !attempts.is_empty() && !interrupt.is_raised() {
        execute::execute(&tasks, &attempts, &settings, &run, observer, interrupt)?;
    }
    let measured: Vec<&Cell> =
        job.cells.iter().filter(|cell| tasks.contains_key(&cell.id)).collect();
    conclusion::write_measured(config, &run, &measured)?;
    manifest.finished = Some(Timestamp::now());
    run.write_manifest(&manifest)?;
    Ok(run)
}

/// The folder of a new run; or that of the resumed one, whose manifest then stays as it was.
fn open_run(job: &Job, manifest: &mut RunManifest, stage: &Stage) -> Result<RunDir> {
    if let Some(resumed) = &job.resumed {
        let before = resumed.record.manifest.clone();
        resume::check_same(&before, manifest)?;
        let states = std::mem::take(&mut manifest.states);
        let versions = std::mem::take(&mut manifest.versions);
        *manifest = before;
        // What was unavailable then may be there now.
        manifest.states.extend(states);
        manifest.versions.extend(versions);
        let run = RunDir::resume(&job.project.config.reports, &manifest.run)?;
        keep_patches(&run, stage)?;
        return Ok(run);
    }
    let run = RunDir::create(&job.project.config.reports, manifest)?;
    run.write_matrix(&job.project.text)?;
    keep_patches(&run, stage)?;
    Ok(run)
}

fn keep_patches(run: &RunDir, stage: &Stage) -> Result<()> {
    let patches = stage.states().flat_map(|(_, state)| &state.patches);
    patches.into_iter().try_for_each(|(sha256, text)| run.write_patch(sha256, text))
}

type Tasks = IndexMap<CellId, Task>;

fn tasks<'a>(
    job: &'a Job,
    stage: &Stage,
    interrupt: &Interrupt,
) -> Result<(Tasks, Vec<(&'a Cell, Blocked)>)> {
    let config = &job.project.config;
    let (mut tasks, mut blocked) = (IndexMap::new(), Vec::new());
    for cell in &job.cells {
        match stage.props(config, cell) {
            Ok(props) => {
                tasks.insert(cell.id.clone(), measuring::task(config, cell, &props)?);
            }
            Err(why) if interrupt.is_raised() => {
                blocked.push((cell, Blocked { outcome: Outcome::Interrupted, ..why }));
            }
            Err(why) => blocked.push((cell, why)),
        }
    }
    Ok((tasks, blocked))
}

fn interrupted(run: &str) -> Error {
    Error::new(
        ErrorKind::Interrupted,
        format!("run {run} was interrupted; what was complete is kept"),
    )
    .hint("`memgrid run --resume` goes on with it")
}
