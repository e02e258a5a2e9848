//! What is compared with what: two runs, or two values of an axis in one.

use std::path::Path;

use indexmap::IndexSet;

use crate::collect::record::RunRecord;
use crate::collect::{RunDir, baselines};
use crate::config::Config;
use crate::config::suggest::{did_you_mean, list};
use crate::error::{Error, ErrorKind, Result};
use crate::history::{History, PastRun};
use crate::outcome::Outcome;

use super::super::run_reference::resolve;
use super::CompareArgs;

/// How many runs are looked through for the last complete one.
const LOOKED_BACK: u32 = 100;

/// Two sides, before anything is compared.
pub(in crate::commands) struct Sides {
    /// What is measured against.
    pub(in crate::commands) before: RunSide,
    /// What is judged.
    pub(in crate::commands) after: RunSide,
    /// The axis whose values the sides are, if they are of one run.
    pub(super) axis: Option<AxisValues>,
}

/// One side.
pub(in crate::commands) struct RunSide {
    /// What people call it.
    pub(super) label: String,
    /// Where it is.
    pub(super) dir: RunDir,
    /// What it left.
    pub(super) record: RunRecord,
}

/// Two values of one axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AxisValues {
    pub(super) axis: String,
    pub(super) before: String,
    pub(super) after: String,
}

impl AxisValues {
    /// The axis with the value that is measured against, and with the judged one.
    pub(super) fn pairs(&self) -> ((&str, &str), (&str, &str)) {
        ((&self.axis, &self.before), (&self.axis, &self.after))
    }
}

impl RunSide {
    fn open(label: impl Into<String>, dir: RunDir) -> Result<Self> {
        Ok(Self { label: label.into(), record: dir.read()?, dir })
    }
}

impl Sides {
    /// Two runs, called so.
    pub(in crate::commands) fn of_runs(
        (before, before_label): (RunDir, &str),
        (after, after_label): (RunDir, &str),
    ) -> Result<Self> {
        let before = RunSide::open(before_label, before)?;
        Ok(Self { before, after: RunSide::open(after_label, after)?, axis: None })
    }

    /// The sides that were typed.
    pub(super) fn of_args(
        args: &CompareArgs,
        config: &Config,
        history: &mut History,
    ) -> Result<Self> {
        let reports = config.reports.as_path();
        let (a, b) = (args.a.as_deref(), args.b.as_deref());
        if let Some(axis) = &args.axis {
            let run = args.run.as_deref().unwrap_or("latest");
            return Self::of_axis(config, resolve(reports, history, run)?, axis, (a, b));
        }
        if let Some(name) = &args.baseline {
            if b.is_some() {
                return Err(Error::usage(
                    "with --baseline there is one run to name: the judged one",
                )
                .hint(format!("`memgrid compare --baseline {name} RUN`")));
            }
            let after = a.unwrap_or("latest");
            let before = baseline(reports, history, name)?;
            return Self::of_runs((before, name), (resolve(reports, history, after)?, after));
        }
        let reference = b.unwrap_or("latest");
        let after = resolve(reports, history, reference)?;
        match a {
            Some(a) => {
                let before = resolve(reports, history, a).map_err(as_baseline)?;
                Self::of_runs((before, a), (after, reference))
            }
            None => {
                let before = last_complete(reports, history, &after)?;
                let label = before.id().to_owned();
                Self::of_runs((before, &label), (after, reference))
            }
        }
    }

    fn of_axis(
        config: &Config,
        run: RunDir,
        axis: &str,
        (a, b): (Option<&str>, Option<&str>),
    ) -> Result<Self> {
        let after = RunSide::open("", run)?;
        let values = values_in(config, &after.record, axis)?;
        let (before_value, after_value) = match (a, b) {
            (Some(a), Some(b)) => (a.to_owned(), b.to_owned()),
            (a, _) => the_only_pair(config, axis, &values, a)?,
        };
        for value in [&before_value, &after_value] {
            if !values.contains(value) {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                let message = format!("the axis `{axis}` has no value `{value}`");
                return Err(Error::usage(message).hint(did_you_mean(value, &values)));
            }
        }
        if before_value == after_value {
            return Err(Error::usage(format!("both sides are `{before_value}`"))
                .hint("name two values of the axis"));
        }
        let (dir, record) = (RunDir::at(after.dir.path())?, after.record.clone());
        let before = RunSide { label: before_value.clone(), dir, record };
        let after = RunSide { label: after_value.clone(), ..after };
        let axis = AxisValues { axis: axis.to_owned(), before: before_value, after: after_value };
        Ok(Self { before, after, axis: Some(axis) })
    }

