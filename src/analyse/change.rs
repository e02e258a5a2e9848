//! How a cell's figures differ from its twin's, and when they can't be compared at all.

use indexmap::IndexMap;

use super::summary::{Change, Statistic};
use crate::collect::record::RunManifest;

/// Changes from `before` to `after`, for every metric that both have. `obstacle` is why the two
/// can't be compared, if they can't.
#[must_use]
pub fn changes(
    before: &IndexMap<String, Statistic>,
    after: &IndexMap<String, Statistic>,
    obstacle: Option<&str>,
) -> IndexMap<String, Change> {
    let both = after.iter().filter_map(|(name, after)| Some((name, before.get(name)?, after)));
    both.map(|(name, before, after)| (name.clone(), change(before, after, obstacle))).collect()
}

fn change(before: &Statistic, after: &Statistic, obstacle: Option<&str>) -> Change {
    let obstacle = if before.unit != after.unit || before.scope != after.scope {
        Some("they were read in another unit or scope")
    } else {
        obstacle
    };
    let comparable = obstacle.is_none() && before.median > 0.0;
    Change {
        before: before.median,
        after: after.median,
        ratio: comparable.then(|| after.median / before.median),
        not_comparable: obstacle.map(str::to_owned),
    }
}

/// Why figures of two runs can't be compared; `None` if they can. Names everything that differs.
#[must_use]
pub fn obstacle(one: &RunManifest, other: &RunManifest) -> Option<String> {
    if one.run == other.run {
        return None;
    }
    let fingerprint = |run: &RunManifest| run.dataset.as_ref().map(|data| data.fingerprint.clone());
    // One that is not known is not known to be another.
    let allocators = one.allocator.as_ref().zip(other.allocator.as_ref());
    let different = [
        ("machine", one.machine.id != other.machine.id),
        ("dataset", fingerprint(one) != fingerprint(other)),
        ("sampling period", one.measure.period != other.measure.period),
        ("number of jobs", one.measure.jobs != other.measure.jobs),
        ("setting of `steady`", one.measure.steady != other.measure.steady),
        ("setting of `heap`", one.measure.heap != other.measure.heap),
        ("allocator", allocators.is_some_and(|(one, other)| one != other)),
        ("workload", one.workload_sha256 != other.workload_sha256),
    ];
    let named: Vec<_> =
        different.iter().filter(|(_, differs)| *differs).map(|(what, _)| *what).collect();
    let (last, rest) = named.split_last()?;
    let listed = if rest.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", rest.join(", "))
    };
    Some(format!("measured in another run with another {listed}"))
}
