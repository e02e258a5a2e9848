//! What each page is made from, as a fingerprint. A page is made again when its fingerprint is
//! another than that of the page that is there; so whatever a view can get at must be part of it.
//! That is ensured by what a view is given: the whole of the summary and the material, or the
//! parts of both that [`Inputs::field`] and [`Inputs::trend`] take in.

use std::collections::HashMap;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;

use super::overview::Overview;
use super::templates::Templates;
use super::{Logs, Material, Past};
use crate::analyse::summary::{CellSummary, Summary};
use crate::error::{Error, Result};
use crate::fingerprint::{Fingerprint, sha256};
use crate::plan::CellId;

/// Fingerprints of the parts that pages are made from.
pub(super) struct Inputs {
    /// What readings are written with.
    base: Fingerprint,
    /// What pages are written with: this build, and the templates.
    pages: Fingerprint,
    all: String,
    cells: HashMap<CellId, String>,
    /// In the summary's order.
    runs: IndexMap<String, String>,
}

impl Inputs {
    pub(super) fn new(
        all: &Overview<'_>,
        material: &Material,
        templates: &Templates,
        build: &str,
    ) -> Result<Self> {
        let Summary { axes, baseline, cells, runs } = all.summary;
        let looks: Vec<&str> = all.twin_values.iter().copied().collect();
        let states: Vec<&str> = all.state_pages.iter().copied().collect();
        let frame = digest(&(axes, baseline, looks, states))?;
        let base = Fingerprint::of("index").part(build).part(frame);
        let pages = base.clone().part(templates.fingerprint());
        let cells: HashMap<_, _> = cells
            .par_iter()
            .map(|cell| Ok((cell.cell.id.clone(), digest(&without_curves(cell))?)))
            .collect::<Result<_>>()?;
        let runs: IndexMap<_, _> = runs
            .iter()
            .map(|run| Ok((run.run.clone(), digest(run.as_ref())?)))
            .collect::<Result<_>>()?;
        let mut whole = pages.clone().part(digest(material)?);
        for cell in &all.summary.cells {
            whole = whole.part(&cells[&cell.cell.id]);
        }
        for run in &all.summary.runs {
            whole = whole.part(&runs[&run.run]);
        }
        Ok(Self { base, pages, all: whole.hex(), cells, runs })
    }

    /// Of a page that is made from everything.
    pub(super) fn whole(&self) -> String {
        self.all.clone()
    }

    /// Of a page about one of a field's cells; its pages are made from the [part](part_of) with all
    /// of them, and this page from `material` too.
    pub(super) fn field(
        &self,
        cells: &[&CellSummary],
        cell: &CellId,
        material: &Material,
    ) -> Result<String> {
        let page = self.pages.clone().part(cell.as_str()).part(digest(material)?);
        Ok(self.part(page, cells))
    }

    /// Of a cell's readings, which are made from the cell and its run alone.
    pub(super) fn readings(&self, cell: &CellSummary) -> String {
        self.part(self.base.clone().part(cell.cell.id.as_str()), &[cell])
    }

    /// Of a cell's page over runs, which shows `linked` beside the material.
    pub(super) fn trend(&self, material: &Material, linked: &impl Serialize) -> Result<String> {
        Ok(self.pages.clone().part(digest(material)?).part(digest(linked)?).hex())
    }

    fn part(&self, mut page: Fingerprint, cells: &[&CellSummary]) -> String {
        for cell in cells {
            page = page.part(self.cells.get(&cell.cell.id).map_or("", String::as_str));
        }
        let used = |run: &String| cells.iter().any(|cell| is_from(cell, run));
        for (_, digest) in self.runs.iter().filter(|(run, _)| used(run)) {
            page = page.part(digest);
        }
        page.hex()
    }
}

/// Whether any of a cell's results is from `run`.
fn is_from(cell: &CellSummary, run: &str) -> bool {
    cell.run.as_deref() == Some(run) || cell.passes.iter().any(|pass| pass.run == run)
}

/// What a summary's pages about these cells are made from: the cells, and the runs that their
/// results are from.
pub(super) fn part_of(summary: &Summary, cells: Vec<CellSummary>) -> Summary {
    let is_used = |run: &str| cells.iter().any(|cell| is_from(cell, run));
    Summary {
        axes: summary.axes.clone(),
        baseline: summary.baseline.clone(),
        runs: summary.runs.iter().filter(|run| is_used(&run.run)).cloned().collect(),
        cells,
    }
}

/// What a page about `cell` alone shows beyond the summary.
pub(super) fn material_of(material: &Material, cell: &CellId) -> Material {
    // Whatever is added to the material has to be told here whose it is.
    let Material { logs, patches: _, past, rankings: _, featured: _, runs: _, attribution: _ } =
        material;
    let Past { runs: _, count: _, trends } = past;
    let own = |logs: &Logs| (cell.clone(), logs.clone());
    let trend = trends.get(cell).map(|trend| (cell.clone(), trend.clone()));
    Material {
        logs: logs.get(cell).map(own).into_iter().collect(),
        past: Past { trends: trend.into_iter().collect(), ..Past::default() },
        ..Material::default()
    }
}

/// Its readings' keys stand for its curves.
fn without_curves(cell: &CellSummary) -> impl Serialize + '_ {
    #[derive(Serialize)]
    struct Rest<'a> {
        #[serde(flatten)]
        cell: &'a CellSummary,
        curves: (),
    }
    Rest { cell, curves: () }
}

fn digest(value: &impl Serialize) -> Result<String> {
    serde_json::to_vec(value)
        .map(sha256)
        .map_err(|error| Error::bug("what a page is made from can't be serialised").because(error))
}
