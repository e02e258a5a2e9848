//! `[matrix]`: the axes, `exclude` and `include`, with the place of every value.

use indexmap::IndexMap;

use super::context::Context;
use super::model::Matrix;
use super::names::{is_name, path_part_problem, variable_name};
use super::problem::{Problem, Span};
use super::reader::{At, Table};
use super::suggest::did_you_mean;

/// Names that mean something else: as a table of this file or as a placeholder.
const TAKEN: [&str; 14] = [
    "matrix",
    "subject",
    "sources",
    "workload",
    "python",
    "dataset",
    "measure",
    "metrics",
    "compare",
    "service",
    "system",
    "root",
    "cell",
    "database_url",
];

/// An `exclude` or `include` entry.
pub(super) struct Entry {
    pub(super) span: Span,
    /// Values by name, each with the name's place.
    pub(super) values: IndexMap<String, (Span, At<String>)>,
}

impl Entry {
    /// The entry with another value under a name that it has.
    fn with(&self, name: &str, value: At<String>) -> Self {
        let mut values = self.values.clone();
        if let Some(known) = values.get_mut(name) {
            known.1 = value;
        }
        Self { span: self.span.clone(), values }
    }

    fn plain(&self) -> IndexMap<String, String> {
        let pair = |(name, (_, value)): (&String, &(Span, At<String>))| {
            (name.clone(), value.value.clone())
        };
        self.values.iter().map(pair).collect()
    }
}

/// `[matrix]` as written.
#[derive(Default)]
pub(super) struct MatrixSection {
    pub(super) axes: IndexMap<String, Vec<At<String>>>,
    pub(super) exclude: Vec<Entry>,
    pub(super) include: Vec<Entry>,
}

impl MatrixSection {
    pub(super) fn read(table: &Table<'_>, context: &Context<'_>) -> Self {
        let mut section = Self::default();
        for value in table.values() {
            let name = value.key.value;
            match name {
                "exclude" | "include" => {
                    let tables = value.tables(&format!("matrix.{name}")).unwrap_or_default();
                    let entries = tables.iter().map(|table| entry(table, context)).collect();
                    if name == "exclude" {
                        section.exclude = entries;
                    } else {
                        section.include = entries;
                    }
                }
                _ => {
                    check_name(name, &value.key.span, context);
                    if let Some(values) = value.scalars() {
                        check_values(name, &value.span(), &values, context);
                        section.axes.insert(name.to_owned(), values);
                    }
                }
            }
        }
        section
    }

    /// What can only be said when a series has been replaced by its states.
    pub(super) fn check(&self, table: &Table<'_>, context: &Context<'_>) {
        self.check_variables(table, context);
        self.check_excludes(context);
        self.check_includes(context);
    }

    /// Puts the values `new` in the place of `value` of `axis`: on the axis, and in every entry.
    pub(super) fn replace(&mut self, axis: &str, value: &str, new: &[&str]) {
        let at = |place: &At<String>| {
            let span = place.span.clone();
            new.iter().map(move |name| At::new((*name).to_owned(), span.clone()))
        };
        if let Some(values) = self.axes.get_mut(axis)
            && let Some(index) = values.iter().position(|known| known.value == value)
        {
            let new: Vec<_> = at(&values[index]).collect();
            values.splice(index..=index, new);
        }
        for entries in [&mut self.exclude, &mut self.include] {
            let copies = entries.drain(..).flat_map(|entry| match entry.values.get(axis) {
                Some((_, named)) if named.value == value => {
                    at(named).map(|value| entry.with(axis, value)).collect()
                }
                _ => vec![entry],
            });
            *entries = copies.collect();
        }
        // What `exclude` takes away whole must not come back as a cell of its own.
        let is_gone = |entry: &Entry| {
            let taken = |gone: &Entry| {
                gone.values.iter().all(|(name, (_, value))| {
                    entry.values.get(name).is_some_and(|(_, its)| its.value == value.value)
                })
            };
            self.exclude.iter().any(taken)
        };
        self.include.retain(|entry| match entry.values.get(axis) {
            Some((_, named)) if named.value != value && new.contains(&named.value.as_str()) => {
                !is_gone(entry)
            }
            _ => true,
        });
    }

    /// The names of the axes.
    pub(super) fn axis_names(&self) -> Vec<&str> {
        self.axes.keys().map(String::as_str).collect()
    }

