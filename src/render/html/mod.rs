//! The index and its pages: static files that open straight from disk, without a network. They
//! show everything without a script; with one, the charts answer questions.
//!
//! ```text
//! reports/index.html            the whole matrix
//! reports/compare.html          any cells over each other
//! reports/cells/<name>.html     one page a cell
//! reports/states/<name>.html    one page a state, with its patches
//! reports/history.html          the runs so far
//! reports/trends/<name>.html    one page a cell that was measured in several runs, over these
//! reports/assets/report.css     how all of it looks
//! reports/assets/report.js      what makes the charts answer
//! reports/assets/series/        the readings that it shows
//! reports/assets/figures/       each metric's figures over all cells
//! ```

mod cell;
mod compare;
mod curves;
mod field;
mod figures;
mod grid;
mod headline;
mod history;
mod index;
mod names;
mod overview;
mod passes;
mod patch;
mod ranking;
mod series;
mod site;
mod state;
mod templates;
mod trend;
mod trouble;
mod verdict;
mod view;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rayon::prelude::*;
use tera::Context;

use crate::analyse::ranking::Ranking;
use crate::analyse::summary::Summary;
use crate::error::Result;
use crate::history::PastRun;
use crate::plan::CellId;
use overview::Overview;
use templates::Templates;

pub use trend::CellTrends;

/// What pages show beyond the summary.
#[derive(Clone, Debug, Default)]
pub struct Material {
    /// The log of each cell's [`telling_attempt`](crate::analyse::summary::CellSummary::telling_attempt):
    /// all of it, or its end.
    pub logs: IndexMap<CellId, Logs>,
    /// Patches by the SHA-256 of their content.
    pub patches: IndexMap<String, Vec<u8>>,
    /// What was before.
    pub past: Past,
    /// Rankings that have a page: any axis, each by several metrics, those of one axis together.
    pub rankings: Vec<Ranking>,
    /// Rankings that the index shows: those that the matrix asks for.
    pub featured: Vec<Ranking>,
}

/// The runs so far, and how the cells went over them.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The newest runs, newest first.
    pub runs: Vec<PastRun>,
    /// How many there are.
    pub count: u64,
    /// Cells that were measured in several runs.
    pub trends: IndexMap<CellId, CellTrends>,
}

/// What an attempt wrote, or the end of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logs {
    /// The attempt.
    pub attempt: u32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// What was rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The page to open first.
    pub index: PathBuf,
    /// How many files the index consists of.
    pub files: usize,
    /// How many of them had changed and were written.
    pub written: usize,
}

/// A file of the index: its path relative to the reports folder, and its content.
struct Page {
    path: String,
    content: String,
}

/// Renders the index of `summary` into the folder `out`. Files that would not change are left
/// alone; pages of cells and states that are no longer there are removed. Files in `templates`
/// take the place of our own of the same name.
///
/// # Errors
/// When a template is wrong or a file can't be read or written; the error names it.
pub fn render(
    summary: &Summary,
    material: &Material,
    out: &Path,
    templates: Option<&Path>,
) -> Result<Rendered> {
    let templates = Templates::load(templates)?;
    let overview = Overview::new(summary);
    let mut jobs: Vec<Job<'_>> = vec![Job::Index, Job::Compare, Job::History];
    jobs.extend((0..summary.cells.len()).map(Job::Cell));
    jobs.extend((0..summary.cells.len()).map(|cell| Job::Series { cell, small: false }));
    jobs.extend((0..summary.cells.len()).map(|cell| Job::Series { cell, small: true }));
    jobs.extend(figures::metrics(summary).into_iter().map(Job::Figures));
    jobs.extend(material.past.trends.keys().map(Job::Trend));
    jobs.extend(material.rankings.iter().map(Job::Ranking));
    jobs.extend(overview.states.keys().map(|name| Job::State(name)));
    let mut files: Vec<_> = jobs
        .par_iter()
        .map(|job| {
            let page = job.page(&overview, material, &templates)?;
            site::write(&out.join(&page.path), page.content.as_bytes())
                .map(|written| (page.path, written))
        })
        .collect::<Result<_>>()?;
    for (path, content) in templates.assets() {
        let written = site::write(&out.join(path), content.as_bytes())?;
        files.push(((*path).to_owned(), written));
    }
    site::sweep(
        out,
        &["cells", "rankings", "states", "trends", "assets/series", "assets/figures"],
        &files.iter().map(|(path, _)| path.as_str()).collect(),
    )?;
    let written = files.iter().filter(|(_, written)| *written).count();
    Ok(Rendered { index: out.join("index.html"), files: files.len(), written })
}

/// A page that is to be rendered.
enum Job<'a> {
    Index,
    Compare,
    History,
    Cell(usize),
    Ranking(&'a Ranking),
    Trend(&'a CellId),
    State(&'a str),
    /// A metric's figures over all cells.
    Figures(&'a str),
    /// The readings of a cell's charts.
    Series {
        cell: usize,
        small: bool,
    },
}

impl Job<'_> {
    fn page(&self, all: &Overview<'_>, material: &Material, templates: &Templates) -> Result<Page> {
        let (path, template, context) = match self {
            Self::Series { cell, small } => {
                let cell = &all.summary.cells[*cell];
                let content = series::script(all, cell, *small)?;
                return Ok(Page { path: series::path(cell, *small), content });
            }
            Self::Figures(metric) => {
                let content = figures::script(all, metric)?;
                return Ok(Page { path: figures::path(metric), content });
            }
            Self::Index => {
                ("index.html".to_owned(), "index.html", serialize(&index::view(all, material))?)
            }
            Self::Ranking(shown) => {
                let view = ranking::view(&material.rankings, shown);
                (ranking::page(shown), "ranking.html", serialize(&view)?)
            }
            Self::Compare => {
                ("compare.html".to_owned(), "compare.html", serialize(&compare::view(all))?)
            }
            Self::Cell(position) => {
                let cell = &all.summary.cells[*position];
                let mut view = cell::view(all, cell, material.logs.get(&cell.cell.id));
                if material.past.trends.contains_key(&cell.cell.id) {
                    view.link_trend(&cell.cell.id);
                }
                (names::cell_page(&cell.cell.id), "cell.html", serialize(&view)?)
            }
            Self::History => {
                ("history.html".to_owned(), "history.html", serialize(&history::view(material))?)
            }
            Self::Trend(cell) => {
                let view = trend::view(cell, &material.past.trends[*cell]);
                (names::trend_page(cell), "trend.html", serialize(&view)?)
            }
            Self::State(name) => {
                let view = state::view(all, name, &material.patches);
                (names::state_page(name), "state.html", serialize(&view)?)
            }
        };
        Ok(Page { content: templates.render(template, &context)?, path })
    }
}

fn serialize(view: &impl serde::Serialize) -> Result<Context> {
    Context::from_serialize(view).map_err(|error| {
        crate::error::Error::bug("a page's content can't be serialised").because(error)
    })
}

#[cfg(test)]
mod tests;
