//! The metrics whose names and units are known beforehand. A workload sends others of its own.

use super::Unit;

/// memprobe's own names, which a workload can't send. `samples` is kept free for it.
pub const OWN_METRICS: [&str; 20] = [
    "peak_rss",
    "peak_anon",
    "peak_swap",
    "peak_pss",
    "peak_uss",
    "peak_cgroup",
    "wall_time",
    "cpu_time",
    "cpu_user",
    "cpu_system",
    "processes",
    "threads",
    "minor_faults",
    "major_faults",
    "peak_server",
    "peak_heap",
    "peak_python_heap",
    "heap_at_end",
    "peak_retained",
    "samples",
];

/// Names of what follows from the samples (see [`super::Derived`]). A workload can't send these either.
pub const DERIVED_METRICS: [&str; 9] = [
    "rise_rss",
    "steady_rss",
    "growth_rss",
    "auc_rss",
    "time_to_peak",
    "rise_heap",
    "steady_heap",
    "growth_heap",
    "auc_heap",
];

/// Every name that is known beforehand.
pub fn known_metrics() -> impl Iterator<Item = &'static str> {
    OWN_METRICS.into_iter().chain(DERIVED_METRICS)
}

/// What a metric that is known beforehand counts; `None` if the name is a workload's own.
#[must_use]
pub fn unit(name: &str) -> Option<Unit> {
    known_metrics().find(|known| *known == name)?;
    Some(match name {
        "growth_rss" | "growth_heap" => Unit::Other("B/row".to_owned()),
        "auc_rss" | "auc_heap" => Unit::Other("B·s".to_owned()),
        "time_to_peak" => Unit::Seconds,
        "wall_time" | "cpu_time" | "cpu_user" | "cpu_system" => Unit::Seconds,
        "processes" | "threads" | "minor_faults" | "major_faults" | "samples" => Unit::Count,
        _ => Unit::Bytes,
    })
}
