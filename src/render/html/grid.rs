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

/// All axes with the values that occur, those that `include` added last.
pub(super) fn cell_axes(summary: &Summary) -> IndexMap<&str, IndexSet<&str>> {
    let values = |axis: &String| {
        let known = summary.axes[axis].iter().map(String::as_str);
        let occurring: IndexSet<&str> =
            summary.cells.iter().filter_map(|cell| cell.cell.value(axis)).collect();
        let mut values: IndexSet<&str> = known.filter(|value| occurring.contains(value)).collect();
        values.extend(occurring);
        values
    };
    summary.axes.keys().map(|axis| (axis.as_str(), values(axis))).collect()
}

/// The axes along which fields can be laid out, in matrix order: all but the one along which twins
/// differ.
pub(super) fn axes(summary: &Summary) -> IndexMap<&str, IndexSet<&str>> {
    let twin_axis = summary.baseline.as_ref().map(|(axis, _)| axis.as_str());
    let mut axes = cell_axes(summary);
    axes.retain(|axis, _| Some(*axis) != twin_axis);
    axes
}

/// The position of something's value on each axis, such as `0,2`; `-` on one that it isn't on.
pub(super) fn positions<'a>(
    axes: &IndexMap<&str, IndexSet<&str>>,
    value: impl Fn(&str) -> Option<&'a str>,
) -> String {
    let position = |(axis, values): (&&str, &IndexSet<&str>)| {
        let position = value(axis).and_then(|value| values.get_index_of(value));
        position.map_or_else(|| "-".to_owned(), |position| position.to_string())
    };
    axes.iter().map(position).collect::<Vec<_>>().join(",")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::{self, Sample};

    #[test]
    fn positions_are_those_of_the_axes_with_what_include_added_last() {
        let product: &[(&str, &[&str])] =
            &[("size", &["small", "large"]), ("state", &["old", "new"]), ("kind", &["a", "b"])];
        let mut sample = Sample::new(product, Some(("state", "old")));
        let odd = [("size", "huge"), ("state", "new")];
        let odd = odd.map(|(axis, value)| (axis.to_owned(), value.to_owned()));
        sample.cells.push(sample::cell(odd.into()));
        let summary = sample.summary();
        let (fields, axes) = (fields(&summary), axes(&summary));
        assert_eq!(axes.keys().copied().collect::<Vec<_>>(), ["size", "kind"]);
        assert_eq!(axes["size"].iter().copied().collect::<Vec<_>>(), ["small", "large", "huge"]);
        let places = fields.iter().map(|field| positions(&axes, |axis| field.value(axis)));
        assert_eq!(places.collect::<Vec<_>>(), ["0,0", "0,1", "1,0", "1,1", "2,-"]);
        assert_eq!(
            cell_axes(&summary).keys().copied().collect::<Vec<_>>(),
            ["size", "state", "kind"]
        );
    }

    #[test]
    fn every_field_is_in_exactly_one_section() {
        let axes: &[(&str, &[&str])] = &[
            ("a", &["1", "2"]),
            ("state", &["old", "new"]),
            ("b", &["1", "2", "3"]),
            ("c", &["1", "2"]),
        ];
        let summary = Sample::new(axes, Some(("state", "old"))).summary();
        let fields = fields(&summary);
        let sections = arrange(&summary, &fields);
        assert_eq!(sections.len(), 2);
        let placed = sections.iter().flat_map(Section::fields).map(|(_, field)| &field.values);
        let placed: IndexSet<_> = placed.collect();
        assert_eq!((fields.len(), placed.len()), (12, 12));
        assert!(fields.iter().all(|field| field.cells.len() == 2));
    }
}
