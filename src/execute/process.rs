//! The life of one memprobe: started in a process group of its own, waited for, and ended with
//! everything that it started.
//!
//! memprobe is asked first (SIGTERM): it ends the workload's whole tree and writes its result.
//! If it doesn't, its group is killed, and whatever had left that group is found by a variable
//! that all of an attempt's processes have inherited.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::stop::Stop;

/// The variable that marks an attempt's processes.
pub(super) const MARK: &str = "MEMGRID_ATTEMPT";
/// How often a waiting thread looks whether it was interrupted. The end of a process wakes it at
/// once.
const LOOK: Duration = Duration::from_millis(50);
/// How long memprobe may take to end its workload before it is killed itself: more than the two
/// seconds that it gives the workload, twice if that leaves processes behind.
const GRACE: Duration = Duration::from_secs(5);

/// What to start.
pub(super) struct Spawn<'a> {
    /// memprobe and its arguments.
    pub(super) program: &'a Path,
    pub(super) arguments: &'a [OsString],
    /// The whole environment.
    pub(super) env: &'a BTreeMap<OsString, OsString>,
    pub(super) cwd: &'a Path,
    pub(super) stdout: fs_err::File,
    pub(super) stderr: fs_err::File,
}

/// Who ended the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It ended by itself.
    Own,
    /// We ended it since the user wants to stop.
    Interrupted,
    /// We ended it since it did not keep to its own timeout.
    TimedOut,
}

/// Starts a memprobe and waits until it has ended, at most until `deadline`. `meanwhile` is called now
/// and then.
pub(super) fn run(
    spawn: Spawn<'_>,
    deadline: Instant,
    stop: &Stop<'_>,
    meanwhile: &mut dyn FnMut(),
) -> std::io::Result<(Ending, ExitStatus)> {
    let handle = duct::cmd(spawn.program, spawn.arguments)
        .full_env(spawn.env)
        .dir(spawn.cwd)
        .stdin_null()
        .stdout_file(spawn.stdout.into_file())
        .stderr_file(spawn.stderr.into_file())
        .before_spawn(|command| {
            command.process_group(0);
            Ok(())
        })
        .unchecked()
        .start()?;
    let group = handle.pids().first().and_then(|&pid| Pid::from_raw(i32::try_from(pid).ok()?));
    let mut told: Option<(Ending, Instant)> = None;
    let mut killed = false;
    let status = loop {
        if let Some(output) = handle.wait_timeout(LOOK)? {
            break output.status;
        }
        meanwhile();
        let (_, since) = match told {
            Some(told) => told,
            None => match reason_to_end(deadline, stop) {
                Some(ending) => {
                    tell(group);
                    *told.insert((ending, Instant::now()))
                }
                None => continue,
            },
        };
        if !killed && (stop.is_urgent() || since.elapsed() >= GRACE) {
            kill(group);
            killed = true;
        }
    };
    kill(group);
    Ok((told.map_or(Ending::Own, |(ending, _)| ending), status))
}

fn reason_to_end(deadline: Instant, stop: &Stop<'_>) -> Option<Ending> {
    if stop.is_raised() {
        Some(Ending::Interrupted)
    } else {
        (Instant::now() >= deadline).then_some(Ending::TimedOut)
    }
}

/// Asks memprobe to end its workload. It alone is asked: it knows the tree, and a workload that
/// died of our signal would look as if it had failed.
fn tell(group: Option<Pid>) {
    if let Some(pid) = group
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        tracing::debug!("memprobe {pid:?} could not be told to stop: {error}");
    }
}

/// Kills the group. That nobody is left in it is the usual case.
fn kill(group: Option<Pid>) {
    if let Some(pid) = group {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Kills every process that carries the attempt's mark, until there is none. For attempts whose
/// memprobe could not do so itself.
pub(super) fn sweep(mark: &str) {
    let wanted = format!("{MARK}={mark}").into_bytes();
    for _ in 0..50 {
        let found: Vec<Pid> = marked(&wanted).collect();
        if found.is_empty() {
            return;
        }
        for pid in found {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    tracing::warn!("processes of attempt {mark} could not be ended");
}

/// Processes in whose environment `wanted` stands. Those of other users can't be read, and are
/// not ours.
fn marked(wanted: &[u8]) -> impl Iterator<Item = Pid> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(move |entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let carries = environment.split(|byte| *byte == 0).any(|variable| variable == wanted);
        carries.then(|| Pid::from_raw(pid)).flatten()
    })
}
