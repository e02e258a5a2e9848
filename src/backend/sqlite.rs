//! SQLite: rows go in by prepared INSERT statements of many rows each, in one transaction.

use std::path::Path;
use std::time::Duration;

use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, Sqlite, raw_sql};
use tokio::runtime::Runtime;

use super::runtime::connect;
use super::session::{Chunks, Dialect, Session, sum, texts};
use crate::dataset::{Checksum, Row, Table, Value};
use crate::error::{Context, Result};

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

/// Values in one statement; SQLite takes 32,766.
const MOST_VALUES: usize = 2_000;

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

pub(super) struct SqliteFile {
    // Before the runtime, which it needs to the end.
    connection: SqliteConnection,
    runtime: Runtime,
}

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
        let (connection, runtime) = connect(&failure, SqliteConnection::connect_with(&options))?;
        Ok(Self { connection, runtime })
    }
}

impl Session for SqliteFile {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        let statement = raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection);
        self.runtime.block_on(statement).context(|| format!("SQLite refused `{sql}`"))?;
        Ok(())
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let statement = raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection);
        let rows = self.runtime.block_on(statement).and_then(|rows| texts(&rows));
        rows.context(|| format!("SQLite refused `{sql}`"))
    }

    fn fill(&mut self, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        let done = self.execute(&DIALECT.create(table)).and_then(|()| self.insert(table, chunks));
        let end = self.execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
        done.and(end)
    }

    fn sum(&mut self, table: &Table) -> Result<Checksum> {
        let sql = DIALECT.select(table);
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.connection);
        let sum = self.runtime.block_on(sum(rows, table));
        sum.context(|| format!("table {} can't be read back", table.name()))
    }

    /// SQLite has no checksum of its own: lengths and first characters of all values.
    fn quick(&mut self, table: &str) -> Result<String> {
        let literal = DIALECT.literal(table);
        let columns = self.query(&format!("SELECT name FROM pragma_table_info({literal})"))?;
        let mut sql = "SELECT count(*)".to_owned();
        for column in columns.into_iter().flatten().flatten() {
            let column = DIALECT.name(&column);
            sql += &format!(
                " || ':' || total(length({column})) || ':' || total(unicode({column}) * (rowid % 251))"
            );
        }
        let rows = self.query(&format!("{sql} FROM {}", DIALECT.name(table)))?;
        Ok(rows.into_iter().flatten().flatten().collect())
    }

    fn version(&mut self) -> Result<String> {
        Ok(self.query("SELECT sqlite_version()")?.into_iter().flatten().flatten().collect())
    }

    fn close(self: Box<Self>) -> Result<()> {
        let closed = self.runtime.block_on(self.connection.close());
        closed.context(|| "SQLite did not close its file".to_owned())
    }
}

impl SqliteFile {
    fn insert(&mut self, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        let width = table.columns().len();
        let rows_each = (MOST_VALUES / width.max(1)).max(1);
        let whole = insert_sql(table, rows_each);
        for chunk in chunks {
            for rows in chunk?.rows().chunks(rows_each) {
                if rows.len() == rows_each {
                    self.insert_rows(&whole, rows, table)?;
                } else {
                    self.insert_rows(&insert_sql(table, rows.len()), rows, table)?;
                }
            }
        }
        Ok(())
    }

    fn insert_rows(&mut self, sql: &str, rows: &[Row], table: &Table) -> Result<()> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in rows.iter().flatten() {
            query = bind(query, value);
        }
        let done = self.runtime.block_on(query.execute(&mut self.connection));
        done.context(|| format!("SQLite refused rows of table {}", table.name()))?;
        Ok(())
    }
}

type Insert<'q> = Query<'q, Sqlite, SqliteArguments>;

fn bind<'q>(query: Insert<'q>, value: &'q Value<'static>) -> Insert<'q> {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(*number),
        Value::Float(number) => query.bind(*number),
        Value::Boolean(truth) => query.bind(*truth),
        Value::Text(text) => query.bind(text.as_ref()),
    }
}

fn insert_sql(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns().len()].join(","));
    let name = DIALECT.name(table.name());
    format!("INSERT INTO {name} ({}) VALUES {}", DIALECT.columns(table), vec![row; rows].join(","))
}
