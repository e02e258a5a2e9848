//! What can only be checked once every section is read: references between them, and all that
//! depends on the cells.

use std::collections::HashSet;
use std::path::PathBuf;

use indexmap::{IndexMap, IndexSet};

use super::context::{Context, Scope, TemplateUse};
use super::matrix::{MatrixSection, check_path_part};
use super::model::{BACKEND_AXIS, Config, Content, Matrix, SUBJECT};
use super::names::is_path_part;
use super::problem::{Problem, Span};
use super::reader::At;
use super::services::PLACES;
use super::suggest::{did_you_mean, nearest};
use super::workload::TemplateFile;
use crate::plan::{Cell, Origin, expand_traced, product_size};

/// A larger matrix is a slip of the keyboard, and would not fit into memory.
const MOST_CELLS: usize = 100_000;
/// An id is a path below a run's folder. Linux takes paths of up to 4,095 bytes; the rest is for where the
/// reports are, and for the files of attempts.
const LONGEST_ID: usize = 2_048;

/// Every value of `axis` needs one of the `defined` tables, and every such table a value.
pub(super) fn check_tables<T>(
    axis: &str,
    defined: &IndexMap<String, At<T>>,
    matrix: &MatrixSection,
    context: &Context<'_>,
) {
    let values: IndexSet<&str> = matrix.values_of(axis).map(|value| value.value.as_str()).collect();
    let is_unused = |name: &&str| !values.contains(name);
    let mut unused: Vec<_> = defined.keys().map(String::as_str).filter(is_unused).collect();
    // A table that a mistyped value meant is one problem, not two.
    for meant in check_defined(axis, defined, &unused, matrix, context) {
        unused.retain(|name| *name != meant);
    }
    for (name, table) in defined.iter().filter(|(name, _)| unused.contains(&name.as_str())) {
        let hint = if values.is_empty() {
            format!("the matrix has no axis `{axis}`; add it to `[matrix]`")
        } else {
            format!("add `{name}` to `{axis}` in `[matrix]`, or remove the table")
        };
        let message = format!("nothing uses `[{axis}.{name}]`");
        context.add(Problem::at(&table.span, message).hint(hint).absence());
    }
}

/// A problem for each value that no table defines. Yields the tables that were probably meant.
fn check_defined<'t, T>(
    axis: &str,
    defined: &IndexMap<String, At<T>>,
    unused: &[&'t str],
    matrix: &MatrixSection,
    context: &Context<'_>,
) -> Vec<&'t str> {
    let mut meant = Vec::new();
    let mut seen = HashSet::new();
    for value in matrix.values_of(axis).filter(|value| seen.insert(value.value.as_str())) {
        if defined.contains_key(&value.value) || !is_path_part(&value.value) {
            continue;
        }
        let near = nearest(&value.value, unused);
        let hint = match near {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("add `[{axis}.{}]`", value.value),
        };
        let message = format!("no table defines the {axis} `{}`", value.value);
        context.add(Problem::at(&value.span, message).hint(hint).absence());
        meant.extend(near);
    }
    meant
}

/// The matrix's cells, checked; none if it is too large to be expanded.
pub(super) fn check_cells(
    span: &Span,
    section: &MatrixSection,
    context: &Context<'_>,
) -> Vec<Cell> {
    let matrix = section.to_model();
    if product_size(&matrix).is_none_or(|size| size > MOST_CELLS) {
        let problem = Problem::at(span, format!("the matrix has more than {MOST_CELLS} cells"));
        context.add(problem.hint("remove an axis, or values"));
        return Vec::new();
    }
    let cells = expand_traced(&matrix);
    let is_reported = section.axes.values().any(Vec::is_empty)
        || section.exclude.iter().any(|entry| entry.values.is_empty());
    if cells.is_empty() && !is_reported {
        let hint = if section.exclude.is_empty() {
            "add an axis, such as format = [\"json\", \"xml\"]"
        } else {
            "`exclude` takes all of them away"
        };
        context.add(Problem::at(span, "the matrix has no cells").hint(hint).absence());
    }
    check_ids(&cells, section, context);
    check_length(&cells, section, context);
    cells.into_iter().map(|(cell, _)| cell).collect()
}

