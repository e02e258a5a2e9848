//! What `[service.NAME]` says, resolved.

use std::time::Duration;

use indexmap::IndexMap;

/// A private server of any kind. Its texts are templates, in which `{socket}`, `{port}` and
/// `{dir}` stand for the places that memgrid chooses for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service<T = String> {
    /// Program and arguments; it stays in the foreground.
    pub command: Vec<T>,
    /// How to tell that it is ready.
    pub ready: Ready<T>,
    /// Variables that it gives to the cells that use it, and has itself.
    pub env: IndexMap<String, T>,
    /// How it is asked to end.
    pub stop: Stop<T>,
    /// How long it may take to end before it is killed.
    pub stop_timeout: Duration,
    /// How long it may take to be ready.
    pub start_timeout: Duration,
    /// How long it is there.
    pub per: Per,
    /// Whether root's memgrid runs it as root; otherwise it runs as an unprivileged user.
    pub as_root: bool,
    /// A command whose first line of output is its version; empty if there is none.
    pub version: Vec<T>,
    /// Debian packages that bring it.
    pub packages: Vec<String>,
}

impl<T> Service<T> {
    /// The same service with its texts replaced.
    ///
    /// # Errors
    /// The first that `replace` gives.
    pub fn try_map<U, E>(&self, replace: impl Fn(&T) -> Result<U, E>) -> Result<Service<U>, E> {
        let all = |texts: &Vec<T>| texts.iter().map(&replace).collect::<Result<Vec<U>, E>>();
        let env = self.env.iter().map(|(name, text)| Ok((name.clone(), replace(text)?)));
        Ok(Service {
            command: all(&self.command)?,
            ready: match &self.ready {
                Ready::Socket => Ready::Socket,
                Ready::Port => Ready::Port,
                Ready::Command(command) => Ready::Command(all(command)?),
            },
            env: env.collect::<Result<_, E>>()?,
            stop: match &self.stop {
                Stop::Signal(signal) => Stop::Signal(*signal),
                Stop::Command(command) => Stop::Command(all(command)?),
            },
            stop_timeout: self.stop_timeout,
            start_timeout: self.start_timeout,
            per: self.per,
            as_root: self.as_root,
            version: all(&self.version)?,
            packages: self.packages.clone(),
        })
    }

    /// All its texts, but for the version's.
    pub fn texts(&self) -> impl Iterator<Item = &T> {
        let ready = match &self.ready {
            Ready::Command(command) => command.as_slice(),
            Ready::Socket | Ready::Port => &[],
        };
        let stop = match &self.stop {
            Stop::Command(command) => command.as_slice(),
            Stop::Signal(_) => &[],
        };
        self.command.iter().chain(ready).chain(stop).chain(self.env.values())
    }
}

impl Service {
    /// How long a service may take to be ready, unless it says so itself.
    pub const START_TIMEOUT: Duration = Duration::from_secs(60);
    /// How long it may take to end.
    pub const STOP_TIMEOUT: Duration = Duration::from_secs(10);
}

/// How to tell that a service is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready<T = String> {
    /// Its Unix socket takes connections.
    Socket,
    /// Its TCP port takes connections.
    Port,
    /// This command succeeds.
    Command(Vec<T>),
}

/// How a service is asked to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop<T = String> {
    /// With a signal to its first process.
    Signal(StopSignal),
    /// With a command.
    Command(Vec<T>),
}

/// A signal that asks a service to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StopSignal {
    /// SIGTERM.
    Term,
    /// SIGINT.
    Int,
    /// SIGQUIT.
    Quit,
    /// SIGHUP.
    Hup,
    /// SIGUSR1.
    Usr1,
    /// SIGUSR2.
    Usr2,
    /// SIGKILL.
    Kill,
}

impl StopSignal {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Term, Self::Int, Self::Quit, Self::Hup, Self::Usr1, Self::Usr2, Self::Kill];

    /// The word for it in `matrix.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Hup => "HUP",
            Self::Usr1 => "USR1",
            Self::Usr2 => "USR2",
            Self::Kill => "KILL",
        }
    }
}

/// How long a service is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Per {
    /// For a whole run; cells share it.
    Run,
    /// A fresh one for each attempt.
    Attempt,
}
