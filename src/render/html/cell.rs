//! One cell's page: its curves, figures, attempts, log and environment.

use serde::Serialize;

use super::curves::{self, ChartView};
use super::overview::Overview;
use super::passes::{self, PassesView};
use super::spreads::{self, SpreadView};
use super::view::{self, ChangeView, FigureView, OutcomeView, RunView, SideView};
use super::{Logs, names};
use crate::analyse::summary::CellSummary;
use crate::collect::record::AttemptRecord;
use crate::collect::run_dir::{STDERR, STDOUT};
use crate::config::STATE_AXIS;
use crate::plan::CellId;
use crate::render::facts::Fact;
use crate::render::format;

/// Lines of a log that are shown.
const LOG_LINES: usize = 200;
/// Lines of a log that stand first: its end.
const LAST_LINES: usize = 20;

#[derive(Serialize)]
pub(super) struct CellView {
    root: &'static str,
    id: String,
    values: Vec<Fact>,
    state_href: Option<String>,
    trend_href: Option<String>,
    outcome: OutcomeView,
    reason: Option<String>,
    help: Option<String>,
    peak: Option<String>,
    change: Option<ChangeView>,
    sides: Vec<SideView>,
    twin: Option<Link>,
    /// The page on which it can be drawn over other cells.
    compare: String,
    others: Vec<Link>,
    charts: Vec<ChartView>,
    passes: Option<PassesView>,
    figures: Vec<FigureView>,
    /// Metrics that an attempt sent several times.
    spreads: Vec<SpreadView>,
    unavailable: Vec<Fact>,
    digest: Option<String>,
    reproduce: String,
    attempts: Vec<AttemptView>,
    logs: Option<LogView>,
    command: Option<String>,
    env: Vec<Fact>,
    notes: Vec<String>,
    run: Option<RunView>,
}

#[derive(Serialize)]
struct Link {
    id: String,
    href: String,
}

#[derive(Serialize)]
struct AttemptView {
    run: String,
    number: u32,
    warmup: bool,
    current: bool,
    started: String,
    outcome: OutcomeView,
    reason: Option<String>,
    peak: Option<String>,
    time: Option<String>,
    samples: Option<String>,
    folder: String,
    /// The samples' file as CSV, by the name that a download gets; `None` if there is none.
    table: Option<String>,
    /// The name that a download of the samples gets.
    download: String,
}

#[derive(Serialize)]
struct LogView {
    attempt: u32,
    /// Where the whole files lie.
    folder: Option<String>,
    stderr: Option<TailView>,
    stdout: Option<TailView>,
}

#[derive(Serialize)]
struct TailView {
    /// Its last lines.
    last: String,
    /// Those before them.
    before: Option<String>,
    /// How many these are.
    count: usize,
    /// Whether there are more.
    cut: bool,
    /// What is missing in the middle of the whole log.
    left_out: Option<String>,
}

impl CellView {
    /// Leads to the cell's page over runs.
    pub(super) fn link_trend(&mut self, cell: &CellId) {
        self.trend_href = Some(format!("../{}", names::trend_page(cell)));
    }
}

pub(super) fn view(all: &Overview<'_>, cell: &CellSummary, logs: Option<&Logs>) -> CellView {
    let summary = all.summary;
    let attempt = cell.telling_attempt();
    let run = cell.run.as_deref().and_then(|run| summary.run(run));
    let twin = cell.twin.as_ref();
    CellView {
        root: "../",
        id: cell.cell.id.to_string(),
        values: values(cell),
        state_href: state_href(all, cell),
        trend_href: None,
        outcome: OutcomeView::new(cell.outcome),
        reason: cell.reason.clone(),
        help: cell.help.clone(),
        peak: view::figure(cell, "peak_rss"),
        change: ChangeView::new(cell, "peak_rss"),
        sides: SideView::of(cell),
        twin: twin
            .map(|id| Link { id: id.to_string(), href: format!("../{}", names::cell_page(id)) }),
        compare: format!("../{}", names::compared(cell.twin.iter().chain([&cell.cell.id]))),
        others: others(all, cell),
        charts: curves::charts(all, cell),
        passes: passes::view(all, cell),
        figures: figures(cell),
        spreads: spreads::view(cell),
        unavailable: cell
            .unavailable
            .iter()
            .map(|(name, why)| Fact::new(&format::metric(name), why))
            .collect(),
        digest: cell.output_digest.clone(),
        reproduce: reproduce(cell, run.map(|run| run.arguments.as_slice())),
        attempts: attempts(cell),
        logs: logs.map(|logs| log_view(cell, logs)),
        command: attempt.map(|attempt| format::shell(attempt.command.iter().map(String::as_str))),
        env: attempt.map(env).unwrap_or_default(),
        notes: attempt
            .and_then(|attempt| attempt.result.as_ref())
            .map(|result| result.notes.clone())
            .unwrap_or_default(),
        run: run.map(|run| RunView::new(run, "../")),
    }
}

fn values(cell: &CellSummary) -> Vec<Fact> {
    cell.cell
        .axes
        .iter()
        .chain(&cell.cell.extra)
        .map(|(name, value)| Fact::new(name, value))
        .collect()
}

