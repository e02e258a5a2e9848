//! The index's file: made, migrated, and put aside when it can't be used.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqlSafeStr, SqliteConnection};
use tokio::runtime::Runtime;

use super::unreadable;
use crate::error::Result;
use crate::event::{Event, Observer};

/// How long one memgrid waits while another writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens or makes the index. One that SQLite or the migrations reject is put aside, and a new
/// one made.
pub(super) fn open(
    runtime: &Runtime,
    file: &Path,
    observer: &dyn Observer,
) -> Result<SqliteConnection> {
    match runtime.block_on(connect(file)) {
        Err(error) if is_beyond_use(&error) => {
            put_aside(file, &error, observer)?;
            runtime.block_on(connect(file))
        }
        opened => opened,
    }
    .map_err(|error| unreadable(file, error))
}

/// Makes an index that is gone when it is closed.
pub(super) fn open_in_memory(runtime: &Runtime) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().in_memory(true).row_buffer_size(ROWS);
    let made = runtime.block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await?;
        migrator().run_direct(None, &mut connection, false).await.map_err(into_sqlx)?;
        Ok(connection)
    });
    made.map_err(|error| unreadable(Path::new("an index in memory"), error))
}

/// How many rows of an answer may wait to be taken.
const ROWS: usize = 4096;

async fn connect(file: &Path) -> sqlx::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Losing the last run to a power failure is no loss: it is read from its folder again.
        .synchronous(SqliteSynchronous::Off)
        // The thread that SQLite runs in would otherwise wait for ours at every fiftieth row.
        .row_buffer_size(ROWS)
        .busy_timeout(PATIENCE);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let migrated = migrator().run_direct(None, &mut connection, false).await;
    // A file that is put aside must not be written to when the connection is dropped later.
    if let Err(error) = migrated {
        let _ = connection.close().await;
        return Err(into_sqlx(error));
    }
    Ok(connection)
}

fn migrator() -> Migrator {
    let history = include_str!("../../migrations/0001_history.sql");
    let figures = include_str!("../../migrations/0002_figures.sql");
    let all = [(1, "history", history), (2, "figures", figures)];
    let migrations = all.map(|(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.into())
}

fn into_sqlx(error: MigrateError) -> sqlx::Error {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error,
        other => sqlx::Error::Migrate(Box::new(other)),
    }
}

/// Whether the file itself is at fault, rather than a lock, a permission or a full disk.
pub(super) fn is_beyond_use(error: &sqlx::Error) -> bool {
    // SQLITE_ERROR (tables that are not ours), SQLITE_CORRUPT, SQLITE_NOTADB.
    const FAULTS: [u32; 3] = [1, 11, 26];
    match error {
        sqlx::Error::Migrate(_) | sqlx::Error::ColumnDecode { .. } => true,
        error => code(error).is_some_and(|code| FAULTS.contains(&code)),
    }
}

/// Whether SQLite found no room for what it was to write.
pub(super) fn is_disk_full(error: &sqlx::Error) -> bool {
    const SQLITE_FULL: u32 = 13;
    code(error) == Some(SQLITE_FULL)
}

/// SQLite's primary code, which is the low byte of what it says.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}

/// Renames the file, says so, and removes what SQLite keeps beside it.
pub(super) fn put_aside(
    file: &Path,
    error: &dyn std::error::Error,
    observer: &dyn Observer,
) -> Result<()> {
    let aside = file.with_extension("damaged.db");
    fs_err::rename(file, &aside)?;
    for suffix in ["db-wal", "db-shm"] {
        let _ = fs_err::remove_file(file.with_extension(suffix));
    }
    let text = format!(
        "{} can't be used ({error}); it is kept as {} and made again from the runs' folders",
        file.display(),
        aside.display()
    );
    observer.event(Event::Notice { text });
    Ok(())
}
