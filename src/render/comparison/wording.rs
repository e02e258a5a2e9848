//! What all formats say alike: figures, verdicts, what is compared with what, what to do next.

use indexmap::{IndexMap, IndexSet};

use super::Options;
use crate::analyse::comparison::{
    CellComparison, Comparison, Gate, Interval, MetricComparison, Shape, Side, Slope, Unpaired,
    Verdict,
};
use crate::analyse::summary::Statistic;
use crate::measurement::{Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;
use crate::render::format;

/// Metrics of memgrid's own that are shown even if no rule names them, and nobody asked for any.
pub(in crate::render) const HEADLINES: [&str; 2] = ["peak_rss", "peak_heap"];

/// The verdict as a word.
pub(in crate::render) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotJudged => "not judged",
        Verdict::Improved => "improved",
        Verdict::Unchanged => "unchanged",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NotComparable => "not comparable",
        Verdict::Regressed => "regressed",
    }
}

/// A sign that tells verdicts apart without colour, before the word is read.
pub(in crate::render) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotJudged => "·",
        Verdict::Improved => "✓",
        Verdict::Unchanged => "=",
        Verdict::Inconclusive => "?",
        Verdict::NotComparable => "≠",
        Verdict::Regressed => "✗",
    }
}

/// The sign and the word for a cell, or for one of its metrics; how it ended if that is why there
/// is no verdict.
pub(super) fn marked(cell: &CellComparison, verdict: Verdict) -> String {
    if failed(cell) {
        return format!("! {}", judged(cell));
    }
    format!("{} {}", sign(verdict), self::verdict(verdict))
}

/// What the gate says, as a word.
pub(super) const fn gate(gate: Gate) -> &'static str {
    match gate {
        Gate::Passed => "passed",
        Gate::Regressed => "regressed",
        Gate::Incomplete => "incomplete",
    }
}

/// The metrics to show, in the order in which cells have them: those that were asked for, or the
/// headline ones, those that a rule names, and what workloads send and can be judged.
pub(super) fn shown_metrics<'a>(comparison: &'a Comparison, options: &Options) -> Vec<&'a str> {
    let names: IndexSet<&str> =
        comparison.cells.iter().flat_map(|cell| cell.metrics.keys().map(String::as_str)).collect();
    let told = |name: &str| {
        let mut metrics = comparison.cells.iter().filter_map(|cell| cell.metrics.get(name));
        metrics.any(|it| {
            let sent = it.scope == Scope::Workload && it.verdict != Verdict::NotJudged;
            it.rule.is_some() || sent
        })
    };
    let wanted = |name: &&str| match options.metrics.as_slice() {
        [] => HEADLINES.contains(name) || told(name),
        asked => asked.iter().any(|asked| asked == name),
    };
    names.into_iter().filter(wanted).collect()
}

/// `121 → 51.6 MiB`; a dash for a side that has no value.
pub(super) fn from_to(metric: &MetricComparison) -> String {
    let median = |side: &Option<Statistic>| side.as_ref().map(|side| side.median);
    match (median(&metric.before), median(&metric.after)) {
        (Some(before), Some(after)) => format::from_to_in(&metric.unit, before, after),
        (before, after) => {
            format!("{} → {}", value(&metric.unit, before), value(&metric.unit, after))
        }
    }
}

fn value(unit: &Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format::value(unit, value))
}

/// `−57%`; the difference where there is no ratio; `None` where there is neither.
pub(in crate::render) fn change(metric: &MetricComparison) -> Option<String> {
    metric.ratio.map(format::change).or_else(|| {
        let difference = metric.difference?;
        let sign = if difference < 0.0 { '−' } else { '+' };
        Some(format!("{sign}{}", format::value(&metric.unit, difference.abs())))
    })
}

/// `121 → 51.6 MiB, −57% (−58…−56%), improved`.
pub(super) fn figure(metric: &MetricComparison) -> String {
    let change = change(metric).map(|change| format!(", {change}")).unwrap_or_default();
    let interval = metric.interval.map(|it| format!(" ({})", interval(it))).unwrap_or_default();
    format!("{}{change}{interval}, {}", from_to(metric), verdict(metric.verdict))
}

/// `−58…−56%`; of ends that read the same as the change between them, how far they are at most from
/// what is read: `±<0.5%`.
pub(in crate::render) fn interval(interval: Interval) -> String {
    let (low, high) = (format::change(interval.low), format::change(interval.high));
    if low == high {
        // The last digit that is shown is that of a tenth, if there is one.
        let tenths = low == "±0%" || (low.contains('.') && low.ends_with('%'));
        return if tenths { "±<0.05%" } else { "±<0.5%" }.to_owned();
    }
    let low = if high.ends_with('%') { low.trim_end_matches('%') } else { &low };
    format!("{low}…{high}")
}

