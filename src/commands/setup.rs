//! `memgrid setup`: installs what is missing, and fetches what can be fetched beforehand.

use clap::Args;
use indexmap::IndexMap;

use crate::cli::Global;
use crate::config::Overrides;
use crate::error::{Error, ErrorKind, Result};
use crate::exit_code;
use crate::interrupt::Interrupt;
use crate::prepare::Blocked;

use super::project::{self, Project};
use super::staging::{Setting, Stage};
use super::{installing, output};

/// Arguments of `memgrid setup`.
#[derive(Debug, Args)]
pub struct SetupArgs {}

/// Installs packages, makes Python environments and worktrees, fills the private servers.
pub(super) fn run(global: &Global, _: &SetupArgs) -> Result<u8> {
    let project = Project::load(global, &Overrides::default())?;
    let cache = project::cache(global)?;
    let interrupt = Interrupt::listen()?;
    let progress = project::progress(global);
    let installed = installing::install_missing(&project.config, &project.cells, &progress);
    let setting = Setting {
        config: &project.config,
        cells: &project.cells,
        cache: &cache,
        observer: &progress,
        interrupt: &interrupt,
    };
    let stage = Stage::set_up(&setting)?;
    let blocked: IndexMap<String, Blocked> = project
        .cells
        .iter()
        .filter_map(|cell| stage.props(&project.config, cell).err())
        .map(|why| (why.reason.clone(), why))
        .collect();
    stage.close()?;
    progress.finish();
    if interrupt.is_raised() {
        return Err(Error::new(ErrorKind::Interrupted, "setup was interrupted; run it again"));
    }
    for (reason, why) in &blocked {
        let help = why.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        output::say(&format!("{reason}{help}"));
    }
    if !installed || !blocked.is_empty() {
        return Ok(exit_code::INCOMPLETE);
    }
    output::say("Everything that this matrix needs is here.");
    Ok(exit_code::DONE)
}
