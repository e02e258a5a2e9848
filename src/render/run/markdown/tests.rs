//! The text as GitHub's Markdown reads it.

use comrak::{Arena, parse_document};

use super::*;
use crate::analyse::sample::Sample;
use crate::outcome::Outcome;
use crate::render::markdown::reader::{dialect, intruders, table_rows};

fn run(sample: &Sample) -> String {
    render(&sample.runs[0].manifest.run, &sample.summary(), &Options::default())
}

#[test]
fn a_run_is_what_it_looks_like() {
    let mut sample = Sample::default_matrix();
    let reason = "no server | <b>@octocat</b>\n# www.x.de";
    sample.end(0, "mysql/json/patched", Outcome::Unavailable, reason, Some("memgrid setup"));
    sample.end(0, "sqlite/xml/patched", Outcome::Failed, "exit status 1: `boom`", None);
    let (text, arena) = (run(&sample), Arena::new());
    let root = parse_document(&arena, &text, &dialect());
    assert_eq!(intruders(root), Vec::<String>::new());
    let rows = table_rows(root);
    let row = |id: &str| rows.iter().find(|row| row[0] == id).unwrap();
    assert_eq!(row("sqlite/json/patched")[1..4], ["ok", "51.6 MiB", "▼ −57%"]);
    assert_eq!(row("mysql/json/patched")[1..4], ["unavailable", "–", ""]);
    assert!(text.contains("## ❌ memgrid: incomplete"), "{text}");
    assert!(text.contains("18 cells: 16 ok, 1 failed, 1 unavailable"), "{text}");
    assert!(text.contains("; try `memgrid setup`"), "{text}");
    assert_eq!(row("machine").len(), 2);
}

#[test]
fn what_is_unavailable_is_only_minded_if_it_is_to_be() {
    let mut sample = Sample::default_matrix();
    sample.end(0, "mysql/json/patched", Outcome::Unavailable, "no server", None);
    assert!(run(&sample).contains("## ✅ memgrid: done"));
    let strict = Options { strict: true, ..Options::default() };
    let text = render("run", &sample.summary(), &strict);
    assert!(text.contains("## ❌ memgrid: incomplete"), "{text}");
}
