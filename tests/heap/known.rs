//! Programs whose heap is known to the byte (`tests/workloads/heap.c`).

use super::*;

#[test]
fn what_is_held_is_counted() {
    let Some(nothing) = known(&[], "hold 0 0") else { return };
    let own = nothing.value("peak_heap");
    for arguments in [
        "hold 50 200",
        "grow 64 200",
        "aligned 10 200",
        "leak 100 200000 1",
        "spike 80 100",
        "sawtooth 20 5 60",
    ] {
        let Some(probed) = known(&["--period", "50ms"], arguments) else { return };
        assert_eq!(probed.result.metrics["peak_heap"].precision, Precision::Exact);
        assert_near(probed.value("peak_heap"), own + said(&probed), PAGE);
        let is_free = arguments.starts_with('s');
        let at_end = if is_free { own } else { own + said(&probed) };
        assert_near(probed.value("heap_at_end"), at_end, PAGE);
        assert!(probed.stderr.contains("peak heap"), "{}", probed.stderr);
        assert!(!probed.result.metrics.contains_key("peak_python_heap"));
    }
}

#[test]
fn what_is_too_short_for_samples_is_counted() {
    let Some(probed) = known(&["--period", "10s"], "hold 20 0") else { return };
    assert_near(probed.value("peak_heap"), said(&probed), OWN);
}

#[test]
fn what_is_freed_is_not_live_though_it_is_resident() {
    let Some(nothing) = known(&[], "hold 0 20") else { return };
    let own = |metric: &str| nothing.value(metric);
    let Some(probed) = known(&[], "release 60 300") else { return };
    assert_near(probed.value("peak_heap"), own("peak_heap") + said(&probed), PAGE);
    // The last block stays.
    assert_near(probed.value("heap_at_end"), own("heap_at_end") + 1000.0, PAGE);
    // Each block of 1000 bytes has a word before it.
    let wanted = said(&probed) * 1.008;
    assert_near(probed.value("peak_rss") - own("peak_rss"), wanted, 0.01 * wanted);
    let (heap, rss) = (points(&probed, "heap"), points(&probed, "rss"));
    assert!(heap.iter().any(|bytes| (bytes - said(&probed)).abs() < OWN));
    assert!(*heap.last().unwrap() < OWN, "{heap:?}");
    assert!(rss[rss.len() - 3] > 60.0 * MIB, "it was not given back");
    let retained = points(&probed, "retained");
    assert_near(retained[retained.len() - 3], 60.0 * MIB, 2.0 * MIB);
    assert_near(probed.value("peak_retained"), 60.0 * MIB, 2.0 * MIB);
    // Until it is freed, for 300 ms.
    let file = probed.samples();
    let samples = file.column("heap").unwrap().iter().zip(file.column("retained").unwrap());
    let full: Vec<f64> = samples
        .filter(|(heap, _)| (*heap - said(&probed)).abs() < OWN)
        .map(|(_, retained)| *retained)
        .collect();
    let is_in_use = full.iter().all(|bytes| *bytes < 2.0 * MIB);
    assert!(!full.is_empty() && is_in_use, "all of it is in use: {full:?}");
}

#[test]
fn a_leak_is_so_many_bytes_a_row() {
    let Some(probed) = known(&[], "leak 200 20000 100") else { return };
    let file = probed.samples();
    let (heap, progress) = (file.column("heap").unwrap(), file.column("progress").unwrap());
    // While it rests after that many rows.
    let held = |rows: f64| {
        let at_rows = progress.iter().zip(heap).filter(|(progress, _)| **progress == rows);
        let mut held: Vec<f64> = at_rows.map(|(_, bytes)| *bytes).collect();
        held.sort_by(f64::total_cmp);
        held[held.len() / 2]
    };
    assert_near(held(20_000.0) - held(2_000.0), 200.0 * 18_000.0, PAGE);
    assert_near(probed.value("heap_at_end"), said(&probed), OWN);
}

