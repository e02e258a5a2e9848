//! Connections to each kind of database, and the URLs that workloads get for them.

use std::path::Path;

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::address::{Address, encode_path};
use super::link::Link;
use super::mysql::Mysql;
use super::postgresql::Postgresql;
use super::server::recipe::{MYSQL_SOCKET, POSTGRESQL_USER};
use super::session::Session;
use super::sqlite::{Sharing, SqliteFile};
use crate::config::BackendKind;
use crate::error::Result;

/// Connects to a database of a private server, given its socket's folder.
pub(super) type Connect = dyn Fn(&Path, &str) -> Result<Box<dyn Session>>;

/// The URL of a database file, for workloads.
pub(super) fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}", encode_path(path))
}

/// How to connect to private servers of a kind.
pub(super) fn private_at(kind: BackendKind) -> &'static Connect {
    match kind {
        BackendKind::Postgresql => &postgresql_at,
        BackendKind::Sqlite | BackendKind::Mysql => &mysql_at,
    }
}

pub(super) fn postgresql_at(socket: &Path, database: &str) -> Result<Box<dyn Session>> {
    let options = PgConnectOptions::new_without_pgpass()
        .socket(socket)
        .port(5432)
        .username(POSTGRESQL_USER)
        .database(database)
        .ssl_mode(PgSslMode::Disable);
    Ok(Box::new(postgresql(&options)?))
}

pub(super) fn mysql_at(socket: &Path, database: &str) -> Result<Box<dyn Session>> {
    let options = MySqlConnectOptions::new()
        .socket(socket.join(MYSQL_SOCKET))
        .username("root")
        .database(database)
        .ssl_mode(MySqlSslMode::Disabled);
    Ok(Box::new(mysql(&options)?))
}

/// A database that every server has.
pub(super) const fn maintenance(kind: BackendKind) -> &'static str {
    match kind {
        BackendKind::Postgresql => "postgres",
        BackendKind::Sqlite | BackendKind::Mysql => "mysql",
    }
}

/// The URL of a private server's database, for workloads.
pub(super) fn private_url(kind: BackendKind, socket: &Path, database: &str) -> String {
    match kind {
        BackendKind::Postgresql => {
            format!("postgresql://{POSTGRESQL_USER}@/{database}?host={}", encode_path(socket))
        }
        BackendKind::Sqlite | BackendKind::Mysql => {
            let socket = encode_path(&socket.join(MYSQL_SOCKET));
            format!("mysql://root@localhost/{database}?unix_socket={socket}")
        }
    }
}

/// Connects to a database of the user's.
pub(super) fn given(address: &Address) -> Result<Box<dyn Session>> {
    Ok(match address.kind() {
        BackendKind::Sqlite => Box::new(SqliteFile::open(&address.path(), Sharing::Shared)?),
        BackendKind::Postgresql => Box::new(postgresql(&address.postgresql()?)?),
        BackendKind::Mysql => Box::new(mysql(&address.mysql()?)?),
    })
}

fn postgresql(options: &PgConnectOptions) -> Result<Link<Postgresql>> {
    Link::connect(options, "PostgreSQL can't be connected to")
}

fn mysql(options: &MySqlConnectOptions) -> Result<Link<Mysql>> {
    Link::connect(options, "MySQL can't be connected to")
}
