//! The grid's fields: twins drawn over each other, their figures, and what went wrong.

use std::collections::HashMap;

use serde::Serialize;

use super::grid::{Field, Layout, Section};
use super::names;
use super::overview::HEADLINE;
use super::overview::{Overview, ratio, typical_curve, typical_curve_of};
use super::since::{self, SinceMark};
use super::trouble::{TroubleView, troubles};
use super::verdict::VerdictView;
use super::view::{self, ChangeView, SideView};
use crate::analyse::behind::Behind;
use crate::analyse::summary::CellSummary;
use crate::measurement::curves::thin;
use crate::render::chart::{self, Axis, Bar, Chart, Line};

/// Points of a curve in a field: about as many as it has pixels.
const POINTS: usize = 200;
/// Points of a curve if there are so many fields that they are small, and their weight counts.
const FEWEST: usize = 40;
/// Points of each cell's curve, over all fields.
const BUDGET: usize = 36_000;

/// A bar of more than so many times the baseline's peak ends at its field's edge: others would be
/// too short to be told apart.
const MOST_SHARE: f64 = 3.0;

#[derive(Serialize)]
pub(super) struct SectionView {
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
    /// Where it stands: the position of its value on each of the grid's axes, as the script reads it.
    at: String,
    chart: Option<String>,
    /// What the script draws in the chart's place: files in assets/series.
    plot: String,
    /// What was concluded, if the same holds for all of its cells that were compared.
    verdict: Option<VerdictView>,
    /// The change in large letters, if the field has one twin that has a figure.
    headline: Option<ChangeView>,
    /// The peak in large letters, if the field has one cell.
    peak: Option<String>,
    /// What stayed of the baseline's peak, or the peak, on the scale that all fields share.
    bar: Option<String>,
    /// `best` or `worst`, if no other field has changed as much.
    extreme: Option<&'static str>,
    /// That much more stayed than in the fields beside it, and how much.
    behind: Option<String>,
    /// Of its cells, those whose peak is another than in the run before.
    since: Vec<SinceMark>,
    /// Each cell's figures, if neither of these says all.
    parts: Vec<PartView>,
    /// Live heap and what the server held, as far as they are known and no parts say it.
    sides: Vec<SideView>,
    troubles: Vec<TroubleView>,
}

#[derive(Serialize)]
struct PartView {
    name: String,
    href: String,
    look: usize,
    peak: String,
    bar: Option<String>,
    change: Option<ChangeView>,
    extreme: Option<&'static str>,
    behind: Option<String>,
    sides: Vec<SideView>,
}

/// The scales of the grid's charts: memory has one for all fields, since it is what is compared;
/// time has one for each column, since some columns' work takes many times as long.
pub(super) struct Scales<'a> {
    pub(super) memory: Axis,
    /// Of the bars: what stayed of the baseline's peak, if anything was compared; otherwise the peak.
    bars: Axis,
    bars_are_shares: bool,
    time: HashMap<Option<&'a str>, Axis>,
    /// Whether fields are so many that they are small, and that their weight counts.
    dense: bool,
}

