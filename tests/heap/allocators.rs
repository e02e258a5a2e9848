//! Allocators of other libraries than the C library, behind ours: one that is written for it
//! (`tests/workloads/allocator.c`), and those that are installed.

use super::*;

/// Runs the known program with a library behind ours.
fn with(library: &str, arguments: &str) -> Probed {
    let program = program().unwrap().display();
    let script = format!("export LD_PRELOAD=$LD_PRELOAD:{library}; exec {program} {arguments}");
    let probed = probe(&[], &["sh", "-c", &script]);
    assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
    probed
}

fn library(options: &[&str], name: &str) -> Option<PathBuf> {
    let options = [&["-shared", "-fPIC", "-fno-builtin"], options].concat();
    built("allocator.c", &options, name)
}

#[test]
fn what_another_allocator_maps_counts_once() {
    if program().is_none() {
        return;
    }
    let own = library(&[], "liballocator.so").unwrap().to_str().unwrap().to_owned();
    for library in [&own, "libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2"] {
        let bare = Command::new("true").env("LD_PRELOAD", library).output().unwrap();
        if !bare.stderr.is_empty() {
            skip::say(&format!("there is no {library}"));
            continue;
        }
        // It may hold buffers of its own.
        let room = 4.0 * OWN;
        let probed = with(library, "hold 20 100");
        assert_near(probed.value("heap_at_end"), said(&probed), room);
        let probed = with(library, "map 16 100");
        let highest = points(&probed, "heap").into_iter().fold(0.0, f64::max);
        assert_near(highest, 28.0 * MIB, room);
        assert_near(probed.value("heap_at_end"), 20.0 * MIB, room);
    }
}

#[test]
fn operators_that_do_not_go_through_malloc_are_not_mistaken() {
    if program().is_none() {
        return;
    }
    let library = library(&["-DOPERATORS"], "liboperators.so").unwrap();
    // A program that uses none is counted.
    let probed = with(library.to_str().unwrap(), "hold 5 100");
    assert_near(probed.value("heap_at_end"), said(&probed), OWN);
    let options = ["-DPROGRAM", library.to_str().unwrap()];
    let program = built("allocator.c", &options, "with-operators").unwrap();
    let probed = probe(&[], &[program.to_str().unwrap()]);
    assert_eq!(probed.code(), Some(0), "{}", probed.stderr);
    let why = probed.why_not("peak_heap");
    assert!(why.starts_with("with-operators is not counted") && why.contains("`new`"), "{why}");
}
