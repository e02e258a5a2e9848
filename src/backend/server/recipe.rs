//! How each server is installed into a data folder and run from it: without anybody's
//! configuration files, reachable by its Unix socket only, and set up for data that can be made
//! again. Nothing here may change how it reads: caches have fixed sizes, and what the server
//! would do by itself in the background is off, so that runs can be compared.

use std::path::Path;

use duct::Expression;
use rustix::process::Signal;

use super::locate::Programs;
use crate::config::BackendKind;
use crate::error::{Error, Result};
use crate::server::account::Account;

/// Changes when data folders are made in another way than before.
const LAYOUT: &str = "v1";
/// The superuser of a private PostgreSQL.
pub(in crate::backend) const POSTGRESQL_USER: &str = "memgrid";
/// The folder for temporary files, beside the data folder.
pub(super) const TEMPORARY: &str = "tmp";
/// The name of a private MariaDB's socket.
pub(in crate::backend) const MYSQL_SOCKET: &str = "mysql.sock";

/// One kind of server.
pub(super) struct Recipe {
    pub(super) kind: BackendKind,
    pub(super) programs: Programs,
    /// As the program says it: `15.18`, `10.11.19-MariaDB`.
    pub(super) version: String,
    /// Who runs it, if not we.
    pub(super) account: Option<Account>,
}

impl Recipe {
    pub(super) fn new(kind: BackendKind, programs: Programs) -> Result<Self> {
        let account = match kind {
            BackendKind::Postgresql => Account::for_server()?,
            BackendKind::Sqlite | BackendKind::Mysql => None,
        };
        let said = in_clean_environment(&duct::cmd!(&programs.server, "--version"))
            .read()
            .map_err(|error| {
                let program = programs.server.display();
                Error::usage(format!("{program} --version failed")).because(error)
            })?;
        let version = version(&said).ok_or_else(|| {
            let program = programs.server.display();
            Error::usage(format!("{program} --version said {said:?}, which has no version in it"))
        })?;
        Ok(Self { kind, programs, version, account })
    }

    /// Names the folder of all slots whose data this recipe can use.
    pub(super) fn slot_kind(&self) -> String {
        format!("{}-{}-{LAYOUT}", self.kind.as_str(), self.version)
    }

    /// What people call it.
    pub(super) const fn title(&self) -> &'static str {
        match self.kind {
            BackendKind::Postgresql => "PostgreSQL",
            BackendKind::Sqlite | BackendKind::Mysql => "MySQL",
        }
    }

    /// Asks the server to shut down soon, and in good order.
    pub(super) const fn stop_signal(&self) -> Signal {
        match self.kind {
            BackendKind::Postgresql => Signal::INT,
            BackendKind::Sqlite | BackendKind::Mysql => Signal::TERM,
        }
    }

    /// Makes a data folder.
    pub(super) fn init(&self, data: &Path) -> Expression {
        let (program, arguments) = match (self.kind, &self.programs.init) {
            (BackendKind::Postgresql, init) => {
                (init.as_ref().unwrap_or(&self.programs.server), initdb(data))
            }
            (_, Some(init)) if self.version.contains("MariaDB") => (init, mariadb_install(data)),
            _ => (&self.programs.server, mysqld_initialize(data)),
        };
        in_clean_environment(&duct::cmd(program, arguments))
    }

    /// Runs the server.
    pub(super) fn run(&self, data: &Path, socket: &Path) -> Expression {
        let arguments = match self.kind {
            BackendKind::Postgresql => postgres(data, socket),
            BackendKind::Sqlite | BackendKind::Mysql => mysqld(data, socket),
        };
        in_clean_environment(&duct::cmd(&self.programs.server, arguments))
    }
}