/// Ids must differ. Those of the product do; `include` may repeat one, and may make a cell whose
/// id consists of values that belong to no axis.
fn check_ids(cells: &[(Cell, Origin)], section: &MatrixSection, context: &Context<'_>) {
    let mut seen = HashSet::new();
    for (cell, origin) in cells {
        let is_new = seen.insert(&cell.id);
        let Origin::Include(index) = origin else { continue };
        let Some(entry) = section.include.get(*index) else { continue };
        if cell.axes.is_empty() {
            entry.values.values().for_each(|(_, value)| check_path_part(value, context));
        }
        if !is_new {
            let message = format!("there is a cell `{}` already", cell.id);
            let hint = "give this `include` entry a value that tells it apart";
            context.add(Problem::at(&entry.span, message).hint(hint));
        }
    }
}

/// Says of the longest id, if it is too long, which part of it is.
fn check_length(cells: &[(Cell, Origin)], section: &MatrixSection, context: &Context<'_>) {
    let longest = cells.iter().map(|(cell, _)| cell).max_by_key(|cell| cell.id.as_str().len());
    let Some(cell) = longest.filter(|cell| cell.id.as_str().len() > LONGEST_ID) else { return };
    let parts = if cell.axes.is_empty() { &cell.extra } else { &cell.axes };
    let Some((name, part)) = parts.iter().max_by_key(|(_, value)| value.len()) else { return };
    let Some(place) = section.values_of(name).find(|value| value.value == *part) else { return };
    let length = cell.id.as_str().len();
    let message = format!(
        "a cell's id would have {length} bytes, and may have {LONGEST_ID}: its longest part is this \
         value of `{name}`"
    );
    let hint = "shorten values, or make one axis of several";
    context.add(Problem::at(&place.span, message).hint(hint));
}

/// A source that no template mentions can't be what the workload runs, whatever its patches are.
pub(super) fn check_sources_used(sources: &IndexMap<String, Span>, context: &Context<'_>) {
    let templates = context.templates.borrow();
    if templates.is_empty() {
        // Without a workload, which has been reported, nothing can be said.
        return;
    }
    for (name, span) in sources {
        let placeholder =
            if name == SUBJECT { SUBJECT.to_owned() } else { format!("source:{name}") };
        let is_used = |used: &TemplateUse| used.template.names().any(|name| name == placeholder);
        if !templates.iter().any(is_used) {
            let message = format!("no workload could see it: nothing uses `{{{placeholder}}}`");
            let hint =
                format!("such as env = {{ PYTHONPATH = \"{{{placeholder}}}\" }} in `[workload]`");
            context.add(Problem::at(span, message).hint(hint).absence());
        }
    }
}

/// Placeholders must have a value in every cell that the template is used in.
pub(super) fn check_templates(config: &Config, cells: &[Cell], context: &Context<'_>) {
    for used in context.templates.borrow().iter() {
        let applies = |cell: &&Cell| match &used.scope {
            Scope::Everywhere => true,
            Scope::Where { axis, value } => cell.value(axis) == Some(value),
            Scope::Service(name) => config.services_of(cell).contains(&name.as_str()),
        };
        let cells: Vec<_> = cells.iter().filter(applies).collect();
        let names: IndexSet<&str> = used.template.names().collect();
        let is_place =
            |name: &&str| matches!(used.scope, Scope::Service(_)) && PLACES.contains(name);
        for name in names.into_iter().filter(|name| !is_place(name) && !is_fixed(name, config)) {
            let without = cells.iter().find(|cell| !has_value(name, cell));
            if cells.is_empty() && is_name_in(&config.matrix, name) {
                continue;
            } else if cells.iter().all(|cell| !has_value(name, cell)) {
                context.add(unknown_placeholder(name, used, config));
            } else if let Some(cell) = without {
                let message = format!("the cell `{}` has no value for `{{{name}}}`", cell.id);
                let hint = "give it one with an `include` entry";
                context.add(Problem::at(&used.span, message).hint(hint).absence());
            }
        }
    }
}

