//! Runs an outside tool, such as git or pip, to its end: what it wrote becomes a value or a good
//! error, and an interrupt ends it with everything that it started.
//!
//! A tool runs in a process group of its own, without a terminal: it can't ask anything, and
//! Ctrl-C reaches it through us.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::prepare::Blocked;

/// How often a running tool's caller looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(50);
/// How long an interrupted tool may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// How many of its last lines an error quotes.
const QUOTED_LINES: usize = 12;

/// A program and how it is called.
#[derive(Clone, Debug)]
pub struct Tool {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
    folder: Option<PathBuf>,
    secrets: Vec<String>,
}

/// Why a tool gave nothing.
#[derive(Debug)]
pub enum ToolError {
    /// There is no such program.
    Missing {
        /// As it was called.
        program: String,
    },
    /// It could not be started or waited for.
    Io {
        /// The whole command.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It ran, and failed.
    Failed {
        /// The whole command.
        command: String,
        /// `exit code 1`, `signal 9`.
        status: String,
        /// The last lines that it wrote to stderr, or to stdout if there were none.
        said: String,
    },
    /// We were asked to stop, and ended it.
    Interrupted {
        /// The whole command.
        command: String,
    },
}

impl Tool {
    /// A call of `program` (a name on PATH, or a path) without arguments.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: None,
            secrets: Vec::new(),
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable in its environment, which is otherwise ours.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes a variable out of its environment.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// Runs it in `folder`.
    #[must_use]
    pub fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Keeps `secret` (a part of an argument, such as a password) out of every message.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// The call as one could type it, without the environment and without secrets.
    #[must_use]
    pub fn command_line(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        self.redacted(words.join(" "))
    }

    /// Runs it and gives what it wrote to stdout.
    ///
    /// # Errors
    /// When it is not there, fails, or was interrupted.
    pub fn run(&self, interrupt: &Interrupt) -> Result<Vec<u8>, ToolError> {
        self.output(interrupt).map(|output| output.stdout)
    }

    /// Runs it and gives stdout as text, without the white space around it.
    ///
    /// # Errors
    /// As [`Tool::run`].
    pub fn read(&self, interrupt: &Interrupt) -> Result<String, ToolError> {
        self.run(interrupt).map(|out| String::from_utf8_lossy(&out).trim().to_owned())
    }

    /// Runs it and gives both of its outputs.
    ///
    /// # Errors
    /// As [`Tool::run`].
    pub fn output(&self, interrupt: &Interrupt) -> Result<Output, ToolError> {
        if interrupt.is_raised() {
            return Err(ToolError::Interrupted { command: self.command_line() });
        }
        let handle = self.expression().start().map_err(|source| self.io_error(source))?;
        let mut ending: Option<Instant> = None;
        loop {
            let ended = handle.wait_timeout(LOOK).map_err(|source| self.io_error(source))?;
            if ended.is_some() {
                break;
            }
            match ending {
                None if interrupt.is_raised() => {
                    signal(&handle, Signal::TERM);
                    ending = Some(Instant::now());
                }
                Some(since) if since.elapsed() >= GRACE || interrupt.is_urgent() => {
                    signal(&handle, Signal::KILL);
                }
                _ => {}
            }
        }
        let output = handle.into_output().map_err(|source| self.io_error(source))?;
        match output.status.success() {
            _ if ending.is_some() => Err(ToolError::Interrupted { command: self.command_line() }),
            true => Ok(output),
            false => Err(self.failure(&output)),
        }
    }

    fn expression(&self) -> duct::Expression {
        let mut expression = duct::cmd(&self.program, &self.arguments)
            .stdin_null()
            .stdout_capture()
            .stderr_capture()
            .unchecked()
            .before_spawn(|command| {
                command.process_group(0);
                Ok(())
            });
        for (name, value) in &self.environment {
            expression = match value {
                Some(value) => expression.env(name, value),
                None => expression.env_remove(name),
            };
        }
        match &self.folder {
            Some(folder) => expression.dir(folder),
            None => expression,
        }
    }