fn state_href(all: &Overview<'_>, cell: &CellSummary) -> Option<String> {
    let name = cell.cell.value(STATE_AXIS)?;
    all.state_pages.contains(name).then(|| format!("../{}", names::state_page(name)))
}

/// The cells that differ along the twins' axis only.
fn others(all: &Overview<'_>, cell: &CellSummary) -> Vec<Link> {
    let twins = all.twins(&cell.cell.id).iter().filter(|other| other.cell.id != cell.cell.id);
    twins
        .map(|other| Link {
            id: other.cell.id.to_string(),
            href: format!("../{}", names::cell_page(&other.cell.id)),
        })
        .collect()
}

fn figures(cell: &CellSummary) -> Vec<FigureView> {
    cell.metrics
        .iter()
        .map(|(name, figure)| FigureView::new(name, figure, ChangeView::new(cell, name)))
        .collect()
}

/// The command that measures this cell again, with the matrix and the number of rows that the
/// run was given.
fn reproduce(cell: &CellSummary, arguments: Option<&[String]>) -> String {
    const KEPT: [&str; 2] = ["--matrix", "--rows"];
    let mut words = vec!["memgrid", "run", cell.cell.id.as_str()];
    let mut rest = arguments.unwrap_or_default().iter();
    while let Some(word) = rest.next() {
        if KEPT.contains(&word.as_str()) {
            words.push(word);
            words.extend(rest.next().map(String::as_str));
        } else if word.split_once('=').is_some_and(|(name, _)| KEPT.contains(&name)) {
            words.push(word);
        }
    }
    format::shell(words)
}

fn attempts(cell: &CellSummary) -> Vec<AttemptView> {
    let current = cell
        .run
        .iter()
        .flat_map(|run| cell.attempts.iter().map(move |attempt| (run, attempt, true)));
    let earlier = cell
        .earlier
        .iter()
        .flat_map(|result| result.attempts.iter().map(|attempt| (&result.run, attempt, false)));
    current
        .chain(earlier)
        .map(|(run, attempt, current)| attempt_view(run, attempt, current))
        .collect()
}

fn attempt_view(run: &str, attempt: &AttemptRecord, current: bool) -> AttemptView {
    let figure = |name: &str| {
        let metric = attempt.result.as_ref()?.metrics.get(name)?;
        Some(format::value(&metric.unit, metric.value?))
    };
    let stem = names::cell_stem(&attempt.cell);
    let download = format!("{stem}.{}.{}", names::run_stem(run), attempt.number);
    AttemptView {
        run: run.to_owned(),
        number: attempt.number,
        warmup: attempt.warmup,
        current,
        started: format::timestamp(attempt.started),
        outcome: OutcomeView::new(Some(attempt.outcome)),
        reason: attempt.reason.clone(),
        peak: figure("peak_rss"),
        time: figure("wall_time"),
        samples: attempt
            .result
            .as_ref()
            .map(|result| format::thousands(i64::try_from(result.samples).unwrap_or(i64::MAX))),
        folder: folder(run, attempt.cell.as_str(), attempt.number),
        table: attempt.csv.then(|| format!("{download}.csv")),
        download,
    }
}

/// An attempt's folder, from a cell's page.
fn folder(run: &str, cell: &str, attempt: u32) -> String {
    format!("../{}", names::url(&format!("runs/{run}/cells/{cell}/attempts/{attempt}")))
}

fn env(attempt: &AttemptRecord) -> Vec<Fact> {
    attempt.env.iter().map(|(name, value)| Fact::new(name, value)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
fn log_view(cell: &CellSummary, logs: &Logs) -> LogView {
    let run = cell.run.as_deref();
    let left_out = |file| {
        let bytes = cell.telling_attempt()?.left_out.get(file)?;
        Some(format::bytes(*bytes as f64))
    };
    LogView {
        attempt: logs.attempt,
        folder: run.map(|run| folder(run, cell.cell.id.as_str(), logs.attempt)),
        stderr: tail(&logs.stderr, left_out(STDERR)),
        stdout: tail(&logs.stdout, left_out(STDOUT)),
    }
}

/// The last lines of a log, if it has any.
fn tail(text: &str, left_out: Option<String>) -> Option<TailView> {
    let lines: Vec<_> = text.trim_end().lines().collect();
    let start = lines.len().saturating_sub(LOG_LINES);
    let (before, last) = lines[start..].split_at(lines[start..].len().saturating_sub(LAST_LINES));
    (!last.is_empty()).then(|| TailView {
        last: last.join("\n"),
        before: (!before.is_empty()).then(|| before.join("\n")),
        count: before.len(),
        cut: start > 0,
        left_out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_begins_with_its_end() {
        let text: String = (1..=300).map(|line| format!("line {line}\n")).collect();
        let tail = tail(&text, None).unwrap();
        assert!(tail.last.starts_with("line 281\n") && tail.last.ends_with("line 300"));
        assert!(tail.before.unwrap().starts_with("line 101\n"));
        assert_eq!((tail.count, tail.cut), (180, true));
        assert!(super::tail("\n \n", None).is_none());
        assert_eq!(super::tail("one\n", None).unwrap().before, None);
    }
}
