//! The folder of a server's Unix socket: beside its data, or, where that path is too long for a
//! socket, a folder of its own under `$XDG_RUNTIME_DIR` or `/tmp`.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::account::{Account, private_folder};
use crate::error::{Context, Error, Result};

/// `sun_path` holds 108 bytes, the last of which is NUL.
const LONGEST_PATH: usize = 107;
/// The longest of the names that servers give their sockets.
const LONGEST_NAME: usize = ".s.PGSQL.5432".len();
/// The name of a general service's socket.
pub(crate) const SERVICE: &str = "socket";
/// Begins the names of folders outside the cache.
const PREFIX: &str = "memgrid-";

/// The folder for the socket of the server whose files are in `slot`. Only the server's account
/// and we can enter it.
pub(crate) fn make_folder(slot: &Path, account: Option<&Account>) -> Result<PathBuf> {
    let beside = slot.join("socket");
    if fits(&beside) {
        return private_folder(beside, account);
    }
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let places = runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]);
    let usable = |place: &PathBuf| {
        let reachable = account.is_none_or(|account| account.check_reach(place).is_ok());
        place.is_absolute()
            && place.is_dir()
            && reachable
            && fits(&place.join(PREFIX.to_owned() + "xxxxxx"))
    };
    let place = places.into_iter().find(usable).ok_or_else(|| {
        Error::usage(format!(
            "there is no folder whose path is short enough for a socket, {} is not",
            beside.display()
        ))
        .hint("set MEMGRID_CACHE to a shorter path")
    })?;
    // A random name, and ours alone from the start: nobody can be there before us.
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(&place);
    let folder = folder.context(|| format!("no folder can be made in {}", place.display()))?;
    if let Some(account) = account {
        account.own(folder.path())?;
    }
    Ok(folder.keep())
}

/// Removes a folder that [`make_folder`] made, and nothing that only looks like one.
pub(crate) fn remove_folder(slot: &Path, folder: &Path) {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if folder == slot.join("socket") || name.starts_with(PREFIX) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| is_servers(&entry.file_name().to_string_lossy())) {
            let _ = std::fs::remove_file(entry.path());
        }
        let _ = std::fs::remove_dir(folder);
    }
}

fn is_servers(name: &str) -> bool {
    name.starts_with(".s.PGSQL.") || name.starts_with("mysql.") || name == SERVICE
}

fn fits(folder: &Path) -> bool {
    folder.as_os_str().len() + 1 + LONGEST_NAME <= LONGEST_PATH
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_socket_can_be_bound_however_long_the_caches_path_is() {
        let root = tempfile::tempdir().unwrap();
        for length in [0, 20, 40, 60, 80, 200] {
            let slot = root.path().join("x".repeat(length));
            fs_err::create_dir_all(&slot).unwrap();
            let folder = make_folder(&slot, None).unwrap();
            assert_eq!(fs_err::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
            let socket = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
            drop(socket);
            remove_folder(&slot, &folder);
            assert!(!folder.exists(), "{}", folder.display());
        }
    }

    #[test]
    fn the_limit_is_the_kernels() {
        let name = "y".repeat(LONGEST_NAME);
        let root = tempfile::Builder::new().prefix("s").tempdir_in("/tmp").unwrap();
        let fill = LONGEST_PATH - LONGEST_NAME - 2 - root.path().as_os_str().len();
        for (extra, expected) in [(0, true), (1, false)] {
            let folder = root.path().join("z".repeat(fill + extra));
            fs_err::create_dir_all(&folder).unwrap();
            assert_eq!(fits(&folder), expected);
            assert_eq!(UnixListener::bind(folder.join(&name)).is_ok(), expected);
        }
    }

    #[test]
    fn nothing_else_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("memgrid-mine");
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join("thesis.txt"), "").unwrap();
        remove_folder(root.path(), &folder);
        remove_folder(Path::new("/elsewhere"), root.path());
        assert!(folder.join("thesis.txt").exists());
    }
}
