//! MySQL and MariaDB: rows go in by INSERT statements of many rows, as large as the server takes
//! them (sqlx can't answer LOAD DATA LOCAL).

use std::fmt::Write;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, raw_sql};
use tokio::runtime::Runtime;

use super::runtime::connect;
use super::session::{Chunks, Dialect, Session, sum, texts};
use crate::dataset::{Checksum, Table, Value};
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

/// Statements get no larger than this, however much the server would take: beyond a mebibyte they
/// are no faster, and they are held in memory at both ends.
const LARGEST_STATEMENT: usize = 1 << 20;

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
        // One transaction into an empty table, with nothing to check against: InnoDB then builds
        // it page by page and logs no single rows. Literals are escaped with backslashes.
        self.execute(
            "SET SESSION unique_checks = 0, foreign_key_checks = 0, autocommit = 0, \
             sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'",
        )?;
        self.insert(table, chunks)?;
        self.execute("COMMIT")?;
        self.execute("SET SESSION unique_checks = 1, foreign_key_checks = 1, autocommit = 1")?;
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
        let name = DIALECT.name(table.name());
        let head = format!("INSERT INTO {name} ({}) VALUES ", DIALECT.columns(table));
        let mut sql = head.clone();
        let mut row_sql = String::new();
        for chunk in chunks {
            for row in chunk?.rows() {
                row_sql.clear();
                push_row(&mut row_sql, row);
                if sql.len() > head.len() && sql.len() + row_sql.len() + 1 > largest {
                    self.insert_rows(&sql, table)?;
                    sql.truncate(head.len());
                }
                if sql.len() > head.len() {
                    sql.push(',');
                }
                sql.push_str(&row_sql);
            }
        }
        if sql.len() > head.len() { self.insert_rows(&sql, table) } else { Ok(()) }
    }

    fn insert_rows(&mut self, sql: &str, table: &Table) -> Result<()> {
        let statement = raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection);
        let done = self.runtime.block_on(statement);
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

fn push_row(sql: &mut String, row: &[Value<'_>]) {
    let mut separator = '(';
    for value in row {
        sql.push(separator);
        separator = ',';
        let _ = match value {
            Value::Null => sql.write_str("NULL"),
            Value::Integer(number) => write!(sql, "{number}"),
            // With an exponent it is a DOUBLE from the start, without one a DECIMAL.
            Value::Float(number) => write!(sql, "{number:e}"),
            Value::Boolean(truth) => sql.write_str(if *truth { "1" } else { "0" }),
            Value::Text(text) => {
                DIALECT.push_literal(sql, text);
                Ok(())
            }
        };
    }
    sql.push(')');
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
    fn literals_keep_every_character() {
        let mut sql = String::new();
        let text = |text: &'static str| Value::Text(text.into());
        push_row(&mut sql, &[text(r"it's \ here"), Value::Null, Value::Float(1.5), text("")]);
        assert_eq!(sql, r"('it''s \\ here',NULL,1.5e0,'')");
    }

    #[test]
    fn versions_are_short() {
        assert_eq!(short_version("10.11.19-MariaDB-0+deb12u1"), "10.11.19-MariaDB");
        assert_eq!(short_version("8.0.36-0ubuntu0.22.04.1"), "8.0.36");
        assert_eq!(short_version("9.1.0"), "9.1.0");
    }
}
