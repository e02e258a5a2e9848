//! How one metric of a cell went from run to run, and what changed in between.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use super::summary::{Change, Statistic};
use crate::history::{PastSource, TrendPoint};
use crate::measurement::{Better, Directions};
use crate::outcome::Outcome;
use crate::plan::CellId;

/// One metric of a cell over runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// The cell.
    pub cell: CellId,
    /// The metric.
    pub metric: String,
    /// The cell's runs, oldest first.
    pub steps: Vec<Step>,
}

/// A cell in one run, and what it was one run before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The run.
    pub run: String,
    /// The name that it was given.
    pub name: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// How the cell ended; `None` if the run was killed before that was known.
    pub outcome: Option<Outcome>,
    /// The metric over the measured attempts.
    pub figure: Option<Statistic>,
    /// Against the newest run before it that has a figure.
    pub change: Option<Change>,
    /// What the cell's state consisted of, by source.
    pub sources: IndexMap<String, PastSource>,
    /// Sources that were others in the newest run before it in which they are known, by name.
    pub changed: IndexMap<String, SourceChange>,
}

/// A source in two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceChange {
    /// The earlier run.
    pub since: String,
    /// What the source was there.
    pub before: PastSource,
    /// What it is now.
    pub after: PastSource,
}

impl Trend {
    /// From what history knows, newest first, and which way metrics are better.
    #[must_use]
    pub fn new(
        cell: CellId,
        metric: &str,
        newest_first: &[TrendPoint],
        directions: &Directions,
    ) -> Self {
        let mut steps: Vec<Step> = Vec::with_capacity(newest_first.len());
        // The last points that had a figure, and that had sources.
        let (mut measured, mut known): (Option<(&TrendPoint, Statistic)>, Option<&TrendPoint>) =
            (None, None);
        for point in newest_first.iter().rev() {
            let figure = statistic(point);
            steps.push(Step {
                run: point.run.clone(),
                name: point.name.clone(),
                started: point.started,
                outcome: point.outcome,
                change: measured.as_ref().zip(figure.as_ref()).map(|((earlier, before), after)| {
                    change(earlier, before, point, after, directions.of(metric, after.scope))
                }),
                figure: figure.clone(),
                sources: point.sources.as_ref().clone(),
                changed: known.map(|earlier| changed(earlier, point)).unwrap_or_default(),
            });
            measured = figure.map(|figure| (point, figure)).or(measured);
            known = (!point.sources.is_empty()).then_some(point).or(known);
        }
        Self { cell, metric: metric.to_owned(), steps }
    }

    /// The steps that have a figure.
    pub fn measured(&self) -> impl DoubleEndedIterator<Item = (&Step, &Statistic)> {
        self.steps.iter().filter_map(|step| Some((step, step.figure.as_ref()?)))
    }
}

fn statistic(point: &TrendPoint) -> Option<Statistic> {
    let figure = point.figure.as_ref()?;
    Statistic::of(figure.unit.clone(), figure.scope, figure.values.iter().copied())
}

fn change(
    earlier: &TrendPoint,
    before: &Statistic,
    point: &TrendPoint,
    after: &Statistic,
    better: Option<Better>,
) -> Change {
    let obstacle = earlier.conditions.difference(&point.conditions);
    super::change::change(
        before,
        after,
        better,
        obstacle.map(|what| format!("another {what}")).as_deref(),
    )
}

/// Sources that both runs have and that differ.
fn changed(earlier: &TrendPoint, point: &TrendPoint) -> IndexMap<String, SourceChange> {
    let both = point.sources.iter().filter_map(|(name, after)| {
        let before = earlier.sources.get(name).filter(|before| *before != after)?;
        let (since, before, after) = (earlier.run.clone(), before.clone(), after.clone());
        Some((name.clone(), SourceChange { since, before, after }))
    });
    both.collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::collect::Conditions;
    use crate::collect::sample::{cell, manifest};
    use crate::history::Figure;
    use crate::measurement::{Scope, Unit};

    fn point(minute: i64, values: &[f64], revision: Option<&str>) -> TrendPoint {
        let manifest = manifest(&["a/x"], minute, true);
        let figure = Figure { unit: Unit::Bytes, scope: Scope::Tree, values: values.to_vec() };
        let source = |revision: &str| PastSource {
            origin: "/srv/django".to_owned(),
            revision: Some(revision.to_owned()),
            patches: vec![],
        };
        let sources = revision.map(|revision| ("subject".to_owned(), source(revision)));
        TrendPoint {
            run: format!("run {minute}"),
            name: None,
            started: manifest.started,
            outcome: Some(if values.is_empty() { Outcome::Failed } else { Outcome::Ok }),
            figure: Some(figure).filter(|_| !values.is_empty()),
            sources: Arc::new(sources.into_iter().collect()),
            conditions: Arc::new(Conditions::of(&manifest)),
        }
    }

    fn trend(mut oldest_first: Vec<TrendPoint>) -> Trend {
        oldest_first.reverse();
        Trend::new(cell("a/x"), "peak_rss", &oldest_first, &Directions::default())
    }

    #[test]
    fn a_change_is_against_the_last_run_that_has_a_figure() {
        let trend = trend(vec![
            point(1, &[90.0, 100.0, 400.0], None),
            point(2, &[], None),
            point(3, &[150.0], None),
        ]);
        let changes: Vec<_> =
            trend.steps.iter().map(|step| step.change.as_ref().and_then(|c| c.ratio)).collect();
        assert_eq!(changes, [None, None, Some(1.5)]);
        assert_eq!(trend.measured().map(|(_, figure)| figure.count).collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn another_machine_is_no_change() {
        let mut other = point(2, &[200.0], None);
        other.conditions =
            Arc::new(Conditions { machine: "other".to_owned(), ..(*other.conditions).clone() });
        let trend = trend(vec![point(1, &[100.0], None), other]);
        let change = trend.steps[1].change.as_ref().unwrap();
        assert_eq!(
            (change.ratio, change.not_comparable.as_deref()),
            (None, Some("another machine"))
        );
    }

    #[test]
    fn a_source_changes_against_the_last_run_in_which_it_is_known() {
        let trend = trend(vec![
            point(1, &[1.0], Some("aaa")),
            point(2, &[], None),
            point(3, &[1.0], Some("bbb")),
            point(4, &[1.0], Some("bbb")),
        ]);
        let changed: Vec<_> = trend.steps.iter().map(|step| step.changed.len()).collect();
        assert_eq!(changed, [0, 0, 1, 0]);
        let change = &trend.steps[2].changed["subject"];
        assert_eq!(
            (change.since.as_str(), change.before.revision.as_deref()),
            ("run 1", Some("aaa"))
        );
    }

    #[test]
    fn no_runs_are_no_trend() {
        assert!(trend(vec![]).steps.is_empty());
    }
}
