//! The account that a server runs as which refuses root, as PostgreSQL does: an unprivileged user,
//! who must be able to reach the server's data.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Context, Error, Result};

/// Who may run servers for root, the best first.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// Who runs a server that refuses root: `None` for ourselves, if we aren't root.
    pub(crate) fn for_server() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs_err::read_to_string("/etc/passwd")?;
        let found = CANDIDATES.iter().find_map(|name| parse(&users, name));
        found.map(Some).ok_or_else(|| {
            Error::usage("the server does not run as root, and there is no user postgres or nobody")
                .hint("add a user postgres, or run memgrid as an ordinary user")
        })
    }

    /// Makes a child run as this account. The standard library drops root's other groups too.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives a folder of ours to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
            .context(|| format!("{} can't be given to user {}", path.display(), self.name))
    }

    /// The error that says which folder on the way keeps the account from `path`, if one does.
    pub(crate) fn check_reach(&self, path: &Path) -> Result<()> {
        let Some(folder) = path.ancestors().find(|folder| {
            std::fs::metadata(folder).is_ok_and(|metadata| !self.may_enter(&metadata))
        }) else {
            return Ok(());
        };
        let message = format!(
            "user {}, as whom root's server runs, can't enter {}, so {} is out of its reach",
            self.name,
            folder.display(),
            path.display(),
        );
        Err(Error::usage(message).hint(
            "set MEMGRID_CACHE to a folder that every user can enter, or run memgrid as an \
             ordinary user",
        ))
    }

    fn may_enter(&self, folder: &Metadata) -> bool {
        let bit = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.mode() & bit != 0
    }
}

fn parse(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { name: name.to_owned(), uid, gid })
    })
}

/// A folder that only the account (or we ourselves) can enter.
pub(crate) fn private_folder(path: PathBuf, account: Option<&Account>) -> Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    if path.exists() {
        fs_err::remove_dir_all(&path)?;
    }
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&path)
        .context(|| format!("{} can't be made", path.display()))?;
    if let Some(account) = account {
        account.own(&path)?;
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\npostgresql:x:5:6::/:/bin/sh\n\
                     postgres:x:101:103:,,,:/var/lib/postgresql:/bin/bash\n";
        let account = parse(users, "postgres").unwrap();
        assert_eq!((account.uid, account.gid), (101, 103));
        assert_eq!(parse(users, "nobody"), None);
    }

    #[test]
    fn a_closed_folder_on_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let open = |path: &Path, mode| {
            fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let (closed, inner) = (root.path().join("closed"), root.path().join("closed/inner"));
        fs_err::create_dir_all(&inner).unwrap();
        open(root.path(), 0o755);
        open(&inner, 0o755);
        open(&closed, 0o700);
        let nobody = Account { name: "nobody".to_owned(), uid: u32::MAX - 7, gid: u32::MAX - 7 };
        let error = nobody.check_reach(&inner).unwrap_err();
        assert!(
            error.to_string().contains(&format!("can't enter {},", closed.display())),
            "{error}"
        );
        open(&closed, 0o711);
        assert!(nobody.check_reach(&inner).is_ok());
    }
}
