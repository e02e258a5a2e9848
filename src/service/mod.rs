//! Services: private servers of any kind, as `[service.NAME]` describes them. One is started for a
//! run or for each attempt, at addresses that memgrid chooses, and ended with all that it started.
//!
//! Each runs under a memprobe of its own, which ends it when memgrid ends in whatever way; it is
//! not measured by that one, but by those of the attempts that it serves.

mod address;
mod instance;
mod ready;
mod visit;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use self::address::Address;
use self::instance::Instance;
pub use self::visit::Visit;
use crate::config::{self, Per};
use crate::error::{Context, Error, Result};
use crate::interrupt::Interrupt;
use crate::plan::template::Template;
use crate::prepare::cache::Cache;
use crate::prepare::system::server_program;

/// What is started: a service of the matrix with all filled in but the places that are chosen
/// when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Its name in `matrix.toml`.
    pub name: String,
    /// What it is.
    pub service: config::Service<Template>,
    /// The folder that it runs in.
    pub cwd: PathBuf,
}

/// What starting one needs.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Where its folders are.
    pub cache: Cache,
    /// The program under which it runs.
    pub memprobe: PathBuf,
    /// Ends the start early.
    pub interrupt: Interrupt,
}

/// A service that attempts can use. It is started when it is first needed, and again should it
/// have ended meanwhile; one for the whole run lives until this is dropped.
pub struct Service {
    spec: Spec,
    ground: Ground,
    running: Mutex<Option<Arc<Instance>>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("spec", &self.spec).finish_non_exhaustive()
    }
}

/// The same service, whether it runs or not.
impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.spec == other.spec
    }
}

impl Eq for Service {}

impl Service {
    /// One that does not run yet.
    #[must_use]
    pub fn new(spec: Spec, ground: Ground) -> Self {
        Self { spec, ground, running: Mutex::default() }
    }

    /// What it is.
    #[must_use]
    pub const fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The service for one attempt: a fresh one, or the run's, started if it does not run.
    ///
    /// # Errors
    /// When it does not become ready; the error has the last lines that it printed.
    pub fn enter(&self) -> Result<Visit> {
        let is_shared = self.spec.service.per == Per::Run;
        if !is_shared {
            let fresh = Instance::start(&self.spec, &self.ground)?;
            return Ok(Visit::new(Arc::new(fresh), is_shared));
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instance) = running.as_ref().filter(|instance| instance.ended().is_none()) {
            return Ok(Visit::new(Arc::clone(instance), is_shared));
        }
        // What is left of one that has ended makes room first.
        running.take();
        let instance = running.insert(Arc::new(Instance::start(&self.spec, &self.ground)?));
        Ok(Visit::new(Arc::clone(instance), is_shared))
    }

    /// Stops the run's service, if it runs, and waits until it has ended.
    ///
    /// # Errors
    /// When it does not end.
    pub fn close(&self) -> Result<()> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        running.and_then(Arc::into_inner).map_or(Ok(()), Instance::stop)
    }
}

impl Spec {
    /// Where its program is; `None` when it is not installed.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        server_program(&self.word(self.service.command.first()?)?)
    }

    /// The first line that its `version` command prints; `None` if it has no such command.
    ///
    /// # Errors
    /// When the command can't be run, or fails.
    pub fn version(&self) -> Result<Option<String>> {
        let words: Option<Vec<String>> =
            self.service.version.iter().map(|word| self.word(word)).collect();
        let words = words.unwrap_or_default();
        let Some((program, arguments)) = words.split_first() else { return Ok(None) };
        let failed = || format!("the version of the service {} can't be had", self.name);
        let output = Command::new(program).args(arguments).current_dir(&self.cwd).output();
        let output = output.context(failed)?;
        if !output.status.success() {
            return Err(Error::usage(format!("{}: {}", failed(), output.status)));
        }
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        Ok(said.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned))
    }

    /// A text that needs no address.
    fn word(&self, text: &Template) -> Option<String> {
        text.expand(|_| None::<&str>).ok()
    }

    /// Whether any of its texts has this placeholder.
    fn mentions(&self, place: &str) -> bool {
        self.service.texts().any(|text| text.names().any(|name| name == place))
    }

    /// Its texts with the address filled in.
    fn at(&self, address: &Address) -> Result<config::Service> {
        self.service.try_map(|text| {
            text.expand(|name| address.get(name))
                .map_err(|error| Error::bug(format!("the service {}: {error}", self.name)))
        })
    }
}

/// The file in an attempt's folder that holds what a service printed meanwhile.
#[must_use]
pub fn log_name(service: &str) -> String {
    format!("service-{service}.log")
}

/// Names the slots of a service's kind in the cache.
fn slot_kind(name: &str) -> String {
    format!("service-{name}")
}

/// The variables by which a workload finds a service beside the service's own.
fn variables(
    name: &str,
    address: &Address,
    mentioned: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let name = name.replace('-', "_").to_ascii_uppercase();
    let place = |place: &&str| mentioned(place);
    let pair = |place: &str| {
        Some((
            format!("MEMGRID_SERVICE_{name}_{}", place.to_ascii_uppercase()),
            address.get(place)?,
        ))
    };
    ["socket", "port", "dir"].iter().filter(|p| place(p)).filter_map(|p| pair(p)).collect()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
