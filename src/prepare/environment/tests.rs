use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;

use super::*;
use crate::event::{Event, Silent};

/// Keeps how steps ended.
#[derive(Default)]
struct Ends(Mutex<Vec<String>>);

impl Observer for Ends {
    fn event(&self, event: Event) {
        if let Event::StepFinished { detail, .. } = event {
            self.0.lock().unwrap().push(detail);
        }
    }
}

fn python(requirements: Option<PathBuf>) -> Python {
    Python { interpreter: "python3".into(), requirements }
}

fn ensure_in(cache: &Cache, python: &Python, extra: &[&str]) -> Result<PreparedPython, Blocked> {
    let extra: Vec<String> = extra.iter().map(|&one| one.to_owned()).collect();
    ensure(python, &extra, cache, &Silent, &Interrupt::default())
}

#[test]
fn an_environment_is_made_once_and_again_when_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    let python = python(None);

    let made = ensure_in(&cache, &python, &[]).unwrap();
    assert!(made.python.starts_with(folder.path()));
    let prefix = Tool::new(&made.python)
        .args(["-c", "import sys; print(sys.prefix)"])
        .read(&Interrupt::default())
        .unwrap();
    assert_eq!(Path::new(&prefix), made.python.parent().unwrap().parent().unwrap());
    assert!(made.versions.contains_key("pip"), "{:?}", made.versions);
    assert_eq!(made.versions.keys().next().unwrap(), "CPython");

    let interpreter = Interpreter::find("python3", &Interrupt::default()).unwrap();
    let place = place(&python, &[], &interpreter, &cache).unwrap();
    let record = || {
        let data = fs_err::metadata(place.folder.join(RECORD)).unwrap();
        (data.ino(), data.mtime(), data.mtime_nsec())
    };
    let written = record();
    // Whoever started it now would fail.
    fs_err::remove_file(&made.python).unwrap();
    fs_err::write(&made.python, "").unwrap();
    let ends = Ends::default();
    assert_eq!(ensure(&python, &[], &cache, &ends, &Interrupt::default()).unwrap(), made);
    assert_eq!(ends.0.into_inner().unwrap(), ["cached"]);
    assert_eq!(record(), written);

    // As if we had been killed in between: no record, and only a part of the files.
    fs_err::remove_file(place.folder.join(RECORD)).unwrap();
    fs_err::remove_dir_all(place.folder.join("lib")).unwrap();
    assert_eq!(ensure_in(&cache, &python, &[]).unwrap(), made);
}

#[test]
fn what_pip_says_reaches_the_user_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    // Fails without any network: not even a name.
    let error = ensure_in(&cache, &python(None), &["=not a requirement="]).unwrap_err();
    assert_eq!(error.outcome, crate::outcome::Outcome::Unavailable);
    assert!(error.reason.contains("=not a requirement="), "{error}");
    assert_eq!(fs_err::read_dir(cache.folder("environments").unwrap()).unwrap().count(), 0);
}

#[test]
fn other_requirements_mean_another_environment() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("cache")).unwrap();
    let file = folder.path().join("requirements.txt");
    fs_err::write(&file, "six==1.16.0\n").unwrap();
    let interpreter = Interpreter::find("python3", &Interrupt::default()).unwrap();
    let id = |requirements: Option<&Path>, extra: &[&str]| {
        let extra: Vec<String> = extra.iter().map(|&one| one.to_owned()).collect();
        let python = python(requirements.map(Path::to_owned));
        place(&python, &extra, &interpreter, &cache).unwrap().fingerprint
    };
    let first = id(Some(&file), &["a"]);
    assert_eq!(first, id(Some(&file), &["a"]));
    assert_ne!(first, id(Some(&file), &["b"]));
    assert_ne!(first, id(Some(&file), &[]));
    assert_ne!(id(None, &[]), id(Some(&file), &[]));
    fs_err::write(&file, "six==1.17.0\n").unwrap();
    assert_ne!(first, id(Some(&file), &["a"]));
}

#[test]
fn a_missing_interpreter_is_named_with_what_would_help() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    let python = Python { interpreter: "memgrid-no-python".into(), requirements: None };
    let error = ensure_in(&cache, &python, &[]).unwrap_err();
    assert!(error.reason.contains("`memgrid-no-python` is not on PATH"), "{error}");
}

#[test]
fn an_interrupt_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    let interrupt = Interrupt::default();
    interrupt.raise();
    let error = ensure(&python(None), &[], &cache, &Silent, &interrupt).unwrap_err();
    assert_eq!(error.outcome, crate::outcome::Outcome::Interrupted);
}
