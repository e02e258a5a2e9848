//! What must be on the machine before memgrid can prepare a run, and how to get it: servers,
//! Python with its `venv` module, and what Python drivers need that are built from source.

mod drivers;
mod install;
mod packages;
mod python;

pub use install::{apt_command, install};
pub use packages::Packages;
pub(crate) use packages::server_program;
pub use python::survey_python;

use indexmap::IndexSet;

use crate::backend;
use crate::config::{BackendKind, Config, Origin, Python};
use crate::plan::Cell;
use crate::prepare::environment::which;

/// The command that installs what is missing.
pub const SETUP: &str = "memgrid setup";

/// Something that is needed: found, or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is: `PostgreSQL server`.
    pub name: String,
    /// What needs it: `backend postgresql`.
    pub needed_by: String,
    /// Where it is, with its version where that is known; `None` when it is missing.
    pub found: Option<String>,
    /// The Debian packages that bring it. None when no package does: then `advice` says what to do.
    pub packages: Vec<String>,
    /// What to do when no package helps.
    pub advice: Option<String>,
}

impl Finding {
    fn new(name: &str, needed_by: &str, found: Option<String>, packages: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            needed_by: needed_by.to_owned(),
            found,
            packages: packages.iter().map(|&package| package.to_owned()).collect(),
            advice: None,
        }
    }

    /// Whether it has to be installed.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.found.is_none()
    }

    /// What to type to get it: `memgrid setup`, or advice when that can't help; `None` if it is
    /// there.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match (&self.found, self.packages.as_slice()) {
            (Some(_), _) => None,
            (None, []) => self.advice.clone(),
            (None, _) => Some(SETUP.to_owned()),
        }
    }
}

/// What some cells need on the machine, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs<'a> {
    /// `[backend.NAME]`.
    pub backends: IndexSet<&'a str>,
    /// `[service.NAME]`.
    pub services: IndexSet<&'a str>,
    /// Debian packages.
    pub packages: IndexSet<&'a str>,
}

impl<'a> Needs<'a> {
    /// What these cells need.
    #[must_use]
    pub fn of(config: &'a Config, cells: &'a [Cell]) -> Self {
        Self {
            backends: cells.iter().filter_map(Cell::backend).collect(),
            services: cells.iter().flat_map(|cell| config.services_of(cell)).collect(),
            packages: cells.iter().flat_map(|cell| config.packages_of(cell)).collect(),
        }
    }
}

/// What the cells need on the machine, found or missing. Starts Python, `dpkg-query` if packages are
/// named, and `pkg-config` if a driver is built from source, but no server.
#[must_use]
pub fn survey(config: &Config, needs: &Needs<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut requirements = Vec::new();
    for (name, backend) in
        config.backends.iter().filter(|(name, _)| needs.backends.contains(name.as_str()))
    {
        requirements.extend(backend.requirements.iter().cloned());
        // A server of the user's own is wherever it is.
        if backend.url.is_none() {
            add(&mut findings, server(name, backend.kind));
        }
    }
    let wants_pip =
        config.sources.values().any(|source| matches!(source.origin, Origin::Pip { .. }));
    match &config.python {
        Some(python) => findings.extend(survey_python(python, &requirements)),
        None if wants_pip => findings.extend(python::survey_pip()),
        None => {}
    }
    findings.extend(packages::survey(config, needs));
    let remote = config.sources.values().any(|source| is_remote(&source.origin));
    if remote {
        add(&mut findings, Some(git()));
    }
    findings
}

/// Adds a finding unless the same thing was looked for already, for another backend.
fn add(findings: &mut Vec<Finding>, finding: Option<Finding>) {
    let Some(finding) = finding else { return };
    match findings.iter_mut().find(|known| known.name == finding.name) {
        Some(known) => known.needed_by = format!("{}, {}", known.needed_by, finding.needed_by),
        None => findings.push(finding),
    }
}

fn server(backend: &str, kind: BackendKind) -> Option<Finding> {
    let (name, package) = match kind {
        BackendKind::Sqlite => return None,
        BackendKind::Postgresql => ("PostgreSQL server", "postgresql"),
        BackendKind::Mysql => ("MariaDB or MySQL server", "mariadb-server"),
    };
    let found = backend::locate(kind).map(|path| path.display().to_string());
    Some(Finding::new(name, &format!("backend {backend}"), found, &[package]))
}

/// Repositories on this machine are read without git, others are fetched by the user's own.
fn is_remote(origin: &Origin) -> bool {
    match origin {
        Origin::Git { repository, .. } => {
            !repository.starts_with('/') && !repository.starts_with("file:")
        }
        Origin::Pip { .. } => false,
    }
}

fn git() -> Finding {
    let found = which("git").map(|path| path.display().to_string());
    // Certificates are only recommended by Debian's git, and https needs them.
    Finding::new("git", "sources that are fetched", found, &["git", "ca-certificates"])
}

/// The interpreter that is used when the configuration names none.
fn default_python() -> Python {
    Python { interpreter: "python3".to_owned(), requirements: None }
}

#[cfg(test)]
mod tests;
