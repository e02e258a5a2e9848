//! MySQL and MariaDB: rows go in by prepared INSERT statements of many rows each: half of the time
//! that the server needs for the same rows as text goes into reading that text. (sqlx can't
//! answer LOAD DATA LOCAL.)

use super::link::{Kind, Link};
use super::session::{Chunks, Dialect, Session};
use crate::dataset::{Row, Table, Value};
use crate::error::Result;

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

/// Statements get no larger than this, however much the server would take.
const LARGEST_STATEMENT: usize = 1 << 20;
/// What a value needs beside its text, at most.
const OVERHEAD: usize = 16;

/// MySQL or MariaDB, as a [`Kind`].
pub(super) struct Mysql;

impl Kind for Mysql {
    type Database = sqlx::MySql;
    const NAME: &'static str = "MySQL";
    const DIALECT: &'static Dialect = &DIALECT;

    fn fill(link: &mut Link<Self>, table: &Table, chunks: &mut Chunks<'_>) -> Result<()> {
        link.execute(&format!("{} DEFAULT CHARACTER SET utf8mb4", DIALECT.create(table)))?;
        // Values are valid UTF-8 already: as "binary" they are not converted once more, but only
        // checked when they are stored. (`unique_checks = 0` would sort rows that are in order.)
        link.execute("SET NAMES binary; SET SESSION autocommit = 0")?;
        link.execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'")?;
        let largest = largest_statement(link)?;
        link.insert(table, chunks, |rows| how_many(rows, largest))?;
        link.execute("COMMIT; SET SESSION autocommit = 1; SET NAMES utf8mb4")?;
        link.query(&format!("ANALYZE TABLE {}", DIALECT.name(table.name())))?;
        Ok(())
    }

    fn quick(link: &mut Link<Self>, table: &str) -> Result<String> {
        let rows = link.query(&format!("CHECKSUM TABLE {}", DIALECT.name(table)))?;
        Ok(rows.into_iter().flatten().nth(1).flatten().unwrap_or_default())
    }

    fn version(link: &mut Link<Self>) -> Result<String> {
        let rows = link.query("SELECT VERSION()")?;
        let version: String = rows.into_iter().flatten().flatten().collect();
        Ok(short_version(&version))
    }
}

fn largest_statement(link: &mut Link<Mysql>) -> Result<usize> {
    let rows = link.query("SELECT @@max_allowed_packet")?;
    let packet = rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok());
    // The packet holds a byte more than the statement.
    Ok(packet.unwrap_or(LARGEST_STATEMENT).min(LARGEST_STATEMENT).saturating_sub(64))
}

/// How many of the rows fit into one statement: at least one, since the server may take it yet.
fn how_many(rows: &[Row], largest: usize) -> usize {
    let mut size = 0;
    let fit = rows.iter().take_while(|row| {
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
        assert_eq!(how_many(&rows, 1000), 8);
        assert_eq!(how_many(&rows[..3], 1000), 3);
        assert_eq!(how_many(&rows, 5000), 10);
        assert_eq!(how_many(&rows, 10), 1);
    }

    #[test]
    fn versions_are_short() {
        assert_eq!(short_version("10.11.19-MariaDB-0+deb12u1"), "10.11.19-MariaDB");
        assert_eq!(short_version("8.0.36-0ubuntu0.22.04.1"), "8.0.36");
        assert_eq!(short_version("9.1.0"), "9.1.0");
    }
}
