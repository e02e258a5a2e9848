//! Python distributions, with a real pip that sees nothing but what a test made.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use memgrid::config::{Origin, Source, State};
use memgrid::interrupt::Interrupt;
use memgrid::outcome::Outcome;
use memgrid::prepare::Blocked;
use memgrid::prepare::source::{PreparedState, prepare_states};

use super::{Place, patched, read, skip};

/// pip with nothing but what a test made.
fn with_index(place: &Place) -> Option<PathBuf> {
    let python = place.path("python");
    let found = Command::new("python3").args(["-m", "pip", "--version"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        skip("python3 -m pip");
        return None;
    }
    let index = place.path("index");
    fs_err::create_dir_all(&index).unwrap();
    let script = format!(
        "#!/bin/sh\necho \"$2\" >> '{}'\nPIP_NO_INDEX=1 PIP_FIND_LINKS='{}' exec python3 \"$@\"\n",
        place.path("calls").display(),
        index.display()
    );
    fs_err::write(&python, script).unwrap();
    fs_err::set_permissions(&python, PermissionsExt::from_mode(0o755)).unwrap();
    Some(python)
}

fn wheel(path: &Path, files: &[(&str, &str, u32)]) {
    let mut zip = zip::ZipWriter::new(fs_err::File::create(path).unwrap());
    for (name, text, mode) in files {
        let options = zip::write::SimpleFileOptions::default().unix_permissions(*mode);
        zip.start_file(*name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

const METADATA: &str = "Metadata-Version: 2.1\nName: tiny-thing\nVersion: 1.2\n";
const WHEEL: &str = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

fn tiny() -> Origin {
    Origin::Pip { name: "Tiny.Thing".to_owned(), version: "1.2".to_owned() }
}

fn prepare_tiny(place: &Place, python: &Path, state: State) -> Result<PreparedState, Blocked> {
    let sources = [("subject".to_owned(), Source { origin: tiny() })].into();
    let states = [("only".to_owned(), state)].into();
    let interrupt = Interrupt::default();
    prepare_states(&sources, &states, Some(python), &place.cache, &place.noted, &interrupt)
        .swap_remove("only")
        .unwrap()
}

fn tiny_wheel(place: &Place) {
    wheel(
        &place.path("index/tiny_thing-1.2-py3-none-any.whl"),
        &[
            ("tiny/__init__.py", "VALUE = 1\n", 0o644),
            ("tiny/run.sh", "#!/bin/sh\n", 0o755),
            ("tiny_thing-1.2.data/purelib/extra.py", "", 0o644),
            ("tiny_thing-1.2.dist-info/METADATA", METADATA, 0o644),
            ("tiny_thing-1.2.dist-info/WHEEL", WHEEL, 0o644),
            ("tiny_thing-1.2.dist-info/RECORD", "", 0o644),
        ],
    );
}

#[test]
fn a_wheel_becomes_one_commit() {
    let commits: Vec<Option<String>> = (0..2)
        .filter_map(|_| {
            let place = Place::new();
            let python = with_index(&place)?;
            tiny_wheel(&place);
            let change = "--- a/tiny/__init__.py\n+++ b/tiny/__init__.py\n@@ -1 +1 @@\n-VALUE = 1\n+VALUE = 2\n";
            let patch = place.write("two.patch", change);
            let state = prepare_tiny(&place, &python, patched(&[&patch])).unwrap();
            assert_eq!(read(&state, "tiny/__init__.py"), "VALUE = 2\n");
            assert_eq!(read(&state, "extra.py"), "");
            assert_eq!(read(&state, "tiny_thing-1.2.dist-info/METADATA"), METADATA);
            let script = state.worktrees["subject"].join("tiny/run.sh");
            assert_eq!(fs_err::metadata(script).unwrap().permissions().mode() & 0o111, 0o111);
            assert_eq!(state.record.sources["subject"].origin, "Tiny.Thing==1.2");
            // A warm cache needs neither the index nor pip.
            fs_err::remove_dir_all(place.path("index")).unwrap();
            prepare_tiny(&place, &python, State::default()).unwrap();
            let calls = fs_err::read_to_string(place.path("calls")).unwrap();
            assert_eq!(calls.matches("pip").count(), 1, "{calls}");
            Some(state.record.sources["subject"].commit.clone())
        })
        .collect();
    assert!(commits.windows(2).all(|pair| pair[0] == pair[1]), "{commits:?}");
}

#[test]
fn a_distribution_that_is_not_there_is_named() {
    let place = Place::new();
    let Some(python) = with_index(&place) else { return };
    let blocked = prepare_tiny(&place, &python, State::default()).unwrap_err();
    assert_eq!(blocked.outcome, Outcome::Unavailable);
    assert!(blocked.reason.starts_with("Tiny.Thing==1.2 could not be downloaded"), "{blocked}");
    assert!(blocked.reason.contains("No matching distribution"), "{blocked}");
    let nobody = place.path("nobody");
    let blocked = prepare_tiny(&place, &nobody, State::default()).unwrap_err();
    assert!(blocked.reason.contains("is not installed"), "{blocked}");
    assert_eq!(blocked.help.as_deref(), Some("memgrid setup"));
}

#[test]
fn wheels_that_reach_outside_are_refused() {
    for (name, said) in [
        ("../outside.py", "not a path below"),
        ("/outside.py", "not a path below"),
        ("tiny/.git/config", "not a path below"),
    ] {
        let place = Place::new();
        let Some(python) = with_index(&place) else { return };
        wheel(
            &place.path("index/tiny_thing-1.2-py3-none-any.whl"),
            &[
                (name, "", 0o644),
                ("tiny_thing-1.2.dist-info/METADATA", METADATA, 0o644),
                ("tiny_thing-1.2.dist-info/WHEEL", WHEEL, 0o644),
            ],
        );
        let blocked = prepare_tiny(&place, &python, State::default()).unwrap_err();
        assert!(blocked.reason.contains(said), "{name}: {blocked}");
        assert_eq!(
            fs_err::read_dir(place.cache.folder("distributions").unwrap()).unwrap().count(),
            0
        );
    }
}

#[test]
fn bytecode_is_made_once_and_is_no_change() {
    let place = Place::new();
    let Some(python) = with_index(&place) else { return };
    tiny_wheel(&place);
    fs_err::write(place.path("calls"), "").unwrap();
    let state = prepare_tiny(&place, &python, State::default()).unwrap();
    let tree = &state.worktrees["subject"];
    assert!(tree.join("tiny/__pycache__").is_dir());
    let again = prepare_tiny(&place, &python, State::default()).unwrap();
    assert!(again.worktrees["subject"].join("tiny/__pycache__").is_dir());
    assert_eq!(fs_err::read_to_string(place.path("calls")).unwrap(), "pip\ncompileall\n");
}
