//! The page that opens first: the whole matrix at a glance, then every cell, then the runs.

use indexmap::IndexMap;
use serde::Serialize;

use super::grid::{self, Field, Layout};
use super::names;
use super::view::{self, ChangeView, Fact, OutcomeView, RunView};
use crate::analyse::curve::thin;
use crate::analyse::summary::{CellSummary, Curve, Summary};
use crate::outcome::Outcome;
use crate::render::chart::{self, Axis, Chart, Line};
use crate::render::format;

/// Points of a curve in a field: about as many as it has pixels.
const POINTS: usize = 200;
/// With more fields than this they are drawn smaller and without numbers at their axes.
const MANY_FIELDS: usize = 40;
/// What is drawn.
const DRAWN: &str = "rss";

#[derive(Serialize)]
pub(super) struct IndexView {
    root: &'static str,
    subject: Option<String>,
    axes: Vec<String>,
    count: usize,
    facts: Vec<Fact>,
    outcomes: Vec<Count>,
    verdicts: Vec<Verdict>,
    legend: Vec<Legend>,
    x_unit: &'static str,
    y_unit: &'static str,
    dense: bool,
    sections: Vec<SectionView>,
    baseline: Option<String>,
    cells: Vec<CellRow>,
    states: Vec<StateLink>,
    runs: Vec<RunView>,
}

#[derive(Serialize)]
struct Count {
    outcome: OutcomeView,
    count: usize,
}

/// What one value of the twins' axis does, over all fields.
#[derive(Serialize)]
struct Verdict {
    value: String,
    look: usize,
    less: usize,
    same: usize,
    more: usize,
    most: Option<Extreme>,
    least: Option<Extreme>,
}

#[derive(Serialize)]
struct Extreme {
    id: String,
    href: String,
    change: String,
}

#[derive(Serialize)]
struct Legend {
    name: String,
    swatch: String,
    is_baseline: bool,
}

#[derive(Serialize)]
struct SectionView {
    heading: Option<String>,
    row_axis: Option<String>,
    column_axis: Option<String>,
    columns: Vec<String>,
    rows: Vec<RowView>,
    flow: Vec<FieldView>,
}

#[derive(Serialize)]
struct RowView {
    value: String,
    fields: Vec<Option<FieldView>>,
}

#[derive(Serialize)]
struct FieldView {
    name: String,
    href: String,
    chart: Option<String>,
    /// The change in large letters, if the field has one twin that can be compared.
    headline: Option<ChangeView>,
    peak: Option<String>,
    parts: Vec<PartView>,
    troubles: Vec<TroubleView>,
}

/// One cell in a field of more than two, or of two that can't be compared.
#[derive(Serialize)]
struct PartView {
    name: String,
    href: String,
    look: usize,
    peak: String,
    change: Option<ChangeView>,
}

/// Why cells of a field have no figure.
#[derive(Serialize)]
struct TroubleView {
    names: String,
    outcome: OutcomeView,
    reason: Option<String>,
    help: Option<String>,
}

#[derive(Serialize)]
struct CellRow {
    id: String,
    href: String,
    outcome: OutcomeView,
    reason: Option<String>,
    peak: Option<String>,
    change: Option<ChangeView>,
    time: Option<String>,
    run: Option<String>,
    measured: Option<String>,
}

#[derive(Serialize)]
struct StateLink {
    name: String,
    href: String,
    description: Option<String>,
    patches: usize,
}

/// The scales that all fields share.
struct Scales {
    x: Axis,
    y: Axis,
}

pub(super) fn view(summary: &Summary) -> IndexView {
    let arranged = grid::arrange(summary);
    let scales = scales(summary);
    let sections: Vec<_> =
        arranged.into_iter().map(|section| section_view(summary, section, &scales)).collect();
    let fields = |section: &SectionView| {
        section.flow.len() + section.rows.iter().map(|row| row.fields.len()).sum::<usize>()
    };
    IndexView {
        root: "",
        subject: view::subject(summary),
        axes: summary.axes.keys().cloned().collect(),
        count: summary.cells.len(),
        facts: facts(summary),
        outcomes: outcomes(summary),
        verdicts: verdicts(summary),
        legend: legend(summary),
        x_unit: scales.x.unit,
        y_unit: scales.y.unit,
        dense: sections.iter().map(fields).sum::<usize>() > MANY_FIELDS,
        sections,
        baseline: summary.baseline.as_ref().map(|(_, value)| value.clone()),
        cells: summary.cells.iter().map(cell_row).collect(),
        states: states(summary),
        runs: summary.runs.iter().map(|run| RunView::new(run, "")).collect(),
    }
}

fn facts(summary: &Summary) -> Vec<Fact> {
    let Some(run) = summary.runs.first() else { return Vec::new() };
    let mut facts = vec![
        Fact::new("measured", format::timestamp(run.started)),
        Fact::new("machine", view::machine(run)),
        Fact::new("versions", view::versions(run)),
    ];
    facts.extend(view::dataset(run).map(|rows| Fact::new("dataset", rows)));
    facts
}

