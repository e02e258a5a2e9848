//! One service that runs: started from a slot of its own, and ended.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use duct::{Expression, Handle};
use indexmap::IndexMap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use super::address::{Address, free_port, is_free};
use super::{Ground, Spec, ready, slot_kind, text, variables};
use crate::config::{self, Stop, StopSignal};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::server::account::{Account, private_folder};
use crate::server::slot::Slot;
use crate::server::{log, open_up, process, running, socket};

/// How many ports are tried: each may be taken between our choice and the service's start.
const PORTS: u32 = 5;
/// How long a service must go on after it took a connection, to be sure that it was the one.
const PROOF: Duration = Duration::from_millis(20);
/// Where Debian keeps servers that users need not have on PATH.
const SBIN: &str = "/usr/local/sbin:/usr/sbin:/sbin";
/// What the memprobe above a service needs to clear up, beyond the service's own time.
const CLEARING: Duration = Duration::from_secs(6);

/// A service that runs, until it is stopped or dropped.
#[derive(Debug)]
pub(super) struct Instance {
    name: String,
    service: config::Service,
    env: IndexMap<String, String>,
    slot: Slot,
    log: PathBuf,
    socket_folder: PathBuf,
    process: Handle,
    /// The service's first process, once it is ready.
    main: Option<OwnedFd>,
    is_stopped: bool,
}

impl Instance {
    /// Starts a service, and waits until it is ready.
    pub(super) fn start(spec: &Spec, ground: &Ground) -> Result<Self> {
        let mut tries = 1;
        loop {
            let port = spec.mentions("port").then(free_port).transpose()?;
            match Self::start_at(spec, ground, port) {
                // It could not listen, since somebody else does now.
                Err(error)
                    if tries < PORTS
                        && error.kind() != ErrorKind::Interrupted
                        && port.is_some_and(|port| !is_free(port)) =>
                {
                    tracing::debug!("the port of the service {} was taken: {error}", spec.name);
                    tries += 1;
                }
                started => return started,
            }
        }
    }

    fn start_at(spec: &Spec, ground: &Ground, port: Option<u16>) -> Result<Self> {
        let mut slot = Slot::take(&ground.cache, &slot_kind(&spec.name))?;
        let account = if spec.service.as_root { None } else { Account::for_server()? };
        if let Some(account) = &account {
            open_up(&ground.cache, slot.folder())?;
            account.check_reach(slot.folder())?;
        }
        let dir = private_folder(slot.data(), account.as_ref())?;
        let socket_folder = socket::make_folder(slot.folder(), account.as_ref())?;
        slot.lease_passing(&socket_folder)?;
        let address = Address { socket: socket_folder.join(socket::SERVICE), port, dir };
        let service = spec.at(&address)?;
        let mut env = service.env.clone();
        env.extend(variables(&spec.name, &address, |place| spec.mentions(place)));
        let command = command(&service, &address, ground, account.as_ref());
        // memprobe itself stays ours: the command drops what it may do.
        let process = running::spawn(&command, &spec.cwd, &slot.log(), None)?;
        let mut instance = Self {
            name: spec.name.clone(),
            service,
            env,
            log: slot.log(),
            slot,
            socket_folder,
            process,
            main: None,
            is_stopped: false,
        };
        instance.wait(&address, ground)?;
        let main = running::id(&instance.process).and_then(first_child);
        instance.main = main.and_then(|main| pidfd_open(main, PidfdFlags::empty()).ok());
        Ok(instance)
    }

