//! The Python environments that workloads run in: one virtual environment in the cache for each
//! distinct interpreter and set of requirements.
//!
//! ```text
//! <cache>/environments/<fingerprint>/               the virtual environment
//! <cache>/environments/<fingerprint>/memgrid.json   what is in it; written last
//! ```
//!
//! The scripts of a virtual environment hold its path, so it can't be made elsewhere and renamed.
//! It is made in its place under a lock instead, and counts as made when `memgrid.json` is there.
//! When it is, nothing is started and nothing is asked over the network.

mod interpreter;
mod requirements;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::config::Python;
use crate::error::Error;
use crate::event::{Observer, step};
use crate::fingerprint::Fingerprint;
use crate::interrupt::Interrupt;
use crate::prepare::cache::Cache;
use crate::prepare::tool::Tool;
use crate::prepare::{Blocked, system};

pub use interpreter::Interpreter;
pub(crate) use interpreter::which;
pub(in crate::prepare) use requirements::texts as requirement_texts;

/// Raise it when environments are made in another way, so that older ones aren't used.
const LAYOUT: &str = "1";
const RECORD: &str = "memgrid.json";

/// Lists what is installed, as pip names it, after Python itself.
const LIST_VERSIONS: &str = "
import importlib.metadata, json, platform
found = {d.metadata['Name']: d.version for d in importlib.metadata.distributions()}
ordered = {name: found[name] for name in sorted(found, key=str.lower)}
print(json.dumps({platform.python_implementation(): platform.python_version(), **ordered}))
";

/// Variables that would make Python or pip work elsewhere than in the environment.
const MISLEADING: &[&str] = &[
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSAFEPATH",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "__PYVENV_LAUNCHER__",
];

/// An environment that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedPython {
    /// Its interpreter.
    pub python: PathBuf,
    /// What is in it: first the implementation of Python (`CPython`), then distributions by name.
    pub versions: IndexMap<String, String>,
}

/// `memgrid.json`.
#[derive(Serialize, Deserialize)]
struct Record {
    versions: IndexMap<String, String>,
}

