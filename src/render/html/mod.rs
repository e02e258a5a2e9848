//! The index and its pages: static files that open straight from disk, without a network. They
//! show everything without a script; with one, the charts answer questions.
//!
//! ```text
//! reports/index.html            the whole matrix
//! reports/compare.html          any cells over each other
//! reports/cells/<name>.html     one page a cell
//! reports/states/<name>.html    one page a state, with its patches
//! reports/history.html          the runs so far
//! reports/attribution.html      which patch did it, if a run took a state apart
//! reports/past/<run>.html       one page a run, and what is different from the run before
//! reports/trends/<name>.html    one page a cell that was measured in several runs, over these
//! reports/assets/report.css     how all of it looks
//! reports/assets/report.js      what makes the charts answer
//! reports/assets/series/        the readings that it shows
//! reports/assets/extents.js     how far the curves of all cells reach
//! reports/assets/figures/       each metric's figures over all cells
//! ```

mod attribution;
mod cell;
mod compare;
mod curves;
mod earlier;
mod field;
mod figures;
mod grid;
mod headline;
mod highlight;
mod history;
mod index;
mod inputs;
mod job;
mod names;
mod overview;
mod passes;
mod patch;
mod ranking;
mod run;
mod series;
mod since;
mod spreads;
mod site;
mod stamps;
mod source_change;
mod state;
mod templates;
mod trend;
mod trouble;
mod verdict;
mod view;
mod words;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;

use crate::analyse::CurveSource;
use crate::analyse::attribution::Attribution;
use crate::analyse::ranking::Ranking;
use crate::analyse::summary::Summary;
use crate::collect::record::RunManifest;
use crate::error::Result;
use crate::history::PastRun;
use crate::plan::CellId;
use inputs::Inputs;
use job::{Job, Renderer};
use overview::Overview;
use stamps::Stamps;
use templates::Templates;

pub use trend::CellTrends;

/// What pages show beyond the summary.
#[derive(Clone, Debug, Default, Serialize)]
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
    /// What the patches of a series contribute, if a run took one apart.
    pub attribution: Option<Attribution>,
    /// Runs that get a page, by id. Those of the summary get one anyway.
    pub runs: IndexMap<String, RunPage>,
}

/// What a run's page shows.
#[derive(Clone, Debug, Serialize)]
pub struct RunPage {
    /// All that it depended on.
    pub manifest: RunManifest,
    /// Its matrix file; empty if that was not kept.
    pub matrix: String,
    /// The run before, if it is known.
    pub before: Option<Box<RunPage>>,
}

impl Material {
    /// The runs that get a page.
    fn run_pages(&self, summary: &Summary) -> IndexMap<String, RunPage> {
        let mut runs = self.runs.clone();
        for manifest in &summary.runs {
            runs.entry(manifest.run.clone()).or_insert_with(|| RunPage {
                manifest: RunManifest::clone(manifest),
                matrix: String::new(),
                before: None,
            });
        }
        runs
    }
}

/// The runs so far, and how the cells went over them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Past {
    /// The newest runs, newest first.
    pub runs: Vec<PastRun>,
    /// How many there are.
    pub count: u64,
    /// Cells that were measured in several runs.
    pub trends: IndexMap<CellId, CellTrends>,
}

/// What an attempt wrote, or the end of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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

/// Where the index goes, and what it is made with.
pub struct Target<'a> {
    /// The reports folder.
    pub out: &'a Path,
    /// A folder whose files take the place of our own templates of the same name.
    pub templates: Option<&'a Path>,
    /// Where the curves of a page come from.
    pub curves: &'a dyn CurveSource,
    /// Which memgrid renders: what another one has rendered is rendered again.
    pub build: &'a str,
}

/// Renders the index of `summary`. What would be rendered from the same inputs as before is left
/// alone, as is a file that would not change; pages of cells and states that are no longer there
/// are removed.
///
/// # Errors
/// When a template is wrong or a file can't be read or written; the error names it.
pub fn render(summary: &Summary, material: &Material, target: &Target<'_>) -> Result<Rendered> {
    let templates = Templates::load(target.templates)?;
    let runs = material.run_pages(summary);
    let all = Overview::new(summary).linking(runs.keys().map(String::as_str));
    let inputs = Inputs::new(&all, material, &templates, target.build)?;
    let stamps = Stamps::read(target.out);
    let renderer = Renderer { target, all: &all, material, templates: &templates, inputs, stamps };
    let jobs = Job::all(&all, material, &runs);
    let made: Vec<_> = jobs.par_iter().map(|job| renderer.make(job)).collect::<Result<Vec<_>>>()?;
    let mut made: Vec<_> = made.into_iter().flatten().collect();
    for (path, content) in templates.assets() {
        made.push(renderer.asset(path, content)?);
    }
    if material.attribution.is_none() {
        site::remove(&target.out.join(attribution::PAGE))?;
    }
    site::sweep(
        target.out,
        &["cells", "rankings", "states", "trends", "past", "assets/series", "assets/figures"],
        &made.iter().map(|file| file.path.as_str()).collect(),
    )?;
    stamps::write(target.out, &made)?;
    let written = made.iter().filter(|file| file.written).count();
    Ok(Rendered { index: target.out.join("index.html"), files: made.len(), written })
}

#[cfg(test)]
mod tests;
