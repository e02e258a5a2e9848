//! The user's wish to stop, as the attempts' threads see it: whoever sees it first says so.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::{Event, Observer};
use crate::interrupt::Interrupt;

/// An interrupt that tells the observer once when it is seen.
pub(super) struct Stop<'a> {
    interrupt: &'a Interrupt,
    observer: &'a dyn Observer,
    told: AtomicBool,
}

impl<'a> Stop<'a> {
    pub(super) const fn new(interrupt: &'a Interrupt, observer: &'a dyn Observer) -> Self {
        Self { interrupt, observer, told: AtomicBool::new(false) }
    }

    /// See [`Interrupt::is_raised`].
    pub(super) fn is_raised(&self) -> bool {
        let raised = self.interrupt.is_raised();
        if raised && !self.told.swap(true, Ordering::SeqCst) {
            self.observer.event(Event::Interrupted);
        }
        raised
    }

    /// See [`Interrupt::is_urgent`].
    pub(super) fn is_urgent(&self) -> bool {
        self.interrupt.is_urgent()
    }
}
