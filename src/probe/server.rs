//! The other side: what a server holds for the workload. A patch can move memory there, where the
//! workload's tree doesn't show it.
//!
//! The workload names the processes that serve it, and their anonymous memory is read with every
//! sample, less what they held when they were named. Shared memory is left out: a database's
//! buffers belong to all of its clients. A server that is one process for all clients is asked by
//! the workload instead. Of a server that is there for this workload alone, whoever starts us names
//! the process that it descends from, and all of it is read ([`Family`]).

mod family;

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::Pid;

use self::family::Family;

use super::look::Look;
use super::members::Members;
use super::protocol::ServerLine;
use crate::measurement::{Metric, Precision, Scope, Unit};

/// Processes beyond these are not followed: each costs descriptors and time.
const MOST_PROCESSES: usize = 64;
/// What the kernel keeps of a process's name, in bytes.
const NAME_LENGTH: usize = 15;

/// All that is known of the server.
#[derive(Debug)]
pub(super) struct Servers {
    /// The processes that the workload named.
    named: Members,
    /// By process, the anonymous memory that it held when it was named, in bytes.
    before: BTreeMap<i32, u64>,
    families: Vec<Family>,
    /// The highest of the readings.
    peak: Option<u64>,
    /// The most by the server's own account, in bytes.
    told: Option<f64>,
    /// Why not all of it can be known.
    unavailable: Option<String>,
}

/// What the server's processes held at one moment, in bytes, less what they held before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerReading {
    pub(super) anon: u64,
    /// The highest since the reading before, if the memory that went again was anonymous.
    pub(super) peak: u64,
}

impl ServerReading {
    /// What is held beyond what was held `before`: `anon`, which was more by `rise` since the
    /// reading before.
    const fn since(before: u64, anon: u64, rise: u64) -> Self {
        Self { anon: anon.saturating_sub(before), peak: (anon + rise).saturating_sub(before) }
    }

    /// Both together, if one moved and the other held what it holds now.
    fn and(self, other: Self) -> Self {
        let rise = (self.peak - self.anon).max(other.peak - other.anon);
        let anon = self.anon + other.anon;
        Self { anon, peak: anon + rise }
    }
}

impl Servers {
    /// Nothing is known yet.
    pub(super) fn new(reset: bool) -> Self {
        Self {
            named: Members::new(reset),
            before: BTreeMap::new(),
            families: Vec::new(),
            peak: None,
            told: None,
            unavailable: None,
        }
    }

    /// All that descends from these processes now is known, and what it holds.
    pub(super) fn following(reset: bool, roots: &[Pid]) -> Self {
        let mut servers = Self::new(reset);
        servers.families = roots.iter().map(|root| Family::of(*root, reset)).collect();
        servers
    }

    /// Takes what the workload says. What a process holds now is what it held before.
    pub(super) fn hear(&mut self, line: ServerLine) {
        match line {
            ServerLine::Process { id, name } => {
                if self.named.contains(id) {
                    return;
                }
                if let Err(why) = self.follow(id, name.as_deref()) {
                    self.unavailable.get_or_insert(why);
                }
            }
            ServerLine::Memory(bytes) => {
                self.told = Some(self.told.map_or(bytes, |told| told.max(bytes)));
            }
            ServerLine::Unavailable(why) => {
                self.unavailable.get_or_insert(why);
            }
        }
    }

    fn follow(&mut self, id: i32, name: Option<&str>) -> Result<(), String> {
        if self.named.len() >= MOST_PROCESSES {
            return Err(format!("the command named more than {MOST_PROCESSES} server processes"));
        }
        let process = match self.named.open(id) {
            Ok(process) => process,
            Err(Errno::NOENT | Errno::SRCH) => {
                return Err(format!("the server's process {id} can't be seen from here"));
            }
            Err(why) => return Err(format!("the server's process {id} can't be read: {why}")),
        };
        // In another container the same number is another process.
        let found = process.name();
        if let Some(name) = name
            && !found.bytes().eq(name.bytes().take(NAME_LENGTH))
        {
            return Err(format!("process {id} is not the server's: it is {found}, not {name}"));
        }
        let Some(before) = process.memory().map(|memory| memory.anon) else {
            return Err(format!("the server's process {id} has no memory"));
        };
        self.before.insert(id, before);
        self.named.add_from_now(id, process);
        Ok(())
    }

