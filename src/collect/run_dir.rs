//! A run's folder. What is in it is whole: files and attempts get their names when they are
//! complete, so whatever kills memgrid leaves a folder that can be read, resumed and copied.
//!
//! While a run is in progress its memgrid holds a lock on `.lock`, so nobody takes a running run
//! for an interrupted one. The kernel drops the lock with the process, however that ends.

#[cfg(test)]
mod tests;

use std::fs::TryLockError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::record::{AttemptRecord, CellRecord, RunManifest, RunRecord};
use super::{read, run_id, whole_file};
use crate::error::{self, Context, Error, Result};
use crate::measurement::SampleFile;
use crate::outcome::Outcome;
use crate::plan::CellId;

/// [`RunManifest`]'s file.
pub const MANIFEST: &str = "manifest.json";
/// [`CellRecord`]'s file.
pub(super) const CELL: &str = "cell.json";
/// [`AttemptRecord`]'s file.
pub(super) const ATTEMPT: &str = "attempt.json";
/// An attempt's series of samples, as memprobe wrote it.
pub const SAMPLES: &str = "samples.jsonl";
/// The same samples as a table.
pub const TABLE: &str = "samples.csv";
/// What is drawn of the samples: see [`curves`](super::curves).
pub(super) const CURVES: &str = "curves.bin";
/// What a workload wrote to its standard output.
pub const STDOUT: &str = "stdout.log";
/// What a workload wrote to its standard error.
pub const STDERR: &str = "stderr.log";
/// The matrix file as it was.
const MATRIX: &str = "matrix.toml";
const LOCK: &str = ".lock";

/// One run's folder, below `reports/runs`.
#[derive(Debug)]
pub struct RunDir {
    id: String,
    path: PathBuf,
    /// Held by the memgrid whose run this is.
    lock: Option<fs_err::File>,
}

/// An attempt that is under way: a folder that gets its name when it is complete.
#[derive(Debug)]
pub struct StagedAttempt {
    path: PathBuf,
    target: PathBuf,
}

