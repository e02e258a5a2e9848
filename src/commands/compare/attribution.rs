//! `memgrid compare --attribution [RUN]`: which patch of a series did what.

use std::collections::HashSet;

use crate::analyse::attribution::{Attribution, AttributionInput, attribute, latest};
use crate::cli::Global;
use crate::collect::noise;
use crate::collect::record::RunRecord;
use crate::config::STATE_AXIS;
use crate::error::{Error, Result};
use crate::exit_code;
use crate::history::{History, PastRun};
use crate::outcome::Outcome;
use crate::plan::{self, Cell, Selection};

use super::super::project::{self, Project};
use super::super::run_reference::resolve;
use super::{CompareArgs, FailOn, rules, selection};
use crate::collect::RunDir;

/// How many of the newest runs are looked through for the index.
const LOOKED_BACK: u32 = 20;

/// Attributes, and tells.
pub(super) fn run(global: &Global, args: &CompareArgs) -> Result<u8> {
    let project = Project::load(global, &crate::config::Overrides::default())?;
    let progress = project::progress(global);
    let mut history = History::open(&project.config.reports, &progress)?;
    let reference = args.a.as_deref().unwrap_or("latest");
    let run = resolve(&project.config.reports, &mut history, reference)?.read()?;
    drop(history);
    progress.finish();
    if run.manifest.series.is_empty() {
        let message = format!("run {} took no state's patches apart", run.manifest.run);
        return Err(Error::usage(message).hint(
            "`memgrid run --series leave-one-out` measures what is needed; or name another run",
        ));
    }
    let selection = Selection { patterns: args.cells.clone(), filters: args.filters.clone() };
    let cells = selected(&project, &run, &selection)?;
    let attribution = of_cells(&project, &run, &cells, &args.fail_on)?;
    args.output.check(&attribution)?;
    args.output.write(global, &attribution)?;
    let is_incomplete = is_incomplete(&attribution, args.strict);
    Ok(if is_incomplete { exit_code::INCOMPLETE } else { exit_code::DONE })
}

/// What the newest run with a series found, for the index; `None` if there is no such run.
pub(in crate::commands) fn newest(
    project: &Project,
    history: &mut History,
) -> Result<Option<Attribution>> {
    let reports = &project.config.reports;
    let runs: Vec<PastRun> = history.runs(LOOKED_BACK)?;
    let manifest =
        |run: &PastRun| RunDir::open(reports, &run.run).and_then(|it| it.read_manifest());
    // Most projects have none: then no run is read in full.
    let has_series = |run: &PastRun| manifest(run).is_ok_and(|it| !it.series.is_empty());
    if !runs.iter().any(has_series) {
        return Ok(None);
    }
    let runs = runs.iter().map(|run| RunDir::open(reports, &run.run)?.read());
    let Some(run) = latest(&runs.collect::<Result<Vec<_>>>()?) else { return Ok(None) };
    let cells: Vec<Cell> = selection::of_run(project, &run).into_values().collect();
    of_cells(project, &run, &cells, &[]).map(Some)
}

fn of_cells(
    project: &Project,
    run: &RunRecord,
    cells: &[Cell],
    typed: &[FailOn],
) -> Result<Attribution> {
    let config = &project.config;
    let noise = noise::get(&config.reports, &run.manifest.machine.id)?;
    Ok(attribute(&AttributionInput {
        run,
        cells,
        rules: &rules::in_force(config.compare.fail_on.as_deref(), typed, [run, run]),
        directions: &config.directions(),
        noise: noise.as_ref(),
    }))
}

/// The run's cells whose group the selection is about: it can't be told of a cell alone.
fn selected(project: &Project, run: &RunRecord, selection: &Selection) -> Result<Vec<Cell>> {
    let all: Vec<Cell> = selection::of_run(project, run).into_values().collect();
    if selection.is_all() {
        return Ok(all);
    }
    let key = |cell: &Cell| -> Vec<String> {
        cell.twin_key(STATE_AXIS).into_iter().map(|(_, value)| value.to_owned()).collect()
    };
    let keys: HashSet<_> = plan::select(&all, selection)?.iter().map(key).collect();
    Ok(all.iter().filter(|cell| keys.contains(&key(cell))).cloned().collect())
}

/// Whether a cell is lacking. That a patch can't be applied without another is a finding.
fn is_incomplete(attribution: &Attribution, strict: bool) -> bool {
    if attribution.series.iter().any(|series| series.groups.is_empty()) {
        return true;
    }
    let groups = attribution.series.iter().flat_map(|series| &series.groups);
    let mut states = groups.flat_map(|group| group.states.values());
    states.any(|state| match state.outcome {
        Some(Outcome::Ok | Outcome::PatchFailed) => false,
        Some(Outcome::Unavailable) => strict,
        _ => true,
    })
}
