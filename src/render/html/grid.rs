//! Where each cell stands in the grid: twins share a field, the first two other axes are its rows
//! and columns, further axes cut it into sections. Pure.

use indexmap::{IndexMap, IndexSet};

use crate::analyse::summary::{CellSummary, Summary};

/// Some of the matrix's fields.
#[derive(Debug, PartialEq)]
pub(super) struct Section<'a> {
    /// The further axes' values that it stands for.
    pub values: Vec<(&'a str, &'a str)>,
    /// How its fields are arranged.
    pub layout: Layout<'a>,
}

/// How fields are arranged.
#[derive(Debug, PartialEq)]
pub(super) enum Layout<'a> {
    /// By two axes; a combination that the matrix lacks is `None`.
    Table {
        /// The rows' axis and the columns' axis.
        axes: (&'a str, &'a str),
        /// The columns' values.
        columns: Vec<&'a str>,
        /// Each row's value and fields.
        rows: Vec<(&'a str, Vec<Option<Field<'a>>>)>,
    },
    /// One after the other, each with its own name.
    Flow(Vec<Field<'a>>),
}

/// Twins, drawn together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field<'a> {
    /// What they share: values by axis.
    pub values: Vec<(&'a str, &'a str)>,
    /// The cells, the baseline's first.
    pub cells: Vec<&'a CellSummary>,
}

/// The fields of a summary in sections. Every field is in exactly one.
pub(super) fn arrange<'a>(summary: &'a Summary, fields: &[Field<'a>]) -> Vec<Section<'a>> {
    let twin_axis = summary.baseline.as_ref().map(|(axis, _)| axis.as_str());
    let axes: Vec<&str> =
        summary.axes.keys().map(String::as_str).filter(|axis| Some(*axis) != twin_axis).collect();
    let fields = fields.iter().cloned();
    let [row_axis, column_axis, ..] = axes[..] else {
        return vec![Section { values: Vec::new(), layout: Layout::Flow(fields.collect()) }];
    };
    let (inside, outside): (Vec<_>, Vec<_>) = fields
        .partition(|field| field.value(row_axis).is_some() && field.value(column_axis).is_some());
    let mut parts: IndexMap<Vec<(&str, &str)>, Vec<Field<'_>>> = IndexMap::new();
    for field in inside {
        let further =
            field.values.iter().filter(|(axis, _)| *axis != row_axis && *axis != column_axis);
        parts.entry(further.copied().collect()).or_default().push(field);
    }
    let tables = parts.into_iter().map(|(values, fields)| Section {
        values,
        layout: table(summary, (row_axis, column_axis), &fields),
    });
    let rest = (!outside.is_empty())
        .then(|| Section { values: Vec::new(), layout: Layout::Flow(outside) });
    tables.chain(rest).collect()
}

/// The axes along which fields can be laid out, in matrix order: all but the one along which twins
/// differ. Each with the values that occur, those that `include` added last.
pub(super) fn axes<'a>(
    summary: &'a Summary,
    fields: &[Field<'a>],
) -> IndexMap<&'a str, IndexSet<&'a str>> {
    let twin_axis = summary.baseline.as_ref().map(|(axis, _)| axis.as_str());
    let of_axis = |axis: &'a str, known: &'a [String]| -> IndexSet<&'a str> {
        let occurring: IndexSet<&str> =
            fields.iter().filter_map(|field| field.value(axis)).collect();
        let known = known.iter().map(String::as_str).filter(|value| occurring.contains(value));
        known.chain(occurring.iter().copied()).collect()
    };
    let axes = summary.axes.iter().filter(|(axis, _)| Some(axis.as_str()) != twin_axis);
    axes.map(|(axis, known)| (axis.as_str(), of_axis(axis, known))).collect()
}

/// Twins put together, in the order of their first cells.
pub(super) fn fields(summary: &Summary) -> Vec<Field<'_>> {
    let baseline = summary.baseline.as_ref().map(|(axis, value)| (axis.as_str(), value.as_str()));
    let twin_axis = baseline.map_or("", |(axis, _)| axis);
    let mut fields: IndexMap<_, Vec<_>> = IndexMap::new();
    for cell in &summary.cells {
        fields.entry(cell.cell.twin_key(twin_axis)).or_default().push(cell);
    }
    let is_other = |cell: &&CellSummary| {
        baseline.is_none_or(|(axis, value)| cell.cell.value(axis) != Some(value))
    };
    fields
        .into_iter()
        .map(|(values, mut cells)| {
            cells.sort_by_key(is_other);
            Field { values, cells }
        })
        .collect()
}

fn table<'a>(summary: &'a Summary, axes: (&'a str, &'a str), fields: &[Field<'a>]) -> Layout<'a> {
    let occurring = |axis: &'a str| -> Vec<&'a str> {
        let mut values: IndexSet<&str> =
            fields.iter().filter_map(|field| field.value(axis)).collect();
        let order = |value: &&str| {
            summary.axes[axis].iter().position(|known| known == value).unwrap_or(usize::MAX)
        };
        values.sort_by_key(order);
        values.into_iter().collect()
    };
    let (row_values, columns) = (occurring(axes.0), occurring(axes.1));
    let by_place: IndexMap<_, _> =
        fields.iter().map(|field| ((field.value(axes.0), field.value(axes.1)), field)).collect();
    let field_at =
        |row, column| by_place.get(&(Some(row), Some(column))).map(|field| (*field).clone());
    let row = |row| (row, columns.iter().map(|column| field_at(row, *column)).collect());
    Layout::Table {
        axes,
        rows: row_values.into_iter().map(row).collect(),
        columns: columns.clone(),
    }
}

impl<'a> Section<'a> {
    /// Its fields, each with the column that it is in.
    pub(super) fn fields(&self) -> Vec<(Option<&'a str>, &Field<'a>)> {
        match &self.layout {
            Layout::Flow(fields) => fields.iter().map(|field| (None, field)).collect(),
            Layout::Table { columns, rows, .. } => rows
                .iter()
                .flat_map(|(_, fields)| columns.iter().zip(fields))
                .filter_map(|(column, field)| Some((Some(*column), field.as_ref()?)))
                .collect(),
        }
    }
}

impl<'a> Field<'a> {
    /// Its value on `axis`.
    #[must_use]
    pub(super) fn value(&self, axis: &str) -> Option<&'a str> {
        self.values.iter().find(|(name, _)| *name == axis).map(|(_, value)| *value)
    }
}
