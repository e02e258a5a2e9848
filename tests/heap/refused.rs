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
    assert_eq!(probed.code(), Some(0));
    for metric in ["peak_heap", "heap_at_end", "peak_retained"] {
        assert!(probed.why_not(metric).contains("linked statically"), "{metric}");
    }
    assert!(points(&probed, "heap").is_empty() && points(&probed, "retained").is_empty());
    assert!(probed.value("peak_rss") > 10.0 * MIB, "all else is measured");
    let shell = format!("{} hold 5 300; exit 0", fixed.display());
    let probed = probe(&[], &["sh", "-c", &shell]);
    assert!(probed.why_not("peak_heap").contains("heap-static is not counted"));
    // One that no sample saw: then the peak is not said to be exact.
    let shell = format!("{} hold 5 0; exit 0", fixed.display());
    let probed = probe(&["--period", "10s"], &["sh", "-c", &shell]);
    assert_eq!(probed.result.metrics["peak_heap"].precision, Precision::Sampled);
}

#[test]
fn an_allocator_of_the_programs_own_is_not_mistaken() {
    if program().is_none() {
        return;
    }
    let Some(own) = built("own_malloc.c", &[], "own-malloc") else { panic!("own_malloc.c") };
    let probed = probe(&[], &[own.to_str().unwrap()]);
    assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
    assert!(probed.why_not("peak_heap").contains("allocator of its own"));
}

#[test]
fn a_program_of_musls_runs() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workloads/own_malloc.c");
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("with-musl");
    let status = Command::new("musl-gcc").arg("-o").arg(&built).arg(source).status();
    if !status.is_ok_and(|status| status.success()) {
        return skip::need("musl-gcc can't build a program (Debian: musl-tools)");
    }
    let probed = probe(&[], &["sh", "-c", &format!("{}; exit $?", built.display())]);
    assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
    assert!(probed.why_not("peak_heap").contains("with-musl is not counted"));
}

#[test]
fn what_is_not_memprobes_is_not_touched() {
    let Some(program) = program() else { return };
    let program = program.display();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    // As where the descriptor that was memprobe's is another's by now.
    for other in [empty.to_str().unwrap(), "/dev/null", "/", "/dev/tty", "none"] {
        let script = format!("MEMPROBE_HEAP={other} {program} hold 1 0; exit $?");
        assert_eq!(probe(&[], &["sh", "-c", &script]).code(), Some(0), "{other}");
    }
}

#[test]
fn a_go_program_is_known_by_its_note() {
    if program().is_none() {
        return;
    }
    // Go's own linker leaves out C's start; a program with C in it has it.
    for (options, name) in [(&[][..], "go-and-c"), (&["-nostartfiles", "-DOWN_START"], "go")] {
        let noted = built("noted.c", options, name).unwrap();
        let probed = probe(&[], &[noted.to_str().unwrap()]);
        assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
        assert!(probed.why_not("peak_heap").starts_with(&format!("{name} is not counted: a Go")));
    }
}