#[test]
fn threads_lose_no_count() {
    // No sample sees the peak.
    let Some(probed) = known(&["--period", "10s"], "threads 8 0 4") else { return };
    for metric in ["peak_heap", "heap_at_end"] {
        assert_eq!(probed.result.metrics[metric].precision, Precision::Exact);
        // Each thread's structures stay for the next.
        assert_near(probed.value(metric), said(&probed), 0.01 * said(&probed));
    }
}

#[test]
fn what_a_fork_inherits_counts_once() {
    let Some(probed) = known(&[], "forks 4 50 5 500") else { return };
    assert_near(probed.value("peak_heap"), said(&probed), 8.0 * OWN);
    assert_eq!(probed.result.metrics["peak_heap"].precision, Precision::Sampled);
    assert_near(probed.value("heap_at_end"), 50.0 * MIB, OWN);
    let Some(probed) = known(&[], "orphan 40 400") else { return };
    let file = probed.samples();
    let heap: Vec<_> = file.points("heap").collect();
    let highest = heap.iter().map(|(_, bytes)| *bytes).fold(0.0, f64::max);
    assert_near(highest, said(&probed), 2.0 * OWN);
    // The parent has freed all of it soon; its orphan holds it for another 400 ms.
    let full = heap.iter().find(|(_, bytes)| *bytes > 39.0 * MIB).unwrap().0;
    let mut after = heap.iter().filter(|(t, _)| (full..full + 0.35).contains(t));
    assert!(after.all(|(_, bytes)| *bytes > 39.0 * MIB), "{heap:?}");
}

#[test]
fn exec_begins_anew() {
    let Some(probed) = known(&[], "exec 40 10 300") else { return };
    let said: Vec<f64> = probed.stdout.lines().map(|line| line.parse().unwrap()).collect();
    assert_near(probed.value("peak_heap"), said[0], OWN);
    assert_near(probed.value("heap_at_end"), said[1], OWN);
    let last = points(&probed, "heap").pop().unwrap();
    assert_near(last, said[1], OWN);
}

#[test]
fn other_programs_are_counted_with_it() {
    let Some(probed) = known(&[], "spawn 20 0") else { return };
    // A shell and sleep need little.
    assert_near(probed.value("peak_heap"), said(&probed), 4.0 * OWN);
    assert!(points(&probed, "heap").len() > 10);
}

#[test]
fn mappings_count_while_they_can_be_used() {
    let Some(probed) = known(&[], "map 16 200") else { return };
    let highest = points(&probed, "heap").into_iter().fold(0.0, f64::max);
    for most in [highest, probed.value("peak_heap")] {
        assert_near(most, 8.0 * MIB + 4.0 * MIB + 16.0 * MIB, OWN);
    }
    assert_near(probed.value("heap_at_end"), 20.0 * MIB, OWN);
    let Some(probed) = known(&[], "remap 8 100") else { return };
    assert_near(probed.value("heap_at_end"), said(&probed), OWN);
}

#[test]
fn the_program_sees_nothing_of_it() {
    let Some(counted) = known(&[], "errno") else { return };
    let bare = Command::new(env!("CARGO_BIN_EXE_memprobe"))
        .args(["--quiet", "--", program().unwrap().to_str().unwrap(), "errno"])
        .output()
        .unwrap();
    assert_eq!(counted.stdout.as_bytes(), bare.stdout, "the next free descriptor");
}

#[test]
fn a_program_at_a_fixed_place_is_counted() {
    if program().is_none() {
        return;
    }
    let options = ["-fno-pie", "-no-pie", "-DTAKE_ADDRESSES"];
    let Some(fixed) = built("heap.c", &options, "heap-fixed") else {
        return skip::say("this compiler builds no programs at fixed places");
    };
    let probed = probe(&[], &[fixed.to_str().unwrap(), "hold", "10", "50"]);
    assert_eq!(probed.code(), Some(0));
    let held = probed.value("peak_heap");
    assert!((held - 10.0 * MIB).abs() < OWN + 0.01 * 10.0 * MIB, "{held}");
}
