//! `memgrid plan [CELL…]`: what `run` would do, without doing it.

use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use serde::Serialize;

use crate::cli::Global;
use crate::config::{Change, Config, Content, PatchFile, Per, Series, SeriesKind};
use crate::error::Result;
use crate::exit_code;
use crate::plan::{self, Cell, CellId, Pass};
use crate::render::format;

use super::overrides::OverrideArgs;
use super::project::Project;
use super::selection::SelectionArgs;
use super::{job, output, staging};

/// Arguments of `memgrid plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Which cells.
    #[command(flatten)]
    selection: SelectionArgs,
    /// How to print the plan: for people, for programs, or as a matrix for GitHub Actions
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    // Last, since its heading would otherwise stand above what follows.
    /// How.
    #[command(flatten)]
    overrides: OverrideArgs,
}

/// How the plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
    /// `{"include": [{"cell": …, AXIS: …}, …]}` for `fromJSON` in a workflow.
    Github,
}

/// Expands, selects, orders, prints.
pub(super) fn run(global: &Global, args: &PlanArgs) -> Result<u8> {
    let project = Project::load(global, &args.overrides.to_overrides())?;
    let cells = plan::select(&project.cells, &args.selection.to_selection())?;
    let plan = PlanView::new(&project.config, &cells);
    match args.format {
        Format::Table => {
            output::data(&plan.table())?;
            for (name, series) in &plan.series {
                output::data(&series.lines(name))?;
            }
            output::say(&format!(
                "{}, {}. `memgrid run --seed {}` runs them in this order.",
                format::counted(plan.cells.len(), "cell"),
                format::counted(plan.order.len(), "attempt"),
                plan.seed
            ));
        }
        Format::Json => output::json(&plan)?,
        Format::Github => output::json(&github(&cells))?,
    }
    Ok(exit_code::DONE)
}

#[derive(Serialize)]
struct PlanView {
    seed: u64,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    series: IndexMap<String, SeriesView>,
    cells: Vec<CellView>,
    order: Vec<AttemptView>,
}

/// A state whose patches are taken apart.
#[derive(Serialize)]
struct SeriesView {
    kind: SeriesKind,
    /// Labels, in the order in which the patches are applied.
    patches: Vec<String>,
    /// The labels that each of its states has.
    states: IndexMap<String, Vec<String>>,
}

impl SeriesView {
    fn new(series: &Series) -> Self {
        let label = |index: &usize| series.patches.get(*index).map(|patch| patch.label.clone());
        let labels = |having: &Vec<usize>| having.iter().filter_map(label).collect();
        Self {
            kind: series.kind,
            patches: series.patches.iter().map(|patch| patch.label.clone()).collect(),
            states: series.states.iter().map(|(name, it)| (name.clone(), labels(it))).collect(),
        }
    }

    fn lines(&self, name: &str) -> String {
        let rows = self.states.iter().map(|(state, having)| {
            let row =
                self.patches.iter().map(|it| if having.contains(it) { it.as_str() } else { "–" });
            std::iter::once(state.as_str()).chain(row).map(str::to_owned).collect()
        });
        let table = output::table(&["State", "Patches"], rows);
        format!("\nSeries `{name}` ({}):\n{table}", self.kind.as_str())
    }
}

#[derive(Serialize)]
struct AttemptView {
    cell: CellId,
    attempt: u32,
    warmup: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pass: Option<Pass>,
}

#[derive(Serialize)]
struct CellView {
    #[serde(flatten)]
    cell: Cell,
    /// Its first attempt's place in the order, from 1.
    position: usize,
    depends_on: Dependencies,
}

/// What a cell depends on, as far as that is known without doing anything.
#[derive(Serialize)]
struct Dependencies {
    sources: Vec<SourceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backend: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    services: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<String>,
}

#[derive(Serialize)]
struct SourceView {
    name: String,
    origin: String,
    patches: Vec<String>,
}

