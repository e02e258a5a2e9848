//! What memprobe sleeps for between samples: its time, signals, and what the workload says.
//!
//! The last two stand behind one descriptor, whose kernel object notices by itself when one of them is
//! ready: so a sleep that neither cuts short, as nearly all are, costs no look at each. `poll` waits
//! for it, since that takes times below a millisecond on every kernel.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::io::Result;

const SIGNALS: u64 = 0;
const MARKS: u64 = 1;

/// What there is to look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Woken {
    pub(super) by_signal: bool,
    pub(super) by_marks: bool,
}

/// Signals and marks.
#[derive(Debug)]
pub(super) struct Awaited {
    both: OwnedFd,
}

impl Awaited {
    /// Both are waited for until they are closed.
    pub(super) fn new(signals: impl AsFd, marks: Option<impl AsFd>) -> Result<Self> {
        let both = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&both, signals, epoll::EventData::new_u64(SIGNALS), epoll::EventFlags::IN)?;
        if let Some(marks) = marks {
            epoll::add(&both, marks, epoll::EventData::new_u64(MARKS), epoll::EventFlags::IN)?;
        }
        Ok(Self { both })
    }

    /// Sleeps for `time`, or until there is a signal or a mark.
    pub(super) fn sleep(&self, time: Duration) -> Woken {
        match sleep_for(&self.both, time) {
            Ended::ByTime => Woken::default(),
            Ended::BySignal => Woken { by_signal: true, by_marks: false },
            Ended::Ready => self.ready().unwrap_or_default(),
        }
    }

    fn ready(&self) -> Result<Woken> {
        let mut events = Vec::with_capacity(2);
        let at_once = Timespec::default();
        epoll::wait(&self.both, spare_capacity(&mut events), Some(&at_once))?;
        let is_ready = |what| events.iter().any(|event| event.data.u64() == what);
        Ok(Woken { by_signal: is_ready(SIGNALS), by_marks: is_ready(MARKS) })
    }
}

/// What a sleep ended by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByTime,
    /// One arrived meanwhile.
    BySignal,
    Ready,
}

/// Sleeps for `time`, or until there is something to read from `file`.
pub(super) fn sleep_for(file: impl AsFd, time: Duration) -> Ended {
    let timeout = Timespec::try_from(time).unwrap_or_default();
    match poll(&mut [PollFd::new(&file, PollFlags::IN)], Some(&timeout)) {
        Ok(0) => Ended::ByTime,
        Ok(_) => Ended::Ready,
        Err(_) => Ended::BySignal,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn it_says_what_there_is() {
        let (mut signals, mut signal) = std::io::pipe().unwrap();
        let (mut marks, mut mark) = std::io::pipe().unwrap();
        let awaited = Awaited::new(&signals, Some(&marks)).unwrap();
        let woken = |by_signal, by_marks| Woken { by_signal, by_marks };
        assert_eq!(awaited.sleep(Duration::from_micros(100)), woken(false, false));
        mark.write_all(b"x").unwrap();
        assert_eq!(awaited.sleep(LONG), woken(false, true));
        signal.write_all(b"x").unwrap();
        assert_eq!(awaited.sleep(LONG), woken(true, true), "until it is read");
        marks.read_exact(&mut [0]).unwrap();
        assert_eq!(awaited.sleep(LONG), woken(true, false));
        signals.read_exact(&mut [0]).unwrap();
        // Nobody writes any more, which has to be looked at once.
        drop(mark);
        assert_eq!(awaited.sleep(LONG), woken(false, true));
        drop(marks);
        assert_eq!(awaited.sleep(Duration::from_micros(100)), woken(false, false));
    }
}