impl StagedAttempt {
    /// Where its files go until it is complete. Absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl RunDir {
    /// Makes a new run's folder, gives the run its id (in `manifest.run`) and writes the manifest.
    /// The run counts as running until the returned value is dropped.
    ///
    /// # Errors
    /// When the folder can't be written; the error names it.
    pub fn create(reports: &Path, manifest: &mut RunManifest) -> Result<Self> {
        let runs = runs_folder(reports)?;
        fs_err::create_dir_all(&runs).map_err(not_writable)?;
        loop {
            let id = run_id::draw(manifest.started);
            let (path, staged) = (runs.join(&id), runs.join(format!(".{id}.tmp")));
            match fs_err::create_dir(&staged) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                other => other.map_err(not_writable)?,
            }
            manifest.run.clone_from(&id);
            let lock = take_lock(&staged)?;
            whole_file::write_json(&staged.join(MANIFEST), manifest)?;
            match fs_err::rename(&staged, &path) {
                Ok(()) => return Ok(Self { id, path, lock: Some(lock) }),
                Err(error) if is_taken(&error) => fs_err::remove_dir_all(&staged)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Opens a run for reading.
    ///
    /// # Errors
    /// When there is no such run.
    pub fn open(reports: &Path, run: &str) -> Result<Self> {
        let path = runs_folder(reports)?.join(run);
        if !run_id::is_plain(run) || !path.join(MANIFEST).is_file() {
            let message = format!("there is no run {run} in {}", reports.display());
            return Err(Error::new(error::ErrorKind::NoSuchRun, message)
                .hint("`memgrid history` lists the runs that there are"));
        }
        Ok(Self { id: run.to_owned(), path, lock: None })
    }

    /// Opens the run in the folder `path`, wherever that is: one that was copied from another
    /// machine, say. Its id is the folder's name.
    ///
    /// # Errors
    /// When no run is there.
    pub fn at(path: &Path) -> Result<Self> {
        let no_run = |why: &str| {
            let message = format!("{} is no run: {why}", path.display());
            Error::new(error::ErrorKind::NoSuchRun, message)
                .hint("name the folder of a run, which has a manifest.json")
        };
        let path = fs_err::canonicalize(path).map_err(|error| no_run(&error.to_string()))?;
        let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.join(MANIFEST).is_file() {
            return Err(no_run(&format!("it has no {MANIFEST}")));
        }
        Ok(Self { id, path, lock: None })
    }

    /// Opens a run in order to go on with it: it counts as running until the returned value is
    /// dropped, and as not finished until its manifest says so again.
    ///
    /// # Errors
    /// When there is no such run, or when it is still running.
    pub fn resume(reports: &Path, run: &str) -> Result<Self> {
        let opened = Self::open(reports, run)?;
        let lock = Some(take_lock(&opened.path)?);
        opened.write_manifest(&RunManifest { finished: None, ..opened.read_manifest()? })?;
        Ok(Self { lock, ..opened })
    }

    /// Ids of the runs below `reports`, newest first.
    ///
    /// # Errors
    /// When the folder is there but can't be read.
    pub fn list(reports: &Path) -> Result<Vec<String>> {
        let runs = runs_folder(reports)?;
        let entries = match fs_err::read_dir(&runs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if run_id::is_plain(&name) && runs.join(&name).join(MANIFEST).is_file() {
                ids.push(name);
            }
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        sort_within_seconds(&runs, &mut ids);
        Ok(ids)
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The run's folder. Absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A cell's folder.
    #[must_use]
    pub fn cell_dir(&self, cell: &CellId) -> PathBuf {
        self.path.join("cells").join(cell.to_path())
    }

    /// A complete attempt's folder.
    #[must_use]
    pub fn attempt_dir(&self, cell: &CellId, number: u32) -> PathBuf {
        self.cell_dir(cell).join("attempts").join(number.to_string())
    }

    /// Reads a complete attempt's samples; `None` if it has none.
    ///
    /// # Errors
    /// When they can't be read; the error names the file.
    pub fn samples(&self, cell: &CellId, number: u32) -> Result<Option<SampleFile>> {
        match SampleFile::open(&self.attempt_dir(cell, number).join(SAMPLES)) {
            Ok(samples) => Ok(Some(samples)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a memgrid is at work on this run, be it this process or another.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.lock.is_some()
            || fs_err::File::open(self.path.join(LOCK))
                .is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Writes the manifest again, such as when the run has ended.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_manifest(&self, manifest: &RunManifest) -> Result<()> {
        whole_file::write_json(&self.path.join(MANIFEST), manifest)
    }

    /// Keeps the matrix file's text.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_matrix(&self, text: &str) -> Result<()> {
        whole_file::write(&self.path.join(MATRIX), text.as_bytes())
    }

    /// The matrix file's text as it was.
    ///
    /// # Errors
    /// When it was not kept, or can't be read.
    pub fn read_matrix(&self) -> Result<String> {
        Ok(fs_err::read_to_string(self.path.join(MATRIX))?)
    }

    /// Keeps a patch's text under its SHA-256.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_patch(&self, sha256: &str, text: &[u8]) -> Result<()> {
        let path = self.patch_path(sha256);
        fs_err::create_dir_all(self.path.join("patches"))?;
        whole_file::write(&path, text)
    }

    /// Where a patch's text is kept.
    #[must_use]
    pub fn patch_path(&self, sha256: &str) -> PathBuf {
        self.path.join("patches").join(format!("{sha256}.patch"))
    }

    /// Writes how a cell ended.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_cell(&self, record: &CellRecord) -> Result<()> {
        let folder = self.cell_dir(&record.cell.id);
        fs_err::create_dir_all(&folder)?;
        whole_file::write_json(&folder.join(CELL), record)
    }

    /// Makes the folder that an attempt is written to until it is complete.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn stage_attempt(&self, cell: &CellId, number: u32) -> Result<StagedAttempt> {
        let target = self.attempt_dir(cell, number);
        let path = target.with_file_name(format!(".{number}.tmp"));
        if let Err(error) = fs_err::remove_dir_all(&path)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error.into());
        }
        fs_err::create_dir_all(&path)?;
        Ok(StagedAttempt { path, target })
    }

    /// Gives a complete attempt its name, and returns its folder. It may take the place of an
    /// attempt that was interrupted, and of no other.
    ///
    /// # Errors
    /// When the folder can't be written, or a complete attempt has that number already.
    pub fn commit_attempt(
        &self,
        staged: &StagedAttempt,
        record: &AttemptRecord,
    ) -> Result<PathBuf> {
        let file = staged.path.join(ATTEMPT);
        fs_err::write(&file, whole_file::to_json(&file, record)?)?;
        match fs_err::rename(&staged.path, &staged.target) {
            Err(error) if is_taken(&error) => {
                remove_interrupted(&staged.target)?;
                fs_err::rename(&staged.path, &staged.target)?;
            }
            other => other?,
        }
        Ok(staged.target.clone())
    }

    /// Reads the manifest alone.
    ///
    /// # Errors
    /// When it is missing, damaged, or of another schema; the error names the file.
    pub fn read_manifest(&self) -> Result<RunManifest> {
        read::manifest(&self.path)
    }

    /// Reads how a cell ended; `None` if that is not known.
    ///
    /// # Errors
    /// When the record is of another schema; the error names the file.
    pub fn read_cell(&self, cell: &CellId) -> Result<Option<CellRecord>> {
        read::optional(&self.cell_dir(cell).join(CELL))
    }

    /// Reads the run as far as it got. Records that a crash left damaged are left out with a
    /// warning. Samples and logs are not read.
    ///
    /// # Errors
    /// When the manifest can't be read, or a record is of another schema; the error names the file.
    pub fn read(&self) -> Result<RunRecord> {
        read::run(self)
    }
}

/// Runs may go elsewhere, unless it is room that lacks: then that is said.
fn not_writable(error: std::io::Error) -> Error {
    let refused = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
    let refused = refused.contains(&error.kind());
    let error = Error::from(error);
    match refused {
        true => {
            error.hint("name a folder that can be written to: --reports DIR, or MEMGRID_REPORTS")
        }
        false => error,
    }
}

/// Absolute, since attempts run in folders of their own.
pub(super) fn runs_folder(reports: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(reports)
        .context(|| format!("{} can't be made absolute", reports.display()))?;
    Ok(absolute.join("runs"))
}

/// Ids order runs by the second; runs of the same second are ordered by their manifests.
fn sort_within_seconds(runs: &Path, newest_first: &mut [String]) {
    let second = |id: &String| id.get(..run_id::TIME).unwrap_or(id).to_owned();
    for same in newest_first.chunk_by_mut(|a, b| second(a) == second(b)) {
        if same.len() > 1 {
            same.sort_by_cached_key(|id| {
                let started = read::manifest(&runs.join(id)).map(|manifest| manifest.started);
                std::cmp::Reverse(started.ok())
            });
        }
    }
}

/// Takes the lock that says that a run is in progress. Whoever only asks holds it for a moment,
/// hence the second try.
pub(super) fn take_lock(folder: &Path) -> Result<fs_err::File> {
    let path = folder.join(LOCK);
    let lock = fs_err::File::options().create(true).append(true).open(&path)?;
    for _ in 0..10 {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                return Ok(lock);
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(Error::usage(format!("another memgrid is at work on {}", folder.display()))
        .hint("wait until it has ended, or end it"))
}

/// Whether a rename failed because a folder of that name is there.
fn is_taken(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists)
}

/// Makes room for an attempt that is run again.
fn remove_interrupted(attempt: &Path) -> Result<()> {
    let record: Option<AttemptRecord> = read::optional(&attempt.join(ATTEMPT))?;
    if record.is_some_and(|record| record.outcome != Outcome::Interrupted) {
        let message = format!("{} is a complete attempt and is not overwritten", attempt.display());
        return Err(Error::bug(message));
    }
    Ok(fs_err::remove_dir_all(attempt)?)
}