impl<'a> Scales<'a> {
    /// The scales of all fields.
    pub(super) fn new(sections: &[Section<'a>], dense: bool) -> Self {
        let (mut memory, mut peak) = (0.0_f64, 0.0_f64);
        let mut share = None::<f64>;
        let mut longest: HashMap<_, f64> = HashMap::new();
        for (column, field) in sections.iter().flat_map(Section::fields) {
            let peaks = field.cells.iter().filter_map(|cell| cell.metrics.get(HEADLINE));
            peak = peaks.map(|figure| figure.median).fold(peak, f64::max);
            let ratios = field.cells.iter().filter_map(|cell| ratio(cell));
            share = ratios.fold(share, |most, ratio| Some(most.unwrap_or(1.0).max(ratio)));
            let curves = field.cells.iter().filter_map(|cell| typical_curve(cell));
            for (time, value) in curves.flat_map(|curve| &curve.points) {
                memory = memory.max(*value);
                let longest = longest.entry(column).or_default();
                *longest = longest.max(*time);
            }
        }
        let time = |(column, longest)| (column, Axis::seconds(longest, 4));
        let bars = match share {
            None => Axis::bytes(peak, 1),
            Some(most) => Axis { end: most.min(MOST_SHARE), ticks: Vec::new(), unit: "" },
        };
        Self {
            memory: Axis::bytes(memory, 3),
            bars,
            bars_are_shares: share.is_some(),
            time: longest.into_iter().map(time).collect(),
            dense,
        }
    }
}

impl SectionView {
    pub(super) fn new(all: &Overview<'_>, section: &Section<'_>, scales: &Scales<'_>) -> Self {
        let mut view = Self {
            heading: heading(&section.values),
            row_axis: None,
            column_axis: None,
            columns: Vec::new(),
            rows: Vec::new(),
            flow: Vec::new(),
        };
        match &section.layout {
            Layout::Flow(fields) => {
                view.flow =
                    fields.iter().map(|field| FieldView::new(all, field, None, scales)).collect();
            }
            Layout::Table { axes, columns, rows } => {
                view.row_axis = Some(axes.0.to_owned());
                view.column_axis = Some(axes.1.to_owned());
                view.columns = columns.iter().map(|column| (*column).to_owned()).collect();
                let field = |(column, field): (&&str, &Option<Field<'_>>)| {
                    Some(FieldView::new(all, field.as_ref()?, Some(column), scales))
                };
                let row = |(value, fields): &(&str, Vec<_>)| RowView {
                    value: (*value).to_owned(),
                    fields: columns.iter().zip(fields).map(field).collect(),
                };
                view.rows = rows.iter().map(row).collect();
            }
        }
        view
    }

    pub(super) fn has_charts(&self) -> bool {
        let in_rows = self.rows.iter().flat_map(|row| &row.fields).flatten();
        in_rows.chain(&self.flow).any(|field| field.chart.is_some())
    }

    pub(super) const fn has_columns(&self) -> bool {
        !self.columns.is_empty()
    }
}

/// The further axes' values, in words.
fn heading(values: &[(&str, &str)]) -> Option<String> {
    let named: Vec<_> = values.iter().map(|(axis, value)| format!("{axis} {value}")).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

impl FieldView {
    fn new(
        all: &Overview<'_>,
        field: &Field<'_>,
        column: Option<&str>,
        scales: &Scales<'_>,
    ) -> Self {
        let name = field.values.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" / ");
        let name = if name.is_empty() { "all cells".to_owned() } else { name };
        let measured: Vec<_> =
            field.cells.iter().filter(|cell| cell.metrics.contains_key(HEADLINE)).collect();
        let headline = match measured[..] {
            [_, twin] => ChangeView::new(twin, HEADLINE),
            _ => None,
        };
        let alone = field.cells.len() == 1;
        let parts = if headline.is_some() || alone { Vec::new() } else { measured };
        // What the large figure is of.
        let main = field.cells.last().filter(|_| parts.is_empty());
        Self {
            href: field
                .cells
                .last()
                .map(|cell| names::cell_page(&cell.cell.id))
                .unwrap_or_default(),
            at: all.place(field),
            chart: scales.time.get(&column).and_then(|time| chart(all, field, &name, scales, time)),
            plot: plot(field),
            verdict: verdict(field),
            peak: main.filter(|_| alone).and_then(|cell| view::figure(cell, HEADLINE)),
            bar: main.and_then(|cell| bar(all, cell, scales)),
            extreme: main.and_then(|cell| all.extreme(cell)),
            behind: field.cells.iter().find_map(|cell| all.behind(cell)).map(stayed),
            since: since::marks(all, &field.cells),
            parts: parts.iter().map(|cell| PartView::new(all, cell, scales)).collect(),
            sides: main.map(|cell| sides(cell, scales.dense)).unwrap_or_default(),
            troubles: troubles(all, &field.cells),
            name,
            headline,
        }
    }
}

impl PartView {
    fn new<'a>(all: &Overview<'a>, cell: &'a CellSummary, scales: &Scales<'_>) -> Self {
        Self {
            name: all.short_name(cell).to_owned(),
            href: names::cell_page(&cell.cell.id),
            look: all.look(cell),
            peak: view::figure(cell, HEADLINE).unwrap_or_default(),
            bar: bar(all, cell, scales),
            change: ChangeView::new(cell, HEADLINE),
            extreme: all.extreme(cell),
            behind: all.behind(cell).map(stayed),
            sides: sides(cell, scales.dense),
        }
    }
}

