//! `memgrid history prune`: removes old runs, and never one that something still rests on. Runs that are
//! kept apart ([`apart`]) are no part of the history: each kind is pruned by the same rules on its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::collect::{RunDir, baselines, size_on_disk, sweep_removed};
use crate::commands::{apart, nights, output};
use crate::error::{Context, Result};
use crate::event::Observer;
use crate::exit_code;
use crate::history::{History, PastRun};
use crate::render::format;
use crate::render::terminal::some_of;

/// Arguments of `memgrid history prune`.
#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    /// Keep the newest N runs
    #[arg(long, value_name = "N", required_unless_present = "older_than")]
    keep: Option<usize>,
    /// Remove only runs that began longer ago than this: 90d, 12w, 6mo
    #[arg(long, value_name = "TIME")]
    older_than: Option<Span>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

/// Removes, or says what would be removed.
pub(super) fn run(
    args: &PruneArgs,
    reports: &Path,
    history: &mut History,
    observer: &dyn Observer,
) -> Result<u8> {
    let before = args.older_than.map(earlier).transpose()?;
    let needed = needed(reports, history)?;
    let keep = args.keep.unwrap_or(0);
    let mut found = old(made(reports, history)?, keep, before);
    for folder in apart::FOLDERS {
        found.extend(old(kept_apart(reports, folder)?, keep, before));
    }
    let (mut kept, mut removed, mut freed) = (Vec::new(), Vec::new(), 0);
    if !args.dry_run {
        freed += sweep_removed(reports)?;
        for folder in apart::FOLDERS {
            freed += sweep_removed(&reports.join(folder))?;
        }
    }
    for run in found {
        match needed.get(&run.id) {
            Some(why) => kept.push(format!("{} ({why})", run.label)),
            None => match remove(&run, args.dry_run)? {
                Some(bytes) => {
                    freed += bytes;
                    removed.push(row(run, bytes));
                }
                None => kept.push(format!("{} (it is being measured)", run.label)),
            },
        }
    }
    if !args.dry_run {
        history.update(observer)?;
    }
    report(args.dry_run, removed, &kept, freed)
}

fn earlier(span: Span) -> Result<Timestamp> {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let past = now.checked_sub(span.abs()).context(|| format!("{span} is too long ago"))?;
    Ok(past.timestamp())
}

/// Runs that stay however old they are, and why.
fn needed(reports: &Path, history: &mut History) -> Result<HashMap<String, String>> {
    let newest = history.runs_with_newest_results()?.into_iter();
    let mut needed: HashMap<_, _> =
        newest.map(|run| (run, "it has the newest result of a cell".to_owned())).collect();
    for baseline in baselines::list(reports)? {
        needed.insert(baseline.run, format!("baseline {}", baseline.name));
    }
    if let Some((run, _)) = nights::before(reports, None)?.find(|(_, night)| night.is_good()) {
        needed.insert(run.id().to_owned(), "the last good night".to_owned());
    }
    Ok(needed)
}

/// A run that may be old.
struct Candidate {
    /// The folder of reports that it lies in.
    reports: PathBuf,
    id: String,
    /// What people are told of it.
    label: String,
    name: Option<String>,
    started: Timestamp,
}

/// The runs that people made, newest first.
fn made(reports: &Path, history: &mut History) -> Result<Vec<Candidate>> {
    let candidate = |PastRun { run, name, started, .. }| Candidate {
        reports: reports.to_owned(),
        label: run.clone(),
        id: run,
        name,
        started,
    };
    Ok(history.runs(u32::MAX)?.into_iter().map(candidate).collect())
}

/// The runs of one kind that are kept apart, newest first. One whose manifest can't be read stays.
fn kept_apart(reports: &Path, folder: &str) -> Result<Vec<Candidate>> {
    let reports = reports.join(folder);
    let candidate = |id: String| {
        let manifest = RunDir::open(&reports, &id).ok()?.read_manifest().ok()?;
        let label = format!("{folder}/{id}");
        let (name, started) = (manifest.name, manifest.started);
        Some(Candidate { reports: reports.clone(), id, label, name, started })
    };
    Ok(RunDir::list(&reports)?.into_iter().filter_map(candidate).collect())
}

/// The runs that are not among the newest `keep`, and began before `before` if that is given.
fn old(newest_first: Vec<Candidate>, keep: usize, before: Option<Timestamp>) -> Vec<Candidate> {
    let is_old = |run: &Candidate| before.is_none_or(|before| run.started < before);
    newest_first.into_iter().skip(keep).filter(is_old).collect()
}

/// How many bytes the run took; `None` if it stays since it is being measured.
fn remove(run: &Candidate, dry: bool) -> Result<Option<u64>> {
    let folder = RunDir::open(&run.reports, &run.id)?;
    if folder.is_running() {
        return Ok(None);
    }
    if dry { Ok(Some(size_on_disk(folder.path()))) } else { folder.remove().map(Some) }
}

fn row(run: Candidate, bytes: u64) -> Vec<String> {
    let began = format::timestamp(run.started);
    vec![run.label, run.name.unwrap_or_default(), began, format::bytes(bytes as f64)]
}

fn report(dry: bool, removed: Vec<Vec<String>>, kept: &[String], freed: u64) -> Result<u8> {
    let runs = match removed.len() {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs"),
    };
    if !removed.is_empty() {
        output::data(&output::table(&["Run", "Name", "Began", "Size"], removed))?;
    }
    let (did, frees) = if dry { ("Would remove", "would free") } else { ("Removed", "freed") };
    output::say(&format!("{did} {runs}, which {frees} {}.", format::bytes(freed as f64)));
    if !kept.is_empty() {
        output::say(&format!("Kept although old: {}.", some_of(kept)));
    }
    Ok(exit_code::DONE)
}
