//! Trees of processes: who is in them, and what all of them hold.

use super::*;

#[test]
fn a_tree_is_summed_and_shared_pages_are_told_apart() {
    let probed = probe_until("forks 4 40 MS", |probed| is_near(probed.mib("peak_pss"), 41.0, 3.0));
    assert!(probed.mib("peak_rss") > 200.0);
    assert_near(probed.mib("peak_pss"), 41.0, 3.0);
    assert_eq!(probed.value("processes"), 5.0);
    assert_eq!(probed.result.metrics["peak_rss"].precision, Precision::Sampled);
    assert!(probed.notes().contains("sum over up to 5 processes"), "{}", probed.notes());
}

#[test]
fn children_that_no_sample_saw_are_said_to_be_missing() {
    let probed = probe(&["--period", "10s"], "children 3 60 1");
    // The largest process is known. A forked child holds next to nothing of its own.
    exact::assert_exact(probed.mib("peak_rss"), 60.0);
    assert_eq!(probed.result.metrics["peak_rss"].precision, Precision::Sampled);
    // On a busy machine the sample at the start may come late enough to see one.
    let notes = ["children are in no sample", "processes that lived between two samples"];
    let said = notes.iter().any(|note| probed.notes().contains(note));
    assert!(said, "{}", probed.notes());
}

#[test]
fn threads_that_end_are_not_said_to_be_children() {
    // What the kernel does at a thread's very end is in its cgroup's CPU time alone.
    let script = "import threading\nfor _ in range(3000):\n    \
                  thread = threading.Thread(target=int); thread.start(); thread.join()";
    let probed = probed::probe(&["--period", "10s"], &["/usr/bin/python3", "-c", script]);
    assert!(!probed.notes().contains("children are in no sample"), "{}", probed.notes());
    assert!(probed.mib("peak_rss") > 5.0);
}

#[test]
fn a_process_in_its_parents_memory_does_not_count_twice() {
    let probed = probe(&[], "vfork 60 200");
    assert_near(probed.mib("peak_rss"), 60.0 + baseline(), 1.0);
    assert_eq!(probed.value("processes"), 2.0);
}

#[test]
fn a_child_of_any_thread_is_found() {
    let wanted = 50.0 + 2.0 * baseline();
    // Without a cgroup threads are searched only now and then.
    let probed =
        probe_until("thread-child 50 MS", |probed| is_near(probed.mib("peak_rss"), wanted, 2.0));
    assert_near(probed.mib("peak_rss"), wanted, 2.0);
}

#[test]
fn a_process_whose_first_thread_has_ended_is_measured() {
    let probed = probe(&[], "leaderless 50 300");
    assert!(probed.status.success());
    assert_near(probed.mib("peak_anon"), 50.0, 1.5);
}

#[test]
fn samples_go_on_after_exec() {
    let probed = probe_until("exec 50 MS", |probed| is_near(probed.mib("peak_uss"), 50.0, 1.5));
    assert_near(probed.mib("peak_anon"), 50.0, 1.5);
    assert_near(probed.mib("peak_uss"), 50.0, 1.5);
}

#[test]
fn a_daemon_is_measured_and_does_not_outlive_the_measurement() {
    let probed = probe(&[], "daemon 50 60000 300");
    assert_eq!(probed.result.outcome, ProbeOutcome::Ok);
    let own = probe(&[], "daemon 0 60000 300").mib("peak_rss");
    exact::assert_exact(probed.mib("peak_rss") - own, 50.0);
    assert!(probed.notes().contains("left processes behind"), "{}", probed.notes());
    let pid = Pid::from_raw(probed.stdout.trim().parse().unwrap()).unwrap();
    assert!(test_kill_process(pid).is_err(), "the daemon is gone");
    assert!(probed.value("wall_time") < 5.0, "the daemon's end is not the workload's time");
}
