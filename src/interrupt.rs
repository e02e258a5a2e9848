//! Whether the user wants us to stop, and how urgently.
//!
//! A handle that is passed around, so that whatever waits can look at it; `commands` connects it
//! to SIGINT and SIGTERM, tests raise it themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A shared count of the requests to stop so far.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
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
