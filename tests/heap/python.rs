//! CPython's objects against what its own tracer counts.

use super::*;

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/heap.py");

/// What `field` gained between the two marks.
fn gained(probed: &Probed, field: &str) -> f64 {
    let file = probed.samples();
    let at = |mark: usize| {
        let t = file.marks[mark].t + 0.1;
        file.points(field).filter(|(at, _)| *at <= t).last().unwrap().1
    };
    at(1) - at(0)
}

#[test]
fn pythons_objects_are_counted_as_its_own_tracer_counts_them() {
    let Some(python) = python() else { return };
    let traced = Command::new(python).args([OBJECTS, "trace"]).output().unwrap();
    let traced: f64 = String::from_utf8(traced.stdout).unwrap().trim().parse().unwrap();
    let probed = probe(&[], &[python, OBJECTS]);
    if probed.result.metrics["peak_python_heap"].value.is_none() {
        return skip::say(probed.why_not("peak_python_heap"));
    }
    assert_near(gained(&probed, "heap"), traced, 0.01 * traced);
    let small = gained(&probed, "python_heap");
    assert!(small > 0.1 * traced && small < 0.9 * traced, "{small} of {traced}");
    // With all of it in malloc, which rounds up otherwise.
    let with_malloc = probe(&[], &["env", "PYTHONMALLOC=malloc", python, OBJECTS]);
    assert_near(gained(&with_malloc, "heap"), traced, 0.04 * traced);
    assert!(!with_malloc.result.metrics.contains_key("peak_python_heap"));
    // Other hooks are not ours: then arenas count whole.
    let checked = probe(&[], &["env", "PYTHONMALLOC=pymalloc", python, OBJECTS]);
    assert!(checked.why_not("peak_python_heap").contains("PYTHONMALLOC"));
    assert!(gained(&checked, "heap") > traced);
}

#[test]
fn the_peak_of_pythons_objects_is_what_its_own_tracer_finds() {
    let Some(python) = python() else { return };
    let traced = Command::new(python).args([OBJECTS, "peak", "trace"]).output().unwrap();
    let traced: f64 = String::from_utf8(traced.stdout).unwrap().trim().parse().unwrap();
    // Far apart: no sample sees it.
    let probed = probe(&["--period", "10s"], &[python, OBJECTS, "peak"]);
    let peak = &probed.result.metrics["peak_python_heap"];
    let Some(most) = peak.value else {
        return skip::say(probed.why_not("peak_python_heap"));
    };
    assert_eq!(peak.precision, Precision::Exact);
    let before = points(&probed, "python_heap");
    let before = before[before.len() - 2];
    assert_near(most - before, traced, 0.01 * traced);
    // The rest of the interpreter's memory is elsewhere, and did not change: no arena counts for
    // the moment in which it is mapped.
    let heap = points(&probed, "heap");
    assert_near(probed.value("peak_heap") - heap[heap.len() - 2], traced, 0.01 * traced);
}

#[test]
fn what_a_forked_python_inherits_counts_once() {
    let Some(python) = python() else { return };
    let script = "import os, time\nheld = [complex(n) for n in range(100000)]\n\
                  if os.fork() == 0:\n  time.sleep(0.3)\n  os._exit(0)\nos.wait()";
    let probed = probe(&[], &[python, "-c", script]);
    let Some(most) = probed.result.metrics["peak_python_heap"].value else {
        return skip::say(probed.why_not("peak_python_heap"));
    };
    assert!(most < probed.value("peak_heap"), "{most}");
    let together = points(&probed, "python_heap").into_iter().fold(0.0, f64::max);
    assert!(together < 1.5 * 3_200_000.0 + 3.0 * MIB, "{together}");
}
