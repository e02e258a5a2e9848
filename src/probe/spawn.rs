//! Starts the workload.

mod birth;

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::sys::personality::{self, Persona};
use rustix::process::Pid;

use super::group::Group;
use super::{EXIT_NOT_EXECUTABLE, EXIT_NOT_FOUND};

/// The workload could not be started.
#[derive(Debug)]
pub(super) struct NotStarted {
    pub(super) exit_code: u8,
    pub(super) message: String,
}

/// Switches address randomisation off for what is started from now on. Where things lie decides
/// how many pages they touch, so that a program's peak differs from one time to the next.
///
/// # Errors
/// When the kernel or a container's filter of system calls refuses it.
pub(super) fn hold_addresses() -> nix::Result<()> {
    let current = personality::get()?;
    personality::set(current | Persona::ADDR_NO_RANDOMIZE)?;
    Ok(())
}

/// A workload that has been executed.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) main: Pid,
    /// Why it is not in the group that it was to be in.
    pub(super) outside: Option<String>,
}

/// Starts `command` in our own process group and in `group`, with our streams, `marks` and the
/// variables of `environment`, and returns when it has been executed: what is read about the process
/// from now on is about the workload.
pub(super) fn spawn(
    command: &[OsString],
    marks: &OwnedFd,
    environment: &[(&'static str, OsString)],
    group: Option<&Group>,
) -> Result<Started, NotStarted> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(NotStarted { exit_code: EXIT_NOT_FOUND, message: "no command".into() });
    };
    let mut spawner = Command::new(program);
    spawner.args(arguments);
    birth::keep_ignoring(&mut spawner);
    birth::add_variable("MEMPROBE_FD", marks.as_raw_fd().to_string().as_ref());
    environment.iter().for_each(|(name, value)| birth::add_variable(name, value));
    let mut outside = None;
    let born = group.and_then(|group| {
        let born = birth::born_in(group, &mut spawner);
        born.map_err(|error| outside = Some(format!("clone3 into a cgroup: {error}"))).ok()
    });
    let main = born.unwrap_or_else(|| fork(&mut spawner)).map_err(|error| {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let exit_code = if missing { EXIT_NOT_FOUND } else { EXIT_NOT_EXECUTABLE };
        let why = why_not(Path::new(program), &error);
        let message = format!("`{}` could not be started: {why}", program.display());
        NotStarted { exit_code, message }
    })?;
    Ok(Started { main, outside })
}

/// Why `program` could not be executed, in other words than the kernel's where it has the same for
/// several reasons.
fn why_not(program: &Path, error: &io::Error) -> String {
    // Otherwise it was looked for in the folders of PATH.
    let is_path = program.as_os_str().as_encoded_bytes().contains(&b'/');
    let there = program.metadata().ok().filter(|_| is_path);
    match (error.kind(), there) {
        (io::ErrorKind::NotFound, Some(_)) => {
            "it is there, but the interpreter or loader that it names is not".to_owned()
        }
        (io::ErrorKind::NotFound, None) if !is_path => "there is no such command".to_owned(),
        (io::ErrorKind::PermissionDenied, Some(there)) if there.is_dir() => {
            "it is a folder".to_owned()
        }
        (io::ErrorKind::PermissionDenied, Some(there)) if there.mode() & 0o111 == 0 => {
            "it is not executable; `chmod +x` makes it so, if it is a program or names its \
             interpreter"
                .to_owned()
        }
        _ => error.to_string(),
    }
}

fn fork(spawner: &mut Command) -> io::Result<Pid> {
    // With a group to set, even though it is the one we have, std forks instead of sharing our
    // memory until exec (posix_spawn). A process's maximum RSS outlives exec, so a shared memory
    // would make ours the floor of the workload's; a fork has next to none.
    spawner.gid(rustix::process::getegid().as_raw());
    Ok(Pid::from_child(&spawner.spawn()?))
}