fn outcomes(summary: &Summary) -> Vec<Count> {
    let kinds = Outcome::ALL.into_iter().map(Some).chain([None]);
    kinds
        .map(|outcome| {
            let count = summary.cells.iter().filter(|cell| cell.outcome == outcome).count();
            Count { outcome: OutcomeView::new(outcome), count }
        })
        .filter(|entry| entry.count > 0)
        .collect()
}

fn verdicts(summary: &Summary) -> Vec<Verdict> {
    let Some((axis, baseline)) = &summary.baseline else { return Vec::new() };
    let values = twin_values(summary);
    let verdict = |(look, value): (usize, &String)| {
        let mut ratios: Vec<_> = summary
            .cells
            .iter()
            .filter(|cell| cell.cell.value(axis) == Some(value))
            .filter_map(|cell| Some((cell.changes.get("peak_rss")?.ratio?, cell)))
            .collect();
        ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
        let count = |direction| {
            ratios.iter().filter(|(ratio, _)| format::Direction::of(*ratio) == direction).count()
        };
        let extreme = |(ratio, cell): &(f64, &CellSummary)| Extreme {
            id: cell.cell.id.to_string(),
            href: names::cell_page(&cell.cell.id),
            change: format::change(*ratio),
        };
        Verdict {
            value: value.clone(),
            look,
            less: count(format::Direction::Less),
            same: count(format::Direction::Same),
            more: count(format::Direction::More),
            most: ratios.first().map(extreme),
            least: ratios.last().filter(|_| ratios.len() > 1).map(extreme),
        }
    };
    values.iter().enumerate().filter(|(_, value)| *value != baseline).map(verdict).collect()
}

/// Values of the axis along which twins differ, the baseline's first.
fn twin_values(summary: &Summary) -> Vec<String> {
    let Some((axis, baseline)) = &summary.baseline else { return Vec::new() };
    let mut values = vec![baseline.clone()];
    let known = summary.axes.get(axis).into_iter().flatten();
    let seen = summary.cells.iter().filter_map(|cell| cell.cell.axes.get(axis));
    for value in known.chain(seen) {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    values
}

/// The look of a cell's curve: 0 for the baseline, and the same in all fields.
pub(super) fn look(summary: &Summary, cell: &CellSummary) -> usize {
    let value = summary.baseline.as_ref().and_then(|(axis, _)| cell.cell.axes.get(axis));
    let position =
        value.and_then(|value| twin_values(summary).iter().position(|known| known == value));
    position.unwrap_or(1)
}

fn legend(summary: &Summary) -> Vec<Legend> {
    let values = twin_values(summary);
    values
        .into_iter()
        .enumerate()
        .map(|(look, name)| Legend { name, swatch: chart::swatch(look), is_baseline: look == 0 })
        .collect()
}

/// The curve that stands for a cell: RSS of its typical attempt.
pub(super) fn typical_curve(cell: &CellSummary) -> Option<&Curve> {
    let attempt = cell.typical_attempt()?;
    let curves =
        cell.curves.iter().filter(|curve| curve.metric == DRAWN && !curve.points.is_empty());
    curves.clone().find(|curve| curve.attempt == attempt).or_else(|| curves.clone().next())
}

fn scales(summary: &Summary) -> Scales {
    let points = || summary.cells.iter().filter_map(typical_curve).flat_map(|curve| &curve.points);
    let most = |value: fn(&(f64, f64)) -> f64| points().map(value).fold(0.0, f64::max);
    Scales { x: Axis::seconds(most(|point| point.0), 4), y: Axis::bytes(most(|point| point.1), 3) }
}

fn section_view(summary: &Summary, section: grid::Section<'_>, scales: &Scales) -> SectionView {
    let field = |field: &Field<'_>| field_view(summary, field, scales);
    let mut view = SectionView {
        heading: heading(&section.values),
        row_axis: None,
        column_axis: None,
        columns: Vec::new(),
        rows: Vec::new(),
        flow: Vec::new(),
    };
    match section.layout {
        Layout::Flow(fields) => view.flow = fields.iter().map(field).collect(),
        Layout::Table { axes, columns, rows } => {
            (view.row_axis, view.column_axis) = (Some(axes.0.to_owned()), Some(axes.1.to_owned()));
            view.columns = columns.into_iter().map(str::to_owned).collect();
            let row = |(value, fields): (&str, Vec<Option<Field<'_>>>)| RowView {
                value: value.to_owned(),
                fields: fields.iter().map(|found| found.as_ref().map(field)).collect(),
            };
            view.rows = rows.into_iter().map(row).collect();
        }
    }
    view
}

fn heading(values: &[(&str, &str)]) -> Option<String> {
    let named: Vec<_> = values.iter().map(|(axis, value)| format!("{axis} {value}")).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

fn field_view(summary: &Summary, field: &Field<'_>, scales: &Scales) -> FieldView {
    let name = field.values.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" / ");
    let measured: Vec<_> =
        field.cells.iter().filter(|cell| cell.metrics.contains_key("peak_rss")).collect();
    let headline = match measured[..] {
        [_, twin] => ChangeView::new(twin, "peak_rss"),
        _ => None,
    };
    let alone = field.cells.len() == 1;
    let parts = if headline.is_some() || alone {
        Vec::new()
    } else {
        measured.iter().map(|cell| part(summary, cell)).collect()
    };
    let main = field.cells.last();
    FieldView {
        href: main.map(|cell| names::cell_page(&cell.cell.id)).unwrap_or_default(),
        chart: chart(summary, field, &name, scales),
        peak: main.filter(|_| alone).and_then(|cell| view::figure(cell, "peak_rss")),
        troubles: troubles(summary, field),
        name: if name.is_empty() { "all cells".to_owned() } else { name },
        headline,
        parts,
    }
}

fn short_name<'a>(summary: &Summary, cell: &'a CellSummary) -> &'a str {
    let own = summary.baseline.as_ref().and_then(|(axis, _)| cell.cell.value(axis));
    own.unwrap_or(cell.cell.id.as_str())
}

