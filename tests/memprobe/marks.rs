//! What a workload tells through the descriptor that it inherits.

use super::*;

#[test]
fn marks_progress_metrics_and_digest_arrive() {
    let probed = probe(&[], "marks 100");
    let file = probed.samples();
    let marks: Vec<&str> = file.marks.iter().map(|mark| mark.name.as_str()).collect();
    assert_eq!(marks, ["start", "end"]);
    // 0.8 s apart, but each may be heard late.
    assert!(file.marks[1].t - file.marks[0].t >= 0.5);
    assert_eq!(probed.result.output_digest.as_deref(), Some("ab12"));
    let latency = &probed.result.metrics["latency"];
    assert_eq!(latency.value, Some(3.0));
    assert_eq!(latency.distribution.unwrap().count, 2);
    assert!(probed.value("peak_rss") > 1.0, "a workload can't overwrite ours");
    let notes = probed.notes();
    assert!(notes.contains("1 line was not understood, first: nonsense"), "{notes}");
    assert!(notes.contains("1 metric was dropped"), "{notes}");
    let progress: Vec<f64> = file.points("progress").map(|(_, rows)| rows).collect();
    assert!(progress.is_sorted() && progress.first() == Some(&10.0), "{progress:?}");
    assert_eq!(progress.last(), Some(&20.0));
}

#[test]
fn a_peak_just_before_a_mark_shows_before_it() {
    // On a busy machine a mark may be heard late.
    let mut tries = (0..4).map(|_| probe(&[], "phases 50 8 30"));
    let shown = |probed: &Probed| {
        let file = probed.samples();
        let highest = |from: f64, to: f64| {
            let within = file.points("rss_peak").filter(|(t, _)| (from..=to).contains(t));
            within.map(|(_, bytes)| bytes).fold(0.0, f64::max)
        };
        let times: Vec<f64> = file.marks.iter().map(|mark| mark.t).collect();
        let later = |t: f64| t + 1e-6;
        let phases = times.windows(2).map(|pair| highest(later(pair[0]), pair[1]));
        let is_high: Vec<bool> = phases.map(|peak| peak > 50.0 * MIB).collect();
        let is_right = is_high.iter().enumerate().all(|(place, high)| *high == (place % 2 == 0));
        probed.notes().contains("could not be reset") || is_high.len() == 15 && is_right
    };
    assert!(tries.any(|probed| shown(&probed)));
}

#[test]
fn any_language_can_send_marks() {
    let shell = "echo 'mark from sh' >&$MEMPROBE_FD; eval \"exec $MEMPROBE_FD>&-\"; sleep 0.1";
    let probed = probed::probe(&[], &["sh", "-c", shell]);
    assert_eq!(probed.samples().marks[0].name, "from sh");
    assert!(probed.status.success(), "{}", probed.stderr);
    if Command::new("python3").arg("--version").output().is_err() {
        skip::say("there is no python3");
        return;
    }
    let python = "import os; os.write(int(os.environ['MEMPROBE_FD']), b'mark from python\\n')";
    let probed = probed::probe(&[], &["python3", "-c", python]);
    assert_eq!(probed.samples().marks[0].name, "from python", "{}", probed.stderr);
}
