//! Files of the index on disk: written whole or not at all, and only when they change.

use std::collections::HashSet;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// What to do where nothing can be written: the index lies with the runs that it is of.
const ELSEWHERE: &str = "make the reports folder writable, or copy it and name the copy: \
                         --reports DIR, or MEMGRID_REPORTS";

/// Writes `content` to `path` unless it is there already; says whether it wrote. A reader sees the
/// old file or the new one, never a part.
///
/// # Errors
/// When the file or its folder can't be written; the error names it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<bool> {
    if fs_err::read(path).is_ok_and(|present| present == content) {
        return Ok(false);
    }
    let folder =
        path.parent().ok_or_else(|| Error::bug(format!("{} has no folder", path.display())))?;
    replace(path, folder, content).map(|()| true).map_err(|error| {
        let refused = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
        let refused = refused.contains(&error.kind());
        let error = Error::usage(format!("can't write {}", path.display())).because(error);
        if refused { error.hint(ELSEWHERE) } else { error }
    })
}

fn replace(path: &Path, folder: &Path, content: &[u8]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.prefix(".memgrid-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.persist(path)?;
    Ok(())
}

/// Removes a page that there may be from before.
///
/// # Errors
/// When it can't be removed; the error names it.
pub(super) fn remove(page: &Path) -> Result<()> {
    match fs_err::remove_file(page) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removes pages of `folders` that are not among `kept` (paths relative to `root`): their cells or
/// states are no longer in the matrix.
///
/// # Errors
/// When a page can't be removed; the error names it.
pub(super) fn sweep(root: &Path, folders: &[&str], kept: &HashSet<&str>) -> Result<()> {
    for folder in folders {
        let Ok(entries) = fs_err::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let name = entry?.file_name();
            let Some(name) =
                name.to_str().filter(|name| name.ends_with(".html") || name.ends_with(".js"))
            else {
                continue;
            };
            if !kept.contains(format!("{folder}/{name}").as_str()) {
                fs_err::remove_file(root.join(folder).join(name))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_can_be_written_it_says_what_helps() {
        // Nobody may make a folder there, not even root.
        let error = write(Path::new("/sys/memgrid/index.html"), b"").unwrap_err();
        assert_eq!(error.to_string(), "can't write /sys/memgrid/index.html");
        assert!(error.hint_text().unwrap().contains("--reports"));
        let folder = tempfile::tempdir().unwrap();
        let below_a_file = folder.path().join("index.html/index.html");
        std::fs::write(folder.path().join("index.html"), "").unwrap();
        assert_eq!(write(&below_a_file, b"").unwrap_err().hint_text(), None);
    }
}
