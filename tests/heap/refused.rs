//! Programs that can't be counted: they run as they would without us, and memprobe says why.

use super::*;

#[test]
fn what_cannot_be_counted_says_why() {
    if program().is_none() {
        return;
    }
    let Some(fixed) = built("heap.c", &["-static"], "heap-static") else {
        return skip::say("there is no static C library");
    };
    let probed = probe(&[], &[fixed.to_str().unwrap(), "hold", "10", "300"]);
    assert_eq!(probed.code, Some(0));
    assert!(probed.why_not("peak_heap").contains("linked statically"));
    assert!(probed.why_not("heap_at_end").contains("linked statically"));
    assert!(probed.points("heap").is_empty());
    assert!(probed.value("peak_rss") > 10.0 * MIB, "all else is measured");
    let shell = format!("{} hold 5 300; exit 0", fixed.display());
    let probed = probe(&[], &["sh", "-c", &shell]);
    assert!(probed.why_not("peak_heap").contains("heap-static is not counted"));
}

#[test]
fn an_allocator_of_the_programs_own_is_not_mistaken() {
    if program().is_none() {
        return;
    }
    let Some(own) = built("own_malloc.c", &[], "own-malloc") else { panic!("own_malloc.c") };
    let probed = probe(&[], &[own.to_str().unwrap()]);
    assert_eq!(probed.code, Some(0), "{}", probed.stderr);
    assert!(probed.why_not("peak_heap").contains("allocator of its own"));
}
