//! The place of one private server in the cache. A memgrid holds the lock of the slot as long as
//! its server runs; when it is killed the kernel releases the lock, and whoever takes it next
//! finds by the lease in it that a server may have been left behind.
//!
//! ```text
//! servers/postgresql-15.18-v1/0/lock     locked by the owner; holds its lease while a server may run
//!                              /data     the server's data folder, made whole or not at all
//!                              /socket   where its socket is
//!                              /tmp      its temporary files
//!                              /log      what it printed
//! ```
//!
//! Two memgrids at once, or two backends of one kind, get a slot each.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::{process, socket};
use crate::error::{Context, Error, Result};
use crate::event::Silent;
use crate::interrupt::Interrupt;
use crate::prepare::cache::{Cache, Lock};

/// More servers of one kind at once than anybody needs.
const SLOTS: usize = 64;

/// How long a server that was left behind may take to shut down before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a slot's owner says about itself.
#[derive(Debug, Serialize, Deserialize)]
struct Lease {
    /// Its process id, for people.
    memgrid: u32,
    /// The folder of the socket.
    socket: Option<PathBuf>,
    /// Whether the data is of no use to the next server.
    #[serde(default)]
    passing: bool,
}

/// A slot that is ours.
#[derive(Debug)]
pub(crate) struct Slot {
    folder: PathBuf,
    lock: File,
}

impl Slot {
    /// Takes the first slot that nobody has. `kind` names the server, its version and the layout.
    pub(crate) fn take(cache: &Cache, kind: &str) -> Result<Self> {
        let _alone = alone(cache)?;
        let slots = cache.folder(&format!("servers/{kind}"))?;
        for number in 0..SLOTS {
            let folder = slots.join(number.to_string());
            fs_err::create_dir_all(&folder)?;
            if let Some(mut slot) = Self::open(folder)? {
                slot.reap()?;
                return Ok(slot);
            }
        }
        Err(Error::usage(format!("{SLOTS} servers are running in {}", slots.display())))
    }

    fn open(folder: PathBuf) -> Result<Option<Self>> {
        let path = folder.join("lock");
        let lock = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let lock = lock.context(|| format!("{} can't be opened", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { folder, lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).context(|| format!("{} can't be locked", path.display()))
            }
        }
    }

    /// Where the server's data is, once it is whole.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where the data is made.
    pub(crate) fn unfinished(&self) -> PathBuf {
        self.folder.join("data.new")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says that from now on a server may be running.
    pub(crate) fn lease(&mut self, socket: Option<&Path>) -> Result<()> {
        self.write_lease(socket, false)
    }

    /// As [`Self::lease`], for a server whose data ends with it.
    pub(crate) fn lease_passing(&mut self, socket: &Path) -> Result<()> {
        self.write_lease(Some(socket), true)
    }

    fn write_lease(&mut self, socket: Option<&Path>, passing: bool) -> Result<()> {
        let socket = socket.map(Path::to_owned);
        let lease = Lease { memgrid: std::process::id(), socket, passing };
        let text = serde_json::to_vec(&lease).context(|| "the lease".to_owned())?;
        self.write(&text)
    }

    /// Says that none is.
    pub(crate) fn release(&mut self) -> Result<()> {
        self.write(b"")
    }

    fn write(&mut self, text: &[u8]) -> Result<()> {
        let written = self.lock.set_len(0).and_then(|()| self.lock.write_all(text));
        written.context(|| format!("{} can't be written", self.folder.join("lock").display()))
    }

    /// Ends what a killed owner left behind. Returns whether there was a server.
    fn reap(&mut self) -> Result<bool> {
        let mut text = String::new();
        let read = self.lock.rewind().and_then(|()| self.lock.read_to_string(&mut text));
        read.context(|| format!("{} can't be read", self.folder.join("lock").display()))?;
        if text.is_empty() {
            return Ok(false);
        }
        let (data, unfinished) = (self.data(), self.unfinished());
        // PostgreSQL shuts down fast on INT, MariaDB ignores it and shuts down on TERM.
        let is_postgresql = data.join("PG_VERSION").exists();
        let signal = if is_postgresql { Signal::INT } else { Signal::TERM };
        let Some(ended) = process::end_all(&[&data, &unfinished], signal, PATIENCE) else {
            let message = format!("a server on {} does not end", data.display());
            return Err(Error::usage(message).hint("end it by hand"));
        };
        // A lease that is cut off names no folder that could be removed.
        let lease: Option<Lease> = serde_json::from_str(&text).ok();
        if let Some(folder) = lease.as_ref().and_then(|lease| lease.socket.as_ref()) {
            socket::remove_folder(&self.folder, folder);
        }
        if lease.is_some_and(|lease| lease.passing) && data.exists() {
            fs_err::remove_dir_all(&data)?;
        }
        self.release()?;
        Ok(ended > 0)
    }
}

/// Held while slots are looked through: whoever looks locks each for a moment, and somebody else
/// would then take another one, with other data in it.
fn alone(cache: &Cache) -> Result<Lock> {
    cache.lock("servers", &Silent, &Interrupt::default())
}

/// Ends all servers in the cache whose owners are gone, and returns how many there were.
pub(crate) fn reap_all(cache: &Cache) -> Result<usize> {
    let _alone = alone(cache)?;
    let mut ended = 0;
    for kind in fs_err::read_dir(cache.folder("servers")?)? {
        for folder in fs_err::read_dir(kind?.path())? {
            let folder = folder?.path();
            // Slots of running memgrids are locked.
            if let Some(mut slot) =
                folder.join("lock").exists().then(|| Slot::open(folder)).transpose()?.flatten()
            {
                ended += usize::from(slot.reap()?);
            }
        }
    }
    Ok(ended)
}
