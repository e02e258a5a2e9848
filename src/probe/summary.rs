//! The summary for people.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "bytes are whole, and one digit after the point is shown"
)]

use std::fmt::Write as _;

use crate::measurement::{
    AllocationLine, AllocationLines, Metric, Precision, ProbeOutcome, ProbeResult, Sampling, Unit,
    objects_size,
};

const ROWS: [(&str, &str); 14] = [
    ("peak RSS", "peak_rss"),
    ("peak anonymous", "peak_anon"),
    ("peak swap", "peak_swap"),
    ("peak PSS", "peak_pss"),
    ("peak USS", "peak_uss"),
    ("peak server", "peak_server"),
    ("peak heap", "peak_heap"),
    ("peak Python heap", "peak_python_heap"),
    ("heap at end", "heap_at_end"),
    ("peak retained", "peak_retained"),
    ("wall time", "wall_time"),
    ("CPU time", "cpu_time"),
    ("page faults", "minor_faults"),
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
        if let Some(metric) = result.metrics.get(name).filter(|metric| is_news(name, metric)) {
            let figure = figure(metric) + &parts(name, result).unwrap_or_default();
            let _ = writeln!(text, "  {label:<17}{figure}");
        }
    }
    text.push_str(&objects(result));
    let _ = write!(text, "  {:<17}{:>10}", "samples", result.samples);
    if let Some(sampling) = &result.sampling {
        text.push_str(&rate(sampling));
    }
    text.push('\n');
    text.push_str(&own_cost(result).unwrap_or_default());
    for note in &result.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text.push_str(&result.lines.as_ref().map(lines).unwrap_or_default());
    text
}

/// Few programs are ever swapped out.
fn is_news(name: &str, metric: &Metric) -> bool {
    name != "peak_swap" || metric.value.is_some_and(|value| value > 0.0)
}

/// What a figure consists of, or what stands beside it.
fn parts(name: &str, result: &ProbeResult) -> Option<String> {
    let value = |name| result.metrics.get(name)?.value;
    match name {
        "cpu_time" => {
            let (user, system) = (value("cpu_user")?, value("cpu_system")?);
            Some(format!("    {user:.3} s user, {system:.3} s system"))
        }
        "minor_faults" => Some(format!("    minor, and {} major", value("major_faults")?)),
        _ => None,
    }
}

/// The most live instances of each class that was looked for.
fn objects(result: &ProbeResult) -> String {
    let mut text = String::new();
    for (name, count) in &result.metrics {
        let Some(class) = name.strip_prefix("peak_objects:") else { continue };
        let size = result.metrics.get(&format!("peak_{}", objects_size(class)));
        let size = size.and_then(|size| size.value).map(|size| bytes(size as u64));
        let figure = match size {
            Some(size) => figure(count) + &format!("  of {class}, which hold up to {size}"),
            None => figure(count) + &format!(": {class}"),
        };
        let _ = writeln!(text, "  {:<17}{figure}", "peak objects");
    }
    text
}

/// The lines that had allocated most, each with its share of all that was live.
fn lines(found: &AllocationLines) -> String {
    if let Some(why) = &found.unavailable {
        return format!("  {:<17}{:>10}      {why}\n", "lines", "—");
    }
    let nearness = 100.0 * found.nearness();
    let live = bytes(found.live);
    let mut text = format!("allocated and not freed, at {nearness:.1}% of peak heap ({live}):\n");
    for line in &found.top {
        let share = 100.0 * line.bytes as f64 / found.live.max(1) as f64;
        let size = bytes(line.bytes);
        let AllocationLine { file, line, blocks, .. } = line;
        let _ = writeln!(text, "  {size:>12} {share:>5.1}%  {blocks:>9} blocks  {file}:{line}");
    }
    let other = found.live.saturating_sub(found.top.iter().map(|line| line.bytes).sum());
    let share = 100.0 * other as f64 / found.live.max(1) as f64;
    let _ = writeln!(
        text,
        "  {:>12} {share:>5.1}%  {:>16}  all other lines, and C code",
        bytes(other),
        ""
    );
    text
}

/// How well samples kept their time, if there was more than the first.
fn rate(sampling: &Sampling) -> String {
    let Some(rate) = sampling.rate else { return String::new() };
    let (mean, worst) = (sampling.lateness_mean * 1e3, sampling.lateness_max * 1e3);
    let missed = match sampling.missed {
        0 => String::new(),
        missed => format!(", {missed} missed"),
    };
    format!("      {rate:.0}/s{missed}, {mean:.2} ms late (max {worst:.1})")
}

