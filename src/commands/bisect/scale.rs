//! What tells good commits from bad ones: a metric, and its values at the two ends.

use crate::analyse::bisection::Ends;
use crate::config::Rule;
use crate::measurement::{Better, Directions, Unit};
use crate::plan::CellId;
use crate::render::format;
use crate::statistics::median;

use super::measuring::Found;

/// A metric that is clearly worse at the bad end.
pub(super) struct Scale {
    pub(super) metric: String,
    pub(super) unit: Unit,
    pub(super) ends: Ends,
}

/// The metric that became worse by more than is allowed: `wanted`, or of those that rules are
/// about the one that changed most.
///
/// # Errors
/// When there is none: what the metrics were at both ends.
pub(super) fn choose(
    rules: &[Rule],
    directions: &Directions,
    cell: &CellId,
    wanted: Option<&str>,
    good: &Found,
    bad: &Found,
) -> Result<Scale, Vec<String>> {
    let of_rules = rules.iter().filter(|rule| rule.is_for(cell)).map(|rule| rule.metric.as_str());
    let names: Vec<&str> = wanted.map_or_else(|| of_rules.collect(), |metric| vec![metric]);
    let mut most: Option<(f64, Scale)> = None;
    let mut seen = Vec::new();
    for name in names {
        let (before, after) = (good.values(name), bad.values(name));
        let medians = [&before, &after].map(|values| median(values.iter().copied()));
        let [Some(old), Some(new)] = medians else { continue };
        let unit = bad.unit(name).unwrap_or(Unit::Count);
        seen.push(format!("{name} {}", format::from_to_in(&unit, old, new)));
        let rule = Rule::find(rules, cell, name);
        let allowance = rule.and_then(|rule| rule.limit.allowance(old, &unit));
        // Whoever asks for a metric of which nothing is known means that it grew.
        let better = directions.of_name(name).unwrap_or(Better::Lower);
        let ends = Ends::new(&before, &after, allowance.unwrap_or(0.0), better);
        let Some(ends) = ends else { continue };
        let ratio = if old.min(new) > 0.0 { old.max(new) / old.min(new) } else { f64::INFINITY };
        if most.as_ref().is_none_or(|(most, _)| ratio > *most) {
            most = Some((ratio, Scale { metric: name.to_owned(), unit, ends }));
        }
    }
    most.map(|(_, scale)| scale).ok_or(seen)
}
