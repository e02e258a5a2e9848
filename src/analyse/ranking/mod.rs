//! The values of an axis as competitors: who is best, by how much, and whether that can be told.
//!
//! Cells that are equal but for the axis make a group, and each group has a ranking of its own.
//! Competitors share a rank unless a comparison would say that the one behind is worse than the
//! best of that rank; `docs/ranking.md` says why.

mod answers;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;

use super::change;
use super::compare::{Question, judge};
use super::comparison::Verdict;
use super::noise::NoiseFloors;
use super::summary::{CellSummary, Statistic, Summary};
use crate::collect::record::{AttemptRecord, RunManifest};
use crate::measurement::{Better, Directions, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;

pub use answers::Answers;

/// Version of a ranking's shape as JSON.
pub const SCHEMA: u32 = 1;

/// What is ranked, and by what.
#[derive(Clone, Copy, Debug)]
pub struct RankInput<'a> {
    /// The cells with their figures.
    pub summary: &'a Summary,
    /// The axis whose values compete.
    pub axis: &'a str,
    /// What they are ranked by.
    pub metric: &'a str,
    /// Which way metrics are better.
    pub directions: &'a Directions,
    /// Whether competitors must write the same bytes to be ranked.
    pub same_output: bool,
    /// What is normal on the machine, if that was measured.
    pub noise: Option<&'a NoiseFloors>,
}

/// All groups, each with its competitors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// The axis whose values compete.
    pub axis: String,
    /// What they are ranked by.
    pub metric: String,
    /// What that is, in one sentence, if the matrix file says so.
    pub description: Option<String>,
    /// Which way it is better.
    pub better: Better,
    /// In matrix order.
    pub groups: Vec<Group>,
}

/// Competitors that are equal but for the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// The values that they share, by axis; empty if the matrix has no other axis.
    pub shared: IndexMap<String, String>,
    /// Those that could be ranked, the best first.
    pub ranked: Vec<Ranked>,
    /// Those that could not, in matrix order.
    pub unranked: Vec<Unranked>,
    /// Whether they did the same work, as far as their output says.
    pub answers: Answers,
}

/// A competitor with its rank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranked {
    /// The cell.
    pub cell: CellId,
    /// Its value of the axis.
    pub value: String,
    /// From 1; those that can't be told apart share the rank of the best among them.
    pub rank: usize,
    /// Over its measured attempts.
    pub figure: Statistic,
    /// Its median divided by that of the first of the group; `None` if that is 0.
    pub of_best: Option<f64>,
    /// Its median as a share of the group's largest, from 0 to 1: the length of its bar.
    pub bar: f64,
    /// Who is the best of its rank, and why the two can't be told apart; `None` if it is that one.
    pub tie: Option<Tie>,
}

/// Why a competitor shares a rank.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Tie {
    /// The value of the best of the rank.
    pub with: String,
    /// Why there is no difference that can be told, in one sentence.
    pub reason: String,
}

/// A competitor without a rank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unranked {
    /// The cell.
    pub cell: CellId,
    /// Its value of the axis.
    pub value: String,
    /// How it ended; `None` if it never ran.
    pub outcome: Option<Outcome>,
    /// Why it has no rank.
    pub reason: String,
}

impl Ranking {
    /// Whether every competitor has a rank.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.groups.is_empty() && self.groups.iter().all(|group| group.unranked.is_empty())
    }

    /// The unit of its figures, if there is any.
    #[must_use]
    pub fn unit(&self) -> Option<&Unit> {
        self.groups.iter().flat_map(|group| &group.ranked).map(|it| &it.figure.unit).next()
    }
}

impl Group {
    /// Whether others have the same rank.
    #[must_use]
    pub fn is_shared(&self, rank: usize) -> bool {
        self.ranked.iter().filter(|it| it.rank == rank).count() > 1
    }
}

/// Ranks. `None` if nothing says which way the metric is better.
#[must_use]
pub fn rank(input: &RankInput<'_>) -> Option<Ranking> {
    let mut groups: IndexMap<Vec<(&str, &str)>, Vec<&CellSummary>> = IndexMap::new();
    for cell in input.summary.cells.iter().filter(|it| it.cell.value(input.axis).is_some()) {
        groups.entry(cell.cell.twin_key(input.axis)).or_default().push(cell);
    }
    let mut figures = groups.values().flatten().filter_map(|cell| cell.metrics.get(input.metric));
    let better = match figures.next() {
        Some(figure) => input.directions.of(input.metric, figure.scope)?,
        None => input.directions.of_name(input.metric)?,
    };
    let groups: Vec<_> = groups.into_iter().collect();
    let groups = groups.par_iter().map(|(shared, cells)| {
        let shared = shared.iter().map(|(axis, value)| ((*axis).to_owned(), (*value).to_owned()));
        group(input, better, shared.collect(), cells)
    });
    let (axis, metric) = (input.axis.to_owned(), input.metric.to_owned());
    Some(Ranking { axis, metric, description: None, better, groups: groups.collect() })
}

