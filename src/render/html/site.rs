//! Files of the index on disk: written whole or not at all, and only when they change.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use crate::error::{Context, Error, Result};

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
    fs_err::create_dir_all(folder)?;
    let failed = || format!("can't write {}", path.display());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.prefix(".memgrid-").tempfile_in(folder).context(failed)?;
    file.write_all(content).context(failed)?;
    file.persist(path).context(failed)?;
    Ok(true)
}

/// Removes a page that there may be from before.
///
/// # Errors
/// When it can't be removed; the error names it.
pub(super) fn remove(page: &Path) -> Result<()> {
    match fs_err::remove_file(page) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
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