impl PlanView {
    fn new(config: &Config, cells: &[Cell]) -> Self {
        let measure = &config.measure;
        let seed = measure.seed.unwrap_or_else(job::draw_seed);
        let ids: Vec<CellId> = cells.iter().map(|cell| cell.id.clone()).collect();
        let mut attempts = plan::order(&ids, measure.warmup, measure.repeats, seed);
        let last = measure.warmup.saturating_add(measure.repeats);
        attempts.extend(plan::passes(&ids, &config.passes.wanted(), last));
        let position = |id: &CellId| attempts.iter().position(|attempt| attempt.cell == *id);
        let mut views: Vec<CellView> = cells
            .iter()
            .map(|cell| CellView {
                cell: cell.clone(),
                position: position(&cell.id).map_or(0, |index| index + 1),
                depends_on: dependencies(config, cell),
            })
            .collect();
        views.sort_by_key(|view| view.position);
        let order = attempts
            .into_iter()
            .map(|it| AttemptView {
                cell: it.cell,
                attempt: it.number,
                warmup: it.warmup,
                pass: it.pass,
            })
            .collect();
        let series = config.series.iter().map(|(name, it)| (name.clone(), SeriesView::new(it)));
        Self { seed, series: series.collect(), cells: views, order }
    }

    fn table(&self) -> String {
        // Most matrices have none.
        let with_services = self.cells.iter().any(|view| !view.depends_on.services.is_empty());
        let rows = self.cells.iter().map(|view| {
            let depends = &view.depends_on;
            let sources: Vec<String> = depends.sources.iter().map(SourceView::line).collect();
            let mut row = vec![
                view.position.to_string(),
                view.cell.id.to_string(),
                sources.join("\n"),
                depends.backend.clone().unwrap_or_default(),
                depends.dataset.clone().unwrap_or_default(),
            ];
            row.extend(with_services.then(|| depends.services.join("\n")));
            row
        });
        let mut headings = vec!["#", "Cell", "Sources", "Backend", "Dataset"];
        headings.extend(with_services.then_some("Services"));
        output::table(&headings, rows)
    }
}

impl SourceView {
    fn line(&self) -> String {
        match self.patches.as_slice() {
            [] => self.origin.clone(),
            patches => format!("{}\n+ {}", self.origin, patches.join("\n+ ")),
        }
    }
}

fn dependencies(config: &Config, cell: &Cell) -> Dependencies {
    let state = cell.state().and_then(|name| config.states.get(name));
    let change = |source: &str| state.and_then(|state| state.changes.get(source));
    let sources = config.sources.iter().map(|(name, source)| SourceView {
        name: name.clone(),
        origin: source.origin.describe(change(name).and_then(|change| change.rev.as_deref())),
        patches: change(name).map(patch_names).unwrap_or_default(),
    });
    let backend = cell.backend().and_then(|name| config.backends.get(name));
    Dependencies {
        sources: sources.collect(),
        backend: backend.map(|backend| match &backend.url {
            Some(_) => format!("{}: a server of yours", backend.kind.as_str()),
            None if backend.kind.is_server() => {
                format!("{}: a private server", backend.kind.as_str())
            }
            None => backend.kind.as_str().to_owned(),
        }),
        services: services(config, cell),
        dataset: config.dataset.as_ref().map(|dataset| match &dataset.content {
            Content::Generated { rows, seed, .. } => {
                format!("{}: {rows} rows, seed {seed}", dataset.table)
            }
            Content::Fixture { path } => format!("{}: {}", dataset.table, path.display()),
        }),
        requirements: staging::requirements(config, cell),
    }
}

fn services(config: &Config, cell: &Cell) -> Vec<String> {
    let is_fresh = |name: &str| config.services.get(name).is_some_and(|it| it.per == Per::Attempt);
    let line = |name: &str| match is_fresh(name) {
        true => format!("{name}: a fresh one for each attempt"),
        false => format!("{name}: one for the run"),
    };
    config.services_of(cell).into_iter().map(line).collect()
}

fn patch_names(change: &Change) -> Vec<String> {
    let name =
        |patch: &PatchFile| patch.path.file_name().map(|name| name.to_string_lossy().into_owned());
    change.patches.iter().filter_map(name).collect()
}

fn github(cells: &[Cell]) -> serde_json::Value {
    let include = cells.iter().map(|cell| {
        let mut entry = serde_json::Map::new();
        entry.insert("cell".to_owned(), cell.id.as_str().into());
        for (name, value) in cell.axes.iter().chain(&cell.extra) {
            entry.insert(name.clone(), value.as_str().into());
        }
        serde_json::Value::Object(entry)
    });
    serde_json::json!({ "include": include.collect::<Vec<_>>() })
}
