//! What was measured as metrics, each with how far it can be believed. Pure.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::WaitStatus;

use super::clock::Deadlines;
use super::ending::Ending;
use super::heap::Account;
use super::passes;
use super::record::{Record, seconds};
use super::said::Said;
use super::summary::bytes;
use super::tree::Tree;
use super::usage::Usage;
use crate::measurement::{Metric, Metrics, OWN_METRICS, Precision, Scope, Unit, unit};

/// The metric of the server; there is one only if there is a server.
const PEAK_SERVER: &str = "peak_server";
const PEAK_CGROUP: &str = "peak_cgroup";

/// All that is known when the workload and what it left behind have ended.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) wall: Duration,
    pub(super) status: WaitStatus,
    pub(super) record: Record,
    /// What the server held, if there is one.
    pub(super) server: Option<Metric>,
    pub(super) said: Said,
    pub(super) deadlines: Deadlines,
    pub(super) ending: Option<Ending>,
    /// What a terminal sent to the command and to us, and we left to the command.
    pub(super) from_terminal: Option<i32>,
    /// The first process has waited for children.
    pub(super) had_children: bool,
    /// Why there may have been children that nobody knows of.
    pub(super) may_lack: Option<MayLack>,
    /// Why PSS could not be read.
    pub(super) rollup_refused: Option<Errno>,
    /// The account of live heap, or why there is none; `None` if it was not wanted.
    pub(super) heap: Option<Result<Account, String>>,
    /// What passes have found; nothing without any.
    pub(super) passes: passes::Outcome,
    pub(super) usage: Usage,
    /// The most memory that was charged to the cgroup, or why that is not known.
    pub(super) charged: Result<u64, String>,
    pub(super) notes: Vec<String>,
}

/// Memprobe's own metrics. Takes the workload's from `measured` and adds them.
#[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
pub(super) fn metrics(measured: &mut Measured) -> Metrics {
    let peaks = &measured.record.peaks;
    let usage = &measured.usage;
    let count = |name: &str, value: u64| {
        if peaks.readings == 0 {
            return none(name, Precision::Sampled, unread(peaks.samples));
        }
        some(name, Precision::Sampled, value as f64)
    };
    // The first reading comes right after exec, when a program has hardly begun to need memory.
    let sampled = |name: &str, value: u64| {
        if peaks.readings == 0 && peaks.samples > 2 {
            return none(name, Precision::Sampled, unread(peaks.samples));
        }
        if peaks.readings < 2 {
            return none(name, Precision::Sampled, "the command ended before its second sample");
        }
        some(name, Precision::Sampled, value as f64)
    };
    let rollup = |name: &str, value: Option<u64>| match (value, measured.rollup_refused) {
        (Some(value), _) => some(name, Precision::Sampled, value as f64),
        (None, Some(why)) => {
            let why = format!("smaps_rollup can't be read: {why}");
            none(name, Precision::Sampled, &why)
        }
        (None, None) => none(
            name,
            Precision::Sampled,
            "the command ended before its first reading, with the first sample after 10 ms",
        ),
    };
    let exact = |name: &str, value: f64| some(name, Precision::Exact, value);
    let (user, system) = (usage.user, usage.system);
    let peak = if is_alone(measured) { Precision::Exact } else { Precision::Sampled };
    let mut metrics: Metrics = [
        some("peak_rss", peak, peak_rss(measured) as f64),
        sampled("peak_anon", peaks.anon),
        sampled("peak_swap", peaks.swap),
        rollup("peak_pss", peaks.rollup.map(|rollup| rollup.pss)),
        rollup("peak_uss", peaks.rollup.map(|rollup| rollup.uss)),
        match &measured.charged {
            Ok(bytes) => exact(PEAK_CGROUP, *bytes as f64),
            Err(why) => none(PEAK_CGROUP, Precision::Exact, why),
        },
        exact("wall_time", seconds(measured.wall)),
        exact("cpu_time", seconds(user + system)),
        exact("cpu_user", seconds(user)),
        exact("cpu_system", seconds(system)),
        count("processes", peaks.processes),
        count("threads", peaks.threads),
        exact("minor_faults", usage.minor_faults as f64),
        exact("major_faults", usage.major_faults as f64),
    ]
    .into();
    metrics.extend(measured.server.take().map(|server| (PEAK_SERVER.to_owned(), server)));
    metrics.extend(heap(measured));
    metrics.extend(std::mem::take(&mut measured.passes.metrics));
    metrics.extend(std::mem::take(&mut measured.said.values).into_metrics());
    metrics
}

/// Why none of so many samples could read anything.
const fn unread(samples: u64) -> &'static str {
    match samples {
        0..=2 => "the command ended before it could be read",
        _ => "no sample could read it: there is no /proc here, or it hides the command",
    }
}

