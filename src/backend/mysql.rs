//! MySQL and MariaDB: rows go in by prepared INSERT statements of many rows each: half of the time
//! that the server needs for the same rows as text goes into reading that text. (sqlx can't
//! answer LOAD DATA LOCAL.)

use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection, MySql, raw_sql};
use tokio::runtime::Runtime;

use super::runtime::connect;
use super::session::{Chunks, Dialect, Session, sum, texts};
use crate::dataset::{Checksum, Row, Table, Value};
use crate::error::{Context, Result};

static DIALECT: Dialect = Dialect {
    quote: '`',
    backslash: true,
    identity: "AUTO_INCREMENT PRIMARY KEY",
    text_key: "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    integer: "integer",
    big_integer: "bigint",
    float: "double precision",
    boolean: "bool",
    text: "longtext",
    tables: "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
    databases: "SELECT schema_name FROM information_schema.schemata",
    lock: Some("SELECT GET_LOCK('memgrid', 600)"),
};

/// Values in one statement; MySQL takes 65,535.
const MOST_VALUES: usize = 2_000;
/// Statements get no larger than this, however much the server would take.
const LARGEST_STATEMENT: usize = 1 << 20;
/// What a value needs beside its text, at most.
const OVERHEAD: usize = 16;

pub(super) struct Mysql {
    // Before the runtime, which it needs to the end.
    connection: MySqlConnection,
    runtime: Runtime,
}

impl Mysql {
    pub(super) fn connect(options: &MySqlConnectOptions) -> Result<Self> {
        let (connection, runtime) =
            connect("MySQL can't be connected to", MySqlConnection::connect_with(options))?;
        Ok(Self { connection, runtime })
    }
}

impl Session for Mysql {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        let statement = raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection);
        self.runtime.block_on(statement).context(|| format!("MySQL refused `{sql}`"))?;
        Ok(())
    }

    fn query(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let statement = raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection);
        let rows = self.runtime.block_on(statement).and_then(|rows| texts(&rows));
        rows.context(|| format!("MySQL refused `{sql}`"))
    }

    fn fill(&mut self, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        self.execute(&format!("{} DEFAULT CHARACTER SET utf8mb4", DIALECT.create(table)))?;
        // Values are valid UTF-8 already: as "binary" they are not converted once more, but only
        // checked when they are stored. (`unique_checks = 0` would sort rows that are in order.)
        self.execute("SET NAMES binary; SET SESSION autocommit = 0")?;
        self.execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'")?;
        self.insert(table, chunks)?;
        self.execute("COMMIT; SET SESSION autocommit = 1; SET NAMES utf8mb4")?;
        self.query(&format!("ANALYZE TABLE {}", DIALECT.name(table.name())))?;
        Ok(())
    }

    fn sum(&mut self, table: &Table) -> Result<Checksum> {
        let sql = DIALECT.select(table);
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.connection);
        let sum = self.runtime.block_on(sum(rows, table));
        sum.context(|| format!("table {} can't be read back", table.name()))
    }

    fn quick(&mut self, table: &str) -> Result<String> {
        let rows = self.query(&format!("CHECKSUM TABLE {}", DIALECT.name(table)))?;
        Ok(rows.into_iter().flatten().nth(1).flatten().unwrap_or_default())
    }

    fn version(&mut self) -> Result<String> {
        let rows = self.query("SELECT VERSION()")?;
        let version: String = rows.into_iter().flatten().flatten().collect();
        Ok(short_version(&version))
    }

    fn close(self: Box<Self>) -> Result<()> {
        let closed = self.runtime.block_on(self.connection.close());
        closed.context(|| "the connection to MySQL did not close".to_owned())
    }
}

impl Mysql {
    fn insert(&mut self, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        let largest = self.largest_statement()?;
        let most = (MOST_VALUES / table.columns().len().max(1)).max(1);
        let whole = insert_sql(table, most);
        for chunk in chunks {
            let chunk = chunk?;
            let mut rest = chunk.rows();
            while !rest.is_empty() {
                let (rows, others) = rest.split_at(how_many(rest, most, largest));
                rest = others;
                if rows.len() == most {
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
        done.context(|| format!("MySQL refused rows of table {}", table.name()))?;
        Ok(())
    }

    fn largest_statement(&mut self) -> Result<usize> {
        let rows = self.query("SELECT @@max_allowed_packet")?;
        let packet = rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok());
        // The packet holds a byte more than the statement.
        Ok(packet.unwrap_or(LARGEST_STATEMENT).min(LARGEST_STATEMENT).saturating_sub(64))
    }
}

type Insert<'q> = Query<'q, MySql, MySqlArguments>;

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

/// How many of the rows fit into one statement: at least one, since the server may take it yet.
fn how_many(rows: &[Row], most: usize, largest: usize) -> usize {
    let mut size = 0;
    let fit = rows.iter().take(most).take_while(|row| {
        let texts = row.iter().map(|value| match value {
            Value::Text(text) => text.len() + OVERHEAD,
            _ => OVERHEAD,
        });
        size += texts.sum::<usize>();
        size <= largest
    });
    fit.count().max(1)
}

/// `10.11.19-MariaDB-0+deb12u1` without what the distribution added.
fn short_version(version: &str) -> String {
    let mut parts = version.splitn(3, '-');
    match (parts.next(), parts.next()) {
        (Some(number), Some("MariaDB")) => format!("{number}-MariaDB"),
        (Some(number), _) => number.to_owned(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_keep_to_what_the_server_takes() {
        let rows = vec![vec![Value::Integer(1), Value::Text("x".repeat(84).into())]; 10];
        // 16 + 84 + 16 bytes each.
        assert_eq!(how_many(&rows, 100, 1000), 8);
        assert_eq!(how_many(&rows, 3, 1000), 3);
        assert_eq!(how_many(&rows, 100, 5000), 10);
        assert_eq!(how_many(&rows, 100, 10), 1);
    }

    #[test]
    fn versions_are_short() {
        assert_eq!(short_version("10.11.19-MariaDB-0+deb12u1"), "10.11.19-MariaDB");
        assert_eq!(short_version("8.0.36-0ubuntu0.22.04.1"), "8.0.36");
        assert_eq!(short_version("9.1.0"), "9.1.0");
    }
}
