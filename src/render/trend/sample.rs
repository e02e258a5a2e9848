//! A trend with all that can happen between runs, for tests.

use indexmap::IndexMap;

use super::{Lying, SourceHistory};
use crate::analyse::summary::{Change, Statistic};
use crate::analyse::trend::{SourceChange, Step, Trend};
use crate::history::PastSource;
use crate::measurement::{Better, Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;
use crate::prepare::source::{CommitInfo, Commits};

const MIB: f64 = 1024.0 * 1024.0;

fn source(revision: char) -> PastSource {
    let revision = revision.to_string().repeat(40);
    PastSource { origin: "/srv/django".into(), revision: Some(revision), patches: vec![] }
}

fn step(day: u32, median: Option<f64>, ratio: Option<f64>, revision: char) -> Step {
    let figure = median.map(|median| Statistic {
        unit: Unit::Bytes,
        scope: Scope::Tree,
        count: 3,
        median: median * MIB,
        min: (median - 0.2) * MIB,
        max: (median + 0.3) * MIB,
        mean: median * MIB,
        standard_deviation: Some(0.25 * MIB),
    });
    let change = figure.as_ref().filter(|_| day > 18).map(|figure| Change {
        before: figure.median,
        after: figure.median,
        ratio,
        better: Some(Better::Lower),
        not_comparable: ratio.is_none().then(|| "another machine".to_owned()),
    });
    Step {
        run: format!("202611{day}-020000-3f9a"),
        name: (day == 20).then(|| "night".to_owned()),
        started: format!("2026-11-{day}T02:00:00Z").parse().unwrap(),
        outcome: Some(if figure.is_some() { Outcome::Ok } else { Outcome::Failed }),
        figure,
        change,
        sources: IndexMap::from([("subject".to_owned(), source(revision))]),
        changed: IndexMap::new(),
    }
}

/// Five runs of a cell: one failed, one after two commits, one on another machine.
pub(crate) fn trend() -> (Trend, Vec<SourceHistory>) {
    let steps = vec![
        step(18, Some(51.6), None, 'a'),
        step(19, Some(51.4), Some(0.996), 'a'),
        step(20, None, None, 'b'),
        step(21, Some(121.0), Some(2.35), 'b'),
        step(22, Some(60.0), None, 'b'),
    ];
    let commit = |number: usize| CommitInfo {
        commit: format!("{number}").repeat(40),
        subject: format!("Change \u{1b}[31mnumber {number}"),
        author: "A. Author <a@example.org>".to_owned(),
        date: "2026-11-19T12:00:00+01:00".to_owned(),
    };
    let change = SourceChange {
        since: "20261119-020000-3f9a".into(),
        before: source('a'),
        after: PastSource { patches: vec!["p".into()], ..source('b') },
    };
    let history = SourceHistory {
        run: "20261120-020000-3f9a".into(),
        since: change.since,
        source: "subject".into(),
        before: change.before,
        after: change.after,
        commits: Some(Lying {
            added: Commits { listed: vec![commit(2), commit(1)], count: 40 },
            gone: Commits { listed: vec![commit(3)], count: 1 },
        }),
        unknown: None,
    };
    let unknown = SourceHistory {
        commits: None,
        unknown: Some("the cache has no clone".into()),
        ..history.clone()
    };
    let cell = CellId::from_values(["sqlite", "json", "patched"]);
    (Trend { cell, metric: "peak_rss".into(), steps }, vec![history, unknown])
}
