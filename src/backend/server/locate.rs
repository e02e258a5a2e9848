//! Finds the programs of a private server: on PATH, then where distributions put what they keep
//! off it. Debian has PostgreSQL's in a folder a version and MariaDB's in `/usr/sbin`.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::config::BackendKind;

/// The programs of one installed server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backend) struct Programs {
    /// The server itself.
    pub(in crate::backend) server: PathBuf,
    /// What makes a data folder; `None` when the server does that itself (Oracle's `mysqld`).
    pub(in crate::backend) init: Option<PathBuf>,
}

/// Names the folders to look in instead of PATH and the usual places, to choose between versions.
const VARIABLE: &str = "MEMGRID_SERVER_PATH";

/// Folders in which servers are kept off PATH. A `*` stands for a version; newest first.
const POSTGRESQL_PLACES: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/usr/local/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/opt/homebrew/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/bin",
];
const MYSQL_PLACES: &[&str] = &[
    "/usr/sbin",
    "/usr/bin",
    "/usr/libexec",
    "/usr/libexec/mysqld*",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/local/libexec",
    "/usr/local/mariadb/bin",
    "/usr/local/mysql/bin",
    "/usr/local/mysql-*/bin",
    "/opt/mysql/bin",
    "/opt/homebrew/opt/mariadb/bin",
    "/opt/homebrew/opt/mariadb@*/bin",
    "/opt/homebrew/opt/mysql/bin",
    "/opt/homebrew/bin",
];

/// The programs for `kind`, or `None` when they are not installed (and for SQLite, which has none).
pub(in crate::backend) fn programs(kind: BackendKind) -> Option<Programs> {
    let chosen = std::env::var_os(VARIABLE).filter(|path| !path.is_empty());
    let places = |usual: &[&str]| match &chosen {
        Some(path) => folders(path, &[]),
        None => folders(&std::env::var_os("PATH").unwrap_or_default(), usual),
    };
    match kind {
        BackendKind::Sqlite => None,
        BackendKind::Postgresql => postgresql(&places(POSTGRESQL_PLACES)),
        BackendKind::Mysql => mysql(&places(MYSQL_PLACES)),
    }
}

/// `postgres` is of no use without the `initdb` of the same version, which stands beside it.
fn postgresql(folders: &[PathBuf]) -> Option<Programs> {
    folders.iter().find_map(|folder| {
        let server = program(folder, "postgres")?;
        let init = program(folder, "initdb")?;
        Some(Programs { server, init: Some(init) })
    })
}

/// `mariadbd` needs `mariadb-install-db`, which need not stand beside it; `mysqld` may be either.
fn mysql(folders: &[PathBuf]) -> Option<Programs> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| folders.iter().find_map(|folder| program(folder, name)))
    };
    let server = find(&["mariadbd", "mysqld"])?;
    Some(Programs { server, init: find(&["mariadb-install-db", "mysql_install_db"]) })
}

fn folders(path: &OsStr, places: &[&str]) -> Vec<PathBuf> {
    let on_path = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    on_path.chain(places.iter().flat_map(|place| expand(place))).collect()
}

/// The folders that a place stands for; those with a version, newest first.
fn expand(place: &str) -> Vec<PathBuf> {
    let Some((before, after)) = place.split_once('*') else {
        return vec![PathBuf::from(place)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort_by(|a, b| by_version(&b[prefix.len()..], &a[prefix.len()..]));
    names.iter().map(|name| PathBuf::from(format!("{parent}/{name}{after}"))).collect()
}

/// `9.6` comes before `15`, which plain text order would not have.
fn by_version(a: &str, b: &str) -> Ordering {
    let numbers = |name: &str| -> Vec<u64> {
        name.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b)).then_with(|| a.cmp(b))
}

fn program(folder: &Path, name: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join(name);
    let metadata = std::fs::metadata(&path).ok()?;
    (metadata.is_file() && metadata.permissions().mode() & 0o111 != 0).then_some(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn install(folder: &Path, name: &str, mode: u32) -> PathBuf {
        fs_err::create_dir_all(folder).unwrap();
        let path = folder.join(name);
        fs_err::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn the_newest_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9.6", "15", "17", "not-a-version"] {
            fs_err::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        let found = expand(&format!("{}/*/bin", root.path().display()));
        let versions: Vec<_> = found
            .iter()
            .map(|folder| folder.parent().unwrap().file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(versions, ["17", "15", "9.6", "not-a-version"]);
    }

    #[test]
    fn postgres_counts_only_with_its_initdb() {
        let root = tempfile::tempdir().unwrap();
        let (client_only, whole) = (root.path().join("a"), root.path().join("b"));
        install(&client_only, "postgres", 0o755);
        let server = install(&whole, "postgres", 0o755);
        let init = install(&whole, "initdb", 0o755);
        let found = postgresql(&[client_only, whole]);
        assert_eq!(found, Some(Programs { server, init: Some(init) }));
    }

    #[test]
    fn mariadb_is_preferred_and_may_keep_its_programs_apart() {
        let root = tempfile::tempdir().unwrap();
        let (sbin, bin) = (root.path().join("sbin"), root.path().join("bin"));
        install(&bin, "mysqld", 0o755);
        let server = install(&sbin, "mariadbd", 0o755);
        let init = install(&bin, "mariadb-install-db", 0o755);
        assert_eq!(mysql(&[bin, sbin]), Some(Programs { server, init: Some(init) }));
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_no_program() {
        let root = tempfile::tempdir().unwrap();
        install(root.path(), "mysqld", 0o644);
        assert_eq!(mysql(&[root.path().to_owned()]), None);
    }
}
