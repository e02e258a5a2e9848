//! Whether the user wants us to stop, and how urgently.
//!
//! A handle that is passed around, so that whatever waits can look at it; `commands` connects it
//! to SIGINT and SIGTERM, tests raise it themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::{Context, Result};
use crate::exit_code;

/// A shared count of the requests to stop so far.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// An interrupt that SIGINT, SIGTERM and SIGHUP raise, for the rest of the process's life.
    ///
    /// The first lets everything end in good order, the second urges, and the third ends the
    /// process at once, whatever it is stuck in. Signals that were ignored when memgrid began
    /// (as `nohup` does with SIGHUP) stay ignored.
    ///
    /// # Errors
    /// When the signals can't be listened to.
    pub fn listen() -> Result<Self> {
        let interrupt = Self::default();
        let raised = interrupt.clone();
        let ignored = ignored_signals();
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| !ignored.holds(signal));
        let mut signals =
            Signals::new(heard).context(|| "signals can't be listened to".to_owned())?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for _ in signals.forever() {
                    if raised.is_urgent() {
                        signal_hook::low_level::exit(i32::from(exit_code::INTERRUPTED));
                    }
                    raised.raise();
                }
            })
            .context(|| "no thread can be started to listen to signals".to_owned())?;
        Ok(interrupt)
    }

    /// Adds one request.
    pub fn raise(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// One request or more: finish nothing new, end what runs, keep what is complete.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst) >= 1
    }

    /// Two requests or more: leave at once.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.0.load(Ordering::SeqCst) >= 2
    }
}

/// Signals as the kernel lists them: bit `n - 1` stands for signal `n`.
#[derive(Clone, Copy)]
struct SignalSet(u64);

impl SignalSet {
    const fn holds(self, signal: i32) -> bool {
        self.0 >> (signal - 1) & 1 == 1
    }
}

/// What whoever started us made us ignore.
fn ignored_signals() -> SignalSet {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    SignalSet(parse_ignored(&status).unwrap_or(0))
}

fn parse_ignored(status: &str) -> Option<u64> {
    let digits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(digits.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_request_is_urgent() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.is_raised());
        let other_handle = interrupt.clone();
        other_handle.raise();
        assert!(interrupt.is_raised() && !interrupt.is_urgent());
        interrupt.raise();
        assert!(interrupt.is_urgent());
    }

    #[test]
    fn ignored_signals_are_read_from_the_kernels_mask() {
        let set = SignalSet(parse_ignored("Name:\tx\nSigIgn:\t0000000000001001\n").unwrap());
        assert!(set.holds(SIGHUP));
        assert!(!set.holds(SIGINT) && !set.holds(SIGTERM));
    }
}
