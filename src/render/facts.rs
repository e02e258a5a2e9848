//! What a run depended on, as facts by name.

use serde::Serialize;

use super::format;
use crate::collect::record::{Allocator, RunManifest};

/// A name and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: String,
}

impl Fact {
    pub(super) fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

/// All that a run depended on.
pub(super) fn of_run(run: &RunManifest) -> Vec<Fact> {
    let mut facts = vec![Fact::new("started", format::timestamp(run.started))];
    facts.push(match run.finished {
        Some(end) => {
            Fact::new("took", format::seconds(end.duration_since(run.started).as_secs_f64()))
        }
        None => Fact::new("took", "not finished"),
    });
    facts.push(Fact::new(
        "command",
        format::shell(std::iter::once("memgrid").chain(run.arguments.iter().map(String::as_str))),
    ));
    facts.push(Fact::new("machine", machine(run)));
    facts.push(Fact::new("system", format!("{}, {}", run.machine.os, run.machine.kernel)));
    facts.push(Fact::new("load before", format!("{:.2}", run.machine.load)));
    if let Some(setting) = &run.machine.huge_pages {
        facts.push(Fact::new("transparent huge pages", setting));
    }
    if let Some(allocator) = &run.allocator {
        facts.push(Fact::new("allocator", self::allocator(allocator)));
    }
    facts.push(Fact::new("versions", versions(run)));
    if let Some(rows) = dataset(run) {
        facts.push(Fact::new("dataset", rows));
    }
    facts.push(Fact::new("measured", measure(run)));
    facts.push(Fact::new("matrix", format!("SHA-256 {}", run.matrix_sha256)));
    facts.push(Fact::new("workload", format!("SHA-256 {}", run.workload_sha256)));
    facts
}

/// `2 × AMD EPYC, 7.8 GiB`.
pub(super) fn machine(run: &RunManifest) -> String {
    let machine = &run.machine;
    let memory = machine.memory as f64 / format::MIB / 1024.0;
    format!("{}: {} × {}, {memory:.1} GiB", machine.hostname, machine.cpus, machine.cpu)
}

/// `Python 3.11.2, Django 5.2.19`.
pub(super) fn versions(run: &RunManifest) -> String {
    let names = std::iter::once(("memgrid", run.memgrid.as_str()));
    let rest = run.versions.iter().map(|(name, version)| (name.as_str(), version.as_str()));
    names
        .chain(rest)
        .map(|(name, version)| format!("{name} {version}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `50,000 rows in records_record`.
pub(super) fn dataset(run: &RunManifest) -> Option<String> {
    let data = run.dataset.as_ref()?;
    let rows = format::thousands(i64::try_from(data.rows).unwrap_or(i64::MAX));
    let short = data.fingerprint.get(..12).unwrap_or(&data.fingerprint);
    Some(format!("{rows} rows in {} ({short})", data.table))
}

/// `GNU C Library … version 2.36, MALLOC_ARENA_MAX=2`.
fn allocator(allocator: &Allocator) -> String {
    let settings = allocator.settings.iter().map(|(name, value)| format!(", {name}={value}"));
    std::iter::once(allocator.library.clone()).chain(settings).collect()
}

fn measure(run: &RunManifest) -> String {
    let measure = &run.measure;
    let attempts = match measure.repeats {
        1 => "1 attempt a cell".to_owned(),
        repeats => format!("{repeats} attempts a cell"),
    };
    let warmup = if measure.warmup > 0 {
        format!(" after {} to warm up", measure.warmup)
    } else {
        String::new()
    };
    let limit = measure
        .memory_limit
        .map_or_else(String::new, |limit| format!(", limit {}", format::bytes(limit as f64)));
    let steady = if measure.steady { ", steady" } else { "" };
    format!(
        "{attempts}{warmup}, {} at a time, a sample every {}, timeout {}{limit}{steady}, seed {}",
        measure.jobs,
        format::seconds(measure.period),
        format::seconds(measure.timeout),
        measure.seed
    )
}
