//! Programs for tests of what is measured: they go on when they are told to, and tell when they have.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Holds 64 MiB for a moment, and afterwards just what it held before, each time that it is told to.
pub(super) const RETURNING: &str = "import mmap, sys\nprint(flush=True)\nfor line in sys.stdin:\n    \
    block = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n    \
    block[::4096] = bytes(64 << 8)\n    block.close()\n    print(flush=True)";

/// A running program.
pub(super) struct Told {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    tell: ChildStdin,
}

impl Told {
    /// Starts `script`, Python that first prints a line.
    pub(super) fn python(script: &str) -> Self {
        Self::start(Command::new("python3").args(["-c", script]))
    }

    /// The same, as the child of a shell.
    pub(super) fn python_in_shell(script: &str) -> Self {
        Self::start(Command::new("sh").args(["-c", "python3 -c \"$1\"; :", "sh", script]))
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let tell = child.stdin.take().unwrap();
        let mut told = Self { child, said, tell };
        told.hear();
        told
    }

    pub(super) fn id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// Lets it go on to the next line that it prints.
    pub(super) fn go_on(&mut self) {
        self.tell.write_all(b"\n").unwrap();
        self.hear();
    }

    fn hear(&mut self) {
        self.said.next().unwrap().unwrap();
    }

    /// Lets it go on to its end.
    pub(super) fn end(mut self) {
        drop(self.tell);
        self.child.wait().unwrap();
    }
}
