//! A process that is born in a cgroup (clone3, Linux 5.7). One that is moved there later waits some
//! milliseconds for all processors, and what it has done until then is not the group's. And the
//! environment and the ignored signals that it is born with.

use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::probe::group::Group;

/// Starts `command` in `group`. The inner error says why it could not be executed.
///
/// # Errors
/// Why no process can be born in the group; nothing has been started then.
pub(super) fn born_in(group: &Group, command: &mut Command) -> io::Result<io::Result<Pid>> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let mut writer = std::fs::File::from(writer);
    let Some(child) = clone_into(group)? else {
        let error = command.exec();
        // Nobody is left to tell when the pipe is broken.
        let _ = writer.write_all(&error.raw_os_error().unwrap_or(libc::EINVAL).to_ne_bytes());
        exit_at_once()
    };
    drop(writer);
    let mut code = [0; 4];
    Ok(match std::fs::File::from(reader).read_exact(&mut code) {
        // Closed by exec.
        Err(_) => Ok(child),
        Ok(()) => {
            let _ = waitpid(Some(child), WaitOptions::empty());
            Err(io::Error::from_raw_os_error(i32::from_ne_bytes(code)))
        }
    })
}

/// Adds a variable to what our children inherit, behind all others. std would sort them, if it made a
/// child's environment, and a program may show them or go by their order.
#[expect(unsafe_code, reason = "other threads could be reading the environment")]
pub(super) fn add_variable(name: &str, value: &OsStr) {
    // SAFETY: memprobe has only one thread.
    unsafe { std::env::set_var(name, value) }
}

/// Signals that are handled in memprobe, and would be ignored no more in what it starts.
const HANDLED: [libc::c_int; 2] = [libc::SIGPIPE, libc::SIGCHLD];

/// A bit for each of [`HANDLED`] that was ignored when memprobe was started.
static IGNORED: AtomicU64 = AtomicU64::new(0);

/// Before Rust's own start, which ignores SIGPIPE: afterwards nobody can tell.
#[used]
#[expect(unsafe_code, reason = "what runs before main has no other place")]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

#[expect(unsafe_code, reason = "no safe interface asks without changing anything")]
extern "C" fn look() {
    for signal in HANDLED {
        // SAFETY: all zeros are valid: numbers, an empty set, and the default action.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: no new action is given, and the old one has room for what is written there.
        let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
        if asked == 0 && action.sa_sigaction == libc::SIG_IGN {
            IGNORED.fetch_or(1 << signal, Ordering::Relaxed);
        }
    }
}

/// Has `command` ignore what memprobe was started to ignore: systemd's services and the runners of
/// some CI systems ignore SIGPIPE, where std would give the command the default.
#[expect(unsafe_code, reason = "std has no other place between fork and exec")]
pub(super) fn keep_ignoring(command: &mut Command) {
    let ignored = IGNORED.load(Ordering::Relaxed);
    for signal in HANDLED.into_iter().filter(|signal| ignored & (1 << signal) != 0) {
        let ignore = move || {
            // SAFETY: it is async-signal-safe, and concerns this process alone.
            let before = unsafe { libc::signal(signal, libc::SIG_IGN) };
            if before == libc::SIG_ERR { Err(io::Error::last_os_error()) } else { Ok(()) }
        };
        // SAFETY: the closure allocates nothing and takes no locks.
        unsafe { command.pre_exec(ignore) };
    }
}

/// As fork, with the child in `group`: its id, or `None` in the child itself.
#[expect(unsafe_code, reason = "no safe interface to clone3 knows cgroups")]
fn clone_into(group: &Group) -> io::Result<Option<Pid>> {
    const INTO_CGROUP: u64 = 0x2_0000_0000;
    let cgroup = u64::from(group.as_fd().as_raw_fd().unsigned_abs());
    // SAFETY: all zeros are valid: these are numbers, for which 0 means what fork does.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = INTO_CGROUP;
    arguments.exit_signal = u64::from(libc::SIGCHLD.unsigned_abs());
    arguments.cgroup = cgroup;
    // SAFETY: without CLONE_VM the child has a copy of everything, as after fork; and as this
    // process has only one thread, no lock is held by another in that copy.
    let id = unsafe {
        libc::syscall(libc::SYS_clone3, &raw const arguments, size_of::<libc::clone_args>())
    };
    match i32::try_from(id) {
        Ok(0) => Ok(None),
        Ok(id) if id > 0 => Ok(Pid::from_raw(id)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ends the child without what an ordinary exit does on behalf of its parent.
#[expect(unsafe_code, reason = "std's exit would run the parent's handlers")]
fn exit_at_once() -> ! {
    // SAFETY: it takes no pointers and doesn't return.
    unsafe { libc::_exit(127) }
}
