//! `[compare]`: which cells are twins, and what a comparison fails on.

use indexmap::IndexMap;

use super::context::Context;
use super::matrix::MatrixSection;
use super::metrics::check_direction;
use super::model::{Compare, DeclaredMetric, Rank, STATE_AXIS};
use super::problem::Problem;
use super::reader::{At, Table, Value};
use super::rule::{Rule, RuleError};
use super::suggest::{closest, did_you_mean, list};
use crate::plan::Cell;

pub(super) fn read_compare(
    top: &Table<'_>,
    matrix: &MatrixSection,
    cells: &[Cell],
    metrics: &IndexMap<String, DeclaredMetric>,
    context: &Context<'_>,
) -> Compare {
    let table = top.sub_table("compare");
    let get = |key| table.as_ref().and_then(|table| table.get(key));
    if let Some(table) = &table {
        table.only(&["axis", "baseline", "same_output", "fail_on", "rank", "rank_by"]);
    }
    let same_output = get("same_output").and_then(|value| value.boolean());
    let axis = match get("axis") {
        Some(value) => read_axis(&value, matrix, context),
        None => matrix.axes.contains_key(STATE_AXIS).then(|| STATE_AXIS.to_owned()),
    };
    let values = axis.as_ref().and_then(|axis| matrix.axes.get(axis));
    let baseline = match get("baseline") {
        Some(value) => read_baseline(&value, axis.as_deref(), matrix, context),
        None => values.and_then(|values| values.first()).map(|first| first.value.clone()),
    };
    let fail_on = get("fail_on").map(|value| read_rules(&value, cells, metrics, context));
    let rank = read_rank(get("rank"), get("rank_by"), matrix, metrics, context);
    let same_output = same_output.is_none_or(|same| same.value);
    Compare { axis, baseline, same_output, fail_on, rank }
}

fn read_axis(value: &Value<'_>, matrix: &MatrixSection, context: &Context<'_>) -> Option<String> {
    let axis = value.text()?;
    if matrix.axes.contains_key(&axis.value) {
        return Some(axis.value);
    }
    let problem = Problem::at(&axis.span, format!("the matrix has no axis `{}`", axis.value));
    context.add(problem.hint(did_you_mean(&axis.value, &matrix.axis_names())).absence());
    None
}

fn read_baseline(
    value: &Value<'_>,
    axis: Option<&str>,
    matrix: &MatrixSection,
    context: &Context<'_>,
) -> Option<String> {
    let baseline = value.scalar()?;
    let Some(axis) = axis else {
        let problem = Problem::at(&baseline.span, "`baseline` needs an axis that it is a value of");
        context.add(problem.hint("add axis = \"…\" before it").absence());
        return None;
    };
    let values: Vec<_> = matrix.values_of(axis).map(|value| value.value.as_str()).collect();
    if !values.contains(&baseline.value.as_str()) {
        let message = format!("the axis `{axis}` has no value `{}`", baseline.value);
        let hint = did_you_mean(&baseline.value, &values);
        context.add(Problem::at(&baseline.span, message).hint(hint).absence());
    }
    Some(baseline.value)
}

/// What is ranked by, unless `rank_by` says it: what was declared, or memory.
fn read_rank(
    axis: Option<Value<'_>>,
    by: Option<Value<'_>>,
    matrix: &MatrixSection,
    metrics: &IndexMap<String, DeclaredMetric>,
    context: &Context<'_>,
) -> Option<Rank> {
    let Some(axis) = axis else {
        if let Some(by) = by {
            let problem = Problem::at(&by.key.span, "`rank_by` needs to know who competes");
            context.add(problem.hint("add rank = \"AXIS\" before it").absence());
        }
        return None;
    };
    let axis = read_axis(&axis, matrix, context)?;
    let Some(by) = by else {
        let declared = metrics.keys().cloned();
        let none = metrics.is_empty().then(|| "peak_rss".to_owned());
        return Some(Rank { axis, metrics: declared.chain(none).collect() });
    };
    let names = by.texts()?;
    if names.is_empty() {
        let problem = Problem::at(&by.span(), "`rank_by` names no metric");
        context.add(problem.hint("leave it out, or name one, such as \"peak_rss\""));
    }
    for name in &names {
        check_direction(&At::new(&name.value, name.span.clone()), metrics, context);
    }
    Some(Rank { axis, metrics: names.into_iter().map(|name| name.value).collect() })
}

fn read_rules(
    value: &Value<'_>,
    cells: &[Cell],
    metrics: &IndexMap<String, DeclaredMetric>,
    context: &Context<'_>,
) -> Vec<Rule> {
    let texts = value.texts().unwrap_or_default();
    texts.iter().filter_map(|text| read_rule(text, cells, metrics, context)).collect()
}

fn read_rule(
    text: &At<String>,
    cells: &[Cell],
    metrics: &IndexMap<String, DeclaredMetric>,
    context: &Context<'_>,
) -> Option<Rule> {
    let rule: Rule = match text.value.parse() {
        Ok(rule) => rule,
        Err(RuleError { message, hint }) => {
            let message = format!("`{}` is no rule: {message}", text.value);
            context.add(Problem::at(&text.span, message).hint(hint));
            return None;
        }
    };
    check_direction(&At::new(&rule.metric, text.span.clone()), metrics, context);
    if let Some(glob) = rule.cells.as_deref()
        && !cells.iter().any(|cell| rule.is_for(&cell.id))
    {
        let ids: Vec<&str> = cells.iter().map(|cell| cell.id.as_str()).collect();
        let message = format!("no cell matches `{glob}`");
        let hint = format!("such as {}", list(&closest(glob, &ids, 3)));
        context.add(Problem::at(&text.span, message).hint(hint).absence());
    }
    Some(rule)
}
