//! What measuring one attempt yields: metrics, samples, marks, and the two files that hold them
//! (`samples.jsonl` and `result.json`). memprobe writes them, everything after it reads them.
//! Knows nothing of matrices.

mod axis;
mod better;
pub mod curves;
mod derived;
mod known;
mod metric;
mod passes;
mod result;
pub mod sample_file;

pub use axis::{Axis, Tick};
pub use better::{Better, Directions};
pub use curves::Curves;
pub use derived::{Derived, Growth, Shape};
pub use known::{DERIVED_METRICS, OWN_METRICS, known_metrics, unit};
pub use metric::{Distribution, Metric, Metrics, Precision, Scope, Unit};
pub use passes::{
    AllocationLine, AllocationLines, MOST_LINES, is_class, is_objects, objects, objects_size,
};
pub use result::{ProbeOutcome, ProbeResult, Sampling};
pub use sample_file::SampleFile;
