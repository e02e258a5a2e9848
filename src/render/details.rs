//! All that a run depended on, fact by fact, so that two runs can be held against each other.

use super::facts::Fact;
use super::format;
use crate::collect::record::{RunManifest, SourceRecord, StateRecord};

/// Facts that belong together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// What they are about.
    pub(super) heading: &'static str,
    /// In an order in which people look for them; each name once.
    pub(super) facts: Vec<Fact>,
}

/// A fact that is not the same in two runs.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Changed {
    /// The group's heading.
    pub(super) group: &'static str,
    /// The fact's name.
    pub(super) name: String,
    /// What it was; `None` if there was none.
    pub(super) before: Option<String>,
    /// What it is; `None` if there is none any more.
    pub(super) after: Option<String>,
}

/// What a run depended on. What is another in every run, such as its seed, is not here.
pub(super) fn of_run(run: &RunManifest) -> Vec<Group> {
    let groups = [
        ("Machine", machine(run)),
        ("Versions", versions(run)),
        ("Settings", settings(run)),
        ("Sources", sources(run)),
        ("Hashes", hashes(run)),
    ];
    groups.map(|(heading, facts)| Group { heading, facts }).into()
}

/// The facts that differ, in the order of `after`; those that are gone come last in their group.
pub(super) fn changes(before: &RunManifest, after: &RunManifest) -> Vec<Changed> {
    let groups = of_run(before).into_iter().zip(of_run(after));
    groups.flat_map(|(before, after)| changes_of(&before, &after)).collect()
}

fn changes_of(before: &Group, after: &Group) -> Vec<Changed> {
    let group = after.heading;
    let value = |facts: &Group, name: &str| {
        facts.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone())
    };
    let gone = before.facts.iter().filter(|fact| value(after, &fact.name).is_none());
    let all = after.facts.iter().chain(gone).map(|fact| Changed {
        group,
        name: fact.name.clone(),
        before: value(before, &fact.name),
        after: value(after, &fact.name),
    });
    all.filter(|changed| changed.before != changed.after).collect()
}

fn machine(run: &RunManifest) -> Vec<Fact> {
    let machine = &run.machine;
    let mut facts = vec![
        Fact::new("host", &machine.hostname),
        Fact::new("processor", &machine.cpu),
        Fact::new("CPUs", machine.cpus.to_string()),
        Fact::new("memory", format::bytes(machine.memory as f64)),
        Fact::new("system", &machine.os),
        Fact::new("kernel", &machine.kernel),
    ];
    facts.extend(machine.huge_pages.iter().map(|set| Fact::new("transparent huge pages", set)));
    if let Some(allocator) = &run.allocator {
        facts.push(Fact::new("allocator", &allocator.library));
        facts.extend(allocator.settings.iter().map(|(name, value)| Fact::new(name, value)));
    }
    facts
}

fn versions(run: &RunManifest) -> Vec<Fact> {
    let rest = run.versions.iter().map(|(name, version)| Fact::new(name, version));
    std::iter::once(Fact::new("memgrid", &run.memgrid)).chain(rest).collect()
}

fn settings(run: &RunManifest) -> Vec<Fact> {
    let measure = &run.measure;
    let mut facts = vec![
        Fact::new("arguments", format::shell(run.arguments.iter().map(String::as_str))),
        Fact::new("cells", run.cells.len().to_string()),
        Fact::new("attempts of each", measure.repeats.to_string()),
        Fact::new("attempts to warm up", measure.warmup.to_string()),
        Fact::new("attempts at a time", measure.jobs.to_string()),
        Fact::new("sampling period", format::seconds(measure.period)),
        Fact::new("timeout", format::seconds(measure.timeout)),
        Fact::new("steady", yes(measure.steady)),
        Fact::new("live heap counted", yes(measure.heap)),
    ];
    facts.extend(
        measure.memory_limit.map(|limit| Fact::new("memory limit", format::bytes(limit as f64))),
    );
    if !measure.passes.is_empty() {
        let passes: Vec<_> = measure.passes.iter().map(|pass| pass.as_str()).collect();
        facts.push(Fact::new("passes", passes.join(", ")));
    }
    if let Some((axis, value)) = &run.baseline {
        facts.push(Fact::new("baseline", format!("{axis} = {value}")));
    }
    if let Some(data) = &run.dataset {
        let rows = format::thousands(i64::try_from(data.rows).unwrap_or(i64::MAX));
        facts.push(Fact::new("rows", format!("{rows} in {}", data.table)));
    }
    let asked = run.revisions.iter();
    facts
        .extend(asked.map(|(name, revision)| {
            Fact::new(&format!("revision of {name}, asked for"), revision)
        }));
    facts
}

