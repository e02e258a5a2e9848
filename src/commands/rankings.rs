//! Ranks the values of an axis from a summary: what `run`, `compare --rank` and the index do alike.

use indexmap::IndexSet;

use crate::analyse::ranking::Ranking;
use crate::analyse::summary::Summary;
use crate::analyse::{NoiseFloors, RankInput, rank};
use crate::collect::noise;
use crate::config::{Config, Rank};
use crate::error::Result;

/// The rankings that the matrix file asks for; none if it asks for none, or nothing was measured
/// that they could be of.
///
/// # Errors
/// When a calibration of the machine is there and can't be read.
pub(super) fn declared(config: &Config, summary: &Summary) -> Result<Vec<Ranking>> {
    let Some(Rank { axis, metrics }) = &config.compare.rank else { return Ok(Vec::new()) };
    let mut rankings = of(config, summary, axis, metrics)?;
    rankings.retain(|ranking| ranking.groups.iter().any(|group| !group.ranked.is_empty()));
    Ok(rankings)
}

/// What any axis can be looked at by, beside what the matrix file ranks by.
const BROWSED: [&str; 3] = ["peak_rss", "wall_time", "cpu_time"];

/// Rankings of every axis with several values, by what people look for; for the index.
///
/// # Errors
/// When a calibration of the machine is there and can't be read.
pub(super) fn browsed(config: &Config, summary: &Summary) -> Result<Vec<Ranking>> {
    let known = |name: &String| summary.cells.iter().any(|cell| cell.metrics.contains_key(name));
    let wanted: IndexSet<String> =
        config.ranked_by().into_iter().chain(BROWSED.map(str::to_owned)).filter(known).collect();
    let metrics = Vec::from_iter(wanted);
    let axes = summary.axes.iter().filter(|(_, values)| values.len() > 1);
    let rankings = axes.map(|(axis, _)| of(config, summary, axis, &metrics));
    Ok(rankings.collect::<Result<Vec<_>>>()?.concat())
}

/// Rankings of the values of `axis`, by each of `metrics` of which it is known which way it is better.
///
/// # Errors
/// When a calibration of the machine is there and can't be read.
pub(super) fn of(
    config: &Config,
    summary: &Summary,
    axis: &str,
    metrics: &[String],
) -> Result<Vec<Ranking>> {
    let directions = config.directions();
    let noise = floors(config, summary)?;
    let rankings = metrics.iter().filter_map(|metric| {
        rank(&RankInput {
            summary,
            axis,
            metric,
            directions: &directions,
            same_output: must_agree(config, axis),
            noise: noise.as_ref(),
        })
    });
    let described = |ranking: Ranking| {
        let declared = config.metrics.get(&ranking.metric);
        Ranking { description: declared.and_then(|it| it.description.clone()), ..ranking }
    };
    Ok(rankings.map(described).collect())
}

/// Whether the values of `axis` were declared to do the same work. Of an axis that someone only
/// looks along, such as one of formats, nobody knows.
fn must_agree(config: &Config, axis: &str) -> bool {
    let compare = &config.compare;
    let ranked = compare.rank.as_ref().is_some_and(|rank| rank.axis == axis);
    compare.same_output && (ranked || compare.axis.as_deref() == Some(axis))
}

/// Of the machine that the newest figures are from.
fn floors(config: &Config, summary: &Summary) -> Result<Option<NoiseFloors>> {
    summary.runs.first().map_or(Ok(None), |run| noise::get(&config.reports, &run.machine.id))
}
