//! Private database servers: found, started for one run, and never left behind: a server is
//! stopped when its [`Server`] is dropped.

pub(super) mod locate;
pub(super) mod recipe;

use std::path::{Path, PathBuf};
use std::time::Duration;

use duct::{Expression, Handle};
use rustix::process::Signal;

use self::recipe::{Recipe, TEMPORARY};
use crate::config::BackendKind;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::interrupt::Interrupt;
use crate::prepare::cache::{Cache, VARIABLE};
use crate::server::account::private_folder;
use crate::server::slot::Slot;
use crate::server::{log, open_up, running, socket};

/// How long a server may take to answer, and to be installed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server of our own.
pub(super) struct Server {
    recipe: Recipe,
    slot: Slot,
    running: Option<Running>,
}

struct Running {
    process: Handle,
    socket: PathBuf,
}

/// What starting a server needs to know.
pub(super) struct Start<'a> {
    pub(super) kind: BackendKind,
    pub(super) cache: &'a Cache,
    pub(super) observer: &'a dyn Observer,
    pub(super) interrupt: &'a Interrupt,
}

impl Server {
    /// Starts a server, and waits until `answers` for its socket's folder does not fail.
    pub(super) fn start<T>(
        start: &Start<'_>,
        answers: impl Fn(&Path) -> Result<T>,
    ) -> Result<(Self, T)> {
        let programs = locate::programs(start.kind).ok_or_else(|| {
            let kind = start.kind.as_str();
            Error::usage(format!("no {kind} server is installed")).hint("memgrid setup")
        })?;
        let recipe = Recipe::new(start.kind, programs)?;
        let slot = Slot::take(start.cache, &recipe.slot_kind())?;
        if let Some(account) = &recipe.account {
            open_up(start.cache, slot.folder())?;
            account.check_reach(slot.folder())?;
        }
        private_folder(slot.folder().join(TEMPORARY), recipe.account.as_ref())?;
        let mut server = Self { recipe, slot, running: None };
        let fresh = server.install(start)?;
        let answer = match server.launch(start, &answers) {
            Err(error) if !fresh && error.kind() != ErrorKind::Interrupted => {
                // Servers run without fsync: a power cut may have damaged what was there.
                let title = server.recipe.title();
                let text = format!("{title} does not start from its cached data: made anew");
                start.observer.event(Event::Notice { text });
                tracing::debug!("{error}");
                fs_err::remove_dir_all(server.slot.data())?;
                server.install(start)?;
                server.launch(start, &answers)?
            }
            answer => answer?,
        };
        Ok((server, answer))
    }

    /// Which database it is.
    pub(super) const fn kind(&self) -> BackendKind {
        self.recipe.kind
    }

    /// Its version.
    pub(super) fn version(&self) -> &str {
        &self.recipe.version
    }

    /// The folder of its socket.
    pub(super) fn socket(&self) -> Option<&Path> {
        self.running.as_ref().map(|running| running.socket.as_path())
    }

    /// The id of its process.
    pub(super) fn process(&self) -> Option<i32> {
        let process = running::id(&self.running.as_ref()?.process)?;
        Some(process.as_raw_nonzero().get())
    }

    /// Stops the server, and waits until it has ended.
    pub(super) fn stop(&mut self) -> Result<()> {
        let Some(running) = self.running.take() else { return Ok(()) };
        let ended = running::end(&running.process, self.recipe.stop_signal());
        socket::remove_folder(self.slot.folder(), &running.socket);
        if !ended? {
            let message = format!("{} does not end", self.recipe.title());
            return Err(Error::usage(message).hint("the next memgrid will try again"));
        }
        self.slot.release()
    }

    /// Makes the data folder if it is not there. Returns whether it was not.
    fn install(&mut self, start: &Start<'_>) -> Result<bool> {
        let (data, unfinished) = (self.slot.data(), self.slot.unfinished());
        if data.exists() {
            return Ok(false);
        }
        private_folder(unfinished.clone(), self.recipe.account.as_ref())?;
        self.slot.lease(None)?;
        let process = self.spawn(&self.recipe.init(&unfinished))?;
        let title = self.recipe.title();
        let installing = || format!("{title} was being installed");
        let status = running::wait(&process, PATIENCE, start.interrupt, installing);
        let status = status.inspect_err(|_| {
            let _ = running::end(&process, Signal::TERM);
        })?;
        if !status {
            let message = format!("{title} can't make a data folder:\n{}", self.log_tail());
            return Err(Error::usage(message).hint(self.install_hint(&unfinished)));
        }
        fs_err::rename(&unfinished, &data)?;
        Ok(true)
    }

    fn install_hint(&self, data: &Path) -> String {
        let log = self.slot.log();
        // MariaDB's installer is a shell script that doesn't quote its arguments.
        if data.to_string_lossy().contains(char::is_whitespace) {
            let log = log.display();
            return format!("set {VARIABLE} to a folder without spaces in its path; see {log}");
        }
        format!("see {}", log.display())
    }

    fn launch<T>(&mut self, start: &Start<'_>, answers: &impl Fn(&Path) -> Result<T>) -> Result<T> {
        let socket = socket::make_folder(self.slot.folder(), self.recipe.account.as_ref())?;
        self.slot.lease(Some(&socket))?;
        let process = self.spawn(&self.recipe.run(&self.slot.data(), &socket))?;
        let running = self.running.insert(Running { process, socket });
        let answer = running::wait_for_answer(&running.process, PATIENCE, start.interrupt, || {
            answers(&running.socket)
        });
        answer.map_err(|error| {
            let title = self.recipe.title();
            let _ = self.stop();
            if error.kind() == ErrorKind::Interrupted {
                return error;
            }
            let message = format!("{title} does not start: {error}\n{}", self.log_tail());
            Error::usage(message).hint(format!("see {}", self.slot.log().display()))
        })
    }

    /// Starts a program of the server's, as its account, with its output going to the log.
    fn spawn(&self, command: &Expression) -> Result<Handle> {
        let (folder, log) = (self.slot.folder(), self.slot.log());
        running::spawn(command, folder, &log, self.recipe.account.as_ref())
            .context(|| self.recipe.programs.server.display().to_string())
    }

    fn log_tail(&self) -> String {
        log::tail(&self.slot.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!("{error}");
        }
    }
}
