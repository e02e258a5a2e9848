//! How a cell's figures differ from its twin's, and when they can't be compared at all.

use indexmap::IndexMap;

use super::summary::{Change, Statistic};
use crate::collect::Conditions;
use crate::collect::record::RunManifest;
use crate::measurement::{Better, Directions};

/// Changes from `before` to `after`, for every metric that both have. `obstacle` is why the two
/// can't be compared, if they can't.
#[must_use]
pub fn changes(
    before: &IndexMap<String, Statistic>,
    after: &IndexMap<String, Statistic>,
    obstacle: Option<&str>,
    directions: &Directions,
) -> IndexMap<String, Change> {
    let both = after.iter().filter_map(|(name, after)| Some((name, before.get(name)?, after)));
    both.map(|(name, before, after)| {
        let better = directions.of(name, after.scope);
        (name.clone(), change(before, after, better, obstacle))
    })
    .collect()
}

/// The change of one metric from `before` to `after`.
#[must_use]
pub fn change(
    before: &Statistic,
    after: &Statistic,
    better: Option<Better>,
    obstacle: Option<&str>,
) -> Change {
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
        better,
        not_comparable: obstacle.map(str::to_owned),
    }
}

/// Why figures of two runs can't be compared; `None` if they can. Names everything that differs.
#[must_use]
pub fn obstacle(one: &RunManifest, other: &RunManifest) -> Option<String> {
    if one.run == other.run {
        return None;
    }
    let difference = Conditions::of(one).difference(&Conditions::of(other))?;
    Some(format!("measured in another run with another {difference}"))
}
