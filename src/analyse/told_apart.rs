//! Some cells of many in as few words as the matrix allows: the values that only they have. Pure.

use indexmap::IndexMap;

/// The values that all of `these` have and none of `others`, by axis; empty if there are no such, or
/// nothing to tell them from.
#[must_use]
pub fn told_apart(
    these: &[&IndexMap<String, String>],
    others: &[&IndexMap<String, String>],
) -> IndexMap<String, Vec<String>> {
    let mut values: IndexMap<String, Vec<String>> = IndexMap::new();
    if these.is_empty() || others.is_empty() {
        return values;
    }
    for (axis, value) in these.iter().copied().flatten() {
        let of_axis = values.entry(axis.clone()).or_default();
        if !of_axis.contains(value) {
            of_axis.push(value.clone());
        }
    }
    let excludes = |values: &IndexMap<String, Vec<String>>, its: &IndexMap<String, String>| {
        values.iter().any(|(axis, these)| its.get(axis).is_none_or(|value| !these.contains(value)))
    };
    let tells =
        |values: &IndexMap<String, Vec<String>>| others.iter().all(|its| excludes(values, its));
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
