//! What became of cells since the run before: a mark in their fields, and a sentence above the grid.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::headline::CountView;
use super::overview::Overview;
use super::verdict::VerdictView;
use super::{Material, names};
use crate::analyse::comparison::Verdict;
use crate::analyse::summary::CellSummary;
use crate::collect::record::StateRecord;
use crate::render::format;

/// A cell whose peak is another than in the run before.
#[derive(Serialize)]
pub(super) struct SinceMark {
    /// Which of the field's cells, if it is not the one that the field's figures are of.
    name: Option<String>,
    verdict: VerdictView,
    /// `51.6 → 121 MiB`.
    from_to: String,
}

/// All such cells, and what else differs between the runs.
#[derive(Serialize)]
pub(super) struct SinceView {
    run: String,
    href: String,
    counts: Vec<CountView>,
    /// `patched without 5423`.
    patches: Vec<String>,
}

/// Whether it is worth a word.
fn changed(cell: &CellSummary) -> Option<VerdictView> {
    match cell.since.as_ref()?.peak.verdict {
        Verdict::Regressed => Some(VerdictView::since("hold more", "▲", "bad")),
        Verdict::Improved => Some(VerdictView::since("hold less", "▼", "good")),
        _ => None,
    }
}

/// The marks of a field: of its cells that changed.
pub(super) fn marks(all: &Overview<'_>, cells: &[&CellSummary]) -> Vec<SinceMark> {
    let last = cells.last().map(|cell| &cell.cell.id);
    let mark = |cell: &&CellSummary| {
        let peak = &cell.since.as_ref()?.peak;
        let (before, after) = (peak.before.as_ref()?, peak.after.as_ref()?);
        let verdict = changed(cell)?;
        let name = (Some(&cell.cell.id) != last).then(|| all.short_name(cell).to_owned());
        Some(SinceMark { name, verdict, from_to: format::from_to(before.median, after.median) })
    };
    cells.iter().filter_map(mark).collect()
}

/// What is to be said above the grid; `None` if nothing changed.
pub(super) fn view(all: &Overview<'_>, material: &Material) -> Option<SinceView> {
    let known = || all.summary.cells.iter().filter(|cell| cell.since.is_some());
    let changed_cells: Vec<_> = known().filter(|cell| changed(cell).is_some()).collect();
    let befores: IndexSet<&str> =
        changed_cells.iter().filter_map(|cell| Some(cell.since.as_ref()?.run.as_str())).collect();
    // Cells that were measured at different times are told in their fields alone.
    let [run] = befores.into_iter().collect::<Vec<_>>()[..] else { return None };
    let patches = patches(all, material, run);
    // Where the patches of one state changed, and cells of that state, it is named already.
    let of_state = |name: &str| changed_cells.iter().all(|it| it.cell.state() == Some(name));
    let told = match &patches.keys().collect::<Vec<_>>()[..] {
        [state] if of_state(state) => Some(state.as_str()),
        _ => None,
    };
    let known: Vec<_> =
        known().filter(|cell| told.is_none_or(|told| cell.cell.state() == Some(told))).collect();
    let count = |class: &str| {
        let is_meant = |cell: &CellSummary| changed(cell).is_some_and(|it| it.class == class);
        let (these, others): (Vec<_>, Vec<_>) = known.iter().copied().partition(|it| is_meant(it));
        let verdict = changed(these.first()?)?;
        Some(CountView::new(verdict, "", &these, &others))
    };
    Some(SinceView {
        href: names::run_page(&all.summary.runs.first()?.run),
        counts: ["bad", "good"].into_iter().filter_map(count).collect(),
        patches: patches.into_iter().map(|(state, told)| format!("{state} {told}")).collect(),
        run: run.to_owned(),
    })
}

/// By state, which patches it has no longer, and which it did not have.
fn patches(all: &Overview<'_>, material: &Material, before: &str) -> IndexMap<String, String> {
    let newest = all.summary.runs.first().and_then(|run| material.runs.get(&run.run));
    let pair = newest.and_then(|page| Some((&page.before.as_ref()?.manifest, &page.manifest)));
    let Some((one, other)) = pair.filter(|(one, _)| one.run == before) else {
        return IndexMap::new();
    };
    let both =
        other.states.iter().filter_map(|(name, after)| Some((name, one.states.get(name)?, after)));
    both.filter_map(|(name, before, after)| Some((name.clone(), difference(before, after)?)))
        .collect()
}

