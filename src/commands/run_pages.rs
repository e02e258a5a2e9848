//! What the index's pages of runs show: the newest runs and those that results are from, each with
//! the run before it.

use std::collections::HashMap;
use std::path::Path;

use indexmap::{IndexMap, IndexSet};

use crate::analyse::summary::Summary;
use crate::collect::RunDir;
use crate::render::html::{Past, RunPage};

/// How many of the newest runs get a page.
const NEWEST: usize = 20;

/// The runs that get a page, by id. A run that can't be read is left out with a warning: the index
/// is no worse for it.
pub(super) fn read(reports: &Path, summary: &Summary, past: &Past) -> IndexMap<String, RunPage> {
    let newest = past.runs.iter().take(NEWEST).map(|run| run.run.as_str());
    let wanted: IndexSet<&str> =
        newest.chain(summary.runs.iter().map(|run| run.run.as_str())).collect();
    let (mut read, mut pages) = (HashMap::new(), IndexMap::new());
    for run in wanted {
        // They stand newest first.
        let place = past.runs.iter().position(|known| known.run == run);
        let before = place.and_then(|place| past.runs.get(place + 1)).map(|run| run.run.as_str());
        let Some(page) = once(reports, run, &mut read) else { continue };
        let before = before.and_then(|before| once(reports, before, &mut read)).map(Box::new);
        pages.insert(run.to_owned(), RunPage { before, ..page });
    }
    pages
}

/// One run without the run before it, read once: it is often the run before another.
fn once(reports: &Path, run: &str, read: &mut HashMap<String, Option<RunPage>>) -> Option<RunPage> {
    read.entry(run.to_owned()).or_insert_with(|| one(reports, run)).clone()
}

fn one(reports: &Path, run: &str) -> Option<RunPage> {
    let folder = RunDir::open(reports, run);
    match folder.and_then(|folder| Ok((folder.read_manifest()?, folder))) {
        Ok((manifest, folder)) => {
            let matrix = folder.read_matrix().unwrap_or_default();
            Some(RunPage { manifest, matrix, before: None })
        }
        Err(error) => {
            tracing::warn!("the page of run {run} is left out: {error}");
            None
        }
    }
}
