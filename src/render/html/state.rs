//! One state's page: what it is made of, and its patches.

use indexmap::IndexMap;
use serde::Serialize;

use super::names;
use super::overview::Overview;
use super::patch::PatchView;
use super::view::OutcomeView;
use crate::collect::record::{PatchRecord, StateRecord};
use crate::config::STATE_AXIS;

#[derive(Serialize)]
pub(super) struct StateView {
    root: &'static str,
    name: String,
    description: Option<String>,
    run: Option<String>,
    sources: Vec<SourceView>,
    cells: Vec<CellLink>,
}

#[derive(Serialize)]
struct SourceView {
    name: String,
    origin: String,
    commit: Option<String>,
    patches: Vec<PatchEntry>,
}

#[derive(Serialize)]
struct PatchEntry {
    subject: String,
    file: String,
    sha256: String,
    anchor: String,
    /// `None` if its text was not kept.
    patch: Option<PatchView>,
}

#[derive(Serialize)]
struct CellLink {
    id: String,
    href: String,
    outcome: OutcomeView,
}

pub(super) fn view(
    all: &Overview<'_>,
    name: &str,
    patches: &IndexMap<String, Vec<u8>>,
) -> StateView {
    let (run, record) = all.states.get(name).copied().unzip();
    let cells = all.summary.cells.iter().filter(|cell| cell.cell.value(STATE_AXIS) == Some(name));
    StateView {
        root: "../",
        name: name.to_owned(),
        description: record.and_then(|record| record.description.clone()),
        run: run.map(|run| run.run.clone()),
        sources: record.map(|record| sources(record, patches)).unwrap_or_default(),
        cells: cells
            .map(|cell| CellLink {
                id: cell.cell.id.to_string(),
                href: format!("../{}", names::cell_page(&cell.cell.id)),
                outcome: OutcomeView::new(cell.outcome),
            })
            .collect(),
    }
}

fn sources(record: &StateRecord, patches: &IndexMap<String, Vec<u8>>) -> Vec<SourceView> {
    let sources = record.sources.iter().enumerate();
    sources
        .map(|(position, (name, source))| SourceView {
            name: name.clone(),
            origin: source.origin.clone(),
            commit: source.commit.clone(),
            patches: source
                .patches
                .iter()
                .enumerate()
                .map(|(number, record)| {
                    entry(record, format!("patch-{position}-{number}"), patches)
                })
                .collect(),
        })
        .collect()
}

fn entry(record: &PatchRecord, anchor: String, patches: &IndexMap<String, Vec<u8>>) -> PatchEntry {
    let text = patches.get(&record.sha256).map(|content| String::from_utf8_lossy(content));
    PatchEntry {
        subject: record.subject.clone(),
        file: record.name.clone(),
        sha256: record.sha256.clone(),
        anchor,
        patch: text.map(|text| PatchView::parse(&text)),
    }
}
