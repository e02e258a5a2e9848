//! Brings what is stored into one summary of the matrix, and renders the index from it.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;
use rayon::prelude::*;

use crate::analyse::attribution::Attribution;
use crate::analyse::summary::{CellSummary, Summary};
use crate::analyse::{CurveSource, NoiseFloors, SummaryInput, summarise as summarise_runs};
use crate::collect::record::RunRecord;
use crate::collect::run_dir::{STDERR, STDOUT};
use crate::collect::{RunDir, noise};
use crate::config::Rule;
use crate::error::Result;
use crate::event::{Event, Observer as _};
use crate::history::History;
use crate::plan::{Cell, CellId};
use crate::render::html::{self, Logs, Material, Past, Target};

use super::compare::newest_attribution;
use super::curves::{NoCurves, StoredCurves};
use super::job::Surroundings;
use super::project::Project;
use super::{conclusion, rankings, run_pages, trends};

/// How many runs the pages of cells look back on.
const EARLIER_RUNS: u32 = 20;
/// The most that a page shows of a log, in bytes from its end.
const LOG_TAIL: u64 = 64 * 1024;

/// Adds a run to the history and renders the index. Returns the cells of the run, and the page to
/// open first.
pub(super) fn publish(
    project: &Project,
    run: &RunDir,
    around: &Surroundings,
) -> Result<(Summary, PathBuf)> {
    // Opening it takes the run in; only what is found out later has to be recorded again.
    let mut history = History::open(&project.config.reports, &around.progress)?;
    note_clock(&mut history, around)?;
    let all = summarise(project, &mut history)?;
    if conclusion::write_wrong_outputs(run, &all)? {
        history.record(&run.read()?)?;
    }
    let past = trends::past(project, &mut history, &around.cache)?;
    let attribution = newest_attribution(project, &mut history)?;
    let page = render(project, &all, past, attribution, None)?;
    Ok((summarise_run(project, run, all)?, page))
}

/// Says it where a run began later than it is now: the clock was set back, and what is newest is not
/// what was measured last.
fn note_clock(history: &mut History, around: &Surroundings) -> Result<()> {
    let newest = history.runs(1)?.into_iter().next();
    if let Some(newest) = newest.filter(|newest| newest.started > Timestamp::now()) {
        let (run, began) = (newest.run, newest.started);
        let text = format!(
            "the clock was set back: run {run} began at {began}, and its results stay the newest until then"
        );
        around.progress.event(Event::Notice { text });
    }
    Ok(())
}

/// The matrix as it stands: each cell's newest result, whichever run it is from.
pub(super) fn summarise(project: &Project, history: &mut History) -> Result<Summary> {
    summarise_of(project, &relevant_runs(project, history)?)
}

/// The cells of one run as that run left them, beside the newest results of their twins.
fn summarise_run(project: &Project, run: &RunDir, all: Summary) -> Result<Summary> {
    let own = summarise_of(project, &[run.read()?])?;
    let ids = run.read_manifest()?.cells;
    let cells =
        all.cells.into_iter().zip(own.cells).filter(|(cell, _)| ids.contains(&cell.cell.id));
    // A cell that was interrupted shows an older result in the index, but not in its own run.
    let cells = cells.map(|(newest, own)| match newest.run.as_deref() == Some(run.id()) {
        true => newest,
        false => own,
    });
    Ok(Summary { cells: cells.collect(), ..all })
}

/// Renders the index, and returns the page to open first.
pub(super) fn render(
    project: &Project,
    summary: &Summary,
    past: Past,
    attribution: Option<Attribution>,
    templates: Option<&Path>,
) -> Result<PathBuf> {
    let reports = &project.config.reports;
    let (logs, patches) = (logs(reports, summary), patches(reports, summary)?);
    let runs = run_pages::read(reports, summary, &past);
    let rankings = rankings::browsed(&project.config, summary)?;
    let featured = rankings::declared(&project.config, summary)?;
    let material = Material { logs, patches, past, rankings, featured, runs, attribution };
    let curves = StoredCurves::new(reports);
    let target = Target { out: reports, templates, curves: &curves, build: &build() };
    let rendered = html::render(summary, &material, &target)?;
    tracing::debug!("{} of {} files of the index written", rendered.written, rendered.files);
    Ok(rendered.index)
}

fn summarise_of(project: &Project, runs: &[RunRecord]) -> Result<Summary> {
    let curves = StoredCurves::new(&project.config.reports);
    summarise_cells(project, &project.cells, runs, &curves)
}

