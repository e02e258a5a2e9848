//! A hermetic folder in which tests drive the real binaries: a project, a cache and reports of
//! its own, and an environment without anything of the developer's.

#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub struct TestEnvironment {
    folder: TempDir,
    cache: PathBuf,
}

impl TestEnvironment {
    /// A project with this matrix, and a cache of its own.
    pub fn new(matrix: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("mg").tempdir().unwrap();
        // A private PostgreSQL that root starts runs as another user, who has to get through.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let cache = folder.path().join("cache");
        let environment = Self { folder, cache };
        environment.write("matrix.toml", matrix);
        environment
    }

    /// Uses the cache that tests share: for what takes long to make, such as Python environments.
    pub fn with_shared_cache(mut self) -> Self {
        self.cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache");
        std::fs::create_dir_all(&self.cache).unwrap();
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path().join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The real `memgrid` in this folder.
    pub fn memgrid(&self, arguments: &[&str]) -> Command {
        self.in_place(Command::new(env!("CARGO_BIN_EXE_memgrid")), arguments)
    }

    /// The same, for tests that send it signals.
    pub fn memgrid_hearing_signals(&self, arguments: &[&str]) -> Command {
        self.in_place(hearing_signals(env!("CARGO_BIN_EXE_memgrid")), arguments)
    }

    fn in_place(&self, mut command: Command, arguments: &[&str]) -> Command {
        forget(&mut command, "MEMGRID_");
        forget(&mut command, "GIT_");
        command
            .current_dir(self.path())
            .args(arguments)
            .env("MEMGRID_CACHE", &self.cache)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        Finished::new(self.memgrid(arguments).output().unwrap())
    }

    /// Ids of the runs, oldest first.
    pub fn runs(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path().join("reports/runs")) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut runs: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
        // Ids order runs by the second only.
        runs.sort_by_cached_key(|run| {
            let manifest = self.read(&format!("reports/runs/{run}/manifest.json"));
            let manifest: Value = serde_json::from_str(&manifest).unwrap();
            manifest["started"].as_str().unwrap().to_owned()
        });
        runs
    }
}

/// A process that has ended.
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    pub fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code, and shows what was said when it is another.
    #[track_caller]
    pub fn exits(self, code: u8) -> Self {
        let (stdout, stderr) = (&self.stdout, &self.stderr);
        assert_eq!(self.code, Some(i32::from(code)), "stdout:\n{stdout}\nstderr:\n{stderr}");
        self
    }

    /// Checks that stderr has this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in stderr:\n{}", self.stderr);
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.stdout, self.stderr))
    }

    /// Outcomes by cell, of `run --format json`.
    #[track_caller]
    pub fn outcomes(&self) -> Vec<(String, String)> {
        let json = self.json();
        let cells = json["cells"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        cells.map(|cell| (text(&cell["id"]), text(&cell["outcome"]))).collect()
    }
}

/// Starts `program` so that it hears all signals: those that whoever started the tests ignores,
/// as `nohup` does with SIGHUP, would be ignored by memgrid too. `env` becomes the program, whose
/// process is therefore the one that is started.
pub fn hearing_signals(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,HUP,TERM,QUIT").arg(program);
    command
}

/// Takes the caller's variables that begin like this from `command`: a hook of git that runs the
/// tests has some, for instance.
fn forget(command: &mut Command, start: &str) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        // Without its certificates a machine may reach no server.
        if text.starts_with(start) && !text.starts_with("GIT_SSL_") {
            command.env_remove(&name);
        }
    }
}

/// git with nothing of the developer's: neither variables nor configuration.
pub fn git_command() -> Command {
    let mut git = Command::new("git");
    forget(&mut git, "GIT_");
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").stdin(Stdio::null());
    git
}

/// Runs git in `folder` and returns what it wrote.
#[track_caller]
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = git_command()
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        // Looking at a checkout must not change it.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Commits all that is in `folder`, and returns the commit.
#[track_caller]
pub fn commit(folder: &Path, message: &str) -> String {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
    git(folder, &["rev-parse", "HEAD"])
}
