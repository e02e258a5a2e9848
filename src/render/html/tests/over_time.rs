//! The pages over runs.

use super::*;
use crate::history::PastRun;
use crate::render::trend::sample::trend;

/// A past in which everything that somebody else wrote is `text`.
pub(super) fn past(text: &str) -> Past {
    let (mut trend, mut changes) = trend();
    for step in &mut trend.steps {
        step.name = Some(text.to_owned());
    }
    for change in &mut changes {
        change.source = text.to_owned();
        change.before.origin = text.to_owned();
        change.unknown = Some(text.to_owned());
        for commit in change.commits.iter_mut().flat_map(|commits| &mut commits.added.listed) {
            commit.subject = text.to_owned();
            commit.author = format!("{text} <a@example.org>");
        }
    }
    let run = |step: &crate::analyse::trend::Step| PastRun {
        run: step.run.clone(),
        name: step.name.clone(),
        started: step.started,
        finished: None,
        memgrid: "0.1.0".to_owned(),
        outcomes: [(Outcome::Ok, 17), (Outcome::Failed, 1)].into(),
    };
    Past {
        runs: trend.steps.iter().rev().map(run).collect(),
        count: 143,
        trends: [(
            trend.cell.clone(),
            CellTrends { trends: vec![trend], others: Vec::new(), changes },
        )]
        .into(),
    }
}

#[test]
fn a_cell_that_was_measured_before_has_a_page_over_time() {
    let site = Site::new("over-time");
    let sample = Sample::default_matrix();
    let mut material = material(&sample);
    material.past = past("a night's work");
    let rendered = site.render(&sample, &material);
    assert_eq!(rendered.files, 4 + 18 + 1 + 2 + 2 + 2 * 18 + 9 + 1);
    let page = site.read("trends/sqlite-json-patched.html");
    assert_eq!((page.matches("<circle").count(), page.matches("×").count()), (4, 1), "{page}");
    for text in ["121 MiB", "+135%", "another machine", "2222222222", "and 38 more", "Its patches"]
    {
        assert!(page.contains(text), "{text}:\n{page}");
    }
    let history = site.read("history.html");
    assert!(history.contains("143 runs; the newest 5 are listed"), "{history}");
    assert!(history.contains("href=\"trends/sqlite-json-patched.html\""));
    let linked = |cell: &str| site.read(&format!("cells/{cell}.html")).contains("over time");
    assert!(linked("sqlite-json-patched") && !linked("sqlite-xml-patched"));
    material.past = Past::default();
    site.render(&sample, &material);
    assert!(!site.path.join("trends/sqlite-json-patched.html").exists());
}