    /// Every value of `name` in the file: of the axis, and of `include` entries.
    pub(super) fn values_of(&self, name: &str) -> impl Iterator<Item = &At<String>> {
        let included = self.include.iter().filter_map(move |entry| entry.values.get(name));
        let of_axis = self.axes.get(name).into_iter().flatten();
        of_axis.chain(included.map(|(_, value)| value))
    }

    pub(super) fn to_model(&self) -> Matrix {
        let texts =
            |values: &Vec<At<String>>| values.iter().map(|value| value.value.clone()).collect();
        Matrix {
            axes: self.axes.iter().map(|(axis, values)| (axis.clone(), texts(values))).collect(),
            exclude: self.exclude.iter().map(Entry::plain).collect(),
            include: self.include.iter().map(Entry::plain).collect(),
        }
    }

    /// Two axes must not become the same variable of the workload's environment.
    fn check_variables(&self, table: &Table<'_>, context: &Context<'_>) {
        let mut seen: IndexMap<String, &str> = IndexMap::new();
        for axis in self.axes.keys() {
            let Some(other) = seen.insert(variable_name(axis), axis) else { continue };
            let span = table.get(axis).map_or_else(|| table.span.clone(), |value| value.key.span);
            let message = format!("`{axis}` and `{other}` are the same but for case or dashes");
            context.add(Problem::at(&span, message).hint("rename one of the two axes"));
        }
    }

    /// An entry that names an axis or value which isn't there would silently exclude nothing.
    fn check_excludes(&self, context: &Context<'_>) {
        let axes = self.axis_names();
        for (name, (name_span, value)) in self.exclude.iter().flat_map(|entry| &entry.values) {
            let Some(values) = self.axes.get(name) else {
                let problem =
                    Problem::at(name_span, format!("`exclude` names `{name}`, which is no axis"));
                context.add(problem.hint(did_you_mean(name, &axes)).absence());
                continue;
            };
            if !values.iter().any(|other| other.value == value.value) {
                let values: Vec<_> = values.iter().map(|value| value.value.as_str()).collect();
                let message =
                    format!("`exclude` matches nothing: `{name}` has no value `{}`", value.value);
                context.add(
                    Problem::at(&value.span, message).hint(did_you_mean(&value.value, &values)),
                );
            }
        }
    }

    fn check_includes(&self, context: &Context<'_>) {
        for entry in &self.include {
            for (name, (name_span, value)) in &entry.values {
                if self.axes.contains_key(name) {
                    check_path_part(value, context);
                } else {
                    check_name(name, name_span, context);
                }
            }
        }
    }
}

fn entry(table: &Table<'_>, context: &Context<'_>) -> Entry {
    if table.is_empty() {
        let message = format!("an entry of {table} needs at least one value");
        context.add(Problem::at(&table.span, message).absence());
    }
    let values = table.values().filter_map(|value| {
        let text = value.scalar()?;
        Some((value.key.value.to_owned(), (value.key.span, text)))
    });
    Entry { span: table.span.clone(), values: values.collect() }
}

fn check_name(name: &str, span: &Span, context: &Context<'_>) {
    if TAKEN.contains(&name) {
        let message = format!("`{name}` can't name an axis: it means something else in this file");
        context
            .add(Problem::at(span, message).hint(format!("call it `{name}_version`, or the like")));
    } else if !is_name(name) {
        let message = format!("`{name}` can't name an axis");
        context.add(Problem::at(span, message).hint("a letter, then letters, digits, `_` or `-`"));
    }
}

fn check_values(axis: &str, span: &Span, values: &[At<String>], context: &Context<'_>) {
    if values.is_empty() {
        let problem = Problem::at(span, format!("the axis `{axis}` has no values"));
        context.add(problem.hint("give it one, or remove the axis").absence());
    }
    for (index, value) in values.iter().enumerate() {
        check_path_part(value, context);
        if values[..index].iter().any(|earlier| earlier.value == value.value) {
            let message = format!("the axis `{axis}` has `{}` twice", value.value);
            context.add(Problem::at(&value.span, message).hint("remove one of the two"));
        }
    }
}

pub(super) fn check_path_part(value: &At<String>, context: &Context<'_>) {
    if let Some(why) = path_part_problem(&value.value) {
        let message = format!("{:?} can't be part of a cell's id: {why}", value.value);
        context.add(Problem::at(&value.span, message).hint("ids are also names of folders"));
    }
}
