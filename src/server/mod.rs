//! What every private server needs, whatever it serves: a [`slot`] of the cache that it runs from,
//! a folder for its [`socket`], an [`account`] if it refuses root, and an end in any case.
//!
//! A server runs in a process group of its own, so that Ctrl-C in the terminal reaches memgrid
//! alone, which then stops it in good order. What a killed memgrid could not stop, the next one
//! does. `backend` runs databases this way, `service` everything else.

pub(crate) mod account;
pub(crate) mod log;
pub(crate) mod process;
pub(crate) mod running;
pub(crate) mod slot;
pub(crate) mod socket;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::error::Result;
use crate::prepare::cache::Cache;

/// A database server of our own that attempts use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseServer {
    /// The backend's name.
    pub backend: String,
    /// The id of its process.
    pub process: i32,
}

impl DatabaseServer {
    /// What became of it, if it runs no more.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        let ended = || {
            let name = &self.backend;
            format!("the server of backend {name} has ended; the next run starts it again")
        };
        (!running::lives(self.process)).then(ended)
    }
}

/// Ends servers whose memgrid was killed, and returns how many there were.
///
/// # Errors
/// When the cache can't be read, or a server does not end.
pub fn reap(cache: &Cache) -> Result<usize> {
    slot::reap_all(cache)
}

/// Lets the server's account pass through the folders between the cache and the slot, whatever
/// the umask was when they were made.
pub(crate) fn open_up(cache: &Cache, slot: &Path) -> Result<()> {
    for folder in slot.ancestors().take_while(|folder| *folder != cache.root()) {
        fs_err::set_permissions(folder, PermissionsExt::from_mode(0o711))?;
    }
    Ok(())
}
