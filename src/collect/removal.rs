//! Runs are removed whole: first renamed to what is no run's name, then deleted. What an
//! interrupted removal leaves is recognised by that name and deleted by the next one.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::run_dir::{RunDir, runs_folder, take_lock};
use crate::error::Result;

/// Begins and ends the names of folders that are being removed.
const REMOVED: (&str, &str) = (".", ".removed");

impl RunDir {
    /// Removes the run's folder; it is no run any more as soon as this begins. Returns how many
    /// bytes that freed on the disk.
    ///
    /// # Errors
    /// When the run is still running, or the folder can't be removed.
    pub fn remove(self) -> Result<u64> {
        // Held until the folder is renamed, so that nobody resumes the run meanwhile.
        let _lock = take_lock(self.path())?;
        let (before, after) = REMOVED;
        let away = self.path().with_file_name(format!("{before}{}{after}", self.id()));
        fs_err::rename(self.path(), &away)?;
        delete(&away)
    }
}

/// Deletes what interrupted removals left below `reports`. Returns how many bytes that freed.
///
/// # Errors
/// When something can't be deleted; the error names it.
pub fn sweep_removed(reports: &Path) -> Result<u64> {
    let runs = runs_folder(reports)?;
    let entries = match fs_err::read_dir(&runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error.into()),
    };
    let mut freed = 0;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_removed = |name: &str| name.starts_with(REMOVED.0) && name.ends_with(REMOVED.1);
        if name.to_str().is_some_and(is_removed) {
            freed += delete(&entry.path())?;
        }
    }
    Ok(freed)
}

/// How much room a folder takes on the disk, in bytes.
#[must_use]
pub fn size_on_disk(folder: &Path) -> u64 {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    // The unit of st_blocks is 512 bytes, whatever the file system's is.
    entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.blocks() * 512).sum()
}

fn delete(folder: &Path) -> Result<u64> {
    let freed = size_on_disk(folder);
    match fs_err::remove_dir_all(folder) {
        // Two may sweep at the same time.
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(freed),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::collect::sample::leave_run;
    use crate::outcome::Outcome;

    #[test]
    fn a_removed_run_is_gone_and_a_running_one_stays() {
        let reports = TempDir::new().unwrap();
        let reports = reports.path();
        let run = leave_run(reports, 0, &[("a/x", Some(Outcome::Ok))]);
        let other = RunDir::open(reports, run.id()).unwrap();
        assert!(other.remove().unwrap_err().to_string().contains("at work"));
        let id = run.id().to_owned();
        drop(run);
        assert!(RunDir::open(reports, &id).unwrap().remove().unwrap() > 4096);
        assert!(RunDir::list(reports).unwrap().is_empty());
        assert_eq!(std::fs::read_dir(reports.join("runs")).unwrap().count(), 0);
    }

    #[test]
    fn what_an_interrupted_removal_left_is_no_run_and_is_swept() {
        let reports = TempDir::new().unwrap();
        let reports = reports.path();
        assert_eq!(sweep_removed(reports).unwrap(), 0);
        let half = leave_run(reports, 0, &[("a/x", Some(Outcome::Ok))]);
        let whole = leave_run(reports, 1, &[("a/x", Some(Outcome::Ok))]);
        let away = reports.join("runs").join(format!(".{}.removed", half.id()));
        std::fs::rename(half.path(), &away).unwrap();
        std::fs::remove_file(away.join("manifest.json")).unwrap();
        assert_eq!(RunDir::list(reports).unwrap(), [whole.id()]);
        assert!(sweep_removed(reports).unwrap() > 0);
        assert!(!away.exists() && whole.path().exists());
    }
}