/// Names that cells may have values for.
fn names_in(matrix: &Matrix) -> impl Iterator<Item = &String> {
    matrix.axes.keys().chain(matrix.include.iter().flat_map(IndexMap::keys))
}

fn is_name_in(matrix: &Matrix, name: &str) -> bool {
    let name = if name == "database_url" { BACKEND_AXIS } else { name };
    names_in(matrix).any(|other| other == name)
}

/// Whether a placeholder has a value in every cell, whatever its values.
fn is_fixed(name: &str, config: &Config) -> bool {
    match name {
        "root" | "cell" => true,
        "python" => config.python.is_some(),
        "subject" => config.sources.contains_key(SUBJECT),
        "rows" => config.dataset.is_some(),
        "seed" => matches!(
            config.dataset.as_ref().map(|dataset| &dataset.content),
            Some(Content::Generated { .. })
        ),
        _ => name.strip_prefix("source:").is_some_and(|source| config.sources.contains_key(source)),
    }
}

fn has_value(name: &str, cell: &Cell) -> bool {
    match name {
        "database_url" => cell.backend().is_some(),
        _ => cell.value(name).is_some(),
    }
}

fn unknown_placeholder(name: &str, used: &TemplateUse, config: &Config) -> Problem {
    let problem = Problem::at(&used.span, format!("`{{{name}}}` has no value here")).absence();
    match name {
        "python" => return problem.hint("add `[python]`, if only with interpreter = \"python3\""),
        "subject" => return problem.hint("add `[subject]`"),
        "rows" => return problem.hint("add `[dataset]`"),
        "seed" => return problem.hint("only generated rows have a seed"),
        "database_url" => return problem.hint("it needs an axis `backend`"),
        name if PLACES.contains(&name) => {
            return problem
                .hint("only services have it; see docs/services.md for how to pass it on");
        }
        _ => {}
    }
    let fixed = ["root", "cell", "python", "subject", "rows", "seed"];
    let fixed = fixed.into_iter().filter(|name| is_fixed(name, config)).map(str::to_owned);
    let further = config.sources.keys().filter(|name| *name != SUBJECT);
    let further = further.map(|name| format!("source:{name}"));
    let names: IndexSet<String> =
        names_in(&config.matrix).cloned().chain(fixed).chain(further).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    problem.hint(did_you_mean(name, &names))
}

/// The files that a `./` argument with placeholders means, one for each value; they must exist.
pub(super) fn check_template_files(
    files: &[TemplateFile],
    cells: &[Cell],
    context: &Context<'_>,
) -> Vec<PathBuf> {
    let mut found = IndexSet::new();
    for file in files {
        // A placeholder without a value in the cell is known when the cell is run, if at all.
        let names = cells.iter().filter_map(|cell| file.path.expand(|name| cell.value(name)).ok());
        for name in names.collect::<IndexSet<_>>() {
            let path = context.absolute(&name);
            if context.look_up(&path).is_none() {
                context.add(context.not_there(&file.span, &name, "the workload's file"));
            }
            found.insert(path);
        }
    }
    found.into_iter().collect()
}

/// What needs another section to make sense.
pub(super) fn check_needs(
    config: &Config,
    backends: &IndexMap<String, Span>,
    dataset: Option<&Span>,
    context: &Context<'_>,
) {
    for (name, span) in backends {
        let has_requirements =
            config.backends.get(name).is_some_and(|backend| !backend.requirements.is_empty());
        if has_requirements && config.python.is_none() {
            let problem =
                Problem::at(span, "`requirements` need an environment to be installed in");
            context.add(problem.hint("add `[python]`").absence());
        }
    }
    if let (Some(span), true) = (dataset, config.backends.is_empty()) {
        let problem = Problem::at(span, "no backend could hold these rows");
        let hint = format!("add an axis `{BACKEND_AXIS}` and its tables, or remove `[dataset]`");
        context.add(problem.hint(hint).absence());
    }
}