/// Where a cell's memory now grows in another way than it did: the metric, before and after.
pub(super) fn growth(cell: &CellComparison) -> impl Iterator<Item = (&str, String, String)> {
    let shape = |slope: &Option<Slope>| slope.as_ref().map(|slope| slope.shape);
    let changed = cell.growth.iter().filter(move |(_, it)| shape(&it.before) != shape(&it.after));
    changed.map(|(name, it)| (name.as_str(), slope(it.before.as_ref()), slope(it.after.as_ref())))
}

/// `linear, 1,652 B a row: a line explains 99.8% of the rise`.
fn slope(slope: Option<&Slope>) -> String {
    let Some(slope) = slope else { return "not known".to_owned() };
    let shape = match slope.shape {
        Shape::Flat => "flat",
        Shape::Linear => "linear",
        Shape::Uneven => "uneven",
    };
    let bytes = format::number(slope.bytes_per_row);
    format!("{shape}, {bytes} B a row: {}", slope.evidence)
}

/// How a cell ended, where it ran at all.
fn outcome(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("not run", Outcome::as_str)
}

/// Whether a side of the cell has no measurement that could be compared.
pub(super) fn failed(cell: &CellComparison) -> bool {
    cell.outcomes != (Some(Outcome::Ok), Some(Outcome::Ok))
}

/// What became of a cell, in a word or two: its verdict, or how it ended if that is why there is none.
pub(super) fn judged(cell: &CellComparison) -> String {
    match cell.outcomes {
        (Some(Outcome::Ok), Some(Outcome::Ok)) => verdict(cell.verdict).to_owned(),
        (before, Some(Outcome::Ok)) => format!("{} before", outcome(before)),
        (_, after) => outcome(after).to_owned(),
    }
}

/// `only after, ok`.
pub(super) fn unpaired(cell: &Unpaired) -> String {
    let side = if cell.after { "after" } else { "before" };
    format!("only {side}, {}", outcome(cell.outcome))
}

/// `unpatched → patched`.
pub(super) fn title(comparison: &Comparison) -> String {
    format!("{} → {}", comparison.before.label, comparison.after.label)
}

/// What the comparison rests on, by name: runs, sources that differ, rules.
pub(super) fn facts(comparison: &Comparison) -> Vec<(String, String)> {
    let fact = |name: &str, text: String| (name.to_owned(), text);
    let (before, after) = (&comparison.before, &comparison.after);
    let mut facts = if before.run == after.run {
        vec![fact("run", side(after))]
    } else {
        vec![fact("before", side(before)), fact("after", side(after))]
    };
    facts.extend(revisions(comparison));
    let rules: Vec<_> = comparison.rules.iter().map(ToString::to_string).collect();
    if !rules.is_empty() {
        facts.push(fact("rules", rules.join(", ")));
    }
    facts
}

/// `20261121-221530-3f9a (nightly), 2026-11-21 22:15 UTC`.
fn side(side: &Side) -> String {
    let name = side.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{}{name}, {}", side.run, format::timestamp(side.started))
}

/// Sources that differ: `subject`, and `4f9a0c2d7be1 → 77aa01b2c3d4`. One that differs in some
/// states only is named with them: `subject of patched`.
fn revisions(comparison: &Comparison) -> Vec<(String, String)> {
    let (before, after) = (&comparison.before.revisions, &comparison.after.revisions);
    let mut changes: IndexMap<(&str, String), Vec<&str>> = IndexMap::new();
    for (state, sources) in after {
        for (source, new) in sources {
            let old = before.get(state).and_then(|sources| sources.get(source));
            if let Some(old) = old.filter(|old| *old != new) {
                let change = format!("{} → {}", short(old), short(new));
                changes.entry((source, change)).or_default().push(state);
            }
        }
    }
    let having = |source: &str| after.values().filter(|all| all.contains_key(source)).count();
    let named = changes.into_iter().map(|((source, change), states)| {
        let all = states.len() == having(source);
        let of = if all { String::new() } else { format!(" of {}", states.join(", ")) };
        (format!("{source}{of}"), change)
    });
    named.collect()
}

/// A commit's first characters; versions are as short already.
fn short(revision: &str) -> &str {
    revision.char_indices().nth(12).map_or(revision, |(end, _)| &revision[..end])
}

