//! memprobe: runs one program and samples the memory of its process tree. Knows nothing of
//! matrices.
//!
//! It is part of the system that it measures, so it is one thread that sleeps between samples,
//! keeps its descriptors open, and allocates next to nothing once the workload runs.
//!
//! ```text
//! options ─▶ session: spawn, then until the end: wait ─▶ tree (procfs, group) ─▶ record ─▶ report ─▶ plot
//!                                                  ├──▶ server (procfs)
//!                                                  ├──▶ heap (accounts)
//!                                                  └──▶ marks (protocol)
//! ```

mod awaited;
mod clock;
mod ending;
mod export;
mod group;
mod heap;
mod look;
mod marks;
mod members;
mod metrics;
mod newcomers;
mod options;
mod owner;
mod passes;
mod plot;
mod process;
mod procfs;
mod protocol;
mod record;
mod report;
mod rollup;
mod said;
mod server;
mod session;
mod signals;
mod spawn;
mod stored;
mod summary;
mod terminal;
#[cfg(test)]
mod told;
mod tree;
mod usage;
mod values;
mod whole_file;

use std::io::Write as _;
use std::process::ExitCode;

use options::Request;

/// A fingerprint of memprobe's sources. The memprobe that prints the same one with `--version` was
/// built from the sources of this memgrid.
pub const BUILD: &str = env!("MEMPROBE_BUILD");

/// Exit code when `--timeout` ended the workload; as timeout(1).
pub const EXIT_TIMED_OUT: u8 = 124;
/// Exit code when memprobe itself failed: wrong usage, or a result that can't be written.
pub const EXIT_PROBE_FAILED: u8 = 125;
/// Exit code when the command was found but can't be run; as shells do.
pub const EXIT_NOT_EXECUTABLE: u8 = 126;
/// Exit code when there is no such command; as shells do.
pub const EXIT_NOT_FOUND: u8 = 127;
/// Exit code when `--memory-limit` was exceeded; as after SIGKILL.
pub const EXIT_OVER_LIMIT: u8 = 137;

/// What `memprobe --version` prints, without the line's end.
#[must_use]
pub fn version() -> String {
    format!("memprobe {} (build {BUILD})", env!("CARGO_PKG_VERSION"))
}

/// The `memprobe` command: reads the arguments, measures, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let code = match options::parse(lexopt::Parser::from_env()) {
        Ok(Request::Help) => print(options::HELP),
        Ok(Request::Version) => print(&format!("{}\n", version())),
        Ok(Request::Measure(options)) => session::run(&options),
        Ok(Request::Plot(request)) => answer(plot::run(request)),
        Ok(Request::Export(request)) => answer(export::run(request)),
        Err(error) => {
            complain(&error);
            EXIT_PROBE_FAILED
        }
    };
    ExitCode::from(code)
}

fn answer(text: Result<String, String>) -> u8 {
    match text {
        Ok(text) => print(&text),
        Err(message) => {
            complain(&message);
            EXIT_PROBE_FAILED
        }
    }
}

/// A reader that has gone away (`| head`) is no failure.
fn print(text: &str) -> u8 {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("stdout: {error}"));
            EXIT_PROBE_FAILED
        }
        _ => 0,
    }
}

/// Says on stderr what went wrong. There is nowhere left to say it when that fails.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "memprobe: {message}");
}
