//! Signals to memprobe, as something that poll can wait for.

use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::sys::signal::{self, SigSet};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};

use super::{process, procfs};

/// What arrived since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    /// A child may have ended.
    pub(super) child: bool,
    /// We are told to stop, with this signal.
    pub(super) stop: Option<i32>,
}

/// Listens for the end of children and for requests to stop.
#[derive(Debug)]
pub(super) struct Signals {
    wake: UnixStream,
    child: Arc<AtomicBool>,
    stop: Arc<AtomicUsize>,
}

impl Signals {
    /// Starts to listen. What is ignored stays so, since the workload inherits it: that is what
    /// nohup and a shell's background jobs ask for.
    pub(super) fn listen() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        let child = Arc::new(AtomicBool::new(false));
        flag::register(SIGCHLD, Arc::clone(&child))?;
        low_level::pipe::register(SIGCHLD, waker.try_clone()?)?;
        let stop = Arc::new(AtomicUsize::new(0));
        let ignored =
            process::read_own("status").map_or(0, |status| procfs::ignored_signals(&status));
        let is_ignored = |signal: i32| ignored & (1 << (signal - 1)) != 0;
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
            if !is_ignored(signal) {
                flag::register_usize(signal, Arc::clone(&stop), signal.unsigned_abs() as usize)?;
                low_level::pipe::register(signal, waker.try_clone()?)?;
            }
        }
        // A file that is larger than `ulimit -f` allows is an error like any other for us. The
        // workload gets the default again, which it would not if we ignored the signal.
        if !is_ignored(SIGXFSZ) {
            flag::register(SIGXFSZ, Arc::default())?;
        }
        Ok(Self { wake, child, stop })
    }

    /// What to wait for.
    pub(super) fn awaited(&self) -> impl AsFd + '_ {
        &self.wake
    }

    /// What arrived since the last look.
    pub(super) fn take(&mut self) -> Arrived {
        // Emptied before the flags are looked at: what comes in between wakes us again.
        while matches!(self.wake.read(&mut [0; 64]), Ok(64)) {}
        let stop = self.stop.swap(0, Ordering::SeqCst);
        Arrived {
            child: self.child.swap(false, Ordering::SeqCst),
            stop: i32::try_from(stop).ok().filter(|signal| *signal != 0),
        }
    }
}

/// Has the end of children told also where who started us blocks SIGCHLD. To be called when the
/// workload runs, which inherits what is blocked.
pub(super) fn unblock_child() {
    // It fails for numbers that are no signals.
    let _ = SigSet::from(signal::SIGCHLD).thread_unblock();
}

/// Lets us be told to stop when `parent` ends, however that happens. To be called when signals
/// are listened to.
pub(super) fn end_with(parent: Pid) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    // It may have ended before that was set.
    if rustix::process::getppid() != Some(parent) {
        low_level::raise(SIGTERM)?;
    }
    Ok(())
}
