//! One run's page: all that it depended on, and what is different from the run before.

use std::collections::HashSet;

use serde::Serialize;

use super::overview::Overview;
use super::patch::FileView;
use super::source_change::SourceView;
use super::view::{OutcomeCount, OutcomeView, RunView};
use super::{Material, RunPage, names};
use crate::collect::Conditions;
use crate::collect::record::RunManifest;
use crate::plan::CellId;
use crate::render::details::{self, Changed};
use crate::render::facts::Fact;
use crate::render::format;

/// Cells that are listed of those that came or went.
const LISTED: usize = 50;

#[derive(Serialize)]
pub(super) struct RunPageView {
    root: &'static str,
    run: RunView,
    took: Option<String>,
    command: String,
    /// What is another in every run.
    own: Vec<Fact>,
    groups: Vec<GroupView>,
    outcomes: Vec<OutcomeCount>,
    before: Option<BeforeView>,
    /// Cells whose newest result is from it.
    cells: Vec<CellLink>,
}

#[derive(Serialize)]
struct GroupView {
    heading: &'static str,
    facts: Vec<Fact>,
}

#[derive(Serialize)]
struct CellLink {
    id: String,
    href: String,
    outcome: OutcomeView,
}

/// The run before, and how this one differs from it.
#[derive(Serialize)]
struct BeforeView {
    id: String,
    href: String,
    name: Option<String>,
    /// Why figures of the two can't be compared: `another machine`.
    obstacle: Option<String>,
    groups: Vec<ChangedGroup>,
    came: CellsView,
    went: CellsView,
    sources: Vec<SourceView>,
    /// How the matrix file changed.
    matrix: Option<FileView>,
}

#[derive(Serialize)]
struct ChangedGroup {
    heading: &'static str,
    facts: Vec<ChangedView>,
}

#[derive(Serialize)]
struct ChangedView {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct CellsView {
    count: usize,
    listed: Vec<String>,
    more: usize,
}

pub(super) fn view(all: &Overview<'_>, material: &Material, page: &RunPage) -> RunPageView {
    let run = &page.manifest;
    let took = run.finished.map(|end| end.duration_since(run.started).as_secs_f64());
    let known = material.past.runs.iter().find(|past| past.run == run.run);
    let outcomes = known.map(|past| &past.outcomes).into_iter().flatten();
    let cells = all.summary.cells.iter();
    RunPageView {
        root: "../",
        run: RunView::new(run, "../"),
        took: took.map(format::seconds),
        command: format::shell(
            std::iter::once("memgrid").chain(run.arguments.iter().map(String::as_str)),
        ),
        own: vec![
            Fact::new("load before", format!("{:.2}", run.machine.load)),
            Fact::new("seed of the order", run.measure.seed.to_string()),
        ],
        groups: details::of_run(run)
            .into_iter()
            .filter(|group| !group.facts.is_empty())
            .map(|group| GroupView { heading: group.heading, facts: group.facts })
            .collect(),
        outcomes: outcomes
            .map(|(outcome, count)| OutcomeCount::new(Some(*outcome), u64::from(*count)))
            .collect(),
        before: page.before.as_ref().map(|before| before_view(all, material, page, before)),
        cells: cells
            .filter(|cell| cell.run.as_deref() == Some(run.run.as_str()))
            .map(|cell| CellLink {
                id: cell.cell.id.to_string(),
                href: format!("../{}", names::cell_page(&cell.cell.id)),
                outcome: OutcomeView::new(cell.outcome),
            })
            .collect(),
    }
}

fn before_view(
    all: &Overview<'_>,
    material: &Material,
    page: &RunPage,
    earlier: &RunPage,
) -> BeforeView {
    let (before, after) = (&earlier.manifest, &page.manifest);
    let obstacle = Conditions::of(before).difference(&Conditions::of(after));
    let mut groups: Vec<ChangedGroup> = Vec::new();
    for Changed { group, name, before, after } in details::changes(before, after) {
        let fact = ChangedView { name, before, after };
        match groups.last_mut().filter(|last| last.heading == group) {
            Some(last) => last.facts.push(fact),
            None => groups.push(ChangedGroup { heading: group, facts: vec![fact] }),
        }
    }
    BeforeView {
        id: before.run.clone(),
        href: all.run_href(&before.run, "../"),
        name: before.name.clone(),
        obstacle: obstacle.map(|what| format!("another {what}")),
        groups,
        came: only_in(after, before),
        went: only_in(before, after),
        sources: sources(material, before, after),
        matrix: FileView::between("matrix.toml", &earlier.matrix, &page.matrix),
    }
}

fn only_in(one: &RunManifest, other: &RunManifest) -> CellsView {
    let known: HashSet<&CellId> = other.cells.iter().collect();
    let only: Vec<_> = one.cells.iter().filter(|cell| !known.contains(cell)).collect();
    let listed: Vec<_> = only.iter().take(LISTED).map(|cell| cell.to_string()).collect();
    CellsView { count: only.len(), more: only.len() - listed.len(), listed }
}

/// The commits between the two, as far as a cell's page over runs tells them.
fn sources(material: &Material, before: &RunManifest, after: &RunManifest) -> Vec<SourceView> {
    let all = material.past.trends.values().flat_map(|trends| &trends.changes);
    let between = all.filter(|change| change.since == before.run && change.run == after.run);
    let mut told = HashSet::new();
    between
        .filter(|change| told.insert((&change.source, change.before.label(), change.after.label())))
        .map(SourceView::new)
        .collect()
}