/// The environment with the requirements of `python` and with `extra` ones (pip's syntax), from
/// the cache or newly made.
///
/// # Errors
/// `unavailable` when there is no interpreter, when it can't make environments, or when pip fails;
/// with pip's last lines and, as far as it is known, what would help. `interrupted` on an interrupt.
pub fn ensure(
    python: &Python,
    extra: &[String],
    cache: &Cache,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<PreparedPython, Blocked> {
    step(observer, &title(extra), || {
        let interpreter = Interpreter::find(&python.interpreter, interrupt)
            .map_err(|error| help(error, python, extra, interrupt))?;
        let place = place(python, extra, &interpreter, cache)?;
        if let Some(found) = place.read() {
            return Ok((found, "cached".to_owned()));
        }
        let _lock = cache.lock(&place.lock_name(), observer, interrupt)?;
        if let Some(found) = place.read() {
            return Ok((found, "cached".to_owned()));
        }
        let made =
            make(&place.folder, &interpreter, python, extra, interrupt).map_err(|error| {
                // Not needed for correctness: without its record it isn't used.
                let _ = fs_err::remove_dir_all(&place.folder);
                help(error, python, extra, interrupt)
            })?;
        let detail = format!("{} distributions", made.versions.len() - 1);
        Ok((made, detail))
    })
}

fn title(extra: &[String]) -> String {
    match extra {
        [] => "Python environment".to_owned(),
        extra => format!("Python environment with {}", extra.join(", ")),
    }
}

/// Where an environment is or will be.
struct Place {
    fingerprint: String,
    folder: PathBuf,
}

fn place(
    python: &Python,
    extra: &[String],
    interpreter: &Interpreter,
    cache: &Cache,
) -> Result<Place, Error> {
    let mut fingerprint = Fingerprint::of("environment").part(LAYOUT).part(interpreter.identity());
    for text in requirements::texts(python.requirements.as_deref())? {
        fingerprint = fingerprint.part("file").part(text);
    }
    for requirement in extra {
        fingerprint = fingerprint.part("extra").part(requirement);
    }
    let fingerprint = fingerprint.short();
    let folder = cache.folder("environments")?.join(&fingerprint);
    Ok(Place { fingerprint, folder })
}

impl Place {
    fn lock_name(&self) -> String {
        format!("environment-{}", self.fingerprint)
    }

    /// The environment, if it is whole and its base interpreter still there.
    fn read(&self) -> Option<PreparedPython> {
        let text = fs_err::read(self.folder.join(RECORD)).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        let python = python_in(&self.folder);
        python.exists().then_some(PreparedPython { python, versions: record.versions })
    }
}

fn python_in(folder: &Path) -> PathBuf {
    folder.join("bin/python")
}

fn make(
    folder: &Path,
    interpreter: &Interpreter,
    python: &Python,
    extra: &[String],
    interrupt: &Interrupt,
) -> Result<PreparedPython, Blocked> {
    if folder.exists() {
        fs_err::remove_dir_all(folder).map_err(Error::from)?;
    }
    undisturbed(interpreter.path())
        .args(["-m", "venv"])
        .arg(folder)
        .run(interrupt)
        .map_err(|error| error.blocked("a virtual environment can't be made", None))?;

    let own = python_in(folder);
    if let Some(pip) = pip_install(&own, python.requirements.as_deref(), extra) {
        pip.run(interrupt)
            .map_err(|error| error.blocked("Python requirements can't be installed", None))?;
    }
    let listed = undisturbed(&own)
        .args(["-c", LIST_VERSIONS])
        .run(interrupt)
        .map_err(|error| error.blocked("the environment's packages can't be listed", None))?;
    let versions = serde_json::from_slice(&listed).map_err(|error| {
        Blocked::unavailable(format!("the environment's packages can't be listed: {error}"))
    })?;
    write_record(folder, &Record { versions })
        .map(|record| PreparedPython { python: own, versions: record.versions })
}

/// Written under another name first, so that half a record is never read.
fn write_record(folder: &Path, record: &Record) -> Result<Record, Blocked> {
    let text = serde_json::to_vec_pretty(record)
        .map_err(|error| Error::bug("an environment's record can't be written").because(error))?;
    let unfinished = folder.join(format!("{RECORD}.unfinished"));
    fs_err::write(&unfinished, text).map_err(Error::from)?;
    fs_err::rename(&unfinished, folder.join(RECORD)).map_err(Error::from)?;
    Ok(Record { versions: record.versions.clone() })
}

/// The call that installs the requirements, if there are any.
fn pip_install(own: &Path, file: Option<&Path>, extra: &[String]) -> Option<Tool> {
    if file.is_none() && extra.is_empty() {
        return None;
    }
    let mut pip = undisturbed(own)
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--no-input"])
        .args(["--quiet", "--progress-bar", "off"]);
    if let Some(file) = file {
        pip = pip.arg("--requirement").arg(file);
    }
    Some(pip.arg("--").args(extra))
}

/// A call of Python that the user's own variables don't lead astray.
fn undisturbed(python: &Path) -> Tool {
    MISLEADING.iter().fold(Tool::new(python), |tool, name| tool.env_remove(name))
}

/// Adds what is missing on the machine, if something is that these requirements need.
fn help(mut blocked: Blocked, python: &Python, extra: &[String], interrupt: &Interrupt) -> Blocked {
    if interrupt.is_raised() {
        return blocked;
    }
    let missing: Vec<system::Finding> = system::survey_python(python, extra)
        .into_iter()
        .filter(|finding| finding.is_missing())
        .collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|finding| finding.name.as_str()).collect();
        blocked.reason = format!("missing: {}; {}", names.join(", "), blocked.reason);
        blocked.help = Some(system::SETUP.to_owned());
    }
    blocked
}

#[cfg(test)]
mod tests;