/// Variables such as PGPORT, PGDATA or MYSQL_HOME would change what the programs do.
fn in_clean_environment(command: &Expression) -> Expression {
    let kept = ["PATH", "LD_LIBRARY_PATH"];
    let kept = kept.into_iter().filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
    let set = [("LC_ALL", "C"), ("TZ", "UTC")].map(|(name, value)| (name.into(), value.into()));
    command.full_env(kept.chain(set).collect::<Vec<(std::ffi::OsString, std::ffi::OsString)>>())
}

fn initdb(data: &Path) -> Vec<String> {
    let options = [
        "--auth=trust", // its socket is in a folder that only we can enter
        "--no-sync",
        "--no-instructions",
        "--encoding=UTF8",
        "--locale=C",
    ];
    let who = format!("--username={POSTGRESQL_USER}");
    let fixed = ["-D".to_owned(), text(data), who];
    fixed.into_iter().chain(options.map(str::to_owned)).collect()
}

fn postgres(data: &Path, socket: &Path) -> Vec<String> {
    let settings = [
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "max_connections=50",
        // The data can be made again: nothing need survive a power cut.
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_wal_size=4GB",
        "checkpoint_timeout=1d",
        // Nothing happens behind a measurement's back.
        "autovacuum=off",
        "shared_buffers=128MB",
        "timezone=UTC",
        "log_timezone=UTC",
    ];
    let fixed = ["-D".to_owned(), text(data), "-k".to_owned(), text(socket)];
    let settings = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting.to_owned()]);
    fixed.into_iter().chain(settings).collect()
}

fn mariadb_install(data: &Path) -> Vec<String> {
    let options = [
        "--auth-root-authentication-method=normal", // no password; see initdb above
        "--skip-name-resolve",
        "--skip-test-db",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
    ];
    mysql_arguments(data, &options)
}

fn mysqld_initialize(data: &Path) -> Vec<String> {
    mysql_arguments(data, &["--initialize-insecure"])
}

fn mysqld(data: &Path, socket: &Path) -> Vec<String> {
    let options = [
        "--skip-networking",
        "--skip-name-resolve",
        "--skip-log-bin",
        "--max-connections=50",
        "--max-allowed-packet=64M",
        "--character-set-server=utf8mb4",
        // The data can be made again: nothing need survive a power cut.
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        // Nothing happens behind a measurement's back, and the cache begins empty.
        "--innodb-buffer-pool-size=256M",
        "--innodb-buffer-pool-load-at-startup=0",
        "--innodb-buffer-pool-dump-at-shutdown=0",
        "--innodb-stats-auto-recalc=0",
        "--performance-schema=0",
        "--loose-mysqlx=0",
        "--default-time-zone=+00:00",
    ];
    let mut arguments = mysql_arguments(data, &options);
    arguments.push(format!("--socket={}", text(&socket.join(MYSQL_SOCKET))));
    arguments.push(format!("--pid-file={}", text(&socket.join("mysql.pid"))));
    arguments
}

fn mysql_arguments(data: &Path, options: &[&str]) -> Vec<String> {
    // `--no-defaults` counts only as the first.
    let mut arguments = vec![
        "--no-defaults".to_owned(),
        format!("--datadir={}", text(data)),
        // A server that starts removes what it takes for its predecessor's tables from here.
        format!("--tmpdir={}", text(&data.with_file_name(TEMPORARY))),
    ];
    if rustix::process::geteuid().is_root() {
        arguments.push("--user=root".to_owned());
    }
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    arguments
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The version in what `--version` prints: the first word that begins with a digit, and whether it
/// is MariaDB's.
fn version(said: &str) -> Option<String> {
    let word =
        said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let mariadb = if word.contains("MariaDB") { "-MariaDB" } else { "" };
    Some(format!("{}{mariadb}", digits.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        for (said, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("postgres (PostgreSQL) 18beta1", "18"),
            (
                "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)",
                "10.11.19-MariaDB",
            ),
            ("/usr/sbin/mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL)", "8.0.36"),
        ] {
            assert_eq!(version(said).as_deref(), Some(expected));
        }
        assert_eq!(version("what?"), None);
    }
}