fn sources(run: &RunManifest) -> Vec<Fact> {
    let had = run.states.iter().map(|(name, state)| (name, state, ""));
    let refused = run.refused.iter().map(|(name, state)| (name, state, " (not to be had)"));
    had.chain(refused).flat_map(|(name, state, note)| state_facts(name, state, note)).collect()
}

fn state_facts(name: &str, state: &StateRecord, note: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (source, record) in &state.sources {
        let whose = if name.is_empty() { source.clone() } else { format!("{name}: {source}") };
        facts.push(Fact::new(&whose, format!("{}{note}", revision(record))));
        for (place, patch) in record.patches.iter().enumerate() {
            let digest = patch.sha256.get(..12).unwrap_or(&patch.sha256);
            let name = format!("{whose}, patch {}", place + 1);
            facts.push(Fact::new(&name, format!("{} ({digest})", patch.name)));
        }
    }
    facts
}

/// `Django==5.2.19, 1a2b3c4d5e6f`.
fn revision(record: &SourceRecord) -> String {
    match &record.commit {
        Some(commit) => format!("{}, {}", record.origin, commit.get(..12).unwrap_or(commit)),
        None => record.origin.clone(),
    }
}

fn hashes(run: &RunManifest) -> Vec<Fact> {
    let mut facts = vec![
        Fact::new("matrix file", &run.matrix_sha256),
        Fact::new("workload", &run.workload_sha256),
        Fact::new("machine", &run.machine.id),
    ];
    facts.extend(run.dataset.iter().map(|data| Fact::new("dataset", &data.fingerprint)));
    facts
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::sample::manifest;

    #[test]
    fn what_differs_is_named_with_both_values() {
        let mut before = manifest(&["a/x", "b/x"], 1, true);
        let mut after = manifest(&["a/x", "b/x"], 2, true);
        assert_eq!(changes(&before, &after), []);
        before.measure.memory_limit = Some(1 << 30);
        after.machine.kernel = "Linux 7".to_owned();
        after.versions.insert("new".to_owned(), "1".to_owned());
        after.cells.pop();
        after.measure.memory_limit = None;
        let found: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|changed| (changed.group, changed.name, changed.before.is_some(), changed.after))
            .collect();
        let fact = |group, name: &str, was, value: Option<&str>| {
            (group, name.to_owned(), was, value.map(str::to_owned))
        };
        assert_eq!(
            found,
            [
                fact("Machine", "kernel", true, Some("Linux 7")),
                fact("Versions", "new", false, Some("1")),
                fact("Settings", "cells", true, Some("1")),
                fact("Settings", "memory limit", true, None),
            ]
        );
    }

    #[test]
    fn a_patch_that_was_edited_is_another() {
        let before = crate::analyse::sample::run("20261121-221530-3f9a").manifest;
        let mut after = before.clone();
        after.states["patched"].sources["subject"].patches[0].sha256 =
            "0123456789abcdef".to_owned();
        let found = changes(&before, &after);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].name, "patched: subject, patch 1");
        assert!(found[0].after.as_ref().unwrap().contains("(0123456789ab)"));
    }
}
