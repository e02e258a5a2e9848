//! The counting library, laid out in a folder from which programs can load it for as long as this
//! measurement lasts. What memprobes that were killed left behind is removed first.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use super::layout::LIBRARY as NAME;
use crate::probe::owner::Owner;

/// As build.rs has compiled it; empty for a machine that it doesn't know.
const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/libmemgrid_preload.so"));
/// How often the folder that all our memprobes share is made: another may just have removed it.
const TRIES: u32 = 5;

/// The library's file; it is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Library {
    folder: PathBuf,
}

impl Library {
    /// Writes it to the first folder for temporary files that allows programs.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn lay_out() -> Result<Self, String> {
        if BYTES.is_empty() {
            return Err("the counting library was not built for this machine's architecture".into());
        }
        let owner = Owner::ourselves().map_err(|error| format!("/proc/self: {error}"))?;
        let mut why = "no folder for temporary files allows programs".to_owned();
        for parent in [std::env::temp_dir(), "/var/tmp".into(), "/dev/shm".into()] {
            if !may_hold_a_library(&parent) {
                continue;
            }
            match Self::within(&parent, &owner) {
                Ok(library) => return Ok(library),
                Err(error) => why = format!("{}: {error}", parent.display()),
            }
        }
        Err(format!("the counting library can't be laid out: {why}"))
    }

    fn within(parent: &Path, owner: &Owner) -> io::Result<Self> {
        let shared = parent.join(format!("memprobe-{}", rustix::process::geteuid().as_raw()));
        let folder = shared.join(owner.name());
        let mut tries = TRIES;
        loop {
            make_shared(&shared)?;
            match make_folder(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound && tries > 0 => tries -= 1,
                made => break made?,
            }
        }
        let library = Self { folder };
        remove_lost(&shared, owner);
        fs::write(library.path(), BYTES)?;
        fs::set_permissions(library.path(), Permissions::from_mode(0o755))?;
        Ok(library)
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.join(NAME)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        remove(&self.folder);
        if let Some(shared) = self.folder.parent() {
            // Unless others are in it.
            let _ = fs::remove_dir(shared);
        }
    }
}

/// The dynamic linker takes spaces and colons for separators, and `$` for a variable.
fn may_hold_a_library(folder: &Path) -> bool {
    let name = folder.as_os_str().as_encoded_bytes();
    let plain = folder.is_absolute() && !name.iter().any(|byte| b" :$\t\n".contains(byte));
    let mount = rustix::fs::statvfs(folder);
    plain && mount.is_ok_and(|mount| !mount.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// The folder of all of this user's memprobes. Its name is no secret, so somebody else may have made
/// it, who could then exchange what is in it.
fn make_shared(shared: &Path) -> io::Result<()> {
    match make_folder(shared) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let found = fs::symlink_metadata(shared)?;
    let ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if ours && found.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!("{} can be changed by others", shared.display())))
}

/// Readable for all: a program may change its user and start another.
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o755).create(folder)?;
    // Whatever the umask is.
    fs::set_permissions(folder, Permissions::from_mode(0o755))
}

fn remove_lost(shared: &Path, owner: &Owner) {
    let Ok(entries) = fs::read_dir(shared) else { return };
    let lost = |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| owner.has_lost(name));
    for entry in entries.flatten().filter(|entry| lost(&entry.file_name())) {
        remove(&entry.path());
    }
}

/// Removes what a memprobe laid out, and nothing else.
fn remove(folder: &Path) {
    let _ = fs::remove_file(folder.join(NAME));
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_comes_and_goes_and_takes_lost_ones_along() {
        let parent = tempfile::tempdir().unwrap();
        let owner = Owner::ourselves().unwrap();
        let shared =
            parent.path().join(format!("memprobe-{}", rustix::process::geteuid().as_raw()));
        let lost = shared.join(owner.name().rsplit_once('-').unwrap().0.to_owned() + "-1");
        fs::create_dir_all(&lost).unwrap();
        fs::set_permissions(&shared, Permissions::from_mode(0o755)).unwrap();
        fs::write(lost.join(NAME), "").unwrap();
        let library = Library::within(parent.path(), &owner).unwrap();
        assert!(!lost.exists() && fs::read(library.path()).unwrap() == BYTES);
        assert_eq!(fs::metadata(library.path()).unwrap().mode() & 0o777, 0o755);
        drop(library);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_others_may_change_is_not_used() {
        let parent = tempfile::tempdir().unwrap();
        let owner = Owner::ourselves().unwrap();
        let shared =
            parent.path().join(format!("memprobe-{}", rustix::process::geteuid().as_raw()));
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, Permissions::from_mode(0o777)).unwrap();
        assert!(Library::within(parent.path(), &owner).is_err());
        fs::remove_dir(&shared).unwrap();
        std::os::unix::fs::symlink("/", &shared).unwrap();
        assert!(Library::within(parent.path(), &owner).is_err());
    }
}
