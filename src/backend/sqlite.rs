//! SQLite: rows go in by prepared INSERT statements of many rows each, in one transaction.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::link::{Kind, Link};
use super::session::{Chunks, Dialect, Session};
use crate::dataset::Table;
use crate::error::Result;

static DIALECT: Dialect = Dialect {
    quote: '"',
    backslash: false,
    identity: "PRIMARY KEY AUTOINCREMENT",
    text_key: "",
    integer: "integer",
    big_integer: "bigint",
    float: "real",
    boolean: "bool",
    text: "text",
    tables: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
    databases: "SELECT name FROM pragma_database_list",
    lock: None,
};

/// Who else uses the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Nobody: if it can't be finished, it is thrown away as a whole.
    Private,
    /// Perhaps others: it must be whole at any time.
    Shared,
    /// Perhaps others, and nothing is to be written.
    ReadOnly,
}

/// SQLite, as a [`Kind`].
pub(super) struct Sqlite;

/// An open file.
pub(super) type SqliteFile = Link<Sqlite>;

impl SqliteFile {
    pub(super) fn open(path: &Path, sharing: Sharing) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // Rows come from a thread of sqlx's: fewer switches between it and ours.
            .row_buffer_size(1024)
            .busy_timeout(Duration::from_secs(60));
        let options = match sharing {
            Sharing::Shared => options,
            Sharing::ReadOnly => options.create_if_missing(false).read_only(true),
            Sharing::Private => options
                .journal_mode(SqliteJournalMode::Off)
                .synchronous(SqliteSynchronous::Off)
                .pragma("locking_mode", "EXCLUSIVE")
                .pragma("cache_size", "-65536"),
        };
        let failure = format!("{} can't be opened", path.display());
        Self::connect(&options, &failure)
    }
}

impl Kind for Sqlite {
    type Database = sqlx::Sqlite;
    const NAME: &'static str = "SQLite";
    const DIALECT: &'static Dialect = &DIALECT;

    fn fill(file: &mut SqliteFile, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        file.execute("BEGIN IMMEDIATE")?;
        let made = file.execute(&DIALECT.create(table));
        let done = made.and_then(|()| file.insert(table, chunks, |rows| rows.len()));
        let end = file.execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        done.and(end)
    }

    /// SQLite has no checksum of its own: lengths and first characters of all values.
    fn quick(file: &mut SqliteFile, table: &str) -> Result<String> {
        let literal = DIALECT.literal(table);
        let columns = file.query(&format!("SELECT name FROM pragma_table_info({literal})"))?;
        let mut sql = "SELECT count(*)".to_owned();
        for column in columns.into_iter().flatten().flatten() {
            let column = DIALECT.name(&column);
            sql += &format!(
                " || ':' || total(length({column})) || ':' || total(unicode({column}) * (rowid % 251))"
            );
        }
        let rows = file.query(&format!("{sql} FROM {}", DIALECT.name(table)))?;
        Ok(rows.into_iter().flatten().flatten().collect())
    }

    fn version(file: &mut SqliteFile) -> Result<String> {
        Ok(file.query("SELECT sqlite_version()")?.into_iter().flatten().flatten().collect())
    }
}
