//! `[measure]`.

use std::time::Duration;

use super::context::Context;
use super::model::Measure;
use super::problem::Problem;
use super::reader::{Table, Value};
use super::units::{parse_duration, parse_size};

/// memprobe samples no faster.
pub(super) const SHORTEST_PERIOD: Duration = Duration::from_millis(1);
/// More attempts than this are a slip of the keyboard.
pub(super) const MOST_ATTEMPTS: u64 = 1_000_000;
/// More attempts at the same time than this are, too.
pub(super) const MOST_JOBS: u64 = 4_096;

pub(super) fn read_measure(top: &Table<'_>, context: &Context<'_>) -> Measure {
    let default = Measure::default();
    let Some(table) = top.sub_table("measure") else { return default };
    table.only(&[
        "period",
        "repeats",
        "warmup",
        "timeout",
        "jobs",
        "memory_limit",
        "log_limit",
        "steady",
        "heap",
        "seed",
    ]);
    let get = |key| table.get(key);
    let duration = |key, least| get(key).and_then(|value| duration(&value, least, context));
    let count = |key, range| get(key).and_then(|value| value.number(range));
    Measure {
        period: duration("period", SHORTEST_PERIOD).unwrap_or(default.period),
        timeout: duration("timeout", SHORTEST_PERIOD).unwrap_or(default.timeout),
        repeats: count("repeats", 1..=MOST_ATTEMPTS).map_or(default.repeats, |count| count as u32),
        warmup: count("warmup", 0..=MOST_ATTEMPTS).map_or(default.warmup, |count| count as u32),
        jobs: count("jobs", 1..=MOST_JOBS).map_or(default.jobs, |count| count as usize),
        memory_limit: get("memory_limit")
            .and_then(|value| size(&value, "leave it out for no limit", context)),
        log_limit: get("log_limit")
            .and_then(|value| size(&value, "leave it out for 10MiB", context))
            .unwrap_or(default.log_limit),
        steady: get("steady")
            .and_then(|value| value.boolean())
            .map_or(default.steady, |steady| steady.value),
        heap: get("heap").and_then(|value| value.boolean()).map_or(default.heap, |heap| heap.value),
        seed: count("seed", 0..=u64::MAX),
    }
}

fn without_unit(value: &Value<'_>, example: &str, context: &Context<'_>) {
    let message = format!("`{}` needs a unit", value.key.value);
    context.add(Problem::at(&value.span(), message).hint(format!("write it as \"{example}\"")));
}

pub(super) fn duration(
    value: &Value<'_>,
    least: Duration,
    context: &Context<'_>,
) -> Option<Duration> {
    let key = value.key.value;
    if value.is_number() {
        without_unit(value, if key == "period" { "10ms" } else { "10m" }, context);
        return None;
    }
    let text = value.text()?;
    let problem = |message: String| Problem::at(&text.span, message);
    match parse_duration(&text.value) {
        Ok(duration) if duration < least => {
            context.add(problem(format!("`{key}` must be at least 1ms")));
            None
        }
        Ok(duration) => Some(duration),
        Err(hint) => {
            context.add(problem(format!("{:?} is no duration", text.value)).hint(hint));
            None
        }
    }
}

fn size(value: &Value<'_>, without: &str, context: &Context<'_>) -> Option<u64> {
    if value.is_number() {
        without_unit(value, "512MiB", context);
        return None;
    }
    let text = value.text()?;
    let problem = |message: String| Problem::at(&text.span, message);
    match parse_size(&text.value) {
        Ok(0) => {
            context.add(problem(format!("`{}` must not be 0", value.key.value)).hint(without));
            None
        }
        Ok(size) => Some(size),
        Err(hint) => {
            context.add(problem(format!("{:?} is no size", text.value)).hint(hint));
            None
        }
    }
}
