//! `memgrid history baseline`: names for runs to measure against.

use std::path::Path;

use clap::Args;

use crate::collect::RunDir;
use crate::collect::baselines::{self, Baseline};
use crate::commands::{output, run_reference};
use crate::config::suggest::did_you_mean;
use crate::error::{Error, ErrorKind, Result};
use crate::exit_code;
use crate::history::History;
use crate::render::format;

/// Arguments of `memgrid history baseline`.
#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    /// The baseline's name [default: list all baselines]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    #[arg(value_name = "RUN", help = run_reference::HELP, default_value = "latest")]
    run: String,
    /// Forget the baseline, and leave its run
    #[arg(long, requires = "name", conflicts_with = "run")]
    remove: bool,
}

/// Lists, saves or removes.
pub(super) fn run(args: &BaselineArgs, reports: &Path, history: &mut History) -> Result<u8> {
    match &args.name {
        None => list(reports)?,
        Some(name) if args.remove => remove(reports, name)?,
        Some(name) => save(reports, history, name, &args.run)?,
    }
    Ok(exit_code::DONE)
}

fn list(reports: &Path) -> Result<()> {
    let baselines = baselines::list(reports)?;
    if baselines.is_empty() {
        output::say(
            "There are no baselines. `memgrid history baseline NAME` saves the latest run.",
        );
        return Ok(());
    }
    let rows = baselines.into_iter().map(|baseline| row(reports, baseline));
    output::data(&output::table(&["Baseline", "Run", "Began", "Saved"], rows))
}

fn row(reports: &Path, baseline: Baseline) -> Vec<String> {
    let run = RunDir::open(reports, &baseline.run).and_then(|run| run.read_manifest());
    let began = run.map_or_else(
        |_| "its folder is missing".to_owned(),
        |manifest| format::timestamp(manifest.started),
    );
    vec![baseline.name, baseline.run, began, format::timestamp(baseline.saved)]
}

fn save(reports: &Path, history: &mut History, name: &str, reference: &str) -> Result<()> {
    let run = run_reference::resolve(reports, history, reference)?;
    // A baseline names a run below `reports`; one from elsewhere has to be copied there first.
    let run = RunDir::open(reports, run.id()).map_err(|error| {
        let runs = reports.join("runs");
        error.hint(format!("copy {} into {} first", run.path().display(), runs.display()))
    })?;
    if run.is_running() {
        let message = format!("run {} is still being measured", run.id());
        return Err(Error::usage(message).hint("wait until it has ended, or name another run"));
    }
    let record = run.read()?;
    let baseline = baselines::save(reports, name, run.id())?;
    let ok = record.cells.values().filter(|cell| cell.is_ok()).count();
    output::say(&format!(
        "Baseline {name} is run {}, in which {ok} of {} cells are ok.",
        baseline.run,
        record.cells.len()
    ));
    Ok(())
}

fn remove(reports: &Path, name: &str) -> Result<()> {
    if baselines::remove(reports, name)? {
        output::say(&format!("Baseline {name} is forgotten; its run stays."));
        return Ok(());
    }
    let all = baselines::list(reports)?;
    let names: Vec<&str> = all.iter().map(|baseline| baseline.name.as_str()).collect();
    let message = format!("there is no baseline `{name}` in {}", reports.display());
    Err(Error::new(ErrorKind::BaselineMissing, message).hint(did_you_mean(name, &names)))
}
