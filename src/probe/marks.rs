//! The reading end of the pipe whose writing end the workload inherits.

use std::io::Read as _;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::pipe::PipeFlags;

use super::protocol::{Junk, Lines, Message};

/// Bytes that are read at most before samples get their turn: what a pipe holds.
const MOST_AT_ONCE: usize = 64 * 1024;
/// After reading, the pipe is left alone for this long, so that a flood wakes us a thousand times
/// a second at most. It holds more than a program writes in that time.
const REST: Duration = Duration::from_millis(1);

/// Where a workload's marks arrive.
#[derive(Debug)]
pub(super) struct Marks {
    pipe: Option<std::fs::File>,
    lines: Lines,
    rest_until: Duration,
}

/// Makes the pipe: the end to read from, and the end to hand on. The latter is inherited by every
/// process that is started while it is open.
pub(super) fn channel() -> rustix::io::Result<(Marks, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
    // Ours alone, unlike the writing end's: a workload's write waits until there is room.
    rustix::fs::fcntl_setfl(&reader, rustix::fs::OFlags::NONBLOCK)?;
    let inherited = one_digit(&writer)?;
    rustix::io::fcntl_setfd(&inherited, FdFlags::empty())?;
    let marks =
        Marks { pipe: Some(reader.into()), lines: Lines::default(), rest_until: Duration::ZERO };
    Ok((marks, inherited))
}

/// Shells such as dash take only one digit in `>&7`, and the first few are often in use by scripts.
fn one_digit(writer: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    match rustix::io::fcntl_dupfd_cloexec(writer, 7) {
        Ok(high) if high.as_raw_fd() < 10 => Ok(high),
        // `ulimit -n` can be lower, too.
        _ => rustix::io::fcntl_dupfd_cloexec(writer, 3),
    }
}

impl Marks {
    /// What to wait for, as long as it is open.
    pub(super) fn awaited(&self) -> Option<impl AsFd + '_> {
        self.pipe.as_ref()
    }

    /// When the pipe wants attention again, if it rests at `now`.
    pub(super) fn rests_until(&self, now: Duration) -> Option<Duration> {
        (self.pipe.is_some() && now < self.rest_until).then_some(self.rest_until)
    }

    /// Takes what has arrived, and then rests. Whether there may be more.
    pub(super) fn read(
        &mut self,
        now: Duration,
        take: &mut dyn FnMut(Result<Message, Junk>),
    ) -> bool {
        self.rest_until = now + REST;
        let mut buffer = [0; 4096];
        let mut total = 0;
        while total < MOST_AT_ONCE {
            let Some(pipe) = &mut self.pipe else { return false };
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(length) => {
                    total += length;
                    self.lines.feed(&buffer[..length], take);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Takes all that is left, also a last line without an end.
    pub(super) fn finish(mut self, now: Duration, take: &mut dyn FnMut(Result<Message, Junk>)) {
        // What a pipe can hold; somebody who writes on and on is not waited for.
        for _ in 0..16 {
            if !self.read(now, take) {
                break;
            }
        }
        self.lines.end(take);
    }
}
