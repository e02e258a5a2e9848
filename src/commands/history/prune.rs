//! `memgrid history prune`: removes old runs, and never one that something still rests on.

use std::collections::HashMap;
use std::path::Path;

use clap::Args;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::collect::{RunDir, baselines, size_on_disk, sweep_removed};
use crate::commands::{nights, output};
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
    let old = old(history.runs(u32::MAX)?, args.keep.unwrap_or(0), before);
    let (mut kept, mut removed, mut freed) = (Vec::new(), Vec::new(), 0);
    if !args.dry_run {
        freed += sweep_removed(reports)?;
    }
    for run in old {
        match needed.get(&run.run) {
            Some(why) => kept.push(format!("{} ({why})", run.run)),
            None => match remove(reports, &run, args.dry_run)? {
                Some(bytes) => {
                    freed += bytes;
                    removed.push(row(run, bytes));
                }
                None => kept.push(format!("{} (it is being measured)", run.run)),
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

/// The runs that are not among the newest `keep`, and began before `before` if that is given.
fn old(
    newest_first: Vec<PastRun>,
    keep: usize,
    before: Option<Timestamp>,
) -> impl Iterator<Item = PastRun> {
    let is_old = move |run: &PastRun| before.is_none_or(|before| run.started < before);
    newest_first.into_iter().skip(keep).filter(is_old)
}

/// How many bytes the run took; `None` if it stays since it is being measured.
fn remove(reports: &Path, run: &PastRun, dry: bool) -> Result<Option<u64>> {
    let folder = RunDir::open(reports, &run.run)?;
    if folder.is_running() {
        return Ok(None);
    }
    if dry { Ok(Some(size_on_disk(folder.path()))) } else { folder.remove().map(Some) }
}

fn row(run: PastRun, bytes: u64) -> Vec<String> {
    let began = format::timestamp(run.started);
    vec![run.run, run.name.unwrap_or_default(), began, format::bytes(bytes as f64)]
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