    fn io_error(&self, source: io::Error) -> ToolError {
        // A missing working folder gives the same error kind as a missing program.
        let folder_exists = self.folder.as_ref().is_none_or(|folder| folder.is_dir());
        if source.kind() == io::ErrorKind::NotFound && folder_exists {
            return ToolError::Missing { program: self.program.to_string_lossy().into_owned() };
        }
        ToolError::Io { command: self.command_line(), source }
    }

    fn failure(&self, output: &Output) -> ToolError {
        let said = match last_lines(&output.stderr) {
            said if said.is_empty() => last_lines(&output.stdout),
            said => said,
        };
        let status = describe(output.status);
        ToolError::Failed { command: self.command_line(), status, said: self.redacted(said) }
    }

    fn redacted(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), "***"))
    }
}

impl ToolError {
    /// The outcome of cells that needed what the tool would have given: `interrupted`, or else
    /// `unavailable`, with what we were doing, why it failed, and a command that would help.
    #[must_use]
    pub fn blocked(&self, doing: &str, help: Option<String>) -> Blocked {
        let outcome = match self {
            Self::Interrupted { .. } => Outcome::Interrupted,
            _ => Outcome::Unavailable,
        };
        Blocked { outcome, reason: format!("{doing}: {self}"), help }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { program } => write!(f, "`{program}` is not installed"),
            Self::Io { command, source } => write!(f, "`{command}` could not be run: {source}"),
            Self::Failed { command, status, said } if said.is_empty() => {
                write!(f, "`{command}` failed with {status}")
            }
            Self::Failed { command, status, said } => {
                write!(f, "`{command}` failed with {status}:\n{said}")
            }
            Self::Interrupted { command } => write!(f, "`{command}` was interrupted"),
        }
    }
}

impl std::error::Error for ToolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Signals the tool's whole process group; a group that is gone already is what we want.
fn signal(handle: &duct::Handle, signal: Signal) {
    for pid in handle.pids() {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(pid, signal);
        }
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// The last lines that say something.
fn last_lines(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> =
        text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(QUOTED_LINES)..].join("\n")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Tool {
        Tool::new("sh").args(["-c", script])
    }

    #[test]
    fn gives_what_was_written() {
        let said = shell("echo \" $WORD \"; echo noise >&2").env("WORD", "hello");
        assert_eq!(said.read(&Interrupt::default()).unwrap(), "hello");
    }

    #[test]
    fn a_failure_quotes_the_last_lines() {
        let error = shell("echo out; echo 'no such revision' >&2; exit 3")
            .run(&Interrupt::default())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sh -c 'echo out; echo '\\''no such revision'\\'' >&2; exit 3'` failed with exit code 3:\n\
             no such revision"
        );
        let error = shell("kill -9 $$").run(&Interrupt::default()).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c 'kill -9 $$'` failed with signal 9");
    }

    #[test]
    fn a_missing_program_and_a_missing_folder_are_told_apart() {
        let missing = Tool::new("memgrid-no-such-tool").run(&Interrupt::default()).unwrap_err();
        assert_eq!(missing.to_string(), "`memgrid-no-such-tool` is not installed");
        let folder = shell("true").dir("/no/such/folder").run(&Interrupt::default()).unwrap_err();
        assert!(matches!(folder, ToolError::Io { .. }), "{folder}");
    }

    #[test]
    fn an_interrupt_ends_the_whole_group() {
        let interrupt = Interrupt::default();
        let raiser = interrupt.clone();
        let began = Instant::now();
        let timer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            raiser.raise();
        });
        // The grandchild holds our pipe: were it left alive, we would wait for it.
        let error = shell("sleep 30 & sleep 30").run(&interrupt).unwrap_err();
        timer.join().unwrap();
        assert!(began.elapsed() < Duration::from_secs(10));
        assert_eq!(error.blocked("fetching", None).outcome, Outcome::Interrupted, "{error}");
    }

    #[test]
    fn secrets_stay_secret() {
        let tool = shell("echo 'no access with s3cret' >&2; exit 1 # s3cret").secret("s3cret");
        let error = tool.run(&Interrupt::default()).unwrap_err().to_string();
        assert!(error.contains("no access with ***") && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn nothing_starts_after_an_interrupt() {
        let interrupt = Interrupt::default();
        interrupt.raise();
        assert!(matches!(shell("true").run(&interrupt), Err(ToolError::Interrupted { .. })));
    }
}
