//! The way from text to a validated configuration.

use std::path::Path;

use indexmap::{IndexMap, IndexSet};
use toml::de::DeTable;

use super::backends::{read_backends, read_values};
use super::check;
use super::context::{Context, PathKind};
use super::dataset::read_dataset;
use super::matrix::MatrixSection;
use super::measure::{read_compare, read_measure};
use super::model::{BACKEND_AXIS, Config, STATE_AXIS};
use super::problem::{Problem, Problems, Sink, Span, SyntaxErrors};
use super::reader::{At, Table};
use super::sources::{read_sources, read_states};
use super::workload::{read_python, read_workload};

/// The tables that every file may have; an axis adds one of its own name.
const SECTIONS: [&str; 10] = [
    "matrix", "subject", "sources", "state", "backend", "workload", "python", "dataset", "measure",
    "compare",
];

/// Reads a matrix file. `file_name` is what diagnostics call it, `root` the absolute path of the
/// folder that holds it, and `look_up` says what a path is, following links.
///
/// # Errors
/// Every problem in the file at once.
pub fn load(
    file_name: &str,
    text: &str,
    root: &Path,
    look_up: &dyn Fn(&Path) -> Option<PathKind>,
) -> Result<Config, Problems> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let syntax = SyntaxErrors::new(&errors, text);
    let sink = Sink::default();
    let config = {
        let context = Context::new(&sink, root, look_up);
        read(&Table::top(&document, &sink), &context)
    };
    let problems = sink.into_problems(syntax, text);
    if problems.is_empty() { Ok(config) } else { Err(Problems::new(file_name, text, problems)) }
}

/// Where there is a problem the configuration holds something that stands in for the right thing.
fn read(top: &Table<'_>, context: &Context<'_>) -> Config {
    let matrix_table = top.sub_table("matrix");
    if top.get("matrix").is_none() {
        let problem = Problem::missing("there is no `[matrix]`: nothing says what to combine");
        context
            .add(problem.hint("add `[matrix]` with an axis, such as format = [\"json\", \"xml\"]"));
    }
    let matrix =
        matrix_table.as_ref().map(|table| MatrixSection::read(table, context)).unwrap_or_default();
    let known: IndexSet<&str> = SECTIONS.into_iter().chain(matrix.axis_names()).collect();
    top.only(&known.into_iter().collect::<Vec<_>>());

    let sources = read_sources(top, context);
    let states = read_states(top, &sources, context);
    let backends = read_backends(top, context);
    let values = read_values(top, &matrix, context);
    let workload = read_workload(top, context);
    let dataset = read_dataset(top, context);
    check::check_tables(STATE_AXIS, &states, &matrix, context);
    check::check_tables(BACKEND_AXIS, &backends, &matrix, context);
    for (axis, tables) in &values {
        check::check_tables(axis, tables, &matrix, context);
    }

    let (sources, source_spans) = apart(sources);
    let (backends, backend_spans) = apart(backends);
    let dataset_span = dataset.as_ref().map(|dataset| dataset.span.clone());
    let mut config = Config {
        root: context.absolute(""),
        matrix: matrix.to_model(),
        sources,
        states: apart(states).0,
        backends,
        values: values.into_iter().map(|(axis, tables)| (axis, apart(tables).0)).collect(),
        workload: workload.workload,
        python: read_python(top, context),
        dataset: dataset.map(|dataset| dataset.value),
        measure: read_measure(top, context),
        compare: read_compare(top, &matrix, context),
        reports: context.absolute("reports"),
    };
    check::check_needs(&config, &backend_spans, dataset_span.as_ref(), context);
    check::check_sources_used(&source_spans, context);
    if let Some(table) = matrix_table {
        let cells = check::check_cells(&table.span, &matrix, &config, context);
        check::check_templates(&config, &cells, context);
        for path in check::check_template_files(&workload.template_files, &cells, context) {
            if !config.workload.files.contains(&path) {
                config.workload.files.push(path);
            }
        }
    }
    config
}

/// Takes values and places apart.
fn apart<T>(map: IndexMap<String, At<T>>) -> (IndexMap<String, T>, IndexMap<String, Span>) {
    let pairs = map.into_iter().map(|(name, at)| ((name.clone(), at.value), (name, at.span)));
    pairs.unzip()
}