/// Cells as one run left them: their figures, without curves.
pub(super) fn figures(project: &Project, cells: &[Cell], run: RunRecord) -> Result<Summary> {
    summarise_cells(project, cells, &[run], &NoCurves)
}

fn summarise_cells(
    project: &Project,
    cells: &[Cell],
    runs: &[RunRecord],
    curves: &dyn CurveSource,
) -> Result<Summary> {
    let config = &project.config;
    let rules = config.compare.fail_on.clone().unwrap_or_else(|| Rule::defaults().to_vec());
    let baseline = config.compare.axis.as_deref().zip(config.compare.baseline.as_deref());
    Ok(summarise_runs(&SummaryInput {
        cells,
        axes: &config.matrix.axes,
        baseline,
        directions: &config.directions(),
        same_output: config.compare.same_output,
        rules: &rules,
        noise: &noise(&config.reports, runs)?,
        runs,
        curves,
    }))
}

/// What is normal on the machines of these runs, as far as they were calibrated.
fn noise(reports: &Path, runs: &[RunRecord]) -> Result<HashMap<String, NoiseFloors>> {
    let machines: BTreeSet<&String> = runs.iter().map(|run| &run.manifest.machine.id).collect();
    let floors = machines.into_iter().map(|machine| {
        let floors = noise::get(reports, machine)?;
        Ok(floors.map(|floors| (machine.clone(), floors)))
    });
    floors.filter_map(Result::transpose).collect()
}

/// The runs that hold the newest result of any cell, and the latest ones beside them; newest first.
fn relevant_runs(project: &Project, history: &mut History) -> Result<Vec<RunRecord>> {
    let reports = &project.config.reports;
    let ids: Vec<CellId> = project.cells.iter().map(|cell| cell.id.clone()).collect();
    let latest = history.runs(EARLIER_RUNS)?.into_iter().map(|run| (run.started, run.run));
    let newest =
        history.newest_results(&ids)?.into_iter().map(|newest| (newest.started, newest.run));
    let wanted: BTreeSet<_> = latest.chain(newest).collect();
    let wanted: Vec<_> = wanted.into_iter().rev().collect();
    wanted.par_iter().map(|(_, run)| RunDir::open(reports, run)?.read()).collect()
}

/// Which memgrid this is: its version, and the file that it was started from, since one in
/// development keeps its version.
fn build() -> String {
    let file = std::env::current_exe().and_then(fs_err::metadata).ok();
    let changed = file.and_then(|file| file.modified().ok()).map(Timestamp::try_from);
    format!("{} {changed:?}", env!("CARGO_PKG_VERSION"))
}

/// The logs of each cell's telling attempt.
fn logs(reports: &Path, summary: &Summary) -> IndexMap<CellId, Logs> {
    let read = |cell: &CellSummary| {
        let (run, attempt) = (cell.run.as_deref()?, cell.telling_attempt()?.number);
        let folder = RunDir::open(reports, run).ok()?.attempt_dir(&cell.cell.id, attempt);
        let (stdout, stderr) = (tail(&folder.join(STDOUT)), tail(&folder.join(STDERR)));
        Some((cell.cell.id.clone(), Logs { attempt, stdout, stderr }))
    };
    summary.cells.par_iter().filter_map(read).collect::<Vec<_>>().into_iter().collect()
}

/// The end of a log, from a whole line on. What can't be read is shown as nothing.
fn tail(path: &Path) -> String {
    use std::io::{Read, Seek, SeekFrom};
    let read = || -> std::io::Result<(Vec<u8>, bool)> {
        let mut file = fs_err::File::open(path)?;
        let start = file.metadata()?.len().saturating_sub(LOG_TAIL);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((bytes, start > 0))
    };
    let Ok((bytes, cut)) = read() else { return String::new() };
    let text = String::from_utf8_lossy(&bytes);
    match text.split_once('\n').filter(|_| cut) {
        Some((_, whole_lines)) => format!("…\n{whole_lines}"),
        None => text.into_owned(),
    }
}

/// The patches of all the states that the summary's runs used or could not have.
fn patches(reports: &Path, summary: &Summary) -> Result<IndexMap<String, Vec<u8>>> {
    let mut patches = IndexMap::new();
    for manifest in &summary.runs {
        let run = RunDir::open(reports, &manifest.run)?;
        let states = manifest.states.values().chain(manifest.refused.values());
        let sources = states.flat_map(|state| state.sources.values());
        for patch in sources.flat_map(|source| &source.patches) {
            if !patches.contains_key(&patch.sha256)
                && let Ok(text) = fs_err::read(run.patch_path(&patch.sha256))
            {
                patches.insert(patch.sha256.clone(), text);
            }
        }
    }
    Ok(patches)
}