fn group(
    input: &RankInput<'_>,
    better: Better,
    shared: IndexMap<String, String>,
    cells: &[&CellSummary],
) -> Group {
    let (mut fit, mut unranked) = (Vec::new(), Vec::new());
    let newest = newest(input.summary, cells);
    let right = answers::right(input, cells);
    let mut unit = None;
    for cell in cells {
        let found = figure(input, cell)
            .and_then(|figure| comparable(input, cell, newest).map(|()| figure))
            .and_then(|figure| answers::check(right, cell).map(|()| figure))
            .and_then(|figure| in_unit(unit.get_or_insert(&figure.unit), figure));
        match found {
            Ok(figure) => fit.push((*cell, figure)),
            Err(reason) => unranked.push(Unranked {
                cell: cell.cell.id.clone(),
                value: value(input, cell),
                outcome: cell.outcome,
                reason,
            }),
        }
    }
    fit.sort_by(|(_, one), (_, other)| better.order(one.median, other.median));
    let answers = Answers::of(fit.iter().map(|(cell, _)| *cell));
    Group { shared, ranked: ranked(input, newest, &fit), unranked, answers }
}

/// Its figure, or why it has none.
fn figure<'a>(input: &RankInput<'_>, cell: &'a CellSummary) -> Result<&'a Statistic, String> {
    match cell.outcome {
        Some(Outcome::Ok) => {}
        None => return Err("it never ran".to_owned()),
        Some(outcome) => {
            let reason = cell.reason.as_ref().map(|reason| format!(": {reason}"));
            return Err(format!("{outcome}{}", reason.unwrap_or_default()));
        }
    }
    cell.metrics.get(input.metric).ok_or_else(|| match cell.unavailable.get(input.metric) {
        Some(why) => format!("it has no value: {why}"),
        None => "it has no value".to_owned(),
    })
}

/// The newest run that a competitor is from: the others must be comparable with it.
fn newest<'a>(summary: &'a Summary, cells: &[&CellSummary]) -> Option<&'a RunManifest> {
    let has = |run: &&RunManifest| cells.iter().any(|cell| cell.run.as_ref() == Some(&run.run));
    summary.runs.iter().map(AsRef::as_ref).find(has)
}

fn comparable(
    input: &RankInput<'_>,
    cell: &CellSummary,
    newest: Option<&RunManifest>,
) -> Result<(), String> {
    let run = cell.run.as_deref().and_then(|run| input.summary.run(run));
    let obstacle = newest.zip(run).and_then(|(newest, run)| change::obstacle(newest, run));
    obstacle.map_or(Ok(()), |obstacle| Err(format!("not comparable: {obstacle}")))
}

fn in_unit<'a>(unit: &Unit, figure: &'a Statistic) -> Result<&'a Statistic, String> {
    if figure.unit == *unit { Ok(figure) } else { Err("it is in another unit".to_owned()) }
}

/// `fit` are the competitors with their figures, the best first.
fn ranked(
    input: &RankInput<'_>,
    newest: Option<&RunManifest>,
    fit: &[(&CellSummary, &Statistic)],
) -> Vec<Ranked> {
    let largest = fit.iter().map(|(_, figure)| figure.median).fold(0.0, f64::max);
    let best = fit.first().map_or(0.0, |(_, figure)| figure.median);
    let mut ranked: Vec<Ranked> = Vec::with_capacity(fit.len());
    let mut leader = 0;
    for (place, (cell, figure)) in fit.iter().enumerate() {
        let tie = if place == 0 { None } else { tie(input, newest, fit[leader].0, cell) };
        if tie.is_none() {
            leader = place;
        }
        ranked.push(Ranked {
            cell: cell.cell.id.clone(),
            value: value(input, cell),
            rank: leader + 1,
            figure: (*figure).clone(),
            of_best: (best > 0.0).then(|| figure.median / best),
            bar: if largest > 0.0 { (figure.median / largest).clamp(0.0, 1.0) } else { 0.0 },
            tie,
        });
    }
    ranked
}

/// Why `cell` can't be told from the better `leader`; `None` if it is worse, as a comparison of
/// the two would say.
fn tie(
    input: &RankInput<'_>,
    newest: Option<&RunManifest>,
    leader: &CellSummary,
    cell: &CellSummary,
) -> Option<Tie> {
    let holds = |floors: &&NoiseFloors| newest.is_some_and(|run| floors.obstacle(run).is_none());
    let question = Question {
        cell: &cell.cell.id,
        name: input.metric,
        rule: None,
        obstacle: None,
        floors: input.noise.filter(holds),
        directions: input.directions,
    };
    let found = judge(&question, &measured(leader), &measured(cell)).metric;
    if found.verdict == Verdict::Regressed {
        return None;
    }
    Some(Tie { with: value(input, leader), reason: found.reason })
}

fn measured(cell: &CellSummary) -> Vec<&AttemptRecord> {
    let ok = |it: &&AttemptRecord| !it.warmup && it.outcome == Outcome::Ok;
    cell.attempts.iter().filter(ok).collect()
}

fn value(input: &RankInput<'_>, cell: &CellSummary) -> String {
    cell.cell.value(input.axis).unwrap_or_default().to_owned()
}