/// `18 cells: 2 regressed, 16 unchanged; 1 only on one side`.
pub(super) fn counts(comparison: &Comparison) -> String {
    const ORDER: [Verdict; 6] = [
        Verdict::Regressed,
        Verdict::Improved,
        Verdict::Inconclusive,
        Verdict::NotComparable,
        Verdict::Unchanged,
        Verdict::NotJudged,
    ];
    let count = |wanted| comparison.cells.iter().filter(|cell| cell.verdict == wanted).count();
    let counted = ORDER.map(|wanted| (count(wanted), verdict(wanted)));
    let counted = counted.iter().filter(|(count, _)| *count > 0);
    let listed: Vec<_> = counted.map(|(count, word)| format!("{count} {word}")).collect();
    let mut text = format::cells(comparison.cells.len());
    if !listed.is_empty() {
        text += &format!(": {}", listed.join(", "));
    }
    if !comparison.unpaired.is_empty() {
        text += &format!("; {} only on one side", comparison.unpaired.len());
    }
    text
}

/// Cells of which the same is to be said.
pub(super) struct Finding<'a> {
    /// In a word or two.
    pub(super) what: String,
    /// Why, in one sentence.
    pub(super) reason: &'a str,
    /// The cells' ids.
    pub(super) cells: Vec<&'a str>,
}

/// Cells with the worst first.
pub(super) fn worst_first(comparison: &Comparison) -> Vec<&CellComparison> {
    let mut cells: Vec<_> = comparison.cells.iter().collect();
    cells.sort_by_key(|cell| match cell.verdict {
        Verdict::Regressed => 0,
        Verdict::NotComparable => 1,
        Verdict::Inconclusive => 2,
        Verdict::Improved => 3,
        Verdict::Unchanged => 4,
        Verdict::NotJudged => 5,
    });
    cells
}

/// Why cells are not unchanged: each distinct reason once, the worst first.
pub(super) fn findings(comparison: &Comparison) -> Vec<Finding<'_>> {
    let mut found: IndexMap<(String, &str), Vec<&str>> = IndexMap::new();
    let changed = |cell: &&CellComparison| cell.verdict != Verdict::Unchanged || failed(cell);
    for cell in worst_first(comparison).into_iter().filter(changed) {
        let again = if cell.confirmed { ", measured again" } else { "" };
        let key = (judged(cell) + again, cell.reason.as_str());
        found.entry(key).or_default().push(cell.id.as_str());
    }
    let finding = |((what, reason), cells)| Finding { what, reason, cells };
    found.into_iter().map(finding).collect()
}

/// A command that may help now.
pub(super) struct Next {
    /// As it is typed.
    pub(super) command: String,
    /// What comes of it, as the sentence's end.
    pub(super) effect: &'static str,
}

/// What a person may want to do now.
pub(super) fn next(comparison: &Comparison) -> Vec<Next> {
    let with = |wanted: Verdict| {
        let cells = comparison.cells.iter().filter(move |cell| cell.verdict == wanted);
        cells.filter(|cell| !failed(cell))
    };
    let mut all = Vec::new();
    let mut next = |command, effect| all.push(Next { command, effect });
    if with(Verdict::Regressed).any(|cell| !cell.confirmed) {
        next("--confirm 3".to_owned(), "measures what regressed again before it is believed");
    }
    if comparison.before.run != comparison.after.run
        && let Some(cell) = with(Verdict::Regressed).next()
    {
        next(command("bisect", [&cell.id]), "finds the commit that did it");
    }
    let failed = comparison
        .cells
        .iter()
        .filter(|cell| !matches!(cell.outcomes.1, Some(Outcome::Ok | Outcome::Unavailable)));
    let gone = comparison.unpaired.iter().filter(|cell| !cell.after);
    let absent: Vec<_> = failed.map(|cell| &cell.id).chain(gone.map(|cell| &cell.id)).collect();
    if !absent.is_empty() {
        next(command("run", absent), "measures what the judged side lacks");
    }
    let unavailable = |cell: &CellComparison| cell.outcomes.1 == Some(Outcome::Unavailable);
    if comparison.cells.iter().any(unavailable) {
        next("memgrid setup".to_owned(), "installs what the judged side lacked");
    }
    let doubtful: Vec<_> = with(Verdict::Inconclusive).map(|cell| &cell.id).collect();
    if !doubtful.is_empty() {
        next(command("run --repeats 10", doubtful), "may tell what is inconclusive");
    }
    all
}

/// A memgrid command that names the cells: all of them if they are few.
fn command<'a>(subcommand: &str, cells: impl IntoIterator<Item = &'a CellId>) -> String {
    const FEW: usize = 4;
    let ids: Vec<_> = cells.into_iter().map(CellId::as_str).collect();
    let named = format::shell(ids.iter().take(FEW).copied());
    let rest = if ids.len() > FEW { " …" } else { "" };
    format!("memgrid {subcommand} {named}{rest}")
}
