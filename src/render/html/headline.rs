//! What stands above the grid: what each value of the compared axis does, over all cells; and what
//! the results are from.

use indexmap::IndexMap;
use serde::Serialize;

use super::names;
use super::overview::{Overview, ratio};
use super::verdict::VerdictView;
use crate::analyse::comparison::Verdict;
use crate::analyse::summary::{CellSummary, Summary};
use crate::analyse::told_apart;
use crate::collect::record::RunManifest;
use crate::render::facts::{self, Fact};
use crate::render::{chart, format};

/// Verdicts in the order in which they are told: what a change is for, then where it did nothing,
/// then what can't be told.
const TOLD: [Verdict; 6] = [
    Verdict::Improved,
    Verdict::Regressed,
    Verdict::Unchanged,
    Verdict::Inconclusive,
    Verdict::NotComparable,
    Verdict::NotJudged,
];
/// Up to so many cells with a verdict are named.
const FEW: usize = 6;

/// What one value of the compared axis does.
#[derive(Serialize)]
pub(super) struct ValueView {
    value: String,
    look: usize,
    swatch: String,
    verdicts: Vec<CountView>,
    /// The cells that it left behind, unless a verdict has just these.
    behind: Option<CountView>,
    most: Option<ExtremeView>,
    least: Option<ExtremeView>,
}

/// Of how many cells something is said, and of which: by the values that only they have, or by
/// name, if they are few and not all.
#[derive(Serialize)]
pub(super) struct CountView {
    verdict: VerdictView,
    count: usize,
    values: Option<String>,
    cells: Vec<LinkView>,
}

#[derive(PartialEq, Eq, Serialize)]
struct LinkView {
    name: String,
    href: String,
}

#[derive(Serialize)]
struct ExtremeView {
    name: String,
    href: String,
    change: String,
}

/// What each value does, the baseline left out; nothing before anything was measured.
pub(super) fn values(all: &Overview<'_>) -> Vec<ValueView> {
    let Some((axis, baseline)) = &all.summary.baseline else { return Vec::new() };
    if all.summary.runs.is_empty() {
        return Vec::new();
    }
    let values = all.twin_values.iter().enumerate().filter(|(_, value)| *value != baseline);
    values.map(|(look, value)| view(all, axis, (look, value))).collect()
}

fn view(all: &Overview<'_>, axis: &str, (look, value): (usize, &str)) -> ValueView {
    let cells = || all.summary.cells.iter().filter(|cell| cell.cell.value(axis) == Some(value));
    let judged: Vec<_> = cells().filter(|cell| cell.comparison.is_some()).collect();
    let count = |verdict: VerdictView, is_meant: &dyn Fn(&CellSummary) -> bool| {
        let (these, others): (Vec<_>, Vec<_>) = judged.iter().partition(|cell| is_meant(cell));
        CountView::new(verdict, axis, &these, &others)
    };
    let has = |cell: &CellSummary, verdict| {
        cell.comparison.as_ref().is_some_and(|its| its.verdict == verdict)
    };
    let verdicts =
        TOLD.iter().map(|told| count(VerdictView::named(*told), &|cell| has(cell, *told)));
    let verdicts: Vec<_> = verdicts.filter(|told| told.count > 0).collect();
    let behind = count(VerdictView::behind(), &|cell| all.behind(cell).is_some());
    let is_news = |behind: &CountView| {
        behind.count > 0 && verdicts.iter().all(|told| !told.has_the_same_cells(behind))
    };
    let mut ratios: Vec<_> = cells().filter_map(|cell| Some((ratio(cell)?, cell))).collect();
    ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
    let extreme = |(ratio, cell): &(f64, &CellSummary)| ExtremeView {
        name: without(cell, axis),
        href: names::cell_page(&cell.cell.id),
        change: format::change(*ratio),
    };
    ValueView {
        value: value.to_owned(),
        look,
        swatch: chart::swatch(look),
        behind: Some(behind).filter(is_news),
        verdicts,
        most: ratios.first().map(extreme),
        least: ratios.last().filter(|_| ratios.len() > 1).map(extreme),
    }
}

impl CountView {
    /// Of `these` among all that could be meant; their names leave out the value on `axis`.
    pub(super) fn new(
        verdict: VerdictView,
        axis: &str,
        these: &[&CellSummary],
        others: &[&CellSummary],
    ) -> Self {
        let link = |cell: &&CellSummary| LinkView {
            name: without(cell, axis),
            href: names::cell_page(&cell.cell.id),
        };
        let values = match these.len() {
            0 | 1 => IndexMap::new(),
            _ => told_apart(&axes_of(these), &axes_of(others)),
        };
        let named = values.is_empty() && these.len() <= FEW && !others.is_empty();
        Self {
            verdict,
            count: these.len(),
            cells: if named { these.iter().map(link).collect() } else { Vec::new() },
            values: (!values.is_empty()).then(|| format::values(&values)),
        }
    }

