//! The services of a run: what cells need the same one shares it, and what can't be had blocks the
//! cells that need it.

use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::config::Per;
use crate::error::{Error, Result};
use crate::event::{Observer, step};
use crate::interrupt::Interrupt;
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;
use crate::prepare::system;
use crate::service::{Ground, Service, Spec};

/// A service and what it says of its version, or why it can't be had.
type Known = Result<(Arc<Service>, Option<String>), Blocked>;

/// The services of a run, each once.
#[derive(Default)]
pub(super) struct Services(Vec<(Spec, Known)>);

/// What starting services needs.
pub(super) struct Setting<'a> {
    pub(super) cache: &'a Cache,
    pub(super) memprobe: PathBuf,
    pub(super) observer: &'a dyn Observer,
    pub(super) interrupt: &'a Interrupt,
}

impl Services {
    /// Finds all of `specs`, and starts those that are there for the whole run, at the same time.
    pub(super) fn open(specs: Vec<Spec>, setting: &Setting<'_>) -> Self {
        let mut different: Vec<Spec> = Vec::new();
        for spec in specs {
            if !different.contains(&spec) {
                different.push(spec);
            }
        }
        let known = different.into_par_iter().map(|spec| (spec.clone(), setting.open(spec)));
        Self(known.collect())
    }

    /// Those of one cell, or what blocks it.
    pub(super) fn get(&self, specs: &[Spec]) -> Result<Vec<Arc<Service>>, Blocked> {
        let known = specs.iter().filter_map(|spec| self.0.iter().find(|(other, _)| other == spec));
        let services =
            known.map(|(_, known)| known.as_ref().map(|(service, _)| Arc::clone(service)));
        services.collect::<Result<_, _>>().map_err(Blocked::clone)
    }

    /// Versions by name, of those that say theirs.
    pub(super) fn versions(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0
            .iter()
            .filter_map(|(spec, known)| Some((&spec.name, known.as_ref().ok()?.1.as_ref()?)))
    }

    /// Stops all, and waits until they have ended.
    pub(super) fn close(&self) -> Result<()> {
        let open: Vec<_> = self.0.iter().filter_map(|(_, known)| known.as_ref().ok()).collect();
        open.into_par_iter().map(|(service, _)| service.close()).collect()
    }
}

impl Setting<'_> {
    fn open(&self, spec: Spec) -> Known {
        let name = spec.name.clone();
        if spec.program().is_none() {
            return Err(missing(&spec));
        }
        let ground = Ground {
            cache: self.cache.clone(),
            memprobe: self.memprobe.clone(),
            interrupt: self.interrupt.clone(),
        };
        let opened = (|| {
            let version = spec.version()?;
            let detail = version.clone().unwrap_or_default();
            let service = Arc::new(Service::new(spec, ground));
            if service.spec().service.per == Per::Run {
                step(self.observer, &format!("starting {name}"), || {
                    service.enter().map(|_| ((), detail))
                })?;
            }
            Ok((service, version))
        })();
        opened.map_err(|error: Error| {
            let help = error.hint_text().map(str::to_owned);
            Blocked { help, ..Blocked::from(without_hint(&error)) }
        })
    }
}

/// A block's reason has the hint in it, unless it stands beside it.
fn without_hint(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}

fn missing(spec: &Spec) -> Blocked {
    let program = spec.service.command.first().and_then(|word| word.expand(|_| None::<&str>).ok());
    let (name, program) = (&spec.name, program.unwrap_or_default());
    let reason = format!("the service {name} needs `{program}`, which is not installed");
    let help = if spec.service.packages.is_empty() {
        format!(
            "install {program}, or name its Debian package: packages = [\"…\"] in [service.{name}]"
        )
    } else {
        system::SETUP.to_owned()
    };
    Blocked { help: Some(help), ..Blocked::unavailable(reason) }
}