/// `41% stayed, 14% beside it`.
fn stayed(behind: Behind) -> String {
    let percent = |share: f64| format!("{:.0}%", share * 100.0);
    format!(
        "{} stayed, {} in the middle of those beside it",
        percent(behind.share),
        percent(behind.others)
    )
}

/// What stands beside a cell's RSS; in a small field only what became worse.
fn sides(cell: &CellSummary, dense: bool) -> Vec<SideView> {
    let mut sides = SideView::of(cell);
    sides.retain(|side| !dense || side.class == "more");
    sides
}

/// The verdict that all cells of the field share which were compared.
fn verdict(field: &Field<'_>) -> Option<VerdictView> {
    let mut compared = field.cells.iter().filter_map(|cell| cell.comparison.as_ref());
    let first = compared.next()?;
    compared.all(|other| other.verdict == first.verdict).then(|| VerdictView::of(first))
}

fn bar(all: &Overview<'_>, cell: &CellSummary, scales: &Scales<'_>) -> Option<String> {
    let peak = cell.metrics.get(HEADLINE)?.median;
    let look = all.look(cell);
    let judged = cell.comparison.as_ref().and_then(|cells| cells.metrics.get(HEADLINE));
    let (before, after, interval) = match (scales.bars_are_shares, judged) {
        (false, _) => (None, peak, None),
        // The baseline is what the others are held against.
        (true, None) => (None, 1.0, None),
        (true, Some(judged)) => (Some(1.0), judged.ratio?, judged.interval),
    };
    let interval = interval.map(|ratio| (ratio.low, ratio.high));
    Some(chart::bar::render(&Bar { scale: &scales.bars, before, after, interval, look }))
}

/// What the script draws in a field: its cells' files.
fn plot(field: &Field<'_>) -> String {
    let files: Vec<_> = field.cells.iter().map(|cell| names::cell_stem(&cell.cell.id)).collect();
    files.join(" ")
}

fn chart(
    all: &Overview<'_>,
    field: &Field<'_>,
    name: &str,
    scales: &Scales<'_>,
    time: &Axis,
) -> Option<String> {
    let points = (BUDGET / all.fields.len().max(1)).clamp(FEWEST, POINTS);
    let drawn: Vec<_> = field
        .cells
        .iter()
        .filter_map(|cell| Some((*cell, thin(&typical_curve(cell)?.points, points))))
        .collect();
    let in_use = |cell| typical_curve_of(cell, "heap").map(|curve| thin(&curve.points, points));
    let areas: Vec<_> = drawn.iter().map(|(cell, _)| in_use(cell)).collect();
    let lines: Vec<_> = drawn
        .iter()
        .zip(&areas)
        .map(|((cell, points), area)| Line {
            look: all.look(cell),
            points,
            area: Some(area.as_ref().unwrap_or(points)),
            peak: None,
        })
        .collect();
    let is_curve = lines.iter().any(|line| line.points.len() > 1);
    if scales.dense {
        return is_curve.then(|| chart::sketch(time, &scales.memory, &lines));
    }
    let peaks = drawn.iter().filter_map(|(cell, _)| {
        Some(format!("{} peaks at {}", all.short_name(cell), view::figure(cell, HEADLINE)?))
    });
    let title = format!("{name}: {}", peaks.collect::<Vec<_>>().join(", "));
    let (x, y) = (time, &scales.memory);
    let chart = Chart { class: "small", title: &title, x, y, lines: &lines, marks: &[] };
    is_curve.then(|| chart::render(&chart))
}
