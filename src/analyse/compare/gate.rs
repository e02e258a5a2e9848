//! What the gate says. It passes only if all that should have been compared was.

use indexmap::IndexMap;

use super::cell::Judged;
use super::pair::Pairs;
use super::{CompareInput, Unpaired, words};
use crate::analyse::comparison::{Gate, Verdict};
use crate::config::Rule;
use crate::outcome::Outcome;

/// The gate, and its reasons: what regressed first, then what is not known.
pub(super) fn conclude(
    input: &CompareInput<'_>,
    pairs: &Pairs<'_>,
    cells: &[Judged],
    obstacle: Option<&str>,
) -> (Gate, Vec<String>) {
    let regressed = with(cells, |it| it.cell.verdict == Verdict::Regressed, "regressed");
    let mut missing: Vec<String> = interrupted(input).into_iter().collect();
    match obstacle {
        Some(why) => missing.push(format!("nothing can be compared: {why}")),
        None => {
            missing.extend(not_measured(input, cells));
            missing.extend(only_on_one_side(input, pairs));
            missing.extend(lost(cells));
            missing.extend(doubtful(cells));
            missing.extend(idle_rules(input, cells));
            if !cells.iter().any(|it| was_compared(input, it)) {
                missing.push("nothing was compared".to_owned());
            }
        }
    }
    let gate = match (&regressed, missing.is_empty()) {
        (Some(_), _) => Gate::Regressed,
        (None, true) => Gate::Passed,
        (None, false) => Gate::Incomplete,
    };
    (gate, regressed.into_iter().chain(missing).collect())
}

fn with(cells: &[Judged], which: impl Fn(&Judged) -> bool, did: &str) -> Option<String> {
    words::cells(cells.iter().filter(|it| which(it)).map(|it| &it.cell.id), did)
}

/// Whether a rule had something to judge; or anything could be, if no rule was wanted.
fn was_compared(input: &CompareInput<'_>, it: &Judged) -> bool {
    let judged = |verdict| !matches!(verdict, Verdict::NotComparable | Verdict::NotJudged);
    let mut metrics = it.cell.metrics.values();
    metrics.any(|it| judged(it.verdict) && (it.rule.is_some() || input.rules.is_empty()))
}

fn interrupted(input: &CompareInput<'_>) -> Option<String> {
    let run = &input.after.run.manifest;
    run.finished.is_none().then(|| format!("run {} did not come to its end", run.run))
}

/// Cells that did not end well, by how they ended.
fn not_measured(input: &CompareInput<'_>, cells: &[Judged]) -> Vec<String> {
    let mut reasons: IndexMap<String, Vec<_>> = IndexMap::new();
    for it in cells {
        let (before, after) = it.cell.outcomes;
        let did = match (before, after) {
            (Some(Outcome::Ok), Some(Outcome::Ok)) => continue,
            // What was never there can't have become worse.
            (Some(Outcome::Unavailable), Some(Outcome::Unavailable) | Some(Outcome::Ok))
                if !input.strict =>
            {
                continue;
            }
            // What was not selected and left nothing on either side is nobody's loss.
            (None, None) if !it.expected => continue,
            (_, None) => "never ran".to_owned(),
            (before, Some(Outcome::Ok)) => {
                let ended = before.map_or("never ran", Outcome::as_str);
                format!("can't be compared, since on the other side it was: {ended}")
            }
            (_, Some(after)) => format!("ended {after}"),
        };
        reasons.entry(did).or_default().push(&it.cell.id);
    }
    reasons.into_iter().filter_map(|(did, ids)| words::cells(ids, &did)).collect()
}

fn only_on_one_side(input: &CompareInput<'_>, pairs: &Pairs<'_>) -> Vec<String> {
    let ok = |it: &&Unpaired| it.outcome == Some(Outcome::Ok);
    let is_failed = |it: &&Unpaired| it.outcome.is_none_or(|it| it.is_incomplete(input.strict));
    let judged = || pairs.unpaired.iter().filter(|it| it.after);
    let new = judged().filter(ok).filter(|_| input.strict);
    let failed = judged().filter(is_failed);
    let groups = [
        words::cells(pairs.gone.iter().copied(), "never ran on the judged side"),
        words::cells(new.map(|it| &it.id), "have nothing to be compared with"),
        words::cells(failed.map(|it| &it.id), "without a counterpart did not end well"),
    ];
    groups.into_iter().flatten().collect()
}

/// Cells in which a metric with a rule was measured before and is not any more, or can't be held
/// against its rule.
fn lost(cells: &[Judged]) -> Option<String> {
    let lost = |it: &Judged| {
        let ok = it.cell.outcomes == (Some(Outcome::Ok), Some(Outcome::Ok));
        let mut ruled = it.cell.metrics.values().filter(|metric| metric.rule.is_some());
        ok && ruled.any(|it| it.verdict == Verdict::NotComparable && it.before.is_some())
    };
    with(cells, lost, "lost a figure that a rule names")
}

fn doubtful(cells: &[Judged]) -> Option<String> {
    let doubtful = |it: &Judged| it.doubtful && it.cell.verdict != Verdict::Regressed;
    with(cells, doubtful, "may have regressed, with too few repeats to tell")
}

/// Rules that had nothing to judge though they are for cells that were compared. The defaults
/// may be idle: not every run counts live heap.
fn idle_rules(input: &CompareInput<'_>, cells: &[Judged]) -> Vec<String> {
    let is_idle = |rule: &&Rule| {
        let ok = cells.iter().filter(|it| it.cell.outcomes.1 == Some(Outcome::Ok));
        let mut its = ok.filter(|it| rule.is_for(&it.cell.id)).peekable();
        its.peek().is_some() && !its.any(|it| it.cell.metrics.contains_key(&rule.metric))
    };
    let own = input.rules.iter().filter(|rule| !Rule::defaults().contains(rule));
    own.filter(is_idle)
        .map(|rule| format!("the rule `{rule}` judged nothing: no cell has that metric"))
        .collect()
}
