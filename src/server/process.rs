//! Finds and ends the processes of a server that nobody owns any more.
//!
//! A process is known by its command line, which names the server's data folder, or by a variable
//! that does: no other server has that one. A descriptor of the process is taken before the look, so that a signal can reach
//! only what was looked at, even if the id is used again meanwhile.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The variable that names the data folder, for servers whose command line need not.
pub(crate) const MARK: &str = "MEMGRID_SERVER";

const LOOK: Duration = Duration::from_millis(10);

/// Ends every server process that works on one of the data folders `data`; each signal gets
/// `patience` before the next, harder one. Returns how many there were, or `None` if some would
/// not end.
pub(crate) fn end_all(data: &[&Path], first: Signal, patience: Duration) -> Option<usize> {
    let mut ended = 0;
    for signal in [first, Signal::QUIT, Signal::KILL] {
        let found = find(data);
        if found.is_empty() {
            return Some(ended);
        }
        ended = ended.max(found.len());
        for process in &found {
            let _ = pidfd_send_signal(process, signal);
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline && !find(data).is_empty() {
            std::thread::sleep(LOOK);
        }
    }
    find(data).is_empty().then_some(ended)
}

fn find(data: &[&Path]) -> Vec<OwnedFd> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| open_if_server(id, data)).collect()
}

fn open_if_server(id: i32, data: &[&Path]) -> Option<OwnedFd> {
    let file = |name: &str| std::fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
    let is_one = || is_server(&file("cmdline"), data) || is_marked(&file("environ"), data);
    // Most processes are none: a descriptor is only taken for those that look like one.
    if !is_one() {
        return None;
    }
    let descriptor = pidfd_open(Pid::from_raw(id)?, PidfdFlags::empty()).ok()?;
    is_one().then_some(descriptor)
}

fn is_marked(environment: &[u8], data: &[&Path]) -> bool {
    let folder = |variable: &[u8]| {
        Some(variable.strip_prefix(MARK.as_bytes())?.strip_prefix(b"=")?.to_vec())
    };
    let mut folders = environment.split(|byte| *byte == 0).filter_map(folder);
    folders.any(|folder| data.iter().any(|data| data.as_os_str().as_encoded_bytes() == folder))
}

/// `postgres -D DATA …`, `initdb -D DATA …`, `mariadbd … --datadir=DATA …`, and the scripts that
/// run them; not an editor that has a file of the folder open.
fn is_server(command_line: &[u8], data: &[&Path]) -> bool {
    let arguments: Vec<&[u8]> = command_line.split(|byte| *byte == 0).collect();
    data.iter().any(|folder| {
        let folder = folder.as_os_str().as_encoded_bytes();
        let follows = arguments.windows(2).any(|pair| pair[0] == b"-D" && pair[1] == folder);
        let assigned =
            arguments.iter().any(|argument| argument.strip_prefix(b"--datadir=") == Some(folder));
        follows || assigned
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_of_that_folder_are_known() {
        let data = Path::new("/cache/servers/x/data");
        let is = |line: &str| is_server(line.replace(' ', "\0").as_bytes(), &[data]);
        assert!(is("/usr/bin/postgres -D /cache/servers/x/data -k /s"));
        assert!(is("/usr/sbin/mariadbd --no-defaults --datadir=/cache/servers/x/data"));
        assert!(!is("/usr/bin/postgres -D /cache/servers/x/data2"));
        assert!(!is("vi /cache/servers/x/data"));
        assert!(!is("du -s /cache/servers/x/data"));
        assert!(!is("/usr/sbin/mariadbd --datadir=/cache/servers/y/data"));
        assert!(!is(""));
    }

    #[test]
    fn a_server_is_known_by_its_variable_too() {
        let data = Path::new("/cache/servers/x/data");
        let is = |text: &str| is_marked(text.replace(' ', "\0").as_bytes(), &[data]);
        assert!(is("PATH=/bin MEMGRID_SERVER=/cache/servers/x/data A=b"));
        assert!(!is("MEMGRID_SERVER=/cache/servers/x/data2"));
        assert!(!is(
            "MEMGRID_SERVERS=/cache/servers/x/data OLD_MEMGRID_SERVER=/cache/servers/x/data"
        ));
    }

    #[test]
    fn a_process_that_ignores_the_first_signals_is_killed() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        // Without children, which would look like a second server between their fork and exec.
        let script = "trap '' INT; : > \"$2\"; read -r line";
        let argument = format!("--datadir={}", data.display());
        let (stdin, _open) = std::io::pipe().unwrap();
        let ready = root.path().join("ready");
        let server = duct::cmd!("sh", "-c", script, "server", argument, &ready);
        let child = server.stdin_file(stdin).start().unwrap();
        while !ready.exists() {
            std::thread::sleep(LOOK);
        }
        // INT is ignored, QUIT is not.
        // Its forks look the same until they are something else.
        assert!(end_all(&[&data], Signal::INT, LOOK * 20).is_some_and(|ended| ended >= 1));
        assert!(child.wait().is_err());
    }
}
