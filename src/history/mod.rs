//! An index over the runs' folders, in SQLite: which runs there are, which of them has a cell's
//! newest result, how a metric went from run to run.
//!
//! The folders are the truth. What the index lacks is read from them when it is opened, and an
//! index that is missing, damaged or from another version is simply made again.
//! `docs/history.md` describes the tables.

mod find;
mod query;
mod store;
mod trend;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;

use crate::collect::record::RunRecord;
use crate::collect::{RunDir, stamps};
use crate::error::{Context, Error, MAKE_ROOM, Result};
use crate::event::{Event, Observer};
use crate::plan::CellId;

pub use find::{Found, latest_but};
pub use query::{NewestResult, PastRun};
pub use trend::{Figure, PastSource, TrendPoint};

/// The index's file in the reports folder.
pub const FILE: &str = "history.db";

/// An open index. sqlx is asynchronous; this is not.
#[derive(Debug)]
pub struct History {
    reports: PathBuf,
    runtime: Runtime,
    /// `None` only while it is dropped.
    connection: Option<SqliteConnection>,
}

impl History {
    /// Opens the index in `reports`, and brings it up to date with the folders there: a run that
    /// was copied in is added, one that was removed is forgotten, one that was killed is read
    /// again. A run that can't be read is told to `observer` and left out.
    ///
    /// Where it can't be kept (somebody else's folder, a full disk), that is told as well, and the
    /// folders are read into an index in memory.
    ///
    /// # Errors
    /// When the folders can't be read; the error names them.
    pub fn open(reports: &Path, observer: &dyn Observer) -> Result<Self> {
        Self::open_kept(reports, observer).or_else(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let text = format!(
                "the history can't be kept, so all runs are read again: {error}{}",
                cause.unwrap_or_default()
            );
            observer.event(Event::Notice { text });
            Self::open_in_memory(reports, observer)
        })
    }

    fn open_in_memory(reports: &Path, observer: &dyn Observer) -> Result<Self> {
        let runtime = runtime()?;
        let connection = store::open_in_memory(&runtime)?;
        let mut history =
            Self { reports: reports.to_owned(), runtime, connection: Some(connection) };
        history.update(observer)?;
        Ok(history)
    }

    fn open_kept(reports: &Path, observer: &dyn Observer) -> Result<Self> {
        let runtime = runtime()?;
        fs_err::create_dir_all(reports)?;
        // Two memgrids must not both make it, nor one move aside what the other has just made.
        let lock = fs_err::File::create(reports.join(".history.lock"))?;
        lock.lock()?;
        let connection = store::open(&runtime, &reports.join(FILE), observer)?;
        let mut history =
            Self { reports: reports.to_owned(), runtime, connection: Some(connection) };
        match history.update(observer) {
            Err(error) if is_damage(&error) => history.start_over(&error, observer)?,
            updated => updated?,
        }
        Ok(history)
    }

    /// Puts the file aside and makes a new one.
    fn start_over(&mut self, error: &Error, observer: &dyn Observer) -> Result<()> {
        let file = self.reports.join(FILE);
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
        let cause = std::error::Error::source(error).unwrap_or(error);
        store::put_aside(&file, cause, observer)?;
        self.connection = Some(store::open(&self.runtime, &file, observer)?);
        self.update(observer)
    }

    /// Takes in one run, in the place of what was known of it.
    ///
    /// # Errors
    /// When the index can't be written.
    pub fn record(&mut self, run: &RunRecord) -> Result<()> {
        self.with(async |connection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            write::forget(&mut transaction, &run.manifest.run).await?;
            // Whoever has just written it may not be done: it is read again when it is opened next.
            write::run(&mut transaction, run, UNDER_WAY).await?;
            transaction.commit().await
        })
    }

    /// Forgets everything and reads all folders again. Returns the number of runs.
    ///
    /// # Errors
    /// When the index can't be written.
    pub fn rebuild(&mut self, observer: &dyn Observer) -> Result<u64> {
        self.with(async |connection| write::forget_all(connection).await)?;
        self.update(observer)?;
        self.count()
    }

    /// How many runs there are.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn count(&mut self) -> Result<u64> {
        self.with(async |connection| query::count(connection).await)
    }

    /// The newest runs, at most `limit`, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn runs(&mut self, limit: u32) -> Result<Vec<PastRun>> {
        self.with(async |connection| query::runs(connection, limit).await)
    }

    /// For each of `cells` its newest result. A run has a result for a cell unless the cell was
    /// interrupted or never reached; cells without any are left out.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn newest_results(&mut self, cells: &[CellId]) -> Result<Vec<NewestResult>> {
        self.with(async |connection| query::newest_results(connection, cells).await)
    }

    /// Those of `cells` that several runs have, in the same order: others have no trend.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn with_past(&mut self, cells: &[CellId]) -> Result<Vec<CellId>> {
        self.with(async |connection| query::with_past(connection, cells).await)
    }

    /// How a cell and one of its metrics went: its newest runs, at most `limit`, newest first,
    /// with those in which it has no figure.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn trend(&mut self, cell: &CellId, metric: &str, limit: u32) -> Result<Vec<TrendPoint>> {
        self.with(async |connection| trend::points(connection, cell, metric, limit).await)
    }

    /// Names of the metrics that a cell has figures of, in whichever run.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn metrics(&mut self, cell: &CellId) -> Result<Vec<String>> {
        self.with(async |connection| trend::metrics(connection, cell).await)
    }

    /// The runs that have the newest result of a cell, or the newest one that is `ok`, whichever
    /// cells there are or have been.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn runs_with_newest_results(&mut self) -> Result<Vec<String>> {
        self.with(async |connection| query::runs_with_newest_results(connection).await)
    }

    /// Brings the index up to date with the folders, as opening it does.
    ///
    /// # Errors
    /// When the index can't be written.
    pub fn update(&mut self, observer: &dyn Observer) -> Result<()> {
        let mut known = self.with(async |connection| query::known(connection).await)?;
        let mut stale = stamps(&self.reports)?;
        stale.retain(|(run, stamp)| known.remove(run) != Some(*stamp));
        // What is left was found in no folder.
        let gone = known.into_keys();
        if gone.len() == 0 && stale.is_empty() {
            return Ok(());
        }
        let reports = self.reports.clone();
        self.with(async |connection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            for run in gone {
                write::forget(&mut transaction, &run).await?;
            }
            for (run, stamp) in stale {
                let Some((record, stamp)) = read_run(&reports, &run, stamp, observer) else {
                    continue;
                };
                write::forget(&mut transaction, &run).await?;
                write::run(&mut transaction, &record, stamp).await?;
            }
            transaction.commit().await
        })
    }

    /// Waits for `work` and says whose error it is.
    fn with<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    ) -> Result<T> {
        let Self { reports, runtime, connection } = self;
        let connection = connection.as_mut().ok_or_else(|| Error::bug("history was closed"))?;
        runtime.block_on(work(connection)).map_err(|error| unreadable(&reports.join(FILE), error))
    }
}

