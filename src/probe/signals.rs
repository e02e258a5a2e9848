//! Signals to memprobe, as something that poll can wait for.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use nix::sys::signal::{self, SigSet};
use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::origin::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook::{flag, low_level};

use super::{process, procfs};

/// What arrived since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    /// A child may have ended.
    pub(super) child: bool,
    /// We are told to stop.
    pub(super) stop: Option<Stop>,
}

/// A request to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) signal: i32,
    /// A key in our terminal asked for it, and so all of its foreground group.
    pub(super) is_typed: bool,
}

/// Listens for the end of children and for requests to stop.
#[derive(Debug)]
pub(super) struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
}

impl Signals {
    /// Starts to listen. What is ignored stays so, since the workload inherits it: that is what
    /// nohup and a shell's background jobs ask for.
    pub(super) fn listen() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        let ignored =
            process::read_own("status").map_or(0, |status| procfs::ignored_signals(&status));
        let is_ignored = |signal: &i32| ignored & (1 << (signal - 1)) != 0;
        let stops = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter();
        let wanted = stops.filter(|signal| !is_ignored(signal)).chain([SIGCHLD]);
        let delivery = SignalDelivery::with_pipe(wake, waker, WithOrigin::default(), wanted)?;
        // A file that is larger than `ulimit -f` allows is an error like any other for us. The
        // workload gets the default again, which it would not if we ignored the signal.
        if !is_ignored(&SIGXFSZ) {
            flag::register(SIGXFSZ, Arc::default())?;
        }
        Ok(Self { delivery })
    }

    /// What to wait for.
    pub(super) fn awaited(&self) -> impl AsFd + '_ {
        self.delivery.get_read()
    }

    /// What arrived since the last look.
    pub(super) fn take(&mut self) -> Arrived {
        let mut arrived = Arrived::default();
        for origin in self.delivery.pending() {
            match origin.signal {
                SIGCHLD => arrived.child = true,
                signal => {
                    let is_key = [SIGINT, SIGQUIT].contains(&signal);
                    let is_typed = is_key && origin.cause == Cause::Kernel;
                    // A key must not hide what somebody sent.
                    let sent = arrived.stop.filter(|stop| !stop.is_typed);
                    arrived.stop = sent.or(Some(Stop { signal, is_typed }));
                }
            }
        }
        arrived
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