    fn wait(&self, address: &Address, ground: &Ground) -> Result<()> {
        let patience = self.service.start_timeout;
        let ask = || ready::ask(&self.service.ready, address, &self.env);
        let answered = running::wait_for_answer(&self.process, patience, &ground.interrupt, ask);
        let proven = answered.and_then(|()| match self.process.wait_timeout(PROOF)? {
            Some(output) => Err(Error::usage(format!("it ended with {}", output.status))),
            None => Ok(()),
        });
        proven.map_err(|error| {
            if error.kind() == ErrorKind::Interrupted {
                return error;
            }
            let mut message = format!("the service {} does not start: {error}", self.name);
            let tail = log::tail(self.log());
            if !tail.is_empty() {
                message.push_str(&format!("\n{tail}"));
            }
            Error::usage(message).hint(format!("see {}", self.log().display()))
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn env(&self) -> impl Iterator<Item = (&String, &String)> {
        self.env.iter()
    }

    /// What it has printed since it started.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// The memprobe above it.
    pub(super) fn process(&self) -> Option<i32> {
        running::id(&self.process).map(|id| id.as_raw_nonzero().get())
    }

    /// How it ended, with the last lines that it printed; `None` as long as it runs.
    pub(super) fn ended(&self) -> Option<String> {
        // The memprobe above it takes a moment to notice, in which it would seem to run.
        let patience = if self.main_has_ended() { CLEARING } else { Duration::ZERO };
        let ended = match self.process.wait_timeout(patience) {
            Ok(None) => return None,
            Ok(Some(output)) => output.status.to_string(),
            Err(error) => error.to_string(),
        };
        Some(format!("{ended}\n{}", log::tail(self.log())).trim_end().to_owned())
    }

    /// Whether its first process has ended.
    fn main_has_ended(&self) -> bool {
        let Some(main) = &self.main else { return false };
        let at_once = Timespec::default();
        poll(&mut [PollFd::new(main, PollFlags::IN)], Some(&at_once)).is_ok_and(|ended| ended > 0)
    }

    /// Asks it to end as it wants to be asked, and waits until it has.
    pub(super) fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_stopped, true) {
            return Ok(());
        }
        let ended = self.process.try_wait()?.is_some() || self.ask_to_end()? || {
            tracing::warn!("the service {} did not end in time, and was killed", self.name);
            running::end(&self.process, Signal::TERM)?
        };
        socket::remove_folder(self.slot.folder(), &self.socket_folder);
        if !ended {
            let message = format!("the service {} does not end", self.name);
            return Err(Error::usage(message).hint("the next memgrid will try again"));
        }
        let data = self.slot.data();
        fs_err::remove_dir_all(&data)?;
        self.slot.release()
    }

    /// Whether it ended when it was asked to.
    fn ask_to_end(&self) -> Result<bool> {
        let first = || running::id(&self.process).and_then(first_child);
        let main = first();
        match (&self.service.stop, main) {
            // memprobe would pass a signal on to all of the service's processes.
            (Stop::Signal(wanted), Some(main)) => {
                let _ = kill_process(main, signal(*wanted));
            }
            (Stop::Signal(_), None) => return Ok(false),
            (Stop::Command(words), _) => self.run(words)?,
        }
        if self.process.wait_timeout(self.service.stop_timeout)?.is_some() {
            return Ok(true);
        }
        // Its first process may be gone, and memprobe be at the rest.
        Ok(first() != main && self.process.wait_timeout(CLEARING)?.is_some())
    }

    fn run(&self, words: &[String]) -> Result<()> {
        let Some((program, arguments)) = words.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(arguments).envs(&self.env).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.stderr(Stdio::null()).status();
        status.map(drop).context(|| format!("the service {} can't be stopped", self.name))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::warn!("{error}");
        }
    }
}

/// The service under a memprobe that ends it with us.
fn command(
    service: &config::Service,
    address: &Address,
    ground: &Ground,
    account: Option<&Account>,
) -> Expression {
    let own = std::process::id().to_string();
    // Its samples are nobody's, so it takes hardly any, and leaves the high-water marks to others.
    let mut arguments: Vec<String> =
        ["--quiet", "--keep-high-water", "--period", "1h", "--parent", &own, "--"]
            .map(str::to_owned)
            .into();
    if let Some(Account { uid, gid, .. }) = account {
        let user = [format!("--reuid={uid}"), format!("--regid={gid}")];
        arguments.push("setpriv".to_owned());
        arguments.extend(user);
        arguments.extend(["--clear-groups", "--"].map(str::to_owned));
    }
    arguments.extend(service.command.iter().cloned());
    let marked = duct::cmd(&ground.memprobe, arguments)
        .env(process::MARK, text(&address.dir))
        .env("PATH", format!("{}:{SBIN}", std::env::var("PATH").unwrap_or_default()));
    service.env.iter().fold(marked, |command, (name, value)| command.env(name, value))
}

/// The first process that `parent` started and that still lives.
fn first_child(parent: Pid) -> Option<Pid> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", parent.as_raw_nonzero())).ok()?;
    let lists = tasks.flatten();
    let lists = lists.map(|task| std::fs::read_to_string(task.path().join("children")));
    let mut first = lists.filter_map(|list| list.ok()?.split_whitespace().next()?.parse().ok());
    first.next().and_then(Pid::from_raw)
}

const fn signal(signal: StopSignal) -> Signal {
    match signal {
        StopSignal::Term => Signal::TERM,
        StopSignal::Int => Signal::INT,
        StopSignal::Quit => Signal::QUIT,
        StopSignal::Hup => Signal::HUP,
        StopSignal::Usr1 => Signal::USR1,
        StopSignal::Usr2 => Signal::USR2,
        StopSignal::Kill => Signal::KILL,
    }
}
