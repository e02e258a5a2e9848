//! `[metrics.NAME]`: what the workload's own figures mean.

use indexmap::IndexMap;

use super::context::Context;
use super::model::DeclaredMetric;
use super::problem::Problem;
use super::reader::{At, Table, Value};
use super::suggest::did_you_mean;
use crate::measurement::{Better, Directions, known_metrics};

const EXAMPLE: &str = "add better = \"lower\" or better = \"higher\"";

pub(super) fn read_metrics(
    top: &Table<'_>,
    context: &Context<'_>,
) -> IndexMap<String, DeclaredMetric> {
    let Some(table) = top.sub_table("metrics") else { return IndexMap::new() };
    let declared = table.sub_tables().into_iter().filter_map(|(name, table)| {
        check_name(&name, context);
        Some((name.value.to_owned(), read_metric(&table, context)?))
    });
    declared.collect()
}

/// A name must be one that a line on `MEMPROBE_FD` can have, and that a rule can name.
fn check_name(name: &At<&str>, context: &Context<'_>) {
    if Directions::default().of_name(name.value).is_some() {
        let message = format!("`{}` is memgrid's own metric: less of it is better", name.value);
        context.add(Problem::at(&name.span, message).hint("leave this table out"));
    } else if name.value.is_empty() || name.value.contains([' ', '\t', '\n', '>', ':']) {
        let message = format!("{:?} can't be a metric's name", name.value);
        let hint = "a name has no space, `:` or `>` in it, such as `requests_per_second`";
        context.add(Problem::at(&name.span, message).hint(hint));
    }
}

fn read_metric(table: &Table<'_>, context: &Context<'_>) -> Option<DeclaredMetric> {
    table.only(&["better", "description"]);
    let description = table.get("description").and_then(|value| value.text());
    let better = read_better(&table.require("better", EXAMPLE)?, context)?;
    Some(DeclaredMetric { better, description: description.map(|text| text.value) })
}

fn read_better(value: &Value<'_>, context: &Context<'_>) -> Option<Better> {
    let word = value.text()?;
    let better = Better::ALL.into_iter().find(|better| better.as_str() == word.value);
    if better.is_none() {
        let message = format!("`{}` is no way to be better", word.value);
        let hint = did_you_mean(&word.value, &Better::ALL.map(Better::as_str));
        context.add(Problem::at(&word.span, message).hint(hint));
    }
    better
}

/// The names that a rule or a ranking may have.
fn judgeable<'a>(declared: &'a IndexMap<String, DeclaredMetric>) -> Vec<&'a str> {
    let own = known_metrics().filter(|name| Directions::default().of_name(name).is_some());
    let own = own.map(|name| -> &'a str { name });
    declared.keys().map(String::as_str).chain(own).collect()
}

/// A problem if nothing says which way `metric` is better.
pub(super) fn check_direction(
    metric: &At<&str>,
    declared: &IndexMap<String, DeclaredMetric>,
    context: &Context<'_>,
) {
    let names = judgeable(declared);
    if names.contains(&metric.value) {
        return;
    }
    let name = metric.value;
    let message = format!("nothing says whether less or more of `{name}` is better");
    let hint = match super::suggest::nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`? otherwise {EXAMPLE} in `[metrics.{name}]`"),
        None => format!("{EXAMPLE} in `[metrics.{name}]`"),
    };
    context.add(Problem::at(&metric.span, message).hint(hint).absence());
}
