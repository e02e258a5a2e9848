//! What `memgrid history trend --format json` prints.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use super::SourceHistory;
use crate::analyse::summary::{Change, Statistic};
use crate::analyse::trend::{Step, Trend};
use crate::history::PastSource;
use crate::outcome::Outcome;
use crate::plan::CellId;

/// Version of the document.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    cell: &'a CellId,
    metric: &'a str,
    runs: Vec<Run<'a>>,
    changes: &'a [SourceHistory],
}

#[derive(Serialize)]
struct Run<'a> {
    run: &'a str,
    name: Option<&'a str>,
    started: Timestamp,
    outcome: Option<Outcome>,
    figure: Option<&'a Statistic>,
    change: Option<&'a Change>,
    sources: &'a IndexMap<String, PastSource>,
}

impl<'a> From<&'a Step> for Run<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            run: &step.run,
            name: step.name.as_deref(),
            started: step.started,
            outcome: step.outcome,
            figure: step.figure.as_ref(),
            change: step.change.as_ref(),
            sources: &step.sources,
        }
    }
}

/// The trend as one document, oldest run first.
#[must_use]
pub fn document<'a>(trend: &'a Trend, changes: &'a [SourceHistory]) -> impl Serialize + use<'a> {
    let runs = trend.steps.iter().map(Run::from).collect();
    Document { schema: SCHEMA, cell: &trend.cell, metric: &trend.metric, runs, changes }
}
