//! Programs whose behaviour is known to the page, measured within a page or 1%, whichever is larger,
//! at 10, 100 and 1000 Hz: whatever claims to be exact. (Live heap: `tests/heap`.)

use super::*;

const PERIODS: [&str; 3] = ["100ms", "10ms", "1ms"];
const PAGE: f64 = 4096.0 / MIB;

#[track_caller]
fn assert_exact(found: f64, wanted: f64) {
    assert_near(found, wanted, PAGE.max(wanted * 0.01));
}

#[test]
fn a_peak_is_exact_at_any_rate() {
    for (arguments, mib) in [
        ("hold 50 30", 50.0),
        ("sawtooth 50 3 25", 50.0),
        ("leak 1000 50000", 5e7 / MIB),
        ("file 50 30", 50.0),
        ("shared 50 30", 50.0),
        ("threads 4 25 30", 100.0),
        ("exec 50 30", 50.0),
        ("renamed 50 30", 50.0),
    ] {
        for period in PERIODS {
            let probed = probe(&["--period", period], arguments);
            let metric = &probed.result.metrics["peak_rss"];
            assert_eq!(metric.precision, Precision::Exact, "{arguments} at {period}");
            println!("{arguments} at {period}:");
            assert_exact(probed.mib("peak_rss"), mib + baseline());
        }
    }
}

#[test]
fn page_faults_and_cpu_time_are_the_kernels_own_account() {
    let faults = |arguments: &str| probe(&[], arguments).value("minor_faults");
    assert_exact(faults("hold 50 1") - faults("hold 0 1"), 50.0 / PAGE);
    assert_exact(faults("children 3 20 1") - faults("children 3 0 1"), 60.0 / PAGE);
    let probed = probe(&[], "spin 300");
    // What the program itself sees of it, and its end.
    assert_near(probed.value("cpu_time"), 0.3015, 0.0045);
    let sum = probed.value("cpu_user") + probed.value("cpu_system");
    assert_near(probed.value("cpu_time"), sum, 1e-5);
    assert!(probed.samples().points("cpu_user").count() >= 3);
}

#[test]
fn wall_time_is_that_of_the_command_alone() {
    let began = Instant::now();
    let probed = probe(&[], "hold 0 300");
    let most = began.elapsed().as_secs_f64();
    // On a busy machine memprobe hears of the command's execution some milliseconds later.
    assert!((0.28..most).contains(&probed.value("wall_time")), "{}", probed.value("wall_time"));
}

#[test]
fn a_leak_shows_its_bytes_a_row() {
    let probed = probe(&["--period", "1ms"], "leak 1000 50000");
    let file = probed.samples();
    let (progress, rss) = (file.column("progress").unwrap(), file.column("rss").unwrap());
    // While it rests after that many rows.
    let held = |rows: f64| {
        let at_rows = progress.iter().zip(rss).filter(|(progress, _)| **progress == rows);
        let mut held: Vec<f64> = at_rows.map(|(_, bytes)| *bytes).collect();
        held.sort_by(f64::total_cmp);
        held[held.len() / 2]
    };
    assert_exact((held(50_000.0) - held(10_000.0)) / 40_000.0, 1000.0);
}

#[test]
fn what_is_mapped_is_told_apart() {
    let highest = |probed: &Probed, field: &str| {
        probed.samples().points(field).map(|(_, bytes)| bytes / MIB).fold(0.0, f64::max)
    };
    let nothing = probe(&[], "hold 0 60");
    for (arguments, fields) in [
        ("hold 50 60", &["anon"][..]),
        ("shared 50 60", &["shmem"]),
        ("file 50 60", &["file", "shmem"]),
    ] {
        let probed = probe(&[], arguments);
        // On a tmpfs a file's pages are shared memory.
        let sum: f64 =
            fields.iter().map(|field| highest(&probed, field) - highest(&nothing, field)).sum();
        assert_exact(sum, 50.0);
    }
}

#[test]
fn what_is_written_after_a_fork_is_held_twice() {
    let own = probe(&[], "cow 0 0 200");
    let known = [("peak_pss", 60.0), ("peak_uss", 40.0), ("peak_anon", 80.0)];
    let found = |probed: &Probed, metric: &str| probed.mib(metric) - own.mib(metric);
    let probed = probe_until("cow 40 20 MS", |probed| {
        known.iter().all(|(metric, mib)| is_near(found(probed, metric), *mib, mib * 0.01))
    });
    for (metric, mib) in known {
        assert_exact(found(&probed, metric), mib);
    }
}

#[test]
fn zombies_hold_nothing_and_are_no_processes() {
    let probed = probe(&[], "zombies 3 30 100");
    let file = probed.samples();
    let late = file.column("t").unwrap().iter().position(|t| *t >= file.marks[0].t).unwrap();
    assert_eq!(file.column("processes").unwrap()[late], 1.0);
    assert_near(file.column("rss").unwrap()[late] / MIB, baseline(), 0.5);
    // The largest of them is known, and that there were some, even if no sample saw them.
    let probed = probe(&["--period", "10s"], "zombies 3 30 100");
    assert!((30.0..30.3 + baseline()).contains(&probed.mib("peak_rss")));
    assert_eq!(probed.result.metrics["peak_rss"].precision, Precision::Sampled);
    assert!(probed.notes().contains("between two samples"), "{}", probed.notes());
}

#[test]
fn an_id_that_is_used_again_is_another_process() {
    let folder = tempfile::tempdir().unwrap();
    // Ids of its own, so that the same one can be had again.
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]);
    command.args([env!("CARGO_BIN_EXE_memprobe"), "--out"]).arg(folder.path()).arg("--");
    command.arg(known()).args(["reuse", "20", "50", "100"]);
    let output = command.output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        return skip::say("there can be no user and process namespaces here");
    };
    let probed = Probed::read(folder, output);
    let ids: Vec<&str> = probed.stdout.split_whitespace().collect();
    assert_eq!(ids[0], ids[1]);
    let own = probe(&[], "cow 0 0 100");
    assert_near(probed.mib("peak_rss"), 50.0 + own.mib("peak_rss"), 1.0);
    let held: Vec<f64> = probed.samples().points("rss").map(|(_, bytes)| bytes / MIB).collect();
    for mib in [20.0, 50.0] {
        let near = held.iter().filter(|held| (**held - own.mib("peak_rss") - mib).abs() < 1.0);
        assert!(near.count() > 3, "{mib}: {held:?}");
    }
}
