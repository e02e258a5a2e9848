//! The rules in force: the matrix file's, then those that were typed; and whether each of them
//! could be applied at all.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::str::FromStr;

use crate::analyse::comparison::{CellComparison, Comparison};
use crate::collect::record::RunRecord;
use crate::config::suggest::{closest, did_you_mean, list};
use crate::config::{Rule, RuleError};
use crate::error::{Error, Result};
use crate::measurement::{Unit, known_metrics};
use crate::outcome::Outcome;
use crate::plan::CellId;

/// What `--fail-on` was given.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::commands) enum FailOn {
    /// `none`: forget the rules before it.
    Nothing,
    /// One more rule.
    Rule(Rule),
}

impl FromStr for FailOn {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        match text {
            "none" => Ok(Self::Nothing),
            _ => text.parse().map(Self::Rule),
        }
    }
}

/// The file's rules and then the typed ones, which therefore win. If neither says anything, the
/// defaults, as far as `runs` have anything that they are about.
pub(super) fn in_force(
    file: Option<&[Rule]>,
    typed: &[FailOn],
    runs: [&RunRecord; 2],
) -> Vec<Rule> {
    if file.is_none() && typed.is_empty() {
        let is_about = |rule: &Rule| rule.metric == "peak_rss" || has_metric(runs, &rule.metric);
        return Rule::defaults().into_iter().filter(is_about).collect();
    }
    let mut rules = file.unwrap_or_default().to_vec();
    for one in typed {
        match one {
            FailOn::Nothing => rules.clear(),
            FailOn::Rule(rule) => rules.push(rule.clone()),
        }
    }
    rules
}

fn has_metric(runs: [&RunRecord; 2], name: &str) -> bool {
    let mut attempts =
        runs.into_iter().flat_map(|run| run.cells.values().flat_map(|cell| &cell.attempts));
    attempts.any(|attempt| attempt.metric(name).is_some_and(|metric| metric.value.is_some()))
}

/// Why rules could not be applied, in one sentence for each of them: a gate with such a rule has
/// not looked at what it was to look at. `known` are the cells that either side has, and the
/// matrix's; where only some of them were `selected`, a rule may be for others.
///
/// # Errors
/// When a rule could never be applied: it is for cells, or about a metric, that don't exist, nothing
/// says which way that is better, or it is in a unit that its metric isn't.
pub(super) fn unapplied(
    comparison: &Comparison,
    known: &[CellId],
    selected: bool,
) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    for rule in &comparison.rules {
        check_direction(rule, comparison)?;
        check_unit(rule, comparison)?;
        check_cells(rule, known)?;
        let is_for_none = !comparison.cells.iter().any(|cell| rule.is_for(&cell.id));
        if is_for_none && !selected && !comparison.cells.is_empty() {
            reasons.push(format!(
                "the rule `{rule}` judged nothing: it is for none of the cells that were compared"
            ));
        }
        reasons.extend(unapplied_metric(rule, comparison)?);
    }
    Ok(reasons)
}

fn check_cells(rule: &Rule, known: &[CellId]) -> Result<()> {
    let Some(glob) = rule.cells.as_deref() else { return Ok(()) };
    if known.is_empty() || known.iter().any(|cell| rule.is_for(cell)) {
        return Ok(());
    }
    let ids: Vec<&str> = known.iter().map(CellId::as_str).collect();
    let message = format!("the rule `{rule}` is for no cell: none matches `{glob}`");
    Err(Error::usage(message).hint(format!("such as {}", list(&closest(glob, &ids, 3)))))
}

fn unapplied_metric(rule: &Rule, comparison: &Comparison) -> Result<Option<String>> {
    let cells = || comparison.cells.iter().filter(|cell| rule.is_for(&cell.id));
    let has_it = |cell: &CellComparison| {
        let metric = cell.metrics.get(&rule.metric);
        metric.is_some_and(|metric| metric.before.is_some() || metric.after.is_some())
    };
    if cells().next().is_none() || cells().any(has_it) {
        return Ok(None);
    }
    let metric = &rule.metric;
    let is_ok = |cell: &CellComparison| cell.outcomes == (Some(Outcome::Ok), Some(Outcome::Ok));
    if known_metrics().any(|known| known == metric) || !cells().all(is_ok) {
        let reason = format!("the rule `{rule}` judged nothing: no cell has that metric");
        return Ok(Some(reason));
    }
    let names: HashSet<&str> =
        cells().flat_map(|cell| cell.metrics.keys()).map(String::as_str).collect();
    let mut names = Vec::from_iter(names);
    names.sort_unstable();
    let message = format!("the rule `{rule}` is about no metric: nothing is called `{metric}`");
    Err(Error::usage(message).hint(did_you_mean(metric, &names)))
}

fn check_direction(rule: &Rule, comparison: &Comparison) -> Result<()> {
    let name = &rule.metric;
    let cells = comparison.cells.iter().filter(|cell| rule.is_for(&cell.id));
    let mut metrics = cells.filter_map(|cell| cell.metrics.get(name));
    if metrics.all(|metric| metric.better.is_some()) {
        return Ok(());
    }
    let message =
        format!("the rule `{rule}`: nothing says whether less or more of `{name}` is better");
    let hint = "add better = \"lower\" or better = \"higher\"";
    Err(Error::usage(message).hint(format!("{hint} in `[metrics.{name}]` of the matrix file")))
}

fn check_unit(rule: &Rule, comparison: &Comparison) -> Result<()> {
    let cells = comparison.cells.iter().filter(|cell| rule.is_for(&cell.id));
    let mut units = cells.filter_map(|cell| Some(&cell.metrics.get(&rule.metric)?.unit));
    match units.find(|unit| rule.limit.allowance(0.0, unit).is_none()) {
        None => Ok(()),
        Some(unit) => {
            let message = format!("the rule `{rule}` has another unit than `{}`", rule.metric);
            Err(Error::usage(message).hint(match unit {
                Unit::Bytes => "it is counted in bytes".to_owned(),
                Unit::Seconds => "it is counted in seconds".to_owned(),
                Unit::Count => "it is a plain number".to_owned(),
                Unit::Other(word) => format!("its unit is `{word}`"),
            }))
        }
    }
}
