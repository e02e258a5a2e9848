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

/// What a metric of memprobe's counts; `None` if the name is none of its own.
#[must_use]
pub fn unit(name: &str) -> Option<Unit> {
    if !OWN_METRICS.contains(&name) {
        return None;
    }
    Some(match name {
        "wall_time" | "cpu_time" | "cpu_user" | "cpu_system" => Unit::Seconds,
        "processes" | "threads" | "minor_faults" | "major_faults" | "samples" => Unit::Count,
        _ => Unit::Bytes,
    })
}
