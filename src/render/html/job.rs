//! What is rendered on its own, and from what: a page, or the pages and readings of a field's
//! cells, which share their curves.

use std::cell::LazyCell;

use indexmap::IndexMap;
use serde::Serialize;
use tera::Context;

use super::earlier::Earlier;
use super::inputs::{Inputs, material_of, part_of};
use super::overview::Overview;
use super::stamps::{Made, Stamps};
use super::templates::Templates;
use super::trend::Linked;
use super::{
    Material, RunPage, Target, attribution, cell, compare, earlier, figures, history, index, names,
    ranking, run, series, site, state, trend,
};
use crate::analyse::CurveSource;
use crate::analyse::attribution::Attribution;
use crate::analyse::ranking::Ranking;
use crate::analyse::summary::CellSummary;
use crate::error::{Error, Result};
use crate::fingerprint::sha256;
use crate::measurement::curves::PAGE;
use crate::plan::CellId;

/// One piece of work.
pub(super) enum Job<'a> {
    Index,
    Compare,
    History,
    Attribution(&'a Attribution),
    Ranking(&'a Ranking),
    Trend(&'a CellId),
    State(&'a str),
    /// How far all cells' curves reach.
    Extents,
    /// A metric's figures over all cells.
    Figures(&'a str),
    Run(&'a RunPage),
    /// The readings of an earlier result.
    Earlier(Earlier<'a>),
    /// All that is about the cells of the field at this place.
    Field(usize),
}

impl<'a> Job<'a> {
    /// All of them.
    pub(super) fn all(
        all: &Overview<'a>,
        material: &'a Material,
        runs: &'a IndexMap<String, RunPage>,
    ) -> Vec<Self> {
        let mut jobs = vec![Job::Index, Job::Compare, Job::History, Job::Extents];
        jobs.extend(material.attribution.as_ref().map(Job::Attribution));
        jobs.extend(all.states.keys().map(|name| Job::State(name)));
        jobs.extend(figures::metrics(all.summary).into_iter().map(Job::Figures));
        jobs.extend(material.rankings.iter().map(Job::Ranking));
        jobs.extend(material.past.trends.keys().map(Job::Trend));
        jobs.extend(runs.values().map(Job::Run));
        jobs.extend(all.summary.cells.iter().flat_map(earlier::drawn).map(Job::Earlier));
        jobs.extend((0..all.fields.len()).map(Job::Field));
        jobs
    }
}

/// Does jobs.
pub(super) struct Renderer<'a> {
    pub(super) target: &'a Target<'a>,
    pub(super) all: &'a Overview<'a>,
    pub(super) material: &'a Material,
    pub(super) templates: &'a Templates,
    pub(super) inputs: Inputs,
    pub(super) stamps: Stamps,
}

impl Renderer<'_> {
    /// Does one job, as far as it isn't done.
    pub(super) fn make(&self, job: &Job<'_>) -> Result<Vec<Made>> {
        let (all, material) = (self.all, self.material);
        let whole = || self.inputs.whole();
        let made =
            match job {
                Job::Index => {
                    self.page("index.html", whole(), "index.html", || index::view(all, material))
                }
                Job::Figures(metric) => {
                    self.file(&figures::path(metric), whole(), || figures::script(all, metric))
                }
                Job::Extents => {
                    self.file(series::extents::PATH, whole(), || series::extents::script(all))
                }
                Job::Ranking(shown) => {
                    let view = || ranking::view(&material.rankings, shown);
                    self.page(&ranking::page(shown), whole(), "ranking.html", view)
                }
                Job::Compare => {
                    let view = || compare::view(all, &material.past);
                    self.page("compare.html", whole(), "compare.html", view)
                }
                Job::History => self
                    .page("history.html", whole(), "history.html", || history::view(all, material)),
                Job::Attribution(found) => {
                    let view = || attribution::view(found);
                    self.page(attribution::PAGE, whole(), "attribution.html", view)
                }
                Job::State(name) => {
                    let view = || state::view(all, name, &material.patches);
                    self.page(&names::state_page(name), whole(), "state.html", view)
                }
                Job::Trend(cell) => {
                    let trends = &material.past.trends[*cell];
                    let linked = Linked::new(all, &material.past, cell, trends);
                    let inputs = self.inputs.trend(&material_of(material, cell), &linked)?;
                    let view = || trend::view(cell, trends, linked);
                    self.page(&names::trend_page(cell), inputs, "trend.html", view)
                }
                Job::Run(page) => {
                    let view = || run::view(all, material, page);
                    self.page(&names::run_page(&page.manifest.run), whole(), "run.html", view)
                }
                Job::Earlier(earlier) => self
                    .file(&earlier.path(), earlier.inputs(), || earlier.script(self.target.curves)),
                Job::Field(place) => return self.field(*place),
            };
        Ok(vec![made?])
    }

    /// Writes a file that pages link to.
    pub(super) fn asset(&self, path: &str, content: &str) -> Result<Made> {
        self.file(path, sha256(content), || Ok(content.to_owned()))
    }

    fn field(&self, place: usize) -> Result<Vec<Made>> {
        let cells = &self.all.fields[place].cells;
        // All curves of all attempts: only read if something is to be drawn.
        let drawn = LazyCell::new(|| {
            let cells = cells.iter().map(|cell| bare(cell)).collect();
            let mut drawn = part_of(self.all.summary, cells);
            drawn.cells.iter_mut().for_each(|cell| fill(cell, self.target.curves));
            drawn
        });
        let mut made = Vec::new();
        for (position, cell) in cells.iter().enumerate() {
            let id = &cell.cell.id;
            let material = material_of(self.material, id);
            let inputs = self.inputs.field(cells, id, &material)?;
            made.push(self.file(&names::cell_page(id), inputs, || {
                let all = self.all.part(&drawn);
                let mut view = cell::view(&all, &drawn.cells[position], material.logs.get(id));
                if material.past.trends.contains_key(id) {
                    view.link_trend(id);
                }
                self.templates.render("cell.html", &serialize(&view)?)
            })?);
            for small in [false, true] {
                let inputs = self.inputs.readings(cell);
                made.push(self.file(&series::path(cell, small), inputs, || {
                    series::script(&self.all.part(&drawn), &drawn.cells[position], small)
                })?);
            }
        }
        Ok(made)
    }

    fn page<View: Serialize>(
        &self,
        path: &str,
        inputs: String,
        template: &str,
        view: impl FnOnce() -> View,
    ) -> Result<Made> {
        self.file(path, inputs, || self.templates.render(template, &serialize(&view())?))
    }

    /// Makes a file, unless it was made from the same `inputs`.
    fn file(
        &self,
        path: &str,
        inputs: String,
        content: impl FnOnce() -> Result<String>,
    ) -> Result<Made> {
        let written = !self.stamps.hold(path, &inputs)
            && site::write(&self.target.out.join(path), content()?.as_bytes())?;
        Ok(Made { path: path.to_owned(), inputs, written })
    }
}

/// The cell without its curves.
fn bare(cell: &CellSummary) -> CellSummary {
    CellSummary { curves: Vec::new(), ..cell.clone() }
}

/// Gives a cell all curves of all its attempts and passes.
fn fill(cell: &mut CellSummary, source: &dyn CurveSource) {
    let id = &cell.cell.id;
    if let Some(run) = &cell.run {
        // The attempt that is drawn alone has all its points, and the others as many as fit together.
        let (alone, together) = (cell.by_typicality(), series::points_of_each(cell));
        let thinned = |attempt| {
            let limit = if alone.first() == Some(&attempt) { PAGE } else { together };
            let curves = source.curves(run, id, attempt).into_iter();
            curves.map(move |curve| if limit < PAGE { curve.thinned(limit) } else { curve })
        };
        let attempts = cell.readings.iter().map(|readings| readings.attempt);
        cell.curves = attempts.flat_map(thinned).collect();
    }
    for pass in cell.passes.iter_mut().filter(|pass| pass.readings.is_some()) {
        pass.curves = source.curves(&pass.run, id, pass.attempt.number);
    }
}

fn serialize(view: &impl Serialize) -> Result<Context> {
    Context::from_serialize(view)
        .map_err(|error| Error::bug("a page's content can't be serialised").because(error))
}
