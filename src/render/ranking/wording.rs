//! What all formats say alike of a ranking.

use indexmap::IndexMap;

use crate::analyse::ranking::{Answers, Group, Ranked, Ranking, Tie, Unranked};
use crate::analyse::summary::Statistic;
use crate::render::format;

/// A ranked competitor's fields.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::render) struct Row {
    /// `1`, or `=1` if others share it.
    pub(in crate::render) rank: String,
    pub(in crate::render) value: String,
    pub(in crate::render) median: String,
    pub(in crate::render) mean: String,
    /// A dash of a single attempt.
    pub(in crate::render) deviation: String,
    /// `100%`.
    pub(in crate::render) of_best: String,
    /// From 0 to 1.
    pub(in crate::render) bar: f64,
}

/// `method, by latency (less is better): time of an answer`.
pub(in crate::render) fn title(ranking: &Ranking) -> String {
    let metric = format::metric(&ranking.metric);
    let what = ranking.description.iter().map(|text| format!(": {text}")).collect::<String>();
    format!("{}, by {metric} ({}){what}", ranking.axis, ranking.better.in_words())
}

/// `input = small, size = 10`; `None` if there is no other axis.
pub(in crate::render) fn group_title(group: &Group) -> Option<String> {
    let shared = group.shared.iter().map(|(axis, value)| format!("{axis} = {value}"));
    let shared: Vec<_> = shared.collect();
    (!shared.is_empty()).then(|| shared.join(", "))
}

/// What the column of figures is of: `median of 5`, if all competitors have as many.
pub(in crate::render) fn figure_title(group: &Group) -> String {
    let mut counts = group.ranked.iter().map(|it| it.figure.count);
    match counts.next() {
        Some(first) if counts.all(|count| count == first) => format!("median of {first}"),
        _ => "median".to_owned(),
    }
}

pub(in crate::render) fn rows(group: &Group) -> Vec<Row> {
    group.ranked.iter().map(|it| row(group, it)).collect()
}

fn row(group: &Group, it: &Ranked) -> Row {
    let Statistic { unit, median, mean, standard_deviation, .. } = &it.figure;
    let sign = if group.is_shared(it.rank) { "=" } else { "" };
    let dash = || "–".to_owned();
    Row {
        rank: format!("{sign}{}", it.rank),
        value: it.value.clone(),
        median: format::precise(unit, *median),
        mean: format::precise(unit, *mean),
        deviation: standard_deviation.map_or_else(dash, |it| format::precise(unit, it)),
        of_best: it.of_best.map_or_else(dash, percent),
        bar: it.bar,
    }
}

/// `100%`, `104%`, `12.5 times` would be said of a change; a share of the best stays one.
fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent < 9.95 => format!("{percent:.1}%"),
        percent if percent < 999.5 => format!("{percent:.0}%"),
        percent => format!("{}%", format::thousands(percent.round() as i64)),
    }
}

/// Why competitors share a rank: a sentence for each reason for which some can't be told from the best
/// of it.
pub(in crate::render) fn ties(group: &Group) -> Vec<String> {
    let mut tied: IndexMap<&Tie, Vec<&str>> = IndexMap::new();
    for it in &group.ranked {
        if let Some(tie) = &it.tie {
            tied.entry(tie).or_default().push(&it.value);
        }
    }
    let sentence = |(tie, values): (&Tie, Vec<&str>)| {
        let (values, Tie { with, reason }) = (values.join(", "), tie);
        format!("no difference that can be told between {values} and {with}: {reason}")
    };
    tied.into_iter().map(sentence).collect()
}

/// Why a competitor has no rank.
pub(in crate::render) fn unranked_reason(it: &Unranked) -> String {
    format!("not ranked: {}", it.reason)
}

/// What a reader must know of the competitors' output; `None` if they all wrote the same.
pub(in crate::render) fn answers(group: &Group) -> Option<&'static str> {
    match group.answers {
        _ if group.ranked.len() < 2 => None,
        Answers::Same => None,
        Answers::Different => Some("they did not all write the same: is it the same work?"),
        Answers::Unchecked => {
            Some("not all sent a digest of what they wrote: nothing says that they are right")
        }
    }
}
