//! Prepares what the selected cells need, all at the same time: Python environments, then the
//! source trees that are fetched with them; servers and their rows; memprobe. What can't be had
//! blocks the cells that need it, and only those.

use std::path::PathBuf;

use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;

use crate::backend::{self, OpenBackend};
use crate::config::{Backend, Config, State};
use crate::error::{Error, Result};
use crate::event::Observer;
use crate::execute::memprobe;
use crate::interrupt::Interrupt;
use crate::plan::Cell;
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;
use crate::prepare::environment::{self, PreparedPython};
use crate::prepare::source::{self, Described, PreparedState};

/// The name under which the sources' own revisions are prepared for a matrix without states.
const NO_STATE: &str = "";

/// By the requirements that a set of backends adds.
type Pythons = IndexMap<Vec<String>, Result<PreparedPython, Blocked>>;

/// Everything that cells need, by name; what could not be had stands there with the reason.
pub(super) struct Stage {
    pythons: Pythons,
    states: IndexMap<String, Result<PreparedState, Blocked>>,
    /// What those states were to be that could not be had.
    refused: IndexMap<String, Described>,
    backends: IndexMap<String, Result<OpenBackend, Blocked>>,
    /// The measurement binary.
    pub(super) memprobe: PathBuf,
}

/// What one cell gets of a [`Stage`].
pub(super) struct Props<'a> {
    pub(super) python: Option<&'a PreparedPython>,
    pub(super) state: Option<&'a PreparedState>,
    pub(super) backend: Option<&'a OpenBackend>,
}

/// What preparation needs to know.
pub(super) struct Setting<'a> {
    pub(super) config: &'a Config,
    pub(super) cells: &'a [Cell],
    pub(super) cache: &'a Cache,
    pub(super) observer: &'a dyn Observer,
    pub(super) interrupt: &'a Interrupt,
}

impl Stage {
    /// Prepares all that the cells need.
    ///
    /// # Errors
    /// Only when no cell at all could be measured: memprobe is missing.
    pub(super) fn set_up(setting: &Setting<'_>) -> Result<Self> {
        setting.cache.occupy()?;
        std::thread::scope(|scope| {
            let sources = scope.spawn(|| {
                let pythons = setting.pythons();
                let states = setting.states(&pythons);
                (pythons, states)
            });
            let backends = scope.spawn(|| setting.backends());
            let memprobe = memprobe::find(setting.observer, setting.interrupt);
            let (pythons, states) = sources.join().map_err(|_| panicked("the source trees"))?;
            let backends = backends.join().map_err(|_| panicked("the backends"))?;
            let refused = setting.refused(&states);
            Ok(Self { pythons, states, refused, backends, memprobe: memprobe? })
        })
    }

    /// What `cell` gets, or what blocks it.
    pub(super) fn props(&self, config: &Config, cell: &Cell) -> Result<Props<'_>, Blocked> {
        let backend = cell.backend().map_or(Ok(None), |name| get(&self.backends, name))?;
        let state = if config.sources.is_empty() {
            None
        } else {
            get(&self.states, cell.state().unwrap_or(NO_STATE))?
        };
        let python = get(&self.pythons, &requirements(config, cell))?;
        Ok(Props { python, state, backend })
    }

    /// The states that were prepared.
    pub(super) fn states(&self) -> impl Iterator<Item = (&String, &PreparedState)> {
        self.states.iter().filter_map(|(name, state)| Some((name, state.as_ref().ok()?)))
    }

    /// The states that could not be had.
    pub(super) fn refused(&self) -> impl Iterator<Item = (&String, &Described)> {
        self.refused.iter()
    }

    /// The backends that are open.
    pub(super) fn backends(&self) -> impl Iterator<Item = (&String, &OpenBackend)> {
        self.backends.iter().filter_map(|(name, backend)| Some((name, backend.as_ref().ok()?)))
    }

    /// The Python environments that were prepared.
    pub(super) fn pythons(&self) -> impl Iterator<Item = &PreparedPython> {
        self.pythons.values().filter_map(|python| python.as_ref().ok())
    }

    /// Stops the servers. What is not closed here is closed when the stage is dropped.
    pub(super) fn close(self) -> Result<()> {
        let open: Vec<OpenBackend> = self.backends.into_values().flatten().collect();
        open.into_par_iter().map(OpenBackend::close).collect()
    }
}

