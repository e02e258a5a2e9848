//! The summary for people.

use std::fmt::Write as _;

use crate::measurement::{Metric, Precision, ProbeOutcome, ProbeResult, Unit};

const ROWS: [(&str, &str); 12] = [
    ("peak RSS", "peak_rss"),
    ("peak anonymous", "peak_anon"),
    ("peak PSS", "peak_pss"),
    ("peak USS", "peak_uss"),
    ("peak server", "peak_server"),
    ("peak heap", "peak_heap"),
    ("peak Python heap", "peak_python_heap"),
    ("heap at end", "heap_at_end"),
    ("peak retained", "peak_retained"),
    ("wall time", "wall_time"),
    ("CPU time", "cpu_time"),
    ("processes", "processes"),
];

/// A few aligned lines. Writing to a String can't fail.
pub(super) fn text(result: &ProbeResult) -> String {
    let mut text = format!("memprobe: {}", outcome(result.outcome));
    if let Some(message) = &result.message {
        let _ = write!(text, ": {message}");
    }
    text.push('\n');
    for (label, name) in ROWS {
        if let Some(metric) = result.metrics.get(name) {
            let _ = writeln!(text, "  {label:<17}{}", figure(metric));
        }
    }
    let _ = write!(text, "  {:<17}{:>10}", "samples", result.samples);
    if let Some(sampling) = &result.sampling {
        if let Some(rate) = sampling.rate {
            let _ = write!(text, "      {rate:.0} a second");
        }
        if sampling.missed > 0 {
            let _ = write!(text, ", {} missed", sampling.missed);
        }
    }
    text.push('\n');
    for note in &result.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}

pub(super) const fn outcome(outcome: ProbeOutcome) -> &'static str {
    match outcome {
        ProbeOutcome::Ok => "ok",
        ProbeOutcome::Failed => "failed",
        ProbeOutcome::TimedOut => "timed-out",
        ProbeOutcome::OverLimit => "over-limit",
        ProbeOutcome::Interrupted => "interrupted",
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes are whole")]
fn figure(metric: &Metric) -> String {
    let Some(value) = metric.value else {
        let why = metric.unavailable.as_deref().unwrap_or("not measured");
        return format!("{:>10}      {why}", "—");
    };
    let figure = match &metric.unit {
        Unit::Bytes => bytes(value as u64),
        Unit::Seconds => format!("{value:.3} s  "),
        Unit::Count => format!("{value}    "),
        Unit::Other(unit) => format!("{value} {unit}"),
    };
    let precision = match metric.precision {
        Precision::Exact => "exact",
        Precision::Sampled => "sampled",
    };
    format!("{figure:>14}  {precision}")
}

/// `121.4 MiB`
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
pub(super) fn bytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::{Metrics, Sampling, Scope};

    #[test]
    fn figures_are_aligned_and_what_is_missing_says_why() {
        let metrics = Metrics::from([
            (
                "peak_rss".to_owned(),
                Metric::new(127_926_272.0, Unit::Bytes, Scope::Tree, Precision::Exact),
            ),
            (
                "peak_pss".to_owned(),
                Metric::unavailable(Unit::Bytes, Scope::Tree, Precision::Sampled, "too short"),
            ),
            (
                "wall_time".to_owned(),
                Metric::new(2.3104, Unit::Seconds, Scope::Tree, Precision::Exact),
            ),
            (
                "processes".to_owned(),
                Metric::new(1.0, Unit::Count, Scope::Tree, Precision::Sampled),
            ),
        ]);
        let result = ProbeResult {
            schema: 1,
            outcome: ProbeOutcome::Failed,
            message: Some("the command exited with status 3".into()),
            exit_code: Some(3),
            signal: None,
            metrics,
            output_digest: None,
            samples: 231,
            sampling: Some(Sampling {
                period: 0.01,
                rate: Some(99.6),
                missed: 2,
                lateness_mean: 0.0,
                lateness_max: 0.0,
                probe_cpu: 0.0,
                probe_rss: None,
            }),
            notes: vec!["something to know".into()],
        };
        let wanted = "\
memprobe: failed: the command exited with status 3
  peak RSS              122.0 MiB  exact
  peak PSS                  —      too short
  wall time             2.310 s    exact
  processes                 1      sampled
  samples                 231      100 a second, 2 missed
  note: something to know
";
        assert_eq!(text(&result), wanted);
    }
}
