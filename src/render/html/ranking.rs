//! Rankings: a page for each axis and metric, and on the index those that the matrix asks for.

use serde::Serialize;

use super::names;
use crate::analyse::ranking::{Group, Ranking};
use crate::render::format;
use crate::render::ranking as wording;

/// With more competitors than this the index only links to a ranking.
const MOST_ON_INDEX: usize = 60;

#[derive(Serialize)]
pub(super) struct RankingView {
    root: &'static str,
    axes: Vec<Choice>,
    metrics: Vec<Choice>,
    ranking: RankingPart,
}

/// A ranking as it stands on any page.
#[derive(Serialize)]
pub(super) struct RankingPart {
    title: String,
    axis: String,
    href: String,
    groups: Vec<GroupView>,
    /// Competitors, if they are too many to stand here.
    left_out: Option<usize>,
}

#[derive(Serialize)]
struct GroupView {
    heading: Option<String>,
    figure: String,
    rows: Vec<RowView>,
    unranked: Vec<UnrankedView>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct RowView {
    rank: String,
    first: bool,
    value: String,
    href: String,
    median: String,
    mean: String,
    deviation: String,
    of_best: String,
    /// Its length in percent of the longest.
    bar: String,
}

#[derive(Serialize)]
struct UnrankedView {
    value: String,
    href: String,
    reason: String,
}

/// Another ranking that can be looked at.
#[derive(Serialize)]
pub(super) struct Choice {
    name: String,
    href: String,
    current: bool,
}

/// The page of one of `rankings`.
pub(super) fn view(rankings: &[Ranking], shown: &Ranking) -> RankingView {
    RankingView {
        root: "../",
        axes: choices(rankings, "../", Some(shown)),
        metrics: rankings
            .iter()
            .filter(|it| it.axis == shown.axis)
            .map(|it| Choice {
                name: format::metric(&it.metric),
                href: format!("../{}", page(it)),
                current: it.metric == shown.metric,
            })
            .collect(),
        ranking: part(shown, "../", usize::MAX),
    }
}

/// A ranking for each axis: of the metric that is shown, or else the first one.
pub(super) fn choices(rankings: &[Ranking], root: &str, shown: Option<&Ranking>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for it in rankings {
        let other = shown.is_some_and(|shown| shown.metric != it.metric);
        if other || choices.iter().any(|choice| choice.name == it.axis) {
            continue;
        }
        choices.push(Choice {
            name: it.axis.clone(),
            href: format!("{root}{}", page(it)),
            current: shown.is_some_and(|shown| shown.axis == it.axis),
        });
    }
    choices
}

/// What the index shows of one.
pub(super) fn on_index(ranking: &Ranking) -> RankingPart {
    part(ranking, "", MOST_ON_INDEX)
}

/// A ranking's page, relative to the reports folder.
pub(super) fn page(ranking: &Ranking) -> String {
    names::ranking_page(&ranking.axis, &ranking.metric)
}

fn part(ranking: &Ranking, root: &str, most: usize) -> RankingPart {
    let competitors = ranking.groups.iter().map(|it| it.ranked.len() + it.unranked.len()).sum();
    let groups = if competitors > most { &[] } else { ranking.groups.as_slice() };
    RankingPart {
        title: wording::title(ranking),
        axis: ranking.axis.clone(),
        href: format!("{root}{}", page(ranking)),
        groups: groups.iter().map(|it| group(it, root)).collect(),
        left_out: (competitors > most).then_some(competitors),
    }
}

fn group(group: &Group, root: &str) -> GroupView {
    let href = |cell| format!("{root}{}", names::cell_page(cell));
    let rows = wording::rows(group).into_iter().zip(&group.ranked);
    let rows = rows.map(|(row, it)| RowView {
        first: it.rank == 1,
        rank: row.rank,
        value: row.value,
        href: href(&it.cell),
        median: row.median,
        mean: row.mean,
        deviation: row.deviation,
        of_best: row.of_best,
        bar: format!("{:.1}", row.bar * 100.0),
    });
    let unranked = group.unranked.iter().map(|it| UnrankedView {
        value: it.value.clone(),
        href: href(&it.cell),
        reason: wording::unranked_reason(it),
    });
    let notes = wording::ties(group).into_iter();
    GroupView {
        heading: wording::group_title(group),
        figure: wording::figure_title(group),
        rows: rows.collect(),
        unranked: unranked.collect(),
        notes: notes.chain(wording::answers(group).map(str::to_owned)).collect(),
    }
}
