//! The user's own checkout stays as it is, whatever happens to memgrid.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::Command;

use memgrid::config::{Source, State};
use memgrid::fingerprint::sha256;
use memgrid::interrupt::Interrupt;
use memgrid::prepare::cache::Cache;
use memgrid::prepare::source::prepare_states;

use super::{ADD_FIVE, Noted, Place, at, commit, git, local, patched, read};

/// Every file below a folder, with a digest of its content, its mode and its time of change.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    entries
        .map(|entry| {
            let data = entry.metadata().unwrap();
            let text =
                if data.is_file() { fs_err::read(entry.path()).unwrap() } else { Vec::new() };
            let says = format!("{:?} {:?} {}", data.permissions(), data.modified(), sha256(text));
            (entry.path().to_owned(), says)
        })
        .collect()
}

/// A checkout in the middle of work: staged, unstaged, untracked and deleted.
fn make_dirty(place: &Place, repository: &Path) {
    place.write("project/staged.txt", "staged\n");
    git(repository, &["add", "staged.txt"]);
    place.write("project/package/module.py", "unstaged\n");
    place.write("project/untracked.txt", "untracked\n");
    fs_err::remove_file(repository.join("tool.sh")).unwrap();
}

#[test]
fn the_users_checkout_stays_as_it_is() {
    let place = Place::new();
    let repository = place.repository();
    make_dirty(&place, &repository);
    let status = git(&repository, &["status", "--porcelain"]);
    let before = contents(&repository);
    let patch = place.write("five.patch", ADD_FIVE);
    let broken = place.write("broken.patch", &ADD_FIVE.replace("three", "drei"));
    for state in [State::default(), patched(&[&patch]), patched(&[&broken]), at("stable/1.x")] {
        let _ = place.one(local(&repository, "main"), state);
    }
    let worktree = place.path("linked");
    assert_eq!(contents(&repository), before);
    assert_eq!(git(&repository, &["status", "--porcelain"]), status);
    let said = place.noted.details();
    let uncommitted = "changes to 3 files are not committed, and not measured";
    assert!(said.iter().any(|note| note.contains(uncommitted)), "{said:?}");
    // Branches are read through a linked worktree as well.
    git(&repository, &["worktree", "add", "-q", &worktree.display().to_string(), "v1.0"]);
    let before = (contents(&repository), contents(&worktree));
    let state = place.one(local(&worktree, "HEAD"), State::default()).unwrap();
    assert_eq!(read(&state, "package/module.py"), "one\ntwo\nthree\n");
    assert_eq!((contents(&repository), contents(&worktree)), before);
}

/// Run by the next test in a process of its own, which it kills.
#[test]
#[ignore = "the victim of `a_killed_run_leaves_the_checkout_as_it_is`"]
fn victim() {
    let Some(place) = std::env::var_os("MEMGRID_TEST_PLACE").map(PathBuf::from) else { return };
    let cache = Cache::at(place.join("cache")).unwrap();
    let sources =
        [("subject".to_owned(), Source { origin: local(&place.join("project"), "main") })];
    let states = [("only".to_owned(), patched(&[&place.join("five.patch")]))];
    println!("begin");
    let noted = Noted::default();
    let prepared = prepare_states(
        &sources.into(),
        &states.into(),
        None,
        &cache,
        &noted,
        &Interrupt::default(),
    );
    assert!(prepared["only"].is_ok(), "{prepared:?}");
}

#[test]
fn a_killed_run_leaves_the_checkout_as_it_is() {
    let place = Place::new();
    let repository = place.repository();
    for number in 0..400 {
        place.write(&format!("project/many/{number}.txt"), &format!("{number}\n").repeat(2000));
    }
    commit(&repository, "many");
    make_dirty(&place, &repository);
    place.write("five.patch", ADD_FIVE);
    let status = git(&repository, &["status", "--porcelain"]);
    let before = contents(&repository);
    for delay in [0, 3, 10, 25, 60, 120] {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "checkout::victim", "--ignored", "--nocapture"])
            .env("MEMGRID_TEST_PLACE", place.folder.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = std::io::BufReader::new(victim.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("begin")));
        std::thread::sleep(std::time::Duration::from_millis(delay));
        victim.kill().unwrap();
        victim.wait().unwrap();
        assert_eq!(contents(&repository), before, "killed after {delay} ms");
    }
    assert_eq!(git(&repository, &["status", "--porcelain"]), status);
    // The next run finishes what the killed ones began, and cleans up after them.
    let state =
        place.one(local(&repository, "main"), patched(&[&place.path("five.patch")])).unwrap();
    assert_eq!(read(&state, "package/module.py").lines().last(), Some("five"));
    assert_eq!(fs_err::read_dir(state.worktrees["subject"].join("many")).unwrap().count(), 400);
    for folder in ["repositories", "worktrees"] {
        let left = fs_err::read_dir(place.cache.folder(folder).unwrap()).unwrap();
        let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 1, "{folder}: {names:?}");
    }
    assert_eq!(contents(&repository), before);
}

#[test]
fn submodules_are_empty_folders_and_the_rest_is_laid_out() {
    let place = Place::new();
    let repository = place.repository();
    let url = place.path("library");
    git(place.folder.path(), &["clone", "-q", "project", "library"]);
    git(
        &repository,
        &["submodule", "--quiet", "add", &url.display().to_string(), "vendor/library"],
    );
    commit(&repository, "a submodule");
    let patch = place.write("five.patch", ADD_FIVE);
    let sources = [("subject", local(&repository, "main"))];
    let states =
        place.prepare(&sources, &[("plain", State::default()), ("patched", patched(&[&patch]))]);
    for (name, state) in states {
        let state = state.unwrap_or_else(|blocked| panic!("{name}: {blocked}"));
        let submodule = state.worktrees["subject"].join("vendor/library");
        assert_eq!(fs_err::read_dir(submodule).unwrap().count(), 0, "{name}");
        assert!(read(&state, "package/module.py").starts_with("one\n"));
    }
    let said = place.noted.details();
    assert!(said.iter().any(|line| line.contains("submodules are left empty")), "{said:?}");
}
