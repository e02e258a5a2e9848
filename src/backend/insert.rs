//! Rows written by prepared INSERT statements of many rows each, for databases that have no
//! faster way.

use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Encode, Executor, IntoArguments, Type};

use super::link::{ConnectionOf, Kind, Link};
use super::session::{Chunks, Dialect};
use crate::dataset::{Row, Table, Value};
use crate::error::{Context, Result};

/// Values in one statement. SQLite takes 32,766 and MySQL 65,535; more than this gains nothing.
const MOST_VALUES: usize = 2_000;

impl<K: Kind> Link<K>
where
    for<'c> &'c mut ConnectionOf<K>: Executor<'c, Database = K::Database>,
    <K::Database as Database>::Arguments: IntoArguments<K::Database>,
    for<'q> Option<i64>: Encode<'q, K::Database> + Type<K::Database>,
    for<'q> i64: Encode<'q, K::Database> + Type<K::Database>,
    for<'q> f64: Encode<'q, K::Database> + Type<K::Database>,
    for<'q> bool: Encode<'q, K::Database> + Type<K::Database>,
    for<'q> &'q str: Encode<'q, K::Database> + Type<K::Database>,
{
    /// Writes all chunks. Of rows that are still to be written, at most so many that they fit
    /// into one statement, `fit` says how many one may hold (at least 1).
    pub(super) fn insert(
        &mut self,
        table: &Table,
        chunks: &mut Chunks<'_>,
        fit: impl Fn(&[Row]) -> usize,
    ) -> Result<()> {
        let most = (MOST_VALUES / table.columns().len().max(1)).max(1);
        let whole = sql(K::DIALECT, table, most);
        for chunk in chunks {
            let chunk = chunk?;
            let mut rest = chunk.rows();
            while !rest.is_empty() {
                let next = fit(&rest[..rest.len().min(most)]);
                let (rows, others) = rest.split_at(next);
                rest = others;
                if rows.len() == most {
                    self.insert_rows(&whole, rows, table)?;
                } else {
                    self.insert_rows(&sql(K::DIALECT, table, rows.len()), rows, table)?;
                }
            }
        }
        Ok(())
    }

    fn insert_rows(&mut self, sql: &str, rows: &[Row], table: &Table) -> Result<()> {
        let values = rows.iter().flatten();
        let query = values.fold(sqlx::query(AssertSqlSafe(sql)), bind);
        let done = self.runtime.block_on(query.execute(&mut self.connection));
        done.context(|| format!("{} refused rows of table {}", K::NAME, table.name()))?;
        Ok(())
    }
}

fn bind<'q, DB: Database>(
    query: Query<'q, DB, DB::Arguments>,
    value: &'q Value<'static>,
) -> Query<'q, DB, DB::Arguments>
where
    Option<i64>: Encode<'q, DB> + Type<DB>,
    i64: Encode<'q, DB> + Type<DB>,
    f64: Encode<'q, DB> + Type<DB>,
    bool: Encode<'q, DB> + Type<DB>,
    &'q str: Encode<'q, DB> + Type<DB>,
{
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(*number),
        Value::Float(number) => query.bind(*number),
        Value::Boolean(truth) => query.bind(*truth),
        Value::Text(text) => query.bind(text.as_ref()),
    }
}

fn sql(dialect: &Dialect, table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns().len()].join(","));
    let name = dialect.name(table.name());
    format!("INSERT INTO {name} ({}) VALUES {}", dialect.columns(table), vec![row; rows].join(","))
}
