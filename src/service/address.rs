//! Where a service is: its socket, its port, its folder. Chosen anew at each start; nothing is
//! fixed, so any number of memgrids can run at once.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use super::text;
use crate::error::{Context, Result};

/// The places that are one service's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Of the Unix socket, in a folder that only the service and we can enter.
    pub(super) socket: PathBuf,
    /// The TCP port on the loopback interface, if it wants one.
    pub(super) port: Option<u16>,
    /// An empty folder, which is removed when the service has ended.
    pub(super) dir: PathBuf,
}

impl Address {
    /// The value of a placeholder.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match name {
            "socket" => Some(text(&self.socket)),
            "port" => self.port.map(|port| port.to_string()),
            "dir" => Some(text(&self.dir)),
            _ => None,
        }
    }
}

/// A port that nobody listens at now. Somebody else may take it before the service does.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .context(|| "no port can be had on 127.0.0.1".to_owned())?;
    Ok(listener.local_addr()?.port())
}

/// Whether a service could listen there.
pub(super) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_free_until_somebody_listens() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        assert!(!is_free(taken));
        assert_ne!(free_port().unwrap(), taken);
    }

    #[test]
    fn only_places_have_values() {
        let address = Address { socket: "/s/socket".into(), port: None, dir: "/d".into() };
        assert_eq!(address.get("socket").unwrap(), "/s/socket");
        assert_eq!(address.get("dir").unwrap(), "/d");
        assert_eq!((address.get("port"), address.get("cell")), (None, None));
    }
}
