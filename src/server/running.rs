//! A server's process: started with its output going to a log, waited for until it answers, and
//! ended.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::{Duration, Instant};

use duct::{Expression, Handle};
use rustix::process::{Pid, Signal, kill_process_group};

use super::account::Account;
use crate::error::{Context, Error, ErrorKind, Result};
use crate::interrupt::Interrupt;

/// How long a server may take to end after each signal.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// How often we look.
const LOOK: Duration = Duration::from_millis(5);

/// Starts a program of a server's in `folder`, as its account, in a process group of its own.
/// What it prints goes to `log`.
pub(crate) fn spawn(
    command: &Expression,
    folder: &Path,
    log: &Path,
    account: Option<&Account>,
) -> Result<Handle> {
    let log = fs_err::File::create(log)?.into_file();
    let account = account.cloned();
    let command = command
        .dir(folder)
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
    command.start().context(|| "a server can't be started".to_owned())
}

/// Waits for a program to end; whether it ended well. `doing` says what takes so long.
pub(crate) fn wait(
    process: &Handle,
    patience: Duration,
    interrupt: &Interrupt,
    doing: impl Fn() -> String,
) -> Result<bool> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if let Some(output) = process.wait_timeout(LOOK)? {
            return Ok(output.status.success());
        }
        check_interrupt(interrupt, &doing)?;
    }
    Err(Error::usage(format!("no end after {} s while {}", patience.as_secs(), doing())))
}

/// Waits until `answers` does not fail, which it is asked every `pause`.
///
/// # Errors
/// When the server ends meanwhile, or `patience` is at its end.
pub(crate) fn wait_for_answer<T>(
    process: &Handle,
    patience: Duration,
    interrupt: &Interrupt,
    answers: impl Fn() -> Result<T>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(output) = process.try_wait()? {
            return Err(Error::usage(format!("it ended with {}", output.status)));
        }
        match answers() {
            Ok(answer) => return Ok(answer),
            Err(error) if Instant::now() > deadline => {
                let message = format!("no answer after {} s", patience.as_secs());
                return Err(Error::usage(message).because(error));
            }
            Err(_) => {}
        }
        check_interrupt(interrupt, || "a server was being started".to_owned())?;
        std::thread::sleep(LOOK);
    }
}

fn check_interrupt(interrupt: &Interrupt, doing: impl Fn() -> String) -> Result<()> {
    if !interrupt.is_raised() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Interrupted, format!("interrupted while {}", doing())))
}

/// Signals the process and waits for it; after a while its whole group is killed. Whether it ended.
pub(crate) fn end(process: &Handle, signal: Signal) -> Result<bool> {
    let id = id(process);
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

/// Whether a process that we have started, and not waited for, has not ended.
pub(crate) fn lives(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name before the state is in parentheses, and may hold some.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// The process's id.
pub(crate) fn id(process: &Handle) -> Option<Pid> {
    process.pids().first().and_then(|id| Pid::from_raw(i32::try_from(*id).ok()?))
}
