//! Where memgrid keeps what it can make again.

use std::path::{Path, PathBuf};

use crate::error::Result;

/// The cache's folder. Several memgrids may use it at once: what is in it is either whole or
/// locked.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// A cache at `root`, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder can't be made; the error names it.
    pub fn at(root: impl Into<PathBuf>) -> Result<Self> {
        let root = root.into();
        fs_err::create_dir_all(&root)?;
        Ok(Self { root })
    }

    /// The cache's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A folder in it, such as `worktrees`; made if it is not there.
    ///
    /// # Errors
    /// When the folder can't be made; the error names it.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.join(name);
        fs_err::create_dir_all(&folder)?;
        Ok(folder)
    }
}
