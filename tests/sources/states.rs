//! What a state becomes.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use memgrid::config::State;
use memgrid::fingerprint::sha256;
use memgrid::outcome::Outcome;
use memgrid::prepare::Blocked;
use memgrid::prepare::source::PreparedState;

use super::{ADD_FIVE, Place, at, commit, git, local, patched, read};

#[test]
fn a_state_is_a_commit_and_its_patches() {
    let place = Place::new();
    let repository = place.repository();
    let patch = place.write("five.patch", ADD_FIVE);
    let mut states = place.prepare(
        &[("subject", local(&repository, "main"))],
        &[
            ("plain", State { description: Some("as it is".to_owned()), ..State::default() }),
            ("patched", patched(&[&patch])),
            ("old", at("v1.0")),
        ],
    );
    let mut take = |name| states.swap_remove(name).unwrap().unwrap();
    let (plain, five, old) = (take("plain"), take("patched"), take("old"));
    assert_eq!(read(&plain, "package/module.py"), "one\ntwo\nthree\nfour\n");
    assert_eq!(read(&five, "package/module.py"), "one\ntwo\nthree\nfour\nfive\n");
    assert_eq!(read(&old, "package/module.py"), "one\ntwo\nthree\n");

    let tree = &five.worktrees["subject"];
    assert!(!tree.join(".git").exists());
    assert_eq!(fs_err::metadata(tree.join("tool.sh")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(fs_err::read_link(tree.join("link")).unwrap(), Path::new("package/module.py"));

    let record = &five.record.sources["subject"];
    assert_eq!(record.origin, repository.display().to_string());
    assert_eq!(record.commit.as_deref(), Some(git(&repository, &["rev-parse", "main"]).as_str()));
    assert_eq!(record.patches.len(), 1);
    assert_eq!(record.patches[0].name, "five.patch");
    assert_eq!(record.patches[0].subject, "five.patch");
    assert_eq!(five.patches, [(sha256(ADD_FIVE), ADD_FIVE.as_bytes().to_vec())]);
    assert_eq!(plain.record.description.as_deref(), Some("as it is"));
}

#[test]
fn worktrees_are_shared_and_reused() {
    let place = Place::new();
    let repository = place.repository();
    let patch = place.write("five.patch", ADD_FIVE);
    let copy = place.write("other/name.patch", ADD_FIVE);
    let origin = local(&repository, "main");
    let prepare = || {
        let states = [("one", patched(&[&patch])), ("other", patched(&[&copy]))];
        place.prepare(&[("subject", origin.clone())], &states)
    };
    let trees = |states: &IndexMap<String, Result<PreparedState, Blocked>>| {
        let tree = |name: &str| states[name].as_ref().unwrap().worktrees["subject"].clone();
        (tree("one"), tree("other"))
    };
    let first = prepare();
    let (one, other) = trees(&first);
    assert_eq!(one, other);
    place.noted.0.lock().unwrap().clear();
    assert_eq!(trees(&prepare()), (one.clone(), other));
    let cached =
        |details: &[String]| details.iter().filter(|detail| detail.ends_with("cached")).count();
    assert_eq!(cached(&place.noted.details()), 1, "{:?}", place.noted.details());

    // Python's bytecode is no change; anything else is, and is undone.
    fs_err::create_dir(one.join("package/__pycache__")).unwrap();
    fs_err::write(one.join("package/__pycache__/module.pyc"), "").unwrap();
    prepare();
    assert!(one.join("package/__pycache__/module.pyc").exists());
    fs_err::write(one.join("package/module.py"), "changed").unwrap();
    fs_err::write(one.join("further"), "").unwrap();
    let again = prepare();
    assert_eq!(read(again["one"].as_ref().unwrap(), "package/module.py").lines().count(), 5);
    assert!(!one.join("further").exists());
    assert!(
        place.noted.details().iter().any(|text| text.contains("was changed since it was made"))
    );
}

#[test]
fn a_half_made_worktree_is_never_used() {
    let place = Place::new();
    let repository = place.repository();
    let state = place.one(local(&repository, "main"), State::default()).unwrap();
    let tree = &state.worktrees["subject"];
    fs_err::remove_file(tree.with_file_name("seal")).unwrap();
    fs_err::remove_file(tree.join("tool.sh")).unwrap();
    let state = place.one(local(&repository, "main"), State::default()).unwrap();
    assert!(state.worktrees["subject"].join("tool.sh").exists());
}

#[test]
fn one_states_failure_is_no_others() {
    let place = Place::new();
    let repository = place.repository();
    let good = place.write("good.patch", ADD_FIVE);
    let bad = place.write("bad.patch", &ADD_FIVE.replace(" three", " drei"));
    let broken = place.write("broken.patch", "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n one\n");
    let states = place.prepare(
        &[("subject", local(&repository, "main"))],
        &[
            ("good", patched(&[&good])),
            ("bad", patched(&[&bad])),
            ("twice", patched(&[&good, &good])),
            ("broken", patched(&[&broken])),
            ("nowhere", at("no-such-branch")),
        ],
    );
    let reason = |name: &str, outcome| {
        let blocked = states[name].as_ref().unwrap_err();
        assert_eq!(blocked.outcome, outcome, "{blocked}");
        blocked.reason.clone()
    };
    assert!(states["good"].is_ok());
    assert_eq!(
        reason("bad", Outcome::PatchFailed),
        "bad.patch: package/module.py: hunk 1 of 1 does not apply: @@ -2,3 +2,4 @@ (line 3)\n\
         these lines are not in the file:\n  | two\n  | drei\n  | four\n\
         nearest is line 3 of the file, which has\n  | three\ninstead of\n  | drei"
    );
    assert!(reason("twice", Outcome::PatchFailed).ends_with("is it applied already?"));
    assert_eq!(
        reason("broken", Outcome::PatchFailed),
        "broken.patch: line 5: the patch ends within a hunk: 1 old and 0 new lines are missing"
    );
    reason("nowhere", Outcome::Unavailable);
}

/// Removes a folder's only file, renames one, and changes one without changing its size.
const SERIES: [&str; 3] = [
    "diff --git a/tool.sh b/tool.sh\ndeleted file mode 100755\n--- a/tool.sh\n+++ /dev/null\n\
     @@ -1 +0,0 @@\n-#!/bin/sh\n",
    "diff --git a/lonely/only.py b/elsewhere.py\nsimilarity index 100%\nrename from lonely/only.py\n\
     rename to elsewhere.py\n",
    "--- a/package/value.py\n+++ b/package/value.py\n@@ -1 +1 @@\n-VALUE = 1\n+VALUE = 2\n",
];

/// What a tree holds: paths, modes, and contents or targets; without bytecode.
fn contents(tree: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    use std::os::unix::ffi::OsStrExt;
    let entries = walkdir::WalkDir::new(tree).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| entry.file_name() != "__pycache__");
    let content = |path: &Path| match fs_err::read_link(path) {
        Ok(target) => target.as_os_str().as_bytes().to_vec(),
        Err(_) => fs_err::read(path).unwrap_or_default(),
    };
    let entry = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(tree).unwrap().to_owned();
        (path, entry.metadata().unwrap().permissions().mode(), content(entry.path()))
    };
    entries.map(Result::unwrap).map(entry).collect()
}

