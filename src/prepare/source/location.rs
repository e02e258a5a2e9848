//! Where a git repository is: a path, or a URL that git itself understands.

use std::fmt;
use std::path::PathBuf;

use url::Url;

/// Where a git repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// On this machine: read with git2.
    Local(PathBuf),
    /// Anywhere else: fetched by the user's own `git`, with its credentials and its proxies.
    Remote(String),
}

impl Location {
    pub(super) fn of(repository: &str) -> Self {
        match Url::parse(repository) {
            Ok(url) if url.scheme() == "file" => match url.to_file_path() {
                Ok(path) => Self::Local(path),
                Err(()) => Self::Remote(repository.to_owned()),
            },
            Ok(_) if repository.contains("://") => Self::Remote(repository.to_owned()),
            _ if is_scp(repository) => Self::Remote(repository.to_owned()),
            _ => Self::Local(PathBuf::from(repository)),
        }
    }

    /// What tells it from others: the same repository by another path is the same.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Local(path) => {
                let path = path.canonicalize().unwrap_or_else(|_| path.clone());
                path.to_string_lossy().into_owned()
            }
            Self::Remote(_) => self.to_string(),
        }
    }

    /// A short name for people who look into the cache.
    pub(super) fn name(&self) -> String {
        let identity = self.identity();
        let name =
            identity.trim_end_matches('/').trim_end_matches("/.git").trim_end_matches(".git");
        let name = name.rsplit(['/', ':']).next().unwrap_or_default();
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect()
    }

    /// The user name and password in a URL, as they are written there.
    pub(super) fn secret(&self) -> Option<&str> {
        let Self::Remote(url) = self else { return None };
        let (credentials, _) = url.split_once("://")?.1.split('/').next()?.rsplit_once('@')?;
        credentials.contains(':').then_some(credentials)
    }
}

/// Without credentials.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::Remote(url) => match self.secret() {
                Some(secret) => f.write_str(&url.replacen(&format!("{secret}@"), "", 1)),
                None => f.write_str(url),
            },
        }
    }
}

/// `git@host:path`, as ssh's own tools write it: a colon before any slash.
fn is_scp(repository: &str) -> bool {
    let colon = repository.find(':');
    let slash = repository.find('/').unwrap_or(repository.len());
    colon.is_some_and(|colon| colon > 0 && colon < slash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_urls_are_told_apart() {
        for local in ["/srv/django", "/a:b/c", "./x"] {
            assert_eq!(Location::of(local), Location::Local(local.into()));
        }
        assert_eq!(Location::of("file:///srv/my%20repo"), Location::Local("/srv/my repo".into()));
        for remote in ["https://a.b/c.git", "ssh://git@a.b/c", "git@a.b:c/d.git", "host:c"] {
            assert_eq!(Location::of(remote), Location::Remote(remote.to_owned()));
        }
    }

    #[test]
    fn credentials_are_never_shown() {
        let location = Location::of("https://me:s3cret@a.b/c/d.git");
        assert_eq!(location.to_string(), "https://a.b/c/d.git");
        assert_eq!(location.secret(), Some("me:s3cret"));
        assert_eq!(location.name(), "d");
        assert_eq!(Location::of("ssh://git@a.b/c").to_string(), "ssh://git@a.b/c");
        assert_eq!(Location::of("/srv/x/.git").name(), "x");
    }
}
