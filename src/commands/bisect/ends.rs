//! Where a search begins and ends: runs, or revisions, as they were typed or as the nights left them.

use std::path::Path;

use crate::collect::RunDir;
use crate::collect::record::RunManifest;
use crate::error::{Error, ErrorKind, Result};
use crate::history::History;
use crate::outcome::Outcome;
use crate::plan::Cell;

use super::super::nights;
use super::super::run_reference::resolve;

/// One end of a search.
pub(super) enum End {
    /// The commit that a run measured.
    Run(Box<RunManifest>),
    /// A branch, tag or commit.
    Revision(String),
}

/// The state under which a cell's sources stand in manifests.
pub(super) fn state_of(cell: &Cell) -> &str {
    cell.state().unwrap_or_default()
}

impl End {
    fn of(run: &RunDir) -> Result<Self> {
        Ok(Self::Run(Box::new(run.read_manifest()?)))
    }

    /// What was typed: a run if there is one that is called so.
    pub(super) fn typed(reports: &Path, history: &mut History, text: &str) -> Result<Self> {
        match resolve(reports, history, text) {
            Ok(run) => Self::of(&run),
            Err(error) if error.kind() == ErrorKind::NoSuchRun => {
                Ok(Self::Revision(text.to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// The newest run that measured the cell.
    pub(super) fn newest(reports: &Path, cell: &Cell) -> Result<Self> {
        for id in RunDir::list(reports)? {
            let run = RunDir::open(reports, &id)?;
            if measured(&run, cell)? {
                return Self::of(&run);
            }
        }
        let message = format!("no run in {} measured {}", reports.display(), cell.id);
        Err(Error::usage(message).hint("name the bad end: --bad RUN, or --bad REV"))
    }

    /// The last good night that measured the cell, before the bad end if that is a run.
    pub(super) fn last_good(reports: &Path, bad: &Self, cell: &Cell) -> Result<Self> {
        let before = match bad {
            Self::Run(manifest) => Some(manifest.started),
            Self::Revision(_) => None,
        };
        for (run, _) in nights::before(reports, before)?.filter(|(_, night)| night.is_good()) {
            if measured(&run, cell)? {
                return Self::of(&run);
            }
        }
        let message = format!("no good night measured {} before it became bad", cell.id);
        Err(Error::new(ErrorKind::BaselineMissing, message)
            .hint("name the good end: --good RUN, or --good REV"))
    }

    /// The revision that its source is fetched at.
    pub(super) fn revision(&self, cell: &Cell, source: &str) -> Result<String> {
        let manifest = match self {
            Self::Revision(revision) => return Ok(revision.clone()),
            Self::Run(manifest) => manifest,
        };
        let state = manifest.states.get(state_of(cell));
        let commit = state.and_then(|state| state.sources.get(source)?.commit.clone());
        commit.ok_or_else(|| {
            let message =
                format!("run {} has no commit of `{source}` for {}", manifest.run, cell.id);
            Error::usage(message).hint("name another run, or a revision")
        })
    }

    /// Its run's id, if it is one.
    pub(super) fn run(&self) -> Option<&str> {
        match self {
            Self::Run(manifest) => Some(&manifest.run),
            Self::Revision(_) => None,
        }
    }
}

fn measured(run: &RunDir, cell: &Cell) -> Result<bool> {
    if !run.read_manifest()?.cells.contains(&cell.id) {
        return Ok(false);
    }
    let record = run.read_cell(&cell.id)?;
    Ok(record.is_some_and(|record| record.outcome == Outcome::Ok))
}