/// `without 5423, with another yaml`.
fn difference(before: &StateRecord, after: &StateRecord) -> Option<String> {
    let (before, after) = (by_content(before), by_content(after));
    let only = |these: &ByContent<'_>, others: &ByContent<'_>| -> IndexSet<String> {
        let only = these.iter().filter(|(content, _)| !others.contains_key(*content));
        only.map(|(_, name)| (*name).to_owned()).collect()
    };
    let (gone, new) = (only(&before, &after), only(&after, &before));
    let told = |word: &str, patches: IndexSet<&String>| {
        let names: Vec<&str> = patches.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("{word} {}", names.join(" and ")))
    };
    let told = [
        told("without", gone.difference(&new).collect()),
        told("with", new.difference(&gone).collect()),
        told("with another", gone.intersection(&new).collect()),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// What each content of a patch is called.
type ByContent<'a> = IndexMap<&'a str, &'a str>;

fn by_content(state: &StateRecord) -> ByContent<'_> {
    let patches = state.sources.values().flat_map(|source| &source.patches);
    patches.map(|patch| (patch.sha256.as_str(), patch.called())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::analyse::sample::{self, Sample};
    use crate::collect::record::PatchRecord;
    use crate::plan::CellId;
    use crate::render::html::RunPage;

    #[test]
    fn what_is_more_than_in_the_run_before_is_said_and_marked() {
        let mut sample = Sample::default_matrix();
        let newer = sample::run("20261122-081201-77aa");
        sample.runs.insert(0, newer);
        for cell in sample.cells.clone() {
            let (mysql, patched) =
                (cell.axes["backend"] == "mysql", cell.axes["state"] == "patched");
            if mysql {
                let peak = if patched { 161.0 } else { 162.0 };
                sample.measure(0, &cell.id, &[(peak, 2.0)]);
            }
        }
        let summary = sample.summary();
        let all = Overview::new(&summary);
        let view = view(&all, &Material::default()).unwrap();
        assert_eq!((view.run.as_str(), view.counts.len()), ("20261121-221530-3f9a", 2));
        let json = serde_json::to_value(&view.counts[0]).unwrap();
        assert_eq!((&json["count"], &json["values"]), (&3.into(), &"state patched".into()));
        let field = all.twins(&CellId::from_values(["mysql", "json", "patched"]));
        let [mark] = &marks(&all, field)[..] else { panic!("one of the twins changed") };
        assert_eq!((mark.from_to.as_str(), &mark.name), ("51.6 → 161 MiB", &None));
        let other = all.twins(&CellId::from_values(["sqlite", "json", "patched"]));
        assert!(marks(&all, other).is_empty());
    }

    #[test]
    fn the_state_whose_patches_changed_is_named_once() {
        let mut sample = Sample::default_matrix();
        sample.runs.insert(0, sample::run("20261122-081201-77aa"));
        sample.runs[0].manifest.states["patched"].sources[0].patches.pop();
        for cell in sample.cells.clone() {
            if cell.axes["state"] == "patched" {
                sample.measure(0, &cell.id, &[(161.0, 2.0)]);
            }
        }
        let page = |index: usize, before| RunPage {
            manifest: sample.runs[index].manifest.clone(),
            matrix: String::new(),
            before,
        };
        let page = page(0, Some(Box::new(page(1, None))));
        let runs = [(page.manifest.run.clone(), page)].into();
        let summary = sample.summary();
        let material = Material { runs, ..Material::default() };
        let view = view(&Overview::new(&summary), &material).unwrap();
        let json = serde_json::to_value(&view).unwrap();
        assert!(view.patches[0].starts_with("patched without "), "{json}");
        assert_eq!(
            (&json["counts"][0]["count"], &json["counts"][0]["values"]),
            (&9.into(), &Value::Null)
        );
    }

    #[test]
    fn patches_that_came_went_or_changed_are_told_apart() {
        let state = |patches: &[(&str, &str)]| {
            let mut run = sample::run("20261121-221530-3f9a")
                .manifest
                .states
                .shift_remove("patched")
                .unwrap();
            let one = run.sources["subject"].patches[0].clone();
            run.sources[0].patches = patches
                .iter()
                .map(|(label, content)| PatchRecord {
                    label: Some((*label).to_owned()),
                    sha256: (*content).to_owned(),
                    ..one.clone()
                })
                .collect();
            run
        };
        let before = state(&[("5423", "a"), ("yaml", "b"), ("16614", "c")]);
        let after = state(&[("yaml", "e"), ("16614", "c"), ("xml", "d")]);
        let told = difference(&before, &after).unwrap();
        assert_eq!(told, "without 5423, with xml, with another yaml");
        let fewer = state(&[("16614", "c")]);
        let told = difference(&before, &fewer).unwrap();
        assert_eq!(told, "without 5423 and yaml");
        assert_eq!(difference(&before, &before), None);
    }
}
