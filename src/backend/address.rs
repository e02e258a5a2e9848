//! The URL of a server of the user's own: where it comes from, what memgrid connects to, and what
//! of it may be shown.

use std::path::PathBuf;

use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use url::Url;

use crate::config::BackendKind;
use crate::error::{Context, Error, Result};

/// What stands for a password.
const HIDDEN: &str = "***";

/// A database that the user gave.
#[derive(Clone)]
pub(super) struct Address {
    kind: BackendKind,
    text: String,
    url: Url,
}

impl Address {
    /// Reads `[backend.NAME] url`; `look_up` reads variables.
    pub(super) fn resolve(
        name: &str,
        kind: BackendKind,
        given: &str,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let text = match given.strip_prefix('$') {
            None => given.to_owned(),
            Some(variable) => {
                look_up(variable).filter(|value| !value.is_empty()).ok_or_else(|| {
                    Error::usage(format!("backend {name}: the variable {variable} is not set"))
                        .hint(format!("set {variable} to the URL of a {} database", kind.as_str()))
                })?
            }
        };
        let url = parse(&text).map_err(|error| {
            // Without the text: there may be a password in it.
            Error::usage(format!("backend {name}: its URL can't be understood: {error}"))
                .hint(format!("write it as {}", example(kind)))
        })?;
        if !schemes(kind).contains(&url.scheme()) {
            let scheme = url.scheme();
            return Err(Error::usage(format!(
                "backend {name}: a {scheme} URL for a {} backend",
                kind.as_str()
            ))
            .hint(format!("write it as {}", example(kind))));
        }
        Ok(Self { kind, text, url })
    }

    /// As the user wrote it: for workloads, never for people.
    pub(super) fn url(&self) -> &str {
        &self.text
    }

    /// The same without its password.
    pub(super) fn redacted(&self) -> String {
        self.hide(&self.text)
    }

    /// `text` without this address's password.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in self.secrets() {
            shown = shown.replace(&secret, HIDDEN);
        }
        shown
    }

    /// The password as it is written and as it is meant.
    pub(super) fn secrets(&self) -> Vec<String> {
        let written = self.url.password().map(str::to_owned);
        let query = self.url.query().unwrap_or_default();
        let parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        let parameters = parameters
            .filter(|(key, _)| matches!(*key, "password" | "passwd"))
            .map(|(_, value)| value.to_owned());
        let written: Vec<_> = written.into_iter().chain(parameters).collect();
        let meant = written.iter().map(|secret| decode(secret));
        let mut all: Vec<_> =
            meant.chain(written.clone()).filter(|secret| !secret.is_empty()).collect();
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        all
    }

    pub(super) const fn kind(&self) -> BackendKind {
        self.kind
    }

    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(decode(self.url.path()))
    }

    pub(super) fn postgresql(&self) -> Result<PgConnectOptions> {
        PgConnectOptions::from_url(&self.url).context(|| "the URL can't be understood".to_owned())
    }

    pub(super) fn mysql(&self) -> Result<MySqlConnectOptions> {
        let options = MySqlConnectOptions::from_url(&self.url)
            .context(|| "the URL can't be understood".to_owned())?;
        // mysqlclient's word for it, which Django's settings use; sqlx says `socket`.
        let socket = self.url.query_pairs().find(|(key, _)| key == "unix_socket");
        Ok(socket.into_iter().fold(options, |options, (_, path)| options.socket(&*path)))
    }
}

/// Not derived: a password must not reach a log.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Address").field(&self.redacted()).finish()
    }
}

/// libpq takes `postgresql://user@/db?host=/folder`; the standard for URLs does not.
fn parse(text: &str) -> Result<Url, url::ParseError> {
    match Url::parse(text) {
        Err(url::ParseError::EmptyHost) => Url::parse(&text.replacen("@/", "@localhost/", 1)),
        parsed => parsed,
    }
}

const fn schemes(kind: BackendKind) -> &'static [&'static str] {
    match kind {
        BackendKind::Sqlite => &["sqlite", "sqlite3"],
        BackendKind::Postgresql => &["postgresql", "postgres"],
        BackendKind::Mysql => &["mysql", "mariadb"],
    }
}

const fn example(kind: BackendKind) -> &'static str {
    match kind {
        BackendKind::Sqlite => "sqlite:///ABSOLUTE/PATH",
        BackendKind::Postgresql => "postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        BackendKind::Mysql => "mysql://USER:PASSWORD@HOST:PORT/DATABASE",
    }
}

/// `%20` and the like to what they stand for.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A path as part of a URL.
pub(super) fn encode_path(path: &std::path::Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(kind: BackendKind, url: &str) -> Result<Address> {
        Address::resolve("db", kind, url, |_| None)
    }

    #[test]
    fn no_password_is_ever_shown() {
        for url in [
            "postgresql://me:s3cret@host:5433/db",
            "postgresql://me@host/db?password=s3cret&sslmode=require",
            "postgresql://me:s3%63ret@/db?host=/run/postgresql",
        ] {
            let address = address(BackendKind::Postgresql, url).unwrap();
            for shown in [address.redacted(), format!("{address:?}"), address.hide("no s3cret")] {
                assert!(!shown.contains("s3cret") && !shown.contains("s3%63ret"), "{shown}");
                assert!(shown.contains("***"), "{shown}");
            }
            assert_eq!(address.url(), url);
        }
        let broken = address(BackendKind::Mysql, "mysql://me:s3cret@:port/").unwrap_err();
        assert!(!broken.to_string().contains("s3cret"), "{broken}");
        let other = address(BackendKind::Mysql, "postgresql://me:s3cret@host/db").unwrap_err();
        assert!(other.to_string().contains("a postgresql URL for a mysql backend"), "{other}");
    }

    #[test]
    fn a_variable_is_looked_up() {
        let look_up = |name: &str| (name == "URL").then(|| "mysql://u@h/db".to_owned());
        let found = Address::resolve("db", BackendKind::Mysql, "$URL", look_up).unwrap();
        assert_eq!(found.url(), "mysql://u@h/db");
        let missing = Address::resolve("db", BackendKind::Mysql, "$OTHER", look_up).unwrap_err();
        assert!(missing.to_string().contains("variable OTHER is not set"), "{missing}");
    }

    #[test]
    fn sockets_are_understood_in_the_words_of_each_database() {
        let url = "postgresql://me@/db?host=/run/my%20pg";
        let options = address(BackendKind::Postgresql, url).unwrap().postgresql().unwrap();
        assert_eq!(options.get_socket().unwrap().to_str(), Some("/run/my pg"));
        let url = "mysql://root@localhost/db?unix_socket=/run/my.sock";
        let options = address(BackendKind::Mysql, url).unwrap().mysql().unwrap();
        assert_eq!(options.get_socket().unwrap().to_str(), Some("/run/my.sock"));
        let path = address(BackendKind::Sqlite, "sqlite:////tmp/a%20b.db").unwrap().path();
        assert_eq!(path.to_str(), Some("//tmp/a b.db"));
    }

    #[test]
    fn paths_survive_the_way_through_a_url() {
        let path = std::path::Path::new("/tmp/a b?#%é");
        assert_eq!(encode_path(path), "/tmp/a%20b%3F%23%25%C3%A9");
        assert_eq!(decode(&encode_path(path)), path.to_str().unwrap());
    }
}