/// Live heap, if it was to be counted. What there is no CPython for has no figure of it.
#[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
fn heap(measured: &Measured) -> Vec<(String, Metric)> {
    let account = match &measured.heap {
        None => return Vec::new(),
        Some(Ok(account)) => account,
        Some(Err(why)) => {
            let exact = ["peak_heap", "heap_at_end"].map(|name| none(name, Precision::Exact, why));
            let sampled = none("peak_retained", Precision::Sampled, why);
            return exact.into_iter().chain([sampled]).collect();
        }
    };
    // A child may have had no account, and be gone before that could be noticed.
    let is_alone = account.is_alone && is_alone(measured);
    let peak = if is_alone { Precision::Exact } else { Precision::Sampled };
    let mut metrics = vec![some("peak_heap", peak, account.peak as f64)];
    metrics.extend(account.python.map(|python| match python {
        Ok(bytes) => some("peak_python_heap", peak, bytes as f64),
        Err(why) => none("peak_python_heap", peak, why),
    }));
    metrics.push(some("heap_at_end", Precision::Exact, account.at_end as f64));
    metrics.push(match measured.record.peaks.retained {
        Some(bytes) => some("peak_retained", Precision::Sampled, bytes as f64),
        None => none("peak_retained", Precision::Sampled, "the command ended before a sample"),
    });
    metrics
}

/// The metrics of a command that could not be started.
pub(super) fn without_a_start() -> Metrics {
    let measured = OWN_METRICS.iter().filter(|name| ![PEAK_SERVER, "samples"].contains(name));
    measured.map(|name| none(name, Precision::Exact, "the command could not be started")).collect()
}

/// Of memprobe's own metrics all that are no amount of memory are known.
fn unit_of(name: &str) -> Unit {
    unit(name).unwrap_or(Unit::Bytes)
}

fn scope(name: &str) -> Scope {
    match name {
        PEAK_CGROUP => Scope::Cgroup,
        "heap_at_end" => Scope::Process,
        _ => Scope::Tree,
    }
}

fn some(name: &str, precision: Precision, value: f64) -> (String, Metric) {
    (name.to_owned(), Metric::new(value, unit_of(name), scope(name), precision))
}

fn none(name: &str, precision: Precision, why: &str) -> (String, Metric) {
    (name.to_owned(), Metric::unavailable(unit_of(name), scope(name), precision, why))
}

/// The highest RSS of the tree in bytes: what samples and high-water marks gave, or what the
/// kernel kept about a process that was too short for them.
pub(super) fn peak_rss(measured: &Measured) -> u64 {
    measured.record.peaks.rss_peak.max(measured.usage.max_rss)
}

/// Why there may have been children that no sample saw and nobody waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MayLack {
    /// The command's cgroup took CPU time that no process which is known took.
    UsersOfTime,
    /// Nobody had to wait for them, and there is no cgroup that would tell.
    Unwaited,
}

impl MayLack {
    const fn note(self) -> &'static str {
        match self {
            Self::UsersOfTime => {
                "the command's cgroup used more CPU time than the processes that were waited for: \
                 there may have been children that are in no sample, or very many threads"
            }
            Self::Unwaited => {
                "the command ignores SIGCHLD, and there is no cgroup for it alone: children that \
                 lived between two samples are not known"
            }
        }
    }
}

/// Whether there never was more than one process, as far as can be known.
pub(super) fn is_alone(measured: &Measured) -> bool {
    measured.record.peaks.processes <= 1 && !measured.had_children && measured.may_lack.is_none()
}

/// What a reader of the metrics must know.
pub(super) fn notes(measured: &Measured) -> Vec<String> {
    let peaks = &measured.record.peaks;
    let mut notes = measured.notes.clone();
    if peaks.processes > 1 {
        let least = bytes(peaks.rss.max(measured.usage.max_rss));
        let most = bytes(peaks.ceiling.max(peak_rss(measured)));
        let bounds = if least == most { least } else { format!("between {least} and {most}") };
        notes.push(format!(
            "peak_rss is the sum over up to {} processes, where pages that they share count for \
             each: {bounds}, but for processes that lived between two samples",
            peaks.processes
        ));
    } else if measured.had_children {
        notes.push(
            "peak_rss is that of the largest single process that was waited for: children are in no \
             sample"
                .to_owned(),
        );
    } else if let Some(lack) = measured.may_lack {
        notes.push(lack.note().to_owned());
    }
    match peaks.rollups {
        0 => {}
        1 => notes.push("peak_pss and peak_uss were read once".to_owned()),
        readings => {
            notes.push(format!("peak_pss and peak_uss are the largest of {readings} readings"));
        }
    }
    if measured.passes.readings > 0 {
        notes.push(format!("objects were looked at {} times", measured.passes.readings));
    }
    let (met, missed) = (measured.deadlines.met(), measured.deadlines.missed());
    if missed > 0 && missed >= (met + missed) / 20 {
        notes.push(format!(
            "{missed} of {} samples were missed: the machine was busy",
            met + missed
        ));
    }
    notes
}

/// What a reader must know about how the tree was followed; without a cgroup, because of
/// `no_group`.
pub(super) fn tree_notes(tree: &Tree, no_group: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if tree.group().is_none() && !tree.kernel_lists_children() {
        notes.push(format!(
            "this kernel does not list children (CONFIG_PROC_CHILDREN), and there is no cgroup for \
             the command alone ({no_group}): all of /proc was searched, less often, and \
             short-lived processes may be missing"
        ));
    }
    if let Some(why) = tree.reset_refused() {
        notes.push(format!(
            "high-water marks could not be reset ({why}): rss_peak shows only what was higher than \
             all before"
        ));
    }
    if tree.unreadable() > 0 {
        let count = tree.unreadable();
        notes.push(format!(
            "{count} times a process could not be opened, as for want of descriptors \
             (`ulimit -n`): sums lack it"
        ));
    }
    notes
}
