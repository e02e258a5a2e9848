//! When each run last changed, for all of them at once and without reading any.

use std::io::ErrorKind;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};

use super::run_dir::{MANIFEST, runs_folder};
use super::run_id;
use crate::error::Result;

/// The runs below `reports`, in no order: each id with the time at which its manifest was
/// written, in nanoseconds since 1970. That is whenever the run begins, goes on or ends.
///
/// # Errors
/// When the folder is there but can't be read.
pub fn stamps(reports: &Path) -> Result<Vec<(String, i64)>> {
    let runs = runs_folder(reports)?;
    let entries = match fs_err::read_dir(&runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    // Paths from here spare the kernel the way from the root, ten thousand times.
    let folder = rustix::fs::open(&runs, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())
        .map_err(std::io::Error::from)?;
    let mut stamps = Vec::new();
    for entry in entries {
        let id = entry?.file_name().to_string_lossy().into_owned();
        if !run_id::is_plain(&id) {
            continue;
        }
        let manifest = format!("{id}/{MANIFEST}");
        if let Ok(status) = rustix::fs::statat(&folder, manifest.as_str(), AtFlags::empty()) {
            stamps.push((id, status.st_mtime * 1_000_000_000 + status.st_mtime_nsec as i64));
        }
    }
    Ok(stamps)
}