#[test]
fn a_worktree_made_from_another_is_as_one_made_alone() {
    let place = Place::new();
    let repository = place.repository();
    place.write("project/lonely/only.py", "");
    place.write("project/package/value.py", "VALUE = 1\n");
    commit(&repository, "third");
    let files = [0, 1, 2].map(|at| place.write(&format!("{at}.patch"), SERIES[at]));
    let all: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let states = [
        ("none", State::default()),
        ("first", patched(&all[..1])),
        ("last", patched(&all[2..])),
        ("all", patched(&all)),
        ("old", at("v1.0")),
    ];
    let sources = [("subject", local(&repository, "main"))];
    let together = place.prepare_for(Some(Path::new("python3")), &sources, &states);
    let tree = |name: &str| together[name].as_ref().unwrap().worktrees["subject"].clone();
    for (name, state) in &states {
        let other = Place::new();
        let alone = other.one(sources[0].1.clone(), state.clone()).unwrap();
        assert_eq!(contents(&tree(name)), contents(&alone.worktrees["subject"]), "{name}");
    }
    assert!(!tree("all").join("lonely").exists(), "Python would import an empty folder");
    // Each has bytecode for each of its files, that of what is common being the very same.
    let bytecode = |name: &str, file: &str| {
        let folder = tree(name).join("package/__pycache__");
        let mut entries = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let found = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(file);
        let path = entries.find(found).unwrap();
        (fs_err::metadata(&path).unwrap().modified().unwrap(), fs_err::read(&path).unwrap())
    };
    assert_eq!(bytecode("none", "module."), bytecode("all", "module."));
    assert_ne!(bytecode("none", "value.").1, bytecode("all", "value.").1);
    let value = |name: &str| {
        let script = "import package.value as value; print(value.VALUE, value.__file__)";
        let mut python = std::process::Command::new("python3");
        let output = python.args(["-c", script]).current_dir(tree(name)).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(value("none").starts_with("1 ") && value("last").starts_with("2 "));
    assert!(
        value("last")
            .trim_end()
            .ends_with(&format!("{}", tree("last").join("package/value.py").display()))
    );
    // They are files of their own.
    fs_err::write(tree("all").join("package/module.py"), "changed").unwrap();
    assert!(read(together["none"].as_ref().unwrap(), "package/module.py").starts_with("one"));
}
