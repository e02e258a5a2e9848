//! An index over the runs' folders, in SQLite: which runs there are, which of them has a cell's
//! newest result, how a metric went from run to run.
//!
//! The folders are the truth. What the index lacks is read from them when it is opened, and an
//! index that is missing, damaged or from another version is simply made again.
//! `docs/history.md` describes the tables.

mod find;
mod query;
mod store;
mod write;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;

use crate::collect::RunDir;
use crate::collect::record::RunRecord;
use crate::error::{Context, Error, Result};
use crate::event::{Event, Observer};
use crate::plan::CellId;

pub use find::{Found, latest_but};
pub use query::{NewestResult, PastAttempt, PastRun, TrendPoint};

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
    /// # Errors
    /// When the index can be neither opened nor made; the error names the file.
    pub fn open(reports: &Path, observer: &dyn Observer) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .context(|| "the runtime for SQLite can't be started".to_owned())?;
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
        let stamp = stamp(&self.reports, &run.manifest.run);
        self.with(async |connection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            write::forget(&mut transaction, &run.manifest.run).await?;
            write::run(&mut transaction, run, stamp).await?;
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

    /// All runs, newest first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn runs(&mut self) -> Result<Vec<PastRun>> {
        self.with(async |connection| query::runs(connection).await)
    }

    /// For each of `cells` its newest result. A run has a result for a cell unless the cell was
    /// interrupted or never reached; cells without any are left out.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn newest_results(&mut self, cells: &[CellId]) -> Result<Vec<NewestResult>> {
        self.with(async |connection| query::newest_results(connection, cells).await)
    }

    /// A cell's attempts over all runs, newest run first and at most `limit`, with their figures.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn attempts(&mut self, cell: &CellId, limit: u32) -> Result<Vec<PastAttempt>> {
        self.with(async |connection| query::attempts(connection, cell, limit).await)
    }

    /// How a cell's metric went: its values in each run's measured attempts that ended well,
    /// oldest run first.
    ///
    /// # Errors
    /// When the index can't be read.
    pub fn trend(&mut self, cell: &CellId, metric: &str) -> Result<Vec<TrendPoint>> {
        self.with(async |connection| query::trend(connection, cell, metric).await)
    }

    /// Brings the index up to date with the folders.
    fn update(&mut self, observer: &dyn Observer) -> Result<()> {
        let folders: HashSet<String> = RunDir::list(&self.reports)?.into_iter().collect();
        let known = self.with(async |connection| query::known(connection).await)?;
        let reports = self.reports.clone();
        let is_stale = |run: &&String| {
            known.get(*run).is_none_or(|known| *known != Some(stamp(&reports, run)))
        };
        let gone: Vec<_> = known.keys().filter(|run| !folders.contains(*run)).collect();
        let stale: Vec<_> = folders.iter().filter(is_stale).collect();
        if gone.is_empty() && stale.is_empty() {
            return Ok(());
        }
        self.with(async |connection| {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
            for run in gone {
                write::forget(&mut transaction, run).await?;
            }
            for run in stale {
                let stamp = stamp(&reports, run);
                let Some(record) = read_run(&reports, run, observer) else { continue };
                write::forget(&mut transaction, run).await?;
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

/// When a run's manifest was written, in microseconds since 1970. It is written whenever a run
/// begins, goes on or ends.
fn stamp(reports: &Path, run: &str) -> i64 {
    let manifest = RunDir::open(reports, run).and_then(|run| run.manifest_time());
    manifest.map_or(0, Timestamp::as_microsecond)
}

/// A run's records, under the name of its folder: a copied folder may have been renamed.
fn read_run(reports: &Path, run: &str, observer: &dyn Observer) -> Option<RunRecord> {
    match RunDir::open(reports, run).and_then(|folder| folder.read()) {
        Ok(mut record) => {
            run.clone_into(&mut record.manifest.run);
            Some(record)
        }
        Err(error) => {
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
    Error::usage(format!("{} can't be used", file.display()))
        .because(error)
        .hint("remove it: it is made again from the folders in reports/runs")
}
