//! Turns a cell and what was prepared for it into a task: the workload's command and environment.

use indexmap::IndexMap;

use crate::backend::OpenBackend;
use crate::config::{self, Config, Content, PLACES, SUBJECT};
use crate::error::{Error, Result};
use crate::execute::Task;
use crate::plan::Cell;
use crate::plan::template::Template;
use crate::service::Spec;

use super::staging::Props;

/// The task that measures `cell`.
pub(super) fn task(config: &Config, cell: &Cell, props: &Props<'_>) -> Result<Task> {
    let values = Values { config, cell, props };
    let command = config.workload.command.iter().map(|part| values.expand(part));
    let mut env = values.standard();
    for (name, template) in values.configured() {
        env.insert(name.clone(), values.expand(template)?);
    }
    Ok(Task {
        command: command.collect::<Result<_>>()?,
        env,
        services: Vec::new(),
        secrets: props.backend.map(OpenBackend::secrets).unwrap_or_default(),
        server: props.backend.and_then(OpenBackend::server),
        cwd: config.root.clone(),
    })
}

/// The services that `cell` uses, with all filled in that does not depend on where they will be.
pub(super) fn services(config: &Config, cell: &Cell, props: &Props<'_>) -> Result<Vec<Spec>> {
    let values = Values { config, cell, props };
    let wanted = config.services_of(cell).into_iter();
    let wanted = wanted.filter_map(|name| Some((name, config.services.get(name)?)));
    let spec = |(name, service): (&str, &config::Service)| {
        let mut service = service.try_map(|text| values.fill(text))?;
        if props.python.is_some() {
            // Nothing is left beside the matrix.
            let name = "PYTHONDONTWRITEBYTECODE".to_owned();
            service.env.entry(name).or_insert(
                Template::parse("1")
                    .map_err(|error| Error::bug(format!("a template of our own: {error}")))?,
            );
        }
        Ok(Spec { name: name.to_owned(), service, cwd: config.root.clone() })
    };
    wanted.map(spec).collect()
}

struct Values<'a> {
    config: &'a Config,
    cell: &'a Cell,
    props: &'a Props<'a>,
}

impl Values<'_> {
    /// What every workload finds in its environment.
    fn standard(&self) -> IndexMap<String, String> {
        let mut env = IndexMap::new();
        env.insert("MEMGRID_CELL".to_owned(), self.cell.id.to_string());
        for (axis, value) in &self.cell.axes {
            env.insert(format!("MEMGRID_AXIS_{}", variable(axis)), value.clone());
        }
        if let Some(rows) = self.rows() {
            env.insert("MEMGRID_ROWS".to_owned(), rows.to_string());
        }
        if let Some(dataset) = &self.config.dataset {
            env.insert("MEMGRID_TABLE".to_owned(), dataset.table.clone());
        }
        let backend = self.cell.backend().and_then(|name| self.config.backends.get(name));
        if let Some(backend) = backend {
            env.insert("MEMGRID_BACKEND".to_owned(), backend.kind.as_str().to_owned());
        }
        if let Some(open) = self.props.backend {
            env.insert("MEMGRID_DATABASE_URL".to_owned(), open.url().to_owned());
        }
        if self.props.python.is_some() {
            // The worktree's bytecode was made beforehand: see prepare::source.
            env.insert("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned());
        }
        if self.config.measure.steady {
            env.insert("PYTHONHASHSEED".to_owned(), "0".to_owned());
        }
        env
    }

    /// What the matrix adds: for all cells, then for what this cell's values name.
    fn configured(&self) -> impl Iterator<Item = (&String, &String)> {
        let config = self.config;
        let backend = self.cell.backend().and_then(|name| config.backends.get(name));
        let state = self.cell.state().and_then(|name| config.states.get(name));
        let values = config.values_of(self.cell);
        (config.workload.env.iter())
            .chain(backend.into_iter().flat_map(|backend| &backend.env))
            .chain(state.into_iter().flat_map(|state| &state.env))
            .chain(values.flat_map(|value| &value.env))
    }

    fn rows(&self) -> Option<u64> {
        let dataset = self.config.dataset.as_ref()?;
        match (&dataset.content, self.props.backend.and_then(|open| open.dataset())) {
            (_, Some(record)) => Some(record.rows),
            (Content::Generated { rows, .. }, None) => Some(*rows),
            (Content::Fixture { .. }, None) => None,
        }
    }

    fn expand(&self, text: &str) -> Result<String> {
        let expanded = self.parse(text)?.expand(|name| self.value(name));
        expanded.map_err(|error| self.unknown(text, &error.to_string()))
    }

    fn parse(&self, text: &str) -> Result<Template> {
        let cell = &self.cell.id;
        Template::parse(text)
            .map_err(|error| Error::usage(format!("{cell}: the template `{text}`: {error}")))
    }

    fn unknown(&self, text: &str, why: &str) -> Error {
        Error::usage(format!("{}: the template `{text}`: {why}", self.cell.id))
            .hint("this cell has nothing of that name; see docs/matrix.md, Templates")
    }

    /// A service's text, in which only the service's own places are left open.
    fn fill(&self, text: &str) -> Result<Template> {
        let template = self.parse(text)?;
        let is_place = |name: &str| PLACES.contains(&name);
        let filled = template.fill(|name| self.value(name).filter(|_| !is_place(name)));
        if let Some(name) = filled.names().find(|name| !is_place(name)) {
            return Err(self.unknown(text, &format!("`{{{name}}}` has no value here")));
        }
        Ok(filled)
    }

    fn value(&self, name: &str) -> Option<String> {
        let worktree = |source: &str| {
            let state = self.props.state?;
            Some(state.worktrees.get(source)?.to_string_lossy().into_owned())
        };
        // An axis may be called `rows` or `seed`, and is then what is meant.
        if let Some(value) = self.cell.value(name) {
            return Some(value.to_owned());
        }
        match name {
            "python" => Some(self.props.python?.python.to_string_lossy().into_owned()),
            "root" => Some(self.config.root.to_string_lossy().into_owned()),
            "cell" => Some(self.cell.id.to_string()),
            "rows" => self.rows().map(|rows| rows.to_string()),
            "seed" => match &self.config.dataset.as_ref()?.content {
                Content::Generated { seed, .. } => Some(seed.to_string()),
                Content::Fixture { .. } => None,
            },
            "database_url" => Some(self.props.backend?.url().to_owned()),
            SUBJECT => worktree(SUBJECT),
            _ => worktree(name.strip_prefix("source:")?),
        }
    }
}

/// An axis's name as a part of a variable's: `python-version` gives `PYTHON_VERSION`.
fn variable(axis: &str) -> String {
    axis.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}
