//! Reads a run's folder, whatever a crash or another version left in it. A damaged record counts
//! as one that was never written (and is warned of); a record of another schema is an error.

use std::io;
use std::path::Path;

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::record::{AttemptRecord, CellRecord, CellResults, RunManifest, RunRecord, SCHEMA};
use super::run_dir::{ATTEMPT, CELL, MANIFEST, RunDir};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::plan::CellId;

/// What a file holds.
enum Found<T> {
    Whole(T),
    Missing,
    /// Cut off, or no JSON at all, with what the parser said.
    Damaged(serde_json::Error),
}

/// Every record says which schema it has.
#[derive(Deserialize)]
struct Header {
    schema: u32,
}

/// The manifest, which a run can't do without.
pub(super) fn manifest(path: &Path) -> Result<RunManifest> {
    let no_run = || {
        let message = format!("{} is no run: it has no {MANIFEST}", path.display());
        Error::new(ErrorKind::NoSuchRun, message)
            .hint("`memgrid history` lists the runs that there are")
    };
    let remove = format!("remove {}, which can't be used without it", path.display());
    whole(&path.join(MANIFEST), &remove)?.ok_or_else(no_run)
}

/// A record that may be missing, but not damaged; `hint` says what to do then.
pub(super) fn whole<T: DeserializeOwned>(file: &Path, hint: &str) -> Result<Option<T>> {
    match record(file)? {
        Found::Whole(record) => Ok(Some(record)),
        Found::Missing => Ok(None),
        Found::Damaged(error) => {
            Err(Error::usage(format!("{} is damaged", file.display())).because(error).hint(hint))
        }
    }
}

/// A whole run.
pub(super) fn run(run: &RunDir) -> Result<RunRecord> {
    let manifest = manifest(run.path())?;
    let results = |cell: &CellId| {
        let folder = run.cell_dir(cell);
        let (passes, attempts) =
            attempts(&folder)?.into_iter().partition(|attempt| attempt.pass.is_some());
        let record = optional::<CellRecord>(&folder.join(CELL))?;
        Ok((cell.clone(), CellResults { record, attempts, passes }))
    };
    // A large matrix has thousands of small files.
    let cells: Result<Vec<_>> = manifest.cells.par_iter().map(results).collect();
    Ok(RunRecord { cells: cells?.into_iter().collect(), manifest })
}

/// The attempts of one cell by number. Folders that are no numbers are attempts that were under
/// way when memgrid was killed.
fn attempts(cell: &Path) -> Result<Vec<AttemptRecord>> {
    let entries = match fs_err::read_dir(cell.join("attempts")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found: Vec<AttemptRecord> = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.parse::<u32>().is_ok()) {
            found.extend(optional(&entry.path().join(ATTEMPT))?);
        }
    }
    found.sort_by_key(|attempt| attempt.number);
    Ok(found)
}

/// A record that may be missing.
pub(super) fn optional<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    match record(file)? {
        Found::Whole(record) => Ok(Some(record)),
        Found::Missing => Ok(None),
        Found::Damaged(error) => {
            tracing::warn!("{} is damaged and left out: {error}", file.display());
            Ok(None)
        }
    }
}

/// One record, provided that it has our schema.
fn record<T: DeserializeOwned>(file: &Path) -> Result<Found<T>> {
    let text = match fs_err::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) => return Err(error.into()),
    };
    // As memgrid itself writes it, so that the text need not be gone through twice.
    if text.starts_with(format!("{{\n  \"schema\": {SCHEMA},").as_bytes())
        && let Ok(record) = serde_json::from_slice(&text)
    {
        return Ok(Found::Whole(record));
    }
    let header: Header = match serde_json::from_slice(&text) {
        Ok(header) => header,
        Err(error) if error.is_data() => {
            return Err(error).context(|| format!("{} is no record of memgrid's", file.display()));
        }
        Err(error) => return Ok(Found::Damaged(error)),
    };
    if header.schema != SCHEMA {
        return Err(other_schema(file, header.schema));
    }
    serde_json::from_slice(&text)
        .map(Found::Whole)
        .context(|| format!("{} is not what a record of schema {SCHEMA} is", file.display()))
}

fn other_schema(file: &Path, schema: u32) -> Error {
    let message =
        format!("{} has schema {schema}, and this memgrid knows {SCHEMA}", file.display());
    Error::usage(message)
        .hint("read it with the version of memgrid that wrote it, or remove its run")
}
