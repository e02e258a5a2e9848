//! Finds the interpreter that a name stands for, and tells it from its predecessors.

use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::prepare::Blocked;
use crate::prepare::tool::Tool;

/// A Python interpreter itself: neither a symbolic link, nor one of the launchers by which
/// version managers such as pyenv choose an interpreter at each start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    path: PathBuf,
    identity: String,
}

impl Interpreter {
    /// The interpreter that `name`, a name on PATH or a path, stands for here and now.
    ///
    /// # Errors
    /// `unavailable` when there is none.
    pub fn find(name: &str, interrupt: &Interrupt) -> Result<Self, Blocked> {
        let found = which(name).ok_or_else(|| {
            Blocked::unavailable(if name.contains('/') {
                format!("there is no Python interpreter at {name}")
            } else {
                format!("the Python interpreter `{name}` is not on PATH")
            })
        })?;
        let real = fs_err::canonicalize(&found).map_err(Error::from)?;
        let path = if is_interpreter(&real) { real } else { ask(&found, interrupt)? };
        let data = fs_err::metadata(&path).map_err(Error::from)?;
        // An upgrade in place gives the file another size or time.
        let identity =
            format!("{} {} {}.{}", path.display(), data.len(), data.mtime(), data.mtime_nsec());
        Ok(Self { path, identity })
    }

    /// The program.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Differs between two interpreters, even if one has taken the other's place.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }
}

/// The executable file of that name: on PATH, unless the name is a path.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| is_executable(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether this file is an interpreter, rather than a launcher: a script, or a program of another
/// name that takes the name by which it is called for an argument.
fn is_interpreter(real: &Path) -> bool {
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let mut start = [0; 2];
    let is_script = std::fs::File::open(real)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| &start == b"#!");
    (name.starts_with("python") || name.starts_with("pypy")) && !is_script
}

/// Which interpreter a launcher starts. It may start another one in another folder or on another
/// day, so the answer is not kept.
fn ask(launcher: &Path, interrupt: &Interrupt) -> Result<PathBuf, Blocked> {
    let said = Tool::new(launcher)
        .args(["-I", "-S", "-c"])
        .arg("import sys; print(getattr(sys, '_base_executable', None) or sys.executable)")
        .read(interrupt)
        .map_err(|error| error.blocked("the Python interpreter can't be started", None))?;
    Ok(fs_err::canonicalize(said).map_err(Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launcher_is_asked_what_it_starts() {
        let real = Interpreter::find("python3", &Interrupt::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let launcher = folder.path().join("python3");
        let script = format!("#!/bin/sh\nexec {} \"$@\"\n", real.path().display());
        std::fs::write(&launcher, script).unwrap();
        std::fs::set_permissions(&launcher, std::fs::Permissions::from_mode(0o755)).unwrap();

        let found = Interpreter::find(launcher.to_str().unwrap(), &Interrupt::default()).unwrap();
        assert_eq!(found, real);
        assert!(!found.path().is_symlink());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = Interpreter::find("memgrid-no-python", &Interrupt::default()).unwrap_err();
        assert_eq!(error.reason, "the Python interpreter `memgrid-no-python` is not on PATH");
        let error = Interpreter::find("/no/python", &Interrupt::default()).unwrap_err();
        assert_eq!(error.reason, "there is no Python interpreter at /no/python");
    }
}
