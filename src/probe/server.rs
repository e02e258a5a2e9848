//! The other side: what a server holds for the workload. A patch can move memory there, where the
//! workload's tree doesn't show it.
//!
//! The workload names the processes that serve it, and their anonymous memory is read with every
//! sample, less what they held when they were named. Shared memory is left out: a database's
//! buffers belong to all of its clients. A server that is one process for all clients is asked by
//! the workload instead. Of a server that is there for this workload alone, whoever starts us names
//! the process that it descends from, and all of it is read ([`Family`]).

mod family;

use rustix::io::Errno;
use rustix::process::Pid;

use self::family::Family;

use super::process::{self, Process};
use super::protocol::ServerLine;
use crate::measurement::{Metric, Precision, Scope, Unit};

/// Processes beyond these are not followed: each costs descriptors and time.
const MOST_PROCESSES: usize = 64;
/// What the kernel keeps of a process's name, in bytes.
const NAME_LENGTH: usize = 15;

/// All that is known of the server.
#[derive(Debug)]
pub(super) struct Servers {
    processes: Vec<Named>,
    families: Vec<Family>,
    /// Whether high-water marks are reset at each reading.
    reset: bool,
    /// Why they aren't, though they were to be.
    reset_refused: Option<Errno>,
    /// The highest of the readings.
    peak: Option<u64>,
    /// The most by the server's own account, in bytes.
    told: Option<f64>,
    /// Why not all of it can be known.
    unavailable: Option<String>,
    buffer: Vec<u8>,
}

/// A process that the workload named.
#[derive(Debug)]
struct Named {
    id: i32,
    process: Process,
    /// What it held by then.
    before: u64,
}

/// What the named processes held at one moment, in bytes, less what they held before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerReading {
    pub(super) anon: u64,
    /// The highest since the reading before, if the memory that went again was anonymous.
    pub(super) peak: u64,
}

impl Servers {
    /// Nothing is known yet.
    pub(super) fn new(reset: bool) -> Self {
        Self {
            processes: Vec::new(),
            families: Vec::new(),
            reset,
            reset_refused: None,
            peak: None,
            told: None,
            unavailable: None,
            buffer: vec![0; process::BUFFER],
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
                if self.processes.iter().any(|named| named.id == id) {
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
        if self.processes.len() >= MOST_PROCESSES {
            return Err(format!("the command named more than {MOST_PROCESSES} server processes"));
        }
        let process = match Process::open(id, &mut self.buffer) {
            Ok(process) => process,
            Err(Errno::NOENT | Errno::SRCH) => {
                return Err(format!("the server's process {id} can't be seen from here"));
            }
            Err(why) => return Err(format!("the server's process {id} can't be read: {why}")),
        };
        // In another container the same number is another process.
        let found = process.name(&mut self.buffer);
        if let Some(name) = name
            && !found.bytes().eq(name.bytes().take(NAME_LENGTH))
        {
            return Err(format!("process {id} is not the server's: it is {found}, not {name}"));
        }
        let Some(before) = process.memory().map(|memory| memory.anon) else {
            return Err(format!("the server's process {id} has no memory"));
        };
        let mut named = Named { id, process, before };
        self.forget_high(&mut named);
        self.processes.push(named);
        Ok(())
    }

    /// Reads the named processes; `None` if there are none that live. One that `is_counted` with
    /// the workload's own is refused.
    pub(super) fn read(&mut self, is_counted: impl Fn(i32) -> bool) -> Option<ServerReading> {
        let mut sum = ServerReading { anon: 0, peak: 0 };
        let mut highest_rise = 0;
        let mut is_there = false;
        for family in &mut self.families {
            let Some(held) = family.read() else { continue };
            is_there = true;
            sum.anon += held.anon;
            highest_rise = highest_rise.max(held.peak - held.anon);
            self.reset_refused = self.reset_refused.or(family.reset_refused());
        }
        for mut named in std::mem::take(&mut self.processes) {
            if is_counted(named.id) {
                let why = format!("process {} descends from the command itself", named.id);
                self.unavailable.get_or_insert(why);
                continue;
            }
            let Some((held, high)) = named.read(&mut self.buffer) else { continue };
            sum.anon += held;
            highest_rise = highest_rise.max(high - held);
            self.forget_high(&mut named);
            self.processes.push(named);
        }
        if self.processes.is_empty() && !is_there {
            return None;
        }
        sum.peak = sum.anon + highest_rise;
        self.peak = self.peak.max(Some(sum.peak));
        Some(sum)
    }

    fn forget_high(&mut self, named: &mut Named) {
        match named.process.forget_high(self.reset) {
            Ok(()) | Err(Errno::SRCH | Errno::NOENT) => {}
            Err(why) => {
                self.reset_refused = Some(why);
                self.reset = false;
            }
        }
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
            (None, None) if self.processes.is_empty() && self.families.is_empty() => None,
            (None, None) => Some(none("the command ended before its server was read again")),
        }
    }

    /// What a reader must know about the figure.
    pub(super) fn notes(&self) -> Option<String> {
        let why = self.reset_refused?;
        Some(format!(
            "the server's high-water marks could not be reset ({why}): its peaks between two \
             samples may be missing"
        ))
    }
}

impl Named {
    /// What it holds, and the most that it held since the last reading, less what it held before.
    fn read(&mut self, buffer: &mut Vec<u8>) -> Option<(u64, u64)> {
        self.process.read_status(buffer).ok()?;
        let memory = self.process.memory()?;
        let rise = self.process.recent_high().saturating_sub(memory.rss);
        let held = memory.anon.saturating_sub(self.before);
        let high = (memory.anon + rise).saturating_sub(self.before);
        Some((held, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!((servers.read(|_| false), servers.metric()), (None, None));
    }

    #[test]
    fn what_it_held_before_does_not_count() {
        let mut servers = servers(vec![process(own_id(), None)]);
        assert!(servers.metric().is_some_and(|metric| metric.value.is_none()));
        let reading = servers.read(|_| false);
        // Other tests run in this process: it may have grown a little, but not doubled.
        let held = servers.processes[0].process.memory().map_or(0, |memory| memory.anon);
        assert!(reading.is_some_and(|reading| reading.anon < held), "{reading:?} of {held}");
        let metric = servers.metric().unwrap();
        assert!(metric.value.is_some());
        assert_eq!((metric.scope, metric.precision), (Scope::Server, Precision::Sampled));
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
        both.read(|_| false);
        assert!(why(&both).contains("can't be seen"));
        let mut own = servers(vec![process(own_id(), None)]);
        assert_eq!(own.read(|id| id == own_id()), None);
        assert!(why(&own).contains("descends"));
        let told = servers(vec![ServerLine::Unavailable("it is far away".to_owned())]);
        assert_eq!(why(&told), "it is far away");
    }
}
