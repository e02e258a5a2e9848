//! Programs whose behaviour is known to the page, measured within a page or 1%, whichever is larger,
//! at 10, 100 and 1000 Hz: whatever claims to be exact. (Live heap: `tests/heap`.)

use rustix::time::{ClockId, clock_getres};

use super::*;

const PERIODS: [&str; 3] = ["100ms", "10ms", "1ms"];
const PAGE: f64 = 4096.0 / MIB;

#[track_caller]
pub(super) fn assert_exact(found: f64, wanted: f64) {
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

/// What each metric counts, whose it is, and how far it can be believed where there is one process.
const METRICS: &str = "\
peak_rss B tree exact
peak_anon B tree sampled
peak_swap B tree sampled
peak_pss B tree sampled
peak_uss B tree sampled
peak_cgroup B cgroup exact
wall_time s tree exact
cpu_time s tree exact
cpu_user s tree exact
cpu_system s tree exact
processes 1 tree sampled
threads 1 tree sampled
minor_faults 1 tree exact
major_faults 1 tree exact
peak_heap B tree exact
heap_at_end B process exact
peak_retained B tree sampled
";

#[test]
fn every_metric_says_what_it_is_and_none_is_missing() {
    let probed = probe(&["--heap"], "hold 10 100");
    let all = serde_json::to_value(&probed.result.metrics).unwrap();
    let line = |(name, metric): (&String, &serde_json::Value)| {
        let word = |key: &str| metric[key].as_str().unwrap().to_owned();
        let is_said = metric["value"].is_null() == metric["unavailable"].is_string();
        assert!(is_said, "{name}: {metric}");
        format!("{name} {} {} {}\n", word("unit"), word("scope"), word("precision"))
    };
    let found: String = all.as_object().unwrap().iter().map(line).collect();
    assert_eq!(found, METRICS);
}

#[test]
fn page_faults_are_as_many_as_pages() {
    let faults = |arguments: &str| probe(&[], arguments).value("minor_faults");
    for (arguments, mib) in [
        ("hold SIZE 1", 50.0),
        ("threads 4 SIZE 1", 200.0),
        ("exec SIZE 1", 50.0),
        ("children 3 SIZE 1", 150.0),
        ("daemon SIZE 60000 50", 50.0),
    ] {
        let of = |size| faults(&arguments.replace("SIZE", size));
        println!("{arguments}:");
        assert_exact(of("50") - of("0"), mib / PAGE);
    }
    // Some pages are copied too.
    assert_exact(faults("cow 40 20 1") - faults("cow 0 0 1"), 60.0 / PAGE);
}

#[test]
fn page_faults_and_cpu_time_are_the_kernels_own_account() {
    for arguments in [
        "spin 300 0",
        "spin 300 3",
        "hold 50 1",
        "file 50 1",
        "cold 20",
        "cow 40 20 1",
        "children 3 20 1",
    ] {
        let is_spin = arguments.starts_with("spin");
        // What was whose is told by the clock's ticks, of which one more may fall into it.
        let split = if is_spin { 0.01 } else { (2.0 * tick()).max(0.01) };
        // The program can't see its own end, which takes long on a busy machine.
        let mut tries = (0..5).map(|_| probe(&[], &format!("account {arguments}")));
        let is_right = |probed: &Probed| {
            let said: Vec<f64> =
                probed.stdout.split(' ').map(|one| one.trim().parse().unwrap()).collect();
            let [user, system, minor, major] = said[..] else { panic!("{said:?}") };
            assert_near(probed.value("minor_faults"), minor, (minor * 0.01).max(10.0));
            assert_exact(probed.value("major_faults"), major);
            if arguments.starts_with("cold") && major == 0.0 {
                skip::say("what is read from files is always in memory here");
            }
            let found = ["cpu_time", "cpu_user", "cpu_system"].map(|metric| probed.value(metric));
            println!("{arguments}: {said:?}, found {found:?}");
            let is_same = is_near(found[0], user + system, 0.003)
                && is_near(found[1], user, split)
                && is_near(found[2], system, split);
            // How much of it is said to be the kernel's is up to the machine's ticks.
            let is_spun = || {
                let readings = probed.samples().points("cpu_user").count();
                user + system > 0.29 && user > system && readings >= 2
            };
            is_same && (!is_spin || is_spun())
        };
        assert!(tries.any(|probed| is_right(&probed)), "{arguments}");
    }
}

/// Of the clock by which the kernel shares out CPU time, in seconds.
fn tick() -> f64 {
    let tick = clock_getres(ClockId::RealtimeCoarse);
    tick.tv_sec as f64 + tick.tv_nsec as f64 / 1e9
}

#[test]
fn wall_time_is_that_of_the_command_alone() {
    let (program, began) = (known(), Instant::now());
    // It begins before the program does; how long that takes to begin depends on the machine.
    let is_exact = |_| {
        let alone = Instant::now();
        Command::new(program).args(["hold", "0", "0"]).status().unwrap();
        let alone = alone.elapsed().as_secs_f64();
        let [nothing, wall_time] =
            ["hold 0 0", "hold 0 1000"].map(|arguments| probe(&[], arguments).value("wall_time"));
        println!("{wall_time}, of which {nothing} to begin and end, without memprobe {alone}");
        assert!((1.0..began.elapsed().as_secs_f64()).contains(&wall_time), "{wall_time}");
        is_near(wall_time - nothing, 1.0, 0.01) && nothing < alone + 0.01
    };
    assert!((0..5).any(is_exact));
}

/// What is mapped is live heap too, unless it is a file's.
#[test]
fn live_heap_is_exact_in_the_same_programs() {
    let own = probe(&["--heap"], "hold 0 1");
    let of = |probed: &Probed, metric: &str| probed.mib(metric) - own.mib(metric);
    for (arguments, mib, precision) in [
        ("hold 50 1", 50.0, Precision::Exact),
        ("sawtooth 50 3 25", 50.0, Precision::Exact),
        ("leak 1000 50000", 5e7 / MIB, Precision::Exact),
        ("file 50 1", 0.0, Precision::Exact),
        ("shared 50 1", 50.0, Precision::Exact),
        ("threads 4 25 1", 100.0, Precision::Exact),
        ("exec 50 1", 50.0, Precision::Exact),
        ("cow 40 20 100", 40.0, Precision::Sampled),
        ("children 3 50 1", 50.0, Precision::Sampled),
        ("daemon 50 60000 50", 50.0, Precision::Sampled),
    ] {
        let probed = probe(&["--heap", "--period", "100ms"], arguments);
        println!("{arguments}: {:?}", probed.result.metrics["peak_heap"]);
        assert_eq!(probed.result.metrics["peak_heap"].precision, precision);
        assert_exact(of(&probed, "peak_heap"), mib);
        // All of it was given back; threads leave some of their own.
        assert_exact(of(&probed, "heap_at_end"), 0.0);
    }
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
    let probed = probe(&["--period", "10s"], "zombies 3 60 100");
    assert_exact(probed.mib("peak_rss"), 60.0);
    assert_eq!(probed.result.metrics["peak_rss"].precision, Precision::Sampled);
    // On a busy machine the sample at the start may come late enough to see one.
    let notes = ["children are in no sample", "processes that lived between two samples"];
    let said = notes.iter().any(|note| probed.notes().contains(note));
    assert!(said, "{}", probed.notes());
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
