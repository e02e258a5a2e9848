//! Whether a service is ready: its socket or port takes connections, or a command succeeds.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use indexmap::IndexMap;

use super::address::Address;
use crate::config::Ready;
use crate::error::{Context, Error, Result};

/// How long a connection to this machine may take.
const CONNECT: Duration = Duration::from_secs(1);
/// Between two tries of a command: each is a process.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks once.
///
/// # Errors
/// When it is not ready; the error says what was not answered.
pub(super) fn ask(ready: &Ready, address: &Address, env: &IndexMap<String, String>) -> Result<()> {
    match ready {
        Ready::Socket => {
            let path = &address.socket;
            let connected = UnixStream::connect(path);
            connected.map(drop).context(|| format!("{} takes no connection", path.display()))
        }
        Ready::Port => {
            let port = address.port.unwrap_or_default();
            let place = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let connected = TcpStream::connect_timeout(&place, CONNECT);
            connected.map(drop).context(|| format!("{place} takes no connection"))
        }
        Ready::Command(words) => run(words, env),
    }
}

fn run(words: &[String], env: &IndexMap<String, String>) -> Result<()> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let mut command = Command::new(program);
    command.args(arguments).envs(env);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().context(|| format!("{program} can't be run"))?;
    if status.success() {
        return Ok(());
    }
    thread::sleep(PAUSE);
    Err(Error::usage(format!("{program} ended with {status}")))
}
