//! What was highest before the end belongs to the peak, also where no sample was due any more.

use super::{Probed, assert_near, baseline, known, probe, probed};

fn assert_has_peak(probed: &Probed) {
    assert_near(probed.mib("peak_rss"), 100.0 + baseline(), 1.0);
}

#[test]
fn a_peak_before_the_timeout_is_in_the_figure() {
    assert_has_peak(&probe(&["--period", "10s", "--timeout", "1s"], "sawtooth 100 9 400"));
}

#[test]
fn a_peak_of_what_was_left_behind_is_in_the_figure() {
    let known = known().to_str().unwrap();
    let script = format!("{known} sawtooth 100 9 400 & sleep 1");
    let probed = probed::probe(&["--period", "10s"], &["sh", "-c", &script]);
    assert!(probed.notes().contains("left processes behind"), "{}", probed.notes());
    // With the shell, which is there at the same time.
    assert_near(probed.mib("peak_rss"), 100.0 + baseline(), 6.0);
}
