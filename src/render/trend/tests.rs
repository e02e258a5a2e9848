//! A trend as a person and as a program reads it.

use indexmap::IndexMap;

use super::*;
use crate::analyse::summary::{Change, Statistic};
use crate::analyse::trend::{SourceChange, Step, Trend};
use crate::measurement::{Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;
use crate::prepare::source::CommitInfo;
use crate::render::terminal::Look;

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
    });
    let change = figure.as_ref().filter(|_| day > 18).map(|figure| Change {
        before: figure.median,
        after: figure.median,
        ratio,
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

fn trend() -> (Trend, Vec<SourceHistory>) {
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

#[test]
fn it_reads_well_without_colour() {
    let (trend, changes) = trend();
    let table = table(&trend, &changes, Look { color: false, width: Some(140) });
    insta::assert_snapshot!(table);
}

#[test]
fn colour_only_adds_colour() {
    let (trend, changes) = trend();
    let of = |color| table(&trend, &changes, Look { color, width: None });
    assert!(!of(false).contains('\u{1b}') && of(true).contains('\u{1b}'));
    let stripped = anstream::adapter::strip_str(&of(true)).to_string();
    assert_eq!(stripped.replace(' ', ""), of(false).replace(' ', ""));
}

#[test]
fn json_has_every_run_and_what_changed() {
    let (trend, changes) = trend();
    let json = serde_json::to_value(document(&trend, &changes)).unwrap();
    assert_eq!(json["runs"].as_array().unwrap().len(), 5);
    assert_eq!(json["runs"][3]["figure"]["median"], 121.0 * MIB);
    assert_eq!(json["runs"][4]["change"]["not_comparable"], "another machine");
    assert_eq!(json["changes"][0]["commits"]["added"]["count"], 40);
    assert_eq!(json["changes"][1]["unknown"], "the cache has no clone");
}
