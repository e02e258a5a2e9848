//! Which cells a patch is for, in as few words as the matrix allows.

use indexmap::{IndexMap, IndexSet};

use super::*;

/// For each metric, the groups in which patch number `index` made it better.
pub(super) fn purpose(groups: &[Group], index: usize) -> IndexMap<String, Purpose> {
    let names: IndexSet<&String> = groups.iter().flat_map(|group| group.metrics.keys()).collect();
    let of = |name: &String| {
        let verdict = |group: &Group| Some(group.metrics.get(name)?.patches.get(index)?.verdict);
        let (mut helped, mut others) = (Vec::new(), Vec::new());
        let mut unclear = 0;
        for group in groups {
            match verdict(group) {
                Some(Verdict::Improved) => helped.push(group),
                Some(Verdict::Unchanged | Verdict::Regressed) => others.push(group),
                Some(Verdict::Inconclusive) => {
                    unclear += 1;
                    others.push(group);
                }
                Some(Verdict::NotComparable | Verdict::NotJudged) | None => {}
            }
        }
        let purpose = Purpose {
            groups: helped.iter().map(|group| group.id.clone()).collect(),
            of: helped.len() + others.len(),
            unclear,
            values: told_apart(&helped, &others),
        };
        (name.clone(), purpose)
    };
    names.into_iter().map(of).collect()
}

/// The values that all of `these` have and none of `others`; empty if there are no such, or
/// nothing to tell them from.
fn told_apart(these: &[&Group], others: &[&Group]) -> IndexMap<String, Vec<String>> {
    let mut values: IndexMap<String, Vec<String>> = IndexMap::new();
    if these.is_empty() || others.is_empty() {
        return values;
    }
    for (axis, value) in these.iter().flat_map(|group| &group.values) {
        let of_axis = values.entry(axis.clone()).or_default();
        if !of_axis.contains(value) {
            of_axis.push(value.clone());
        }
    }
    let excludes = |values: &IndexMap<String, Vec<String>>, group: &Group| {
        values
            .iter()
            .any(|(axis, its)| group.values.get(axis).is_none_or(|value| !its.contains(value)))
    };
    let tells =
        |values: &IndexMap<String, Vec<String>>| others.iter().all(|group| excludes(values, group));
    if !tells(&values) {
        return IndexMap::new();
    }
    // An axis without which the others are told apart just as well needs no mention.
    let axes: Vec<String> = values.keys().cloned().collect();
    for axis in axes {
        let mut fewer = values.clone();
        fewer.shift_remove(&axis);
        if !fewer.is_empty() && tells(&fewer) {
            values = fewer;
        }
    }
    values
}
