//! One state's page: what it is made of, its patches, and why they could not be applied if so.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::names;
use super::overview::Overview;
use super::patch::PatchView;
use super::view::OutcomeView;
use crate::collect::record::{PatchRecord, StateRecord};
use crate::config::STATE_AXIS;
use crate::outcome::Outcome;

#[derive(Serialize)]
pub(super) struct StateView {
    root: &'static str,
    name: String,
    description: Option<String>,
    run: Option<String>,
    run_href: Option<String>,
    /// Whether that run could not have it.
    refused: bool,
    /// Why its patches could not be applied.
    troubles: IndexSet<String>,
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
    label: Option<String>,
    file: String,
    sha256: String,
    anchor: String,
    /// Whether it is the one that could not be applied.
    failed: bool,
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
    let failed = cells.clone().filter(|cell| cell.outcome == Some(Outcome::PatchFailed));
    let troubles: IndexSet<String> = failed.filter_map(|cell| cell.reason.clone()).collect();
    let material = Patches { texts: patches, troubles: &troubles };
    StateView {
        root: "../",
        name: name.to_owned(),
        description: record.and_then(|record| record.description.clone()),
        run: run.map(|run| run.run.clone()),
        run_href: run.map(|run| all.run_href(&run.run, "../")),
        refused: run.is_some_and(|run| run.refused.contains_key(name)),
        sources: record.map(|record| sources(record, &material)).unwrap_or_default(),
        cells: cells
            .map(|cell| CellLink {
                id: cell.cell.id.to_string(),
                href: format!("../{}", names::cell_page(&cell.cell.id)),
                outcome: OutcomeView::new(cell.outcome),
            })
            .collect(),
        troubles,
    }
}

/// What is known of patches.
struct Patches<'a> {
    /// Their texts by SHA-256.
    texts: &'a IndexMap<String, Vec<u8>>,
    /// Why one of them could not be applied.
    troubles: &'a IndexSet<String>,
}

fn sources(record: &StateRecord, patches: &Patches<'_>) -> Vec<SourceView> {
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

fn entry(record: &PatchRecord, anchor: String, patches: &Patches<'_>) -> PatchEntry {
    let text = patches.texts.get(&record.sha256).map(|content| String::from_utf8_lossy(content));
    let mut patch = text.map(|text| PatchView::parse(&text));
    // A reason begins with the name of the patch that it is about.
    let own = patches
        .troubles
        .iter()
        .find_map(|trouble| trouble.strip_prefix(record.name.as_str())?.strip_prefix(": "));
    if let Some((patch, reason)) = patch.as_mut().zip(own) {
        patch.mark_failed(reason);
    }
    PatchEntry {
        subject: record.subject.clone(),
        label: record.label.clone(),
        file: record.name.clone(),
        sha256: record.sha256.clone(),
        anchor,
        failed: own.is_some(),
        patch,
    }
}
