//! A connection to a database of any kind: what sqlx does alike for all of them, written once. A
//! [`Kind`] adds what differs.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Database, Executor, IntoArguments, raw_sql};
use tokio::runtime::{Builder, Runtime};

use super::session::{Chunks, Dialect, Readable, Session, sum, texts};
use crate::dataset::{Checksum, Table};
use crate::error::{Context, Error, Result};

/// How long a server may take to accept a connection. One that is far away and filtered never
/// does.
const PATIENCE: Duration = Duration::from_secs(15);

/// A kind of database.
pub(super) trait Kind: Sized {
    /// What it is to sqlx.
    type Database: Database;
    /// Its name in messages.
    const NAME: &'static str;
    /// How its SQL differs.
    const DIALECT: &'static Dialect;

    /// See [`Session::fill`].
    fn fill(link: &mut Link<Self>, table: &Table, chunks: &mut Chunks<'_>) -> Result<()>;

    /// See [`Session::quick`].
    fn quick(link: &mut Link<Self>, table: &str) -> Result<String>;

    /// See [`Session::version`].
    fn version(link: &mut Link<Self>) -> Result<String>;
}

/// What connects to a [`Kind`].
pub(super) type ConnectionOf<K> = <<K as Kind>::Database as Database>::Connection;

/// What says how to connect to a [`Kind`].
type OptionsOf<K> = <ConnectionOf<K> as Connection>::Options;

/// A connection, and the small runtime that it needs to its end: sqlx is asynchronous, memgrid is
/// not.
pub(super) struct Link<K: Kind> {
    // Before the runtime.
    pub(super) connection: ConnectionOf<K>,
    pub(super) runtime: Runtime,
}

impl<K: Kind> Link<K> {
    /// Connects. `failure` says what it means that it can't.
    pub(super) fn connect(options: &OptionsOf<K>, failure: &str) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime =
            runtime.context(|| "no runtime for database connections can be made".to_owned())?;
        let connecting = ConnectionOf::<K>::connect_with(options);
        let connected =
            runtime.block_on(async { tokio::time::timeout(PATIENCE, connecting).await });
        match connected {
            Ok(connected) => {
                Ok(Self { connection: connected.context(|| failure.to_owned())?, runtime })
            }
            Err(_) => {
                Err(Error::usage(format!("{failure}: no answer in {} s", PATIENCE.as_secs())))
            }
        }
    }
}

impl<K: Kind> Session for Link<K>
where
    for<'c> &'c mut ConnectionOf<K>: Executor<'c, Database = K::Database>,
    <K::Database as Database>::Arguments: IntoArguments<K::Database>,
    <K::Database as Database>::Row: Readable,
{
    fn dialect(&self) -> &'static Dialect {
        K::DIALECT
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        let statement = raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection);
        self.runtime.block_on(statement).context(|| format!("{} refused `{sql}`", K::NAME))?;
        Ok(())
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let statement = raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection);
        let rows = self.runtime.block_on(statement).and_then(|rows| texts(&rows));
        rows.context(|| format!("{} refused `{sql}`", K::NAME))
    }

    fn fill(&mut self, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        K::fill(self, table, chunks)
    }

    fn sum(&mut self, table: &Table) -> Result<Checksum> {
        let sql = K::DIALECT.select(table);
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.connection);
        let sum = self.runtime.block_on(sum(rows, table));
        sum.context(|| format!("table {} can't be read back", table.name()))
    }

    fn quick(&mut self, table: &str) -> Result<String> {
        K::quick(self, table)
    }

    fn version(&mut self) -> Result<String> {
        K::version(self)
    }

    fn close(self: Box<Self>) -> Result<()> {
        let Self { connection, runtime } = *self;
        let closed = runtime.block_on(connection.close());
        closed.context(|| format!("the connection to {} did not close", K::NAME))
    }
}