    fn has_the_same_cells(&self, other: &Self) -> bool {
        self.count == other.count && self.values == other.values && self.cells == other.cells
    }
}

fn axes_of<'a>(cells: &[&'a CellSummary]) -> Vec<&'a IndexMap<String, String>> {
    cells.iter().map(|cell| &cell.cell.axes).collect()
}

/// The cell's values but for the one on `axis`: what tells it from others with the same verdict.
fn without(cell: &CellSummary, axis: &str) -> String {
    let values = cell.cell.twin_key(axis).into_iter().map(|(_, value)| value);
    let name = values.collect::<Vec<_>>().join("/");
    if name.is_empty() { cell.cell.id.to_string() } else { name }
}

/// What the results are from, in a line. What differs between their runs is not told as if it were
/// the same.
pub(super) fn facts(summary: &Summary) -> Vec<Fact> {
    let Some(newest) = summary.runs.first() else { return Vec::new() };
    let mut facts = vec![Fact::new("measured", measured(summary, newest))];
    facts.push(Fact::new("machine", shared(summary, "machines", facts::machine)));
    if newest.dataset.is_some() {
        let rows = |run: &RunManifest| facts::dataset(run).unwrap_or_default();
        facts.push(Fact::new("dataset", shared(summary, "datasets", rows)));
    }
    facts
}

fn measured(summary: &Summary, newest: &RunManifest) -> String {
    let (time, run) = (format::timestamp(newest.started), &newest.run);
    if summary.runs.len() == 1 {
        return format!("{time}, run {run}");
    }
    let own = |cell: &&CellSummary| cell.run.as_ref() == Some(run);
    let of_newest = summary.cells.iter().filter(own).count();
    let measured = summary.cells.iter().filter(|cell| cell.run.is_some()).count();
    format!(
        "in {} runs; the newest, {run}, at {time}, has {of_newest} of the {measured} cells",
        summary.runs.len()
    )
}

/// What all runs have in common, or that they differ.
fn shared(summary: &Summary, what: &str, fact: impl Fn(&RunManifest) -> String) -> String {
    let mut all: Vec<_> = summary.runs.iter().map(|run| fact(run)).collect();
    all.sort_unstable();
    all.dedup();
    match all.as_slice() {
        [one] => one.clone(),
        several => format!("{} different {what}: see the runs below", several.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::{Sample, run};
    use crate::plan::CellId;

    fn facts_of(sample: &Sample) -> Vec<String> {
        facts(&sample.summary()).into_iter().map(|fact| fact.value).collect()
    }

    #[test]
    fn results_of_several_runs_are_told_as_such() {
        let mut sample = Sample::default_matrix();
        assert!(facts_of(&sample)[0].ends_with("run 20261121-221530-3f9a"));
        let mut other = run("20261122-081201-77aa");
        other.manifest.machine.hostname = "elsewhere".to_owned();
        sample.runs.insert(0, other);
        sample.measure(0, &CellId::from_values(["sqlite", "json", "patched"]), &[(51.0, 2.0)]);
        let facts = facts_of(&sample);
        assert!(facts[0].starts_with("in 2 runs") && facts[0].ends_with("1 of the 18 cells"));
        assert_eq!(facts[1], "2 different machines: see the runs below");
        assert!(facts[2].starts_with("50,000 rows"), "what is shared is told");
    }

    #[test]
    fn the_cells_where_nothing_changed_are_named() {
        let mut sample = Sample::default_matrix();
        for format in ["json", "xml"] {
            let id = CellId::from_values(["mysql", format, "patched"]);
            sample.measure(0, &id, &[(161.0, 2.0)]);
        }
        let summary = sample.summary();
        let values = values(&Overview::new(&summary));
        let [patched] = values.as_slice() else { panic!("{} values", values.len()) };
        let told: Vec<_> =
            patched.verdicts.iter().map(|told| (told.verdict.word, told.count)).collect();
        assert_eq!(told, [("improved", 7), ("unchanged", 2)]);
        let values = patched.verdicts[1].values.as_deref();
        assert_eq!(values, Some("backend mysql, format json or xml"));
        assert!(patched.verdicts[0].cells.is_empty(), "seven are too many to name");
        assert!(patched.behind.is_none(), "that they were left behind is nothing new");
    }
}