/// What memprobe itself used. Of a short command its start and end are most of that, and no rate.
fn own_cost(result: &ProbeResult) -> Option<String> {
    let sampling = result.sampling.as_ref()?;
    let wall = result.metrics.get("wall_time")?.value?;
    let cost = if wall < 1.0 {
        format!("{:>12}    of CPU time", format!("{:.3} s", sampling.probe_cpu))
    } else {
        format!("{:>10}      of a core", format!("{:.2} %", sampling.probe_cpu / wall * 100.0))
    };
    let memory = sampling.probe_rss.map(|rss| format!(", {}", bytes(rss))).unwrap_or_default();
    Some(format!("  {:<17}{cost}{memory}\n", "memprobe itself"))
}

/// `text` for a place without other characters than ASCII, and no wider than a terminal's `width`.
pub(super) fn fit(text: &str, unicode: bool, width: Option<usize>) -> String {
    let text = if unicode { text.to_owned() } else { text.replace('—', "-") };
    let Some(width) = width else { return text };
    let options = textwrap::Options::new(width).subsequent_indent("        ");
    text.lines().map(|line| textwrap::fill(line, &options) + "\n").collect()
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

/// `121.4 MiB`, and `64.0 KiB` of what would hardly show in MiB.
pub(super) fn bytes(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 0.1 { format!("{:.1} KiB", mib * 1024.0) } else { format!("{mib:.1} MiB") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measurement::{Metrics, Scope};

    fn result() -> ProbeResult {
        ProbeResult {
            schema: 1,
            outcome: ProbeOutcome::Failed,
            message: Some("the command exited with status 3".into()),
            exit_code: Some(3),
            signal: None,
            metrics: Metrics::new(),
            lines: None,
            output_digest: None,
            samples: 231,
            sampling: Some(Sampling {
                period: 0.01,
                rate: Some(99.6),
                missed: 2,
                lateness_mean: 0.000_061,
                lateness_max: 0.0012,
                probe_cpu: 0.008,
                probe_rss: Some(2_831_155),
            }),
            notes: vec!["something to know about this".into()],
        }
    }

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
            (
                "minor_faults".to_owned(),
                Metric::new(1200.0, Unit::Count, Scope::Tree, Precision::Exact),
            ),
            (
                "major_faults".to_owned(),
                Metric::new(3.0, Unit::Count, Scope::Tree, Precision::Exact),
            ),
            (
                "peak_swap".to_owned(),
                Metric::new(0.0, Unit::Bytes, Scope::Tree, Precision::Sampled),
            ),
        ]);
        let result = ProbeResult { metrics, ..result() };
        let wanted = "\
memprobe: failed: the command exited with status 3
  peak RSS              122.0 MiB  exact
  peak PSS                  —      too short
  wall time             2.310 s    exact
  page faults            1200      exact    minor, and 3 major
  processes                 1      sampled
  samples                 231      100/s, 2 missed, 0.06 ms late (max 1.2)
  memprobe itself      0.35 %      of a core, 2.7 MiB
  note: something to know about this
";
        assert_eq!(text(&result), wanted);
        let narrow = fit(wanted, false, Some(30));
        assert!(narrow.is_ascii() && narrow.lines().all(|line| line.len() <= 30), "{narrow}");
        assert!(narrow.ends_with("  note: something to know\n        about this\n"), "{narrow}");
        assert_eq!(fit(wanted, true, Some(80)), wanted);
        assert_eq!(fit(wanted, true, None), wanted);
    }

    #[test]
    fn a_little_memory_is_not_shown_as_none() {
        assert_eq!(bytes(121 << 20), "121.0 MiB");
        assert_eq!(bytes(410 << 10), "0.4 MiB");
        assert_eq!(bytes(40_500), "39.6 KiB");
        assert_eq!(bytes(0), "0.0 KiB");
    }

    #[test]
    fn of_a_short_command_no_rate_is_told() {
        let metrics = [("wall_time", 0.002), ("cpu_time", 0.0015), ("cpu_user", 0.001)];
        let metrics = metrics.into_iter().chain([("cpu_system", 0.0005)]).map(|(name, value)| {
            let metric = Metric::new(value, Unit::Seconds, Scope::Tree, Precision::Exact);
            (name.to_owned(), metric)
        });
        let result = ProbeResult { metrics: metrics.collect(), ..result() };
        let text = text(&result);
        let wanted = "  CPU time              0.002 s    exact    0.001 s user, 0.001 s system\n";
        assert!(text.contains(wanted), "{text}");
        let wanted = "  memprobe itself       0.008 s    of CPU time, 2.7 MiB\n";
        assert!(text.contains(wanted), "{text}");
    }
}
