//! Private database servers: found, started for one run, and never left behind.
//!
//! A server runs from a [`slot`] of the cache, in a process group of its own, so that Ctrl-C in
//! the terminal reaches memgrid alone, which then stops it in good order. It is stopped when its
//! [`Server`] is dropped; what a killed memgrid could not stop, the next one does.

mod account;
pub(super) mod locate;
mod process;
pub(super) mod recipe;
mod slot;
mod socket;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use duct::{Expression, Handle};
use rustix::process::{Pid, Signal, kill_process_group};

use self::account::private_folder;
use self::recipe::{Recipe, TEMPORARY};
use self::slot::Slot;
use crate::config::BackendKind;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::event::{Event, Observer};
use crate::interrupt::Interrupt;
use crate::prepare::cache::Cache;

/// How long a server may take to answer, to be installed, and to end.
const PATIENCE: Duration = Duration::from_secs(60);
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// How often we look.
const LOOK: Duration = Duration::from_millis(5);
/// Lines of the log in an error.
const LOG_LINES: usize = 12;

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

/// Ends servers whose memgrid was killed.
pub(super) fn reap(cache: &Cache) -> Result<usize> {
    slot::reap_all(cache)
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

    /// Stops the server, and waits until it has ended.
    pub(super) fn stop(&mut self) -> Result<()> {
        let Some(running) = self.running.take() else { return Ok(()) };
        let ended = end(&running.process, self.recipe.stop_signal());
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
        let status = wait(&process, start, || format!("{title} was being installed"));
        let status = status.inspect_err(|_| {
            let _ = end(&process, Signal::TERM);
        })?;
        if !status {
            let message = format!("{title} can't make a data folder:\n{}", self.log_tail());
            return Err(Error::usage(message).hint(format!("see {}", self.slot.log().display())));
        }
        fs_err::rename(&unfinished, &data)?;
        Ok(true)
    }

    fn launch<T>(&mut self, start: &Start<'_>, answers: &impl Fn(&Path) -> Result<T>) -> Result<T> {
        let socket = socket::make_folder(self.slot.folder(), self.recipe.account.as_ref())?;
        self.slot.lease(Some(&socket))?;
        let process = self.spawn(&self.recipe.run(&self.slot.data(), &socket))?;
        let running = self.running.insert(Running { process, socket });
        let answer = wait_for_answer(running, start, answers);
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
        let log = fs_err::File::create(self.slot.log())?.into_file();
        let account = self.recipe.account.clone();
        let command = command
            .dir(self.slot.folder())
            .stdin_null()
            .stderr_to_stdout()
            .stdout_file(log)
            .unchecked()
            .before_spawn(move |command| {
                command.process_group(0);
                if let Some(account) = &account {
                    account.apply(command);
                }
                Ok(())
            });
        let started = command.start();
        started.context(|| format!("{} can't be started", self.recipe.programs.server.display()))
    }

    fn log_tail(&self) -> String {
        let log = std::fs::read(self.slot.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        telling_lines(&log).join("\n")
    }
}

/// The last lines that tell of an error; or, if none does, the last lines.
fn telling_lines(log: &str) -> Vec<&str> {
    let words = ["ERROR", "FATAL", "PANIC", "error:"];
    let all: Vec<_> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    let telling: Vec<_> =
        all.iter().copied().filter(|line| words.iter().any(|word| line.contains(word))).collect();
    let mut lines = if telling.is_empty() { all } else { telling };
    lines.split_off(lines.len().saturating_sub(LOG_LINES))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!("{error}");
        }
    }
}

/// Waits for a program to end; whether it ended well.
fn wait(process: &Handle, start: &Start<'_>, doing: impl Fn() -> String) -> Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(output) = process.wait_timeout(LOOK)? {
            return Ok(output.status.success());
        }
        check_interrupt(start, &doing)?;
    }
    Err(Error::usage(format!("no end after {} s while {}", PATIENCE.as_secs(), doing())))
}

fn wait_for_answer<T>(
    running: &Running,
    start: &Start<'_>,
    answers: &impl Fn(&Path) -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(output) = running.process.try_wait()? {
            return Err(Error::usage(format!("it ended with {}", output.status)));
        }
        match answers(&running.socket) {
            Ok(answer) => return Ok(answer),
            Err(error) if Instant::now() > deadline => {
                let message = format!("no answer after {} s", PATIENCE.as_secs());
                return Err(Error::usage(message).because(error));
            }
            Err(_) => {}
        }
        check_interrupt(start, || "a server was being started".to_owned())?;
        std::thread::sleep(LOOK);
    }
}

fn check_interrupt(start: &Start<'_>, doing: impl Fn() -> String) -> Result<()> {
    if !start.interrupt.is_raised() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Interrupted, format!("interrupted while {}", doing())))
}

/// Signals the process and waits for it; after a while its whole group is killed. Whether it ended.
fn end(process: &Handle, signal: Signal) -> Result<bool> {
    let id = process.pids().first().and_then(|id| Pid::from_raw(i32::try_from(*id).ok()?));
    if process.try_wait()?.is_some() {
        return Ok(true);
    }
    if let Some(id) = id {
        // Its id is not used again before we have waited for it.
        let _ = rustix::process::kill_process(id, signal);
    }
    if process.wait_timeout(STOP_PATIENCE)?.is_some() {
        return Ok(true);
    }
    if let Some(id) = id {
        let _ = kill_process_group(id, Signal::KILL);
    }
    Ok(process.wait_timeout(STOP_PATIENCE)?.is_some())
}

/// Lets the server's account pass through the folders between the cache and the slot, whatever
/// the umask was when they were made.
fn open_up(cache: &Cache, slot: &Path) -> Result<()> {
    for folder in slot.ancestors().take_while(|folder| *folder != cache.root()) {
        fs_err::set_permissions(folder, PermissionsExt::from_mode(0o711))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::telling_lines;

    #[test]
    fn what_a_log_tells_is_its_errors() {
        let log = "[Note] a\n[ERROR] no memory\n\n[Note] b\nFATAL: gone\n";
        assert_eq!(telling_lines(log), ["[ERROR] no memory", "FATAL: gone"]);
        assert_eq!(telling_lines("a\n\nb\n"), ["a", "b"]);
        assert_eq!(telling_lines(&"x\n".repeat(50)).len(), 12);
    }
}
