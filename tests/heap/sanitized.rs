//! Programs with a sanitizer (`tests/workloads/sanitized.c`), which no other library may be loaded
//! before: however they are started, they run as they would without us.

use std::process::Output;

use super::*;

/// gcc's sanitizers that have an allocator of their own, and a bug for each.
const SANITIZERS: [(&str, &str, &str); 3] = [
    ("address", "overflow", "AddressSanitizer"),
    ("thread", "race", "ThreadSanitizer"),
    ("leak", "leak", "LeakSanitizer"),
];

/// The program with a sanitizer; `None` where that doesn't work.
fn sanitized(option: &str) -> Option<String> {
    let options = ["-g", &format!("-fsanitize={option}")];
    let program = built("sanitized.c", &options, &format!("with-{option}"));
    if program.is_none() {
        // gcc brings them along.
        skip::need(&format!("cc can't build with -fsanitize={option}"));
    }
    let works = |program: &PathBuf| {
        let output = Command::new(program).output();
        let works = output.is_ok_and(|output| output.status.code() == Some(3));
        if !works {
            skip::say(&format!("-fsanitize={option} does not work on this kernel"));
        }
        works
    };
    let program = program.filter(works);
    program.map(|program| program.to_str().unwrap().to_owned())
}

/// The same command under memprobe without the library.
fn uncounted(command: &[&str]) -> Output {
    let memprobe =
        Command::new(env!("CARGO_BIN_EXE_memprobe")).args(["--quiet", "--"]).args(command).output();
    memprobe.unwrap()
}

/// Runs a command both ways and compares all that it writes to its output, but for the number
/// of memprobe's own descriptor.
fn assert_same(command: &[&str]) -> Probed {
    let (bare, probed) = (uncounted(command), probe(&[], command));
    let lines = |text: &str| -> Vec<String> {
        let own = |line: &&str| !line.starts_with("variable MEMPROBE_FD=");
        text.lines().filter(own).map(str::to_owned).collect()
    };
    let expected = String::from_utf8(bare.stdout).unwrap();
    assert_eq!(lines(&probed.stdout), lines(&expected), "{}", probed.stderr);
    assert_eq!(probed.code(), bare.status.code(), "{}", probed.stderr);
    probed
}

#[test]
fn it_runs_as_without_us_and_finds_its_bug() {
    for (option, bug, name) in SANITIZERS {
        let Some(program) = sanitized(option) else { continue };
        let why = format!("with-{option} is not counted: it runs with {name}");
        let probed = assert_same(&[&program, "see", "a b", ""]);
        assert!(probed.why_not("peak_heap").starts_with(&why), "{}", probed.why_not("peak_heap"));
        assert!(probed.stderr.contains(&why), "the summary says it: {}", probed.stderr);
        assert!(probed.value("peak_rss") > MIB, "all else is measured");
        let probed = assert_same(&[&program, bug]);
        assert_ne!(probed.code(), Some(3), "it ends with the sanitizer's code");
        assert!(probed.stderr.contains(&format!("{name}: ")), "{}", probed.stderr);
        assert!(!probed.stderr.contains("libmemgrid"), "{}", probed.stderr);
        let script = format!("{program} see; echo $?; {program} {bug}; echo $?");
        let probed = assert_same(&["sh", "-c", &script]);
        assert!(probed.why_not("peak_heap").starts_with(&why), "{}", probed.why_not("peak_heap"));
    }
}

#[test]
fn it_is_left_alone_at_any_depth() {
    let (Some(program), Some(python)) = (sanitized("address"), python()) else { return };
    let script = format!("import subprocess as s; s.run(['{program}', 'run', 'env'])");
    let probed = assert_same(&["sh", "-c", &format!("{python} -c \"{script}\"; true")]);
    assert!(probed.why_not("peak_heap").contains("with-address"));
    // Nor does it get there by a way of its own: it becomes another; its name is a link's.
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("another name");
    std::os::unix::fs::symlink(&program, &link).unwrap();
    let script = format!("cd {}; exec './another name' see", folder.path().display());
    let probed = assert_same(&["sh", "-c", &script]);
    assert!(probed.why_not("peak_heap").starts_with("another name is not counted"));
    // Nor by the linker that loads it, with something for that.
    let linker = Path::new("/lib64/ld-linux-x86-64.so.2");
    if linker.exists() {
        let linker = linker.to_str().unwrap();
        let probed = assert_same(&[linker, "--argv0", "a name", &program, "see", "a b", ""]);
        assert!(probed.why_not("peak_heap").contains("AddressSanitizer"));
    }
    let script = folder.path().join("script");
    fs::write(&script, format!("#!{program} see\n")).unwrap();
    fs::set_permissions(&script, fs::metadata(&program).unwrap().permissions()).unwrap();
    let probed = probe(&[], &[script.to_str().unwrap(), "argument"]);
    let arguments: Vec<_> =
        probed.stdout.lines().filter_map(|line| line.strip_prefix("argument ")).collect();
    assert_eq!(arguments, [&program, "see", script.to_str().unwrap(), "argument"]);
    assert_eq!(probed.code(), Some(3));
}

#[test]
fn other_libraries_that_are_preloaded_stay() {
    let (Some(program), Some(plain)) =
        (sanitized("address"), built("sanitized.c", &[], "sanitized"))
    else {
        return;
    };
    let runtime = Command::new("cc").arg("-print-file-name=libasan.so").output().unwrap();
    let runtime = String::from_utf8(runtime.stdout).unwrap();
    let (runtime, plain) = (runtime.trim(), plain.display());
    // Before or behind ours, which here is there or not; or alone.
    for script in [
        format!("LD_PRELOAD=libm.so.6${{LD_PRELOAD:+:$LD_PRELOAD}} {program} see"),
        format!("LD_PRELOAD=${{LD_PRELOAD:+$LD_PRELOAD:}}'libm.so.6 libdl.so.2' {program} see"),
        format!("LD_PRELOAD=${{LD_PRELOAD:+$LD_PRELOAD:}}{runtime} {plain} see"),
        format!("LD_PRELOAD={runtime}${{LD_PRELOAD:+:$LD_PRELOAD}} {plain} overflow"),
        format!("LD_PRELOAD=${{LD_PRELOAD:+$LD_PRELOAD:}} {program} see"),
    ] {
        let probed = assert_same(&["sh", "-c", &script]);
        assert!(probed.why_not("peak_heap").contains("AddressSanitizer"), "{script}");
    }
}

#[test]
fn what_runs_beside_it_is_counted() {
    let (Some(program), Some(known)) = (sanitized("address"), program()) else { return };
    let probed = probe(
        &[],
        &["sh", "-c", &format!("{program} see >&2; exec {} hold 20 300", known.display())],
    );
    assert_eq!(probed.code(), Some(0));
    assert!(probed.why_not("peak_heap").contains("with-address is not counted"));
    let last = points(&probed, "heap").pop().unwrap();
    assert_near(last, said(&probed), OWN);
}
