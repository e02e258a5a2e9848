//! Repositories that are not on this machine, as far as memgrid can tell.

use std::path::Path;
use std::process::Command;

use memgrid::config::{Origin, State};

use super::common::git_command;
use super::{Place, git, skip};

/// git's own transport, as for https and ssh, by a scheme that needs no server.
#[test]
fn remote_repositories_are_fetched_by_git() {
    let place = Place::new();
    let repository = place.repository();
    let daemon = place.path("daemon-root");
    fs_err::create_dir(&daemon).unwrap();
    git(
        &repository,
        &["clone", "-q", "--bare", ".", &daemon.join("project.git").display().to_string()],
    );
    let Some(server) = GitDaemon::start(&daemon) else {
        return skip("git daemon");
    };
    let url = format!("git://127.0.0.1:{}/project.git", server.port);
    let remote = |rev: &str| Origin::Git { repository: url.clone(), rev: rev.to_owned() };
    let commit = git(&repository, &["rev-parse", "main"]);
    for rev in ["main", "HEAD", "stable/1.x", "v1.0", &commit[..10]] {
        place
            .one(remote(rev), State::default())
            .unwrap_or_else(|blocked| panic!("{rev}: {blocked}"));
    }
    drop(server);
    let state = place.one(remote("main"), State::default()).unwrap();
    assert_eq!(state.record.sources["subject"].commit.as_ref(), Some(&commit));
    assert!(place.noted.details().iter().any(|text| text.contains("as it was last time")));
}

struct GitDaemon {
    child: std::process::Child,
    port: u16,
}

impl GitDaemon {
    fn start(root: &Path) -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        // `git daemon` forks a server of its own, which would outlive a killed git.
        let exec_path = git_command().arg("--exec-path").output().ok()?.stdout;
        let program = Path::new(String::from_utf8(exec_path).ok()?.trim()).join("git-daemon");
        let mut child = Command::new(program)
            .args(["--export-all", "--listen=127.0.0.1", &format!("--port={port}")])
            .arg(format!("--base-path={}", root.display()))
            .arg(root)
            .stderr(std::process::Stdio::null())
            .spawn()
            .ok()?;
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(Self { child, port });
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }
}

impl Drop for GitDaemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