impl Drop for History {
    /// Closed in good order, SQLite folds its log into the file.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = self.runtime.block_on(connection.close())
        {
            tracing::debug!("history could not be closed: {error}");
        }
    }
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context(|| "the runtime for SQLite can't be started".to_owned())
}

/// What is noted of a run that is under way, in the place of its stamp: it is read again.
const UNDER_WAY: i64 = -1;

/// A run's records, under the name of its folder (a copied folder may have been renamed), and
/// what to note as its stamp.
fn read_run(
    reports: &Path,
    run: &str,
    stamp: i64,
    observer: &dyn Observer,
) -> Option<(RunRecord, i64)> {
    let read = || {
        let folder = RunDir::open(reports, run)?;
        // Asked before reading: what is written in between is read the next time.
        let stamp = if folder.is_running() { UNDER_WAY } else { stamp };
        Ok((folder.read()?, stamp))
    };
    match read() {
        Ok((mut record, stamp)) => {
            run.clone_into(&mut record.manifest.run);
            Some((record, stamp))
        }
        Err(error) => {
            let error: Error = error;
            let text = format!("run {run} is left out of the history: {error}");
            observer.event(Event::Notice { text });
            None
        }
    }
}

/// Whether SQLite found the file damaged.
fn is_damage(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|cause| cause.downcast_ref::<sqlx::Error>())
        .is_some_and(store::is_beyond_use)
}

fn unreadable(file: &Path, error: sqlx::Error) -> Error {
    let hint = match store::is_disk_full(&error) {
        true => MAKE_ROOM,
        false => "remove it: it is made again from the folders in reports/runs",
    };
    Error::usage(format!("{} can't be used", file.display())).because(error).hint(hint)
}