fn part(summary: &Summary, cell: &CellSummary) -> PartView {
    PartView {
        name: short_name(summary, cell).to_owned(),
        href: names::cell_page(&cell.cell.id),
        look: look(summary, cell),
        peak: view::figure(cell, "peak_rss").unwrap_or_default(),
        change: ChangeView::new(cell, "peak_rss"),
    }
}

/// Cells that are not `ok`, those with the same trouble together.
fn troubles(summary: &Summary, field: &Field<'_>) -> Vec<TroubleView> {
    let mut alike: IndexMap<_, Vec<&str>> = IndexMap::new();
    for cell in field.cells.iter().filter(|cell| cell.outcome != Some(Outcome::Ok)) {
        let key = (cell.outcome.map(Outcome::as_str), &cell.reason, &cell.help);
        alike.entry((key, cell.outcome)).or_default().push(short_name(summary, cell));
    }
    let all = field.cells.len();
    alike
        .into_iter()
        .map(|(((_, reason, help), outcome), names)| TroubleView {
            names: if names.len() == all { String::new() } else { names.join(", ") },
            outcome: OutcomeView::new(outcome),
            reason: reason.clone(),
            help: help.clone(),
        })
        .collect()
}

fn chart(summary: &Summary, field: &Field<'_>, name: &str, scales: &Scales) -> Option<String> {
    let drawn: Vec<_> = field
        .cells
        .iter()
        .filter_map(|cell| Some((*cell, thin(&typical_curve(cell)?.points, POINTS))))
        .collect();
    let line = |(cell, points): &'_ (&CellSummary, Vec<(f64, f64)>)| {
        (look(summary, cell), short_name(summary, cell).to_owned(), points.clone())
    };
    let owned: Vec<_> = drawn.iter().map(line).collect();
    let lines: Vec<_> = owned
        .iter()
        .map(|(look, name, points)| Line { look: *look, name, points, filled: true, peak: None })
        .collect();
    let figures = drawn.iter().filter_map(|(cell, _)| {
        Some(format!("{} peaks at {}", short_name(summary, cell), view::figure(cell, "peak_rss")?))
    });
    let title = format!("{name}: {}", figures.collect::<Vec<_>>().join(", "));
    (!lines.is_empty()).then(|| {
        let (x, y) = (&scales.x, &scales.y);
        chart::render(&Chart {
            class: "small",
            title: &title,
            x,
            y,
            lines: &lines,
            marks: &[],
            units: false,
        })
    })
}

fn cell_row(cell: &CellSummary) -> CellRow {
    CellRow {
        id: cell.cell.id.to_string(),
        href: names::cell_page(&cell.cell.id),
        outcome: OutcomeView::new(cell.outcome),
        reason: cell.reason.clone().filter(|_| cell.outcome != Some(Outcome::Ok)),
        peak: view::figure(cell, "peak_rss"),
        change: ChangeView::new(cell, "peak_rss"),
        time: view::figure(cell, "wall_time"),
        run: cell.run.clone(),
        measured: cell.measured.map(format::timestamp),
    }
}

fn states(summary: &Summary) -> Vec<StateLink> {
    let link = |name: &str| {
        let record = summary.runs.iter().find_map(|run| run.states.get(name))?;
        Some(StateLink {
            name: name.to_owned(),
            href: names::state_page(name),
            description: record.description.clone(),
            patches: record.sources.values().map(|source| source.patches.len()).sum(),
        })
    };
    super::states(summary).into_iter().filter_map(link).collect()
}