    /// Why the gate can't pass whatever the figures are: a run that is still going on.
    pub(super) fn unfinished(&self) -> Vec<String> {
        let mut runs = vec![&self.after];
        runs.extend(self.axis.is_none().then_some(&self.before));
        let is_running = |side: &&&RunSide| side.dir.is_running();
        let running = runs.iter().filter(is_running);
        running.map(|side| format!("run {} is still going on", side.dir.id())).collect()
    }
}

/// The run that was saved under a name.
fn baseline(reports: &Path, history: &mut History, name: &str) -> Result<RunDir> {
    let Some(saved) = baselines::get(reports, name)? else {
        let names: Vec<String> =
            baselines::list(reports)?.into_iter().map(|baseline| baseline.name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hint = match names.is_empty() {
            true => format!("`memgrid history baseline {name}` saves the latest run as one"),
            false => did_you_mean(name, &names),
        };
        let message = format!("there is no baseline `{name}`");
        return Err(Error::new(ErrorKind::BaselineMissing, message).hint(hint));
    };
    resolve(reports, history, &saved.run).map_err(as_baseline)
}

/// A run that is to be measured against and isn't there is a missing baseline.
fn as_baseline(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NoSuchRun => error.of_kind(ErrorKind::BaselineMissing),
        _ => error,
    }
}

/// The newest run before `after`, on the same machine, that was measured to its end; one that has
/// all of its cells, if there is any.
fn last_complete(reports: &Path, history: &mut History, after: &RunDir) -> Result<RunDir> {
    let manifest = after.read_manifest()?;
    let is_before = |run: &PastRun| run.started < manifest.started && run.run != after.id();
    let runs = history.runs(LOOKED_BACK)?.into_iter();
    let mut newest = None;
    for run in runs.filter(|run| is_before(run) && is_complete(run)) {
        let run = RunDir::open(reports, &run.run)?;
        let its = run.read_manifest()?;
        if its.machine.id != manifest.machine.id {
            continue;
        }
        if manifest.cells.iter().all(|cell| its.cells.contains(cell)) {
            return Ok(run);
        }
        newest.get_or_insert(run);
    }
    newest.ok_or_else(|| {
        let message = format!(
            "there is nothing to compare with: no complete run of this machine began before {}",
            after.id()
        );
        Error::new(ErrorKind::BaselineMissing, message)
            .hint("`memgrid run` once more, or name what to compare with")
    })
}

/// What is measured against must have been measured: a run that was broken off is no measure.
fn is_complete(run: &PastRun) -> bool {
    let has = |outcome| run.outcomes.get(&outcome).is_some_and(|cells| *cells > 0);
    run.finished.is_some() && has(Outcome::Ok) && !has(Outcome::Interrupted)
}

/// The values that cells of the matrix or of the run have of `axis`.
fn values_in(config: &Config, run: &RunRecord, axis: &str) -> Result<IndexSet<String>> {
    let records = || run.cells.values().filter_map(|results| results.record.as_ref());
    let of_matrix = config.matrix.axes.get(axis).into_iter().flatten().cloned();
    let of_run = records().filter_map(|record| record.cell.value(axis)).map(str::to_owned);
    let values: IndexSet<String> = of_matrix.chain(of_run).collect();
    if !values.is_empty() {
        return Ok(values);
    }
    let axes = records().flat_map(|record| record.cell.axes.keys());
    let axes: IndexSet<&str> = config.matrix.axes.keys().chain(axes).map(String::as_str).collect();
    let axes = Vec::from_iter(axes);
    Err(Error::usage(format!("there is no axis `{axis}`")).hint(did_you_mean(axis, &axes)))
}

/// Two values without both being named: the baseline (or the first, or the named one) and the
/// only other one.
fn the_only_pair(
    config: &Config,
    axis: &str,
    values: &IndexSet<String>,
    before: Option<&str>,
) -> Result<(String, String)> {
    let compare = &config.compare;
    let baseline = compare.baseline.as_ref().filter(|_| compare.axis.as_deref() == Some(axis));
    let before = before.or(baseline.map(String::as_str)).or(values.first().map(String::as_str));
    let others: Vec<&String> =
        values.iter().filter(|value| Some(value.as_str()) != before).collect();
    match (before, others.as_slice()) {
        (Some(before), [other]) => Ok((before.to_owned(), (*other).clone())),
        _ => {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let message = format!("which two values of `{axis}` are to be compared?");
            Err(Error::usage(message).hint(format!(
                "`memgrid compare --axis {axis} BEFORE AFTER`, of {}",
                list(&values)
            )))
        }
    }
}
