//! The page of the runs so far, and of the cells over them.

use serde::Serialize;

use super::overview::Overview;
use super::view::OutcomeCount;
use super::{CellTrends, Material, Past, names};
use crate::history::PastRun;
use crate::plan::CellId;
use crate::render::format;

#[derive(Serialize)]
pub(super) struct HistoryView {
    root: &'static str,
    count: u64,
    runs: Vec<RunView>,
    cells: Vec<CellLink>,
}

#[derive(Serialize)]
struct RunView {
    id: String,
    href: String,
    name: Option<String>,
    began: String,
    took: Option<String>,
    outcomes: Vec<OutcomeCount>,
}

#[derive(Serialize)]
struct CellLink {
    id: String,
    href: String,
    runs: usize,
}

pub(super) fn view(all: &Overview<'_>, material: &Material) -> HistoryView {
    let Past { runs, count, trends } = &material.past;
    let link = |(cell, trends): (&CellId, &CellTrends)| CellLink {
        id: cell.to_string(),
        href: names::trend_page(cell),
        runs: trends.trends.first().map_or(0, |trend| trend.steps.len()),
    };
    HistoryView {
        root: "",
        count: *count,
        runs: runs.iter().map(|past| run(all, past)).collect(),
        cells: trends.iter().map(link).collect(),
    }
}

fn run(all: &Overview<'_>, run: &PastRun) -> RunView {
    let took = run.finished.map(|end| end.duration_since(run.started).as_secs_f64());
    let counts = run
        .outcomes
        .iter()
        .map(|(outcome, count)| OutcomeCount::new(Some(*outcome), u64::from(*count)));
    RunView {
        id: run.run.clone(),
        href: all.run_href(&run.run, ""),
        name: run.name.clone(),
        began: format::timestamp(run.started),
        took: took.map(format::seconds),
        outcomes: counts.collect(),
    }
}
