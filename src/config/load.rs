//! The way from text to a validated configuration.

use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use toml::de::DeTable;

use super::backends::{read_backends, read_values};
use super::check;
use super::compare::read_compare;
use super::context::{Context, PathKind};
use super::dataset::read_dataset;
use super::matrix::MatrixSection;
use super::measure::read_measure;
use super::metrics::read_metrics;
use super::model::{BACKEND_AXIS, Config, STATE_AXIS};
use super::passes::read_passes;
use super::problem::{Problem, Problems, Sink, Span, SyntaxErrors};
use super::reader::{At, Table, Value};
use super::series::{SeriesChoice, take_apart};
use super::services::{check_names, read_services};
use super::sources::{read_sources, read_states};
use super::system::read_system;
use super::workload::{WorkloadSection, read_python};
use crate::plan::Cell;

/// The tables that every file may have; an axis adds one of its own name.
const SECTIONS: [&str; 14] = [
    "matrix", "subject", "sources", "state", "backend", "workload", "python", "dataset", "measure",
    "metrics", "passes", "compare", "service", "system",
];

/// [`load_with`] without anything from the command line.
///
/// # Errors
/// Every problem in the file at once.
pub fn load(
    file_name: &str,
    text: &str,
    root: &Path,
    look_up: &dyn Fn(&Path) -> Option<PathKind>,
) -> Result<Config, Problems> {
    load_with(file_name, text, root, look_up, &[])
}

/// Reads a matrix file. `file_name` is what diagnostics call it, `root` the absolute path of the
/// folder that holds it, and `look_up` says what a path is, following links. `series` is what the command line
/// says of states that are to be taken apart, which decides about what cells there are.
///
/// # Errors
/// Every problem in the file at once.
pub fn load_with(
    file_name: &str,
    text: &str,
    root: &Path,
    look_up: &dyn Fn(&Path) -> Option<PathKind>,
    series: &[SeriesChoice],
) -> Result<Config, Problems> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let syntax = SyntaxErrors::new(&errors, text);
    let sink = Sink::default();
    let config = {
        let context = Context::new(&sink, root, look_up);
        read(&Table::top(&document, &sink), series, &context)
    };
    let problems = sink.into_problems(syntax, text);
    if problems.is_empty() { Ok(config) } else { Err(Problems::new(file_name, text, problems)) }
}

/// Where there is a problem the configuration holds something that stands in for the right thing.
fn read(top: &Table<'_>, chosen: &[SeriesChoice], context: &Context<'_>) -> Config {
    let sources = read_sources(top, context);
    let (mut states, declared) = read_states(top, &sources, context);
    let mut matrix = read_matrix(top, context);
    let series = take_apart(&mut states, &mut matrix, &declared, chosen, context);
    let cells = check_matrix(top, &matrix, context);
    let known: IndexSet<&str> = SECTIONS.into_iter().chain(matrix.axis_names()).collect();
    top.only(&known.into_iter().collect::<Vec<_>>());

    let backends = read_backends(top, context);
    let (values, mut service_names) = read_values(top, &matrix, context);
    let services = read_services(top, context);
    let workload = WorkloadSection::read(top, context);
    service_names.extend(workload.services.iter().cloned());
    check_names(&services, &service_names, context);
    let files = check::check_template_files(&workload.template_files, &cells, context);
    let dataset = read_dataset(top, context);
    let metrics = read_metrics(top, context);
    check::check_tables(STATE_AXIS, &states, &matrix, context);
    check::check_tables(BACKEND_AXIS, &backends, &matrix, context);
    for (axis, tables) in &values {
        check::check_tables(axis, tables, &matrix, context);
    }

    let (sources, source_spans) = apart(sources);
    let (backends, backend_spans) = apart(backends);
    let dataset_span = dataset.as_ref().map(|dataset| dataset.span.clone());
    let config = Config {
        root: context.absolute(""),
        matrix: matrix.to_model(),
        sources,
        states: apart(states).0,
        series,
        backends,
        values: values.into_iter().map(|(axis, tables)| (axis, apart(tables).0)).collect(),
        workload: workload.into_workload(files),
        python: read_python(top, context),
        services: apart(services).0,
        packages: read_system(top, context),
        dataset: dataset.map(|dataset| dataset.value),
        measure: read_measure(top, context),
        passes: read_passes(top, context),
        compare: read_compare(top, &matrix, &cells, &metrics, context),
        metrics,
        reports: context.absolute("reports"),
    };
    check::check_needs(&config, &backend_spans, dataset_span.as_ref(), context);
    check::check_sources_used(&source_spans, context);
    check::check_templates(&config, &cells, context);
    config
}

fn read_matrix(top: &Table<'_>, context: &Context<'_>) -> MatrixSection {
    if top.get("matrix").is_none() {
        let problem = Problem::missing("there is no `[matrix]`: nothing says what to combine");
        let hint = "add `[matrix]` with an axis, such as format = [\"json\", \"xml\"]";
        context.add(problem.hint(hint));
    }
    let table = top.sub_table("matrix");
    table.map(|table| MatrixSection::read(&table, context)).unwrap_or_default()
}

fn check_matrix(top: &Table<'_>, matrix: &MatrixSection, context: &Context<'_>) -> Vec<Cell> {
    // Of another type: that was reported when it was read.
    let Some(table) = top.get("matrix").filter(Value::is_table) else { return Vec::new() };
    let Some(table) = table.table("matrix".to_owned()) else { return Vec::new() };
    matrix.check(&table, context);
    check::check_cells(&table.span, matrix, context)
}

/// Takes values and places apart.
fn apart<T>(map: IndexMap<String, At<T>>) -> (IndexMap<String, T>, IndexMap<String, Span>) {
    let pairs = map.into_iter().map(|(name, at)| ((name.clone(), at.value), (name, at.span)));
    pairs.unzip()
}