    /// Whether there is no server to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty() && self.families.is_empty()
    }

    /// Looks at the server's processes; `None` if there are none that live. One that `is_counted` with
    /// the workload's own is refused.
    pub(super) fn read(
        &mut self,
        now: Duration,
        look: Look,
        is_counted: impl Fn(i32) -> bool,
    ) -> Option<ServerReading> {
        if self.is_empty() {
            return None;
        }
        let unavailable = &mut self.unavailable;
        self.named.retain(|id| {
            let counted = is_counted(id);
            if counted {
                let why = || format!("process {id} descends from the command itself");
                unavailable.get_or_insert_with(why);
            }
            !counted
        });
        self.named.refresh(look);
        let named = self.named.with_memory().filter_map(|(id, process)| {
            let anon = process.memory()?.anon;
            Some(ServerReading::since(*self.before.get(&id)?, anon, process.recent_rise()))
        });
        let families = self.families.iter_mut().filter_map(|family| family.read(now, look));
        let sum = families.chain(named).reduce(ServerReading::and);
        self.named.forget_highs();
        self.peak = self.peak.max(sum.map(|sum| sum.peak));
        sum
    }

    /// Reads the processes for the last time, with all that was not told yet.
    pub(super) fn finish(&mut self, now: Duration, is_counted: impl Fn(i32) -> bool) {
        self.read(now, Look::Everything, is_counted);
    }

    /// The figure; `None` if there is no server.
    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    pub(super) fn metric(&self) -> Option<Metric> {
        let none =
            |why: &str| Metric::unavailable(Unit::Bytes, Scope::Server, Precision::Sampled, why);
        let some = |value, precision| Metric::new(value, Unit::Bytes, Scope::Server, precision);
        if let Some(why) = &self.unavailable {
            return Some(none(why));
        }
        match (self.peak.map(|peak| peak as f64), self.told) {
            (Some(read), Some(told)) if read > told => Some(some(read, Precision::Sampled)),
            (_, Some(told)) => Some(some(told, Precision::Exact)),
            (Some(read), None) => Some(some(read, Precision::Sampled)),
            (None, None) if self.before.is_empty() && self.families.is_empty() => None,
            (None, None) => {
                Some(none(self.families.iter().find_map(Family::why_empty).unwrap_or(
                    "the server's process or the command ended before it was read again",
                )))
            }
        }
    }

    /// What a reader must know about the figure.
    pub(super) fn notes(&self) -> Option<String> {
        let families = || self.families.iter().find_map(Family::reset_refused);
        let why = self.named.reset_refused().or_else(families)?;
        Some(format!(
            "the server's high-water marks could not be reset ({why}): its peaks between two \
             samples may be missing"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::told::{self, Told};

    const NOW: Duration = Duration::from_millis(500);

    fn own_id() -> i32 {
        rustix::process::getpid().as_raw_nonzero().get()
    }

    fn servers(lines: Vec<ServerLine>) -> Servers {
        let mut servers = Servers::new(false);
        for line in lines {
            servers.hear(line);
        }
        servers
    }

    fn process(id: i32, name: Option<&str>) -> ServerLine {
        ServerLine::Process { id, name: name.map(str::to_owned) }
    }

    #[test]
    fn without_a_server_there_is_no_figure() {
        let mut servers = Servers::new(true);
        assert_eq!((servers.read(NOW, Look::Sizes, |_| false), servers.metric()), (None, None));
    }

    #[test]
    fn what_it_held_before_does_not_count() {
        let mut servers = servers(vec![process(own_id(), None)]);
        assert!(servers.metric().is_some_and(|metric| metric.value.is_none()));
        let reading = servers.read(NOW, Look::Sizes, |_| false);
        // Other tests run in this process: it may have grown a little, but not doubled.
        let held: u64 =
            servers.named.with_memory().map(|(_, own)| own.memory().unwrap().anon).sum();
        assert!(reading.is_some_and(|reading| reading.anon < held), "{reading:?} of {held}");
        let metric = servers.metric().unwrap();
        assert!(metric.value.is_some());
        assert_eq!((metric.scope, metric.precision), (Scope::Server, Precision::Sampled));
    }

    #[test]
    fn a_process_that_ended_before_it_was_read_is_not_no_server() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mut servers = servers(vec![process(i32::try_from(child.id()).unwrap(), None)]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(servers.read(NOW, Look::Sizes, |_| false), None);
        let metric = servers.metric().unwrap();
        assert!(metric.unavailable.unwrap().contains("ended before"));
    }

    #[test]
    fn the_last_reading_has_what_came_and_went() {
        let mut told = Told::python(told::RETURNING);
        // The first time also leaves what the interpreter keeps.
        told.go_on();
        let mut servers = Servers::new(true);
        servers.hear(process(told.id(), None));
        let first = servers.read(NOW, Look::Sizes, |_| false);
        assert!(first.is_some_and(|reading| reading.peak < 32 << 20), "{first:?}");
        told.go_on();
        servers.finish(NOW, |_| false);
        let metric = servers.metric().unwrap();
        assert!(metric.value.is_some_and(|bytes| bytes > f64::from(32 << 20)), "{metric:?}");
        told.end();
    }

    #[test]
    fn a_server_without_descendants_says_so() {
        let why = |id: i32| {
            let servers = Servers::following(false, &[Pid::from_raw(id).unwrap()]);
            servers.metric().unwrap().unavailable.unwrap()
        };
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(why(i32::try_from(child.id()).unwrap()).contains("nothing descends"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(why(i32::MAX).contains("can't be seen"));
    }

    #[test]
    fn the_servers_own_account_is_exact() {
        let servers = servers(vec![ServerLine::Memory(500.0), ServerLine::Memory(300.0)]);
        let metric = servers.metric().unwrap();
        assert_eq!((metric.value, metric.precision), (Some(500.0), Precision::Exact));
    }

    #[test]
    fn what_cannot_be_known_says_why() {
        let why = |servers: &Servers| servers.metric().unwrap().unavailable.unwrap();
        assert!(why(&servers(vec![process(i32::MAX, None)])).contains("can't be seen"));
        let named = servers(vec![process(own_id(), Some("postgres"))]);
        assert!(why(&named).contains("not postgres"), "{}", why(&named));
        // A sum that lacks one of two would be too low.
        let mut both = servers(vec![process(own_id(), None), process(i32::MAX, None)]);
        both.read(NOW, Look::Sizes, |_| false);
        assert!(why(&both).contains("can't be seen"));
        let mut own = servers(vec![process(own_id(), None)]);
        assert_eq!(own.read(NOW, Look::Sizes, |id| id == own_id()), None);
        assert!(why(&own).contains("descends"));
        let told = servers(vec![ServerLine::Unavailable("it is far away".to_owned())]);
        assert_eq!(why(&told), "it is far away");
    }
}