impl Setting<'_> {
    /// The cells whose server is there. For the others nothing needs to be fetched or built, least
    /// of all a driver whose headers come with the server.
    fn possible(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| {
            let backend = cell.backend().and_then(|name| self.config.backends.get(name));
            backend.is_none_or(|backend| {
                !backend.kind.is_server()
                    || backend.url.is_some()
                    || backend::locate(backend.kind).is_some()
            })
        })
    }

    fn pythons(&self) -> Pythons {
        let Some(python) = &self.config.python else { return IndexMap::new() };
        let sets: IndexSet<_> =
            self.possible().map(|cell| requirements(self.config, cell)).collect();
        let prepared: Vec<_> = Vec::from_iter(sets)
            .into_par_iter()
            .map(|extra| {
                let made =
                    environment::ensure(python, &extra, self.cache, self.observer, self.interrupt);
                (extra, made)
            })
            .collect();
        prepared.into_iter().collect()
    }

    fn states(&self, pythons: &Pythons) -> IndexMap<String, Result<PreparedState, Blocked>> {
        if self.config.sources.is_empty() {
            return IndexMap::new();
        }
        let names: IndexSet<&str> =
            self.possible().map(|cell| cell.state().unwrap_or(NO_STATE)).collect();
        let states: IndexMap<String, State> =
            names.into_iter().map(|name| (name.to_owned(), self.state(name))).collect();
        // All environments have the same interpreter, so one of them does for all.
        let python = pythons.values().flatten().next().map(|made| made.python.as_path());
        source::prepare_states(
            &self.config.sources,
            &states,
            python,
            self.cache,
            self.observer,
            self.interrupt,
        )
    }

    fn state(&self, name: &str) -> State {
        self.config.states.get(name).cloned().unwrap_or_default()
    }

    /// What those of `states` were to be that could not be had.
    fn refused(
        &self,
        states: &IndexMap<String, Result<PreparedState, Blocked>>,
    ) -> IndexMap<String, Described> {
        let refused = states.iter().filter(|(_, state)| state.is_err());
        let describe = |name: &str| source::describe(&self.config.sources, &self.state(name));
        refused.map(|(name, _)| (name.clone(), describe(name))).collect()
    }

    /// Opens the cells' backends, all at the same time.
    pub(super) fn backends(&self) -> IndexMap<String, Result<OpenBackend, Blocked>> {
        let names: IndexSet<&str> = self.cells.iter().filter_map(Cell::backend).collect();
        let wanted: Vec<(&str, &Backend)> = names
            .iter()
            .filter_map(|name| Some((*name, self.config.backends.get(*name)?)))
            .collect();
        // One thread each: they mostly wait, and must not wait for one another.
        std::thread::scope(|scope| {
            let opening: Vec<_> = wanted
                .into_iter()
                .map(|(name, backend)| (name, scope.spawn(move || self.open(name, backend))))
                .collect();
            opening
                .into_iter()
                .map(|(name, thread)| {
                    let opened = thread.join().unwrap_or_else(|_| Err(backend_panicked(name)));
                    (name.to_owned(), opened)
                })
                .collect()
        })
    }

    fn open(&self, name: &str, backend: &Backend) -> Result<OpenBackend, Blocked> {
        backend::open(&backend::Request {
            name,
            backend,
            dataset: self.config.dataset.as_ref(),
            cache: self.cache,
            observer: self.observer,
            interrupt: self.interrupt,
        })
    }
}

/// The distributions that `cell` needs beside everybody's.
pub(super) fn requirements(config: &Config, cell: &Cell) -> Vec<String> {
    let backend = cell.backend().and_then(|name| config.backends.get(name));
    backend.map(|backend| backend.requirements.clone()).unwrap_or_default()
}

fn get<'a, K, V>(
    map: &'a IndexMap<K, Result<V, Blocked>>,
    key: &(impl std::hash::Hash + indexmap::Equivalent<K> + ?Sized),
) -> Result<Option<&'a V>, Blocked> {
    map.get(key).map(|value| value.as_ref().map_err(Blocked::clone)).transpose()
}

fn panicked(what: &str) -> Error {
    Error::bug(format!("preparing {what} ended with a panic"))
}

fn backend_panicked(name: &str) -> Blocked {
    Blocked {
        outcome: crate::outcome::Outcome::Unavailable,
        reason: format!("opening the backend `{name}` ended with a panic: a bug in memgrid"),
        help: None,
    }
}
