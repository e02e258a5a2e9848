//! Source trees against real repositories and a real pip: fetched, patched, laid out, reused; and
//! the user's own checkout is as it was.

#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use indexmap::IndexMap;
use memgrid::config::{Change, Origin, Source, State};
use memgrid::event::{Event, Observer};
use memgrid::fingerprint::sha256;
use memgrid::interrupt::Interrupt;
use memgrid::outcome::Outcome;
use memgrid::prepare::Blocked;
use memgrid::prepare::cache::Cache;
use memgrid::prepare::source::{PreparedState, prepare_states};

/// Keeps what was reported.
#[derive(Default)]
struct Noted(Mutex<Vec<Event>>);

impl Observer for Noted {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

impl Noted {
    fn details(&self) -> Vec<String> {
        let events = self.0.lock().unwrap();
        let detail = |event: &Event| match event {
            Event::StepFinished { step, detail, .. } => Some(format!("{step}: {detail}")),
            Event::Notice { text } => Some(text.clone()),
            _ => None,
        };
        events.iter().filter_map(detail).collect()
    }
}

/// A folder for everything that a test needs.
struct Place {
    folder: tempfile::TempDir,
    cache: Cache,
    noted: Noted,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        Self { folder, cache, noted: Noted::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }

    /// A repository with a branch, a tag, and a second commit.
    fn repository(&self) -> PathBuf {
        let repository = self.path("project");
        fs_err::create_dir(&repository).unwrap();
        git(&repository, &["init", "-q", "-b", "main"]);
        self.write("project/package/module.py", "one\ntwo\nthree\n");
        let tool = self.write("project/tool.sh", "#!/bin/sh\n");
        fs_err::set_permissions(&tool, PermissionsExt::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("package/module.py", repository.join("link")).unwrap();
        commit(&repository, "first");
        git(&repository, &["tag", "v1.0"]);
        git(&repository, &["branch", "stable/1.x"]);
        self.write("project/package/module.py", "one\ntwo\nthree\nfour\n");
        commit(&repository, "second");
        repository
    }

    fn prepare(
        &self,
        sources: &[(&str, Origin)],
        states: &[(&str, State)],
    ) -> IndexMap<String, Result<PreparedState, Blocked>> {
        let sources = sources
            .iter()
            .map(|(name, origin)| ((*name).to_owned(), Source { origin: origin.clone() }))
            .collect();
        let states =
            states.iter().map(|(name, state)| ((*name).to_owned(), state.clone())).collect();
        prepare_states(&sources, &states, None, &self.cache, &self.noted, &Interrupt::default())
    }

    /// One state of one source.
    fn one(&self, origin: Origin, state: State) -> Result<PreparedState, Blocked> {
        self.prepare(&[("subject", origin)], &[("only", state)]).swap_remove("only").unwrap()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.org",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn commit(repository: &Path, message: &str) -> String {
    git(repository, &["add", "-A"]);
    git(repository, &["commit", "-q", "-m", message]);
    git(repository, &["rev-parse", "HEAD"])
}

fn local(repository: &Path, rev: &str) -> Origin {
    Origin::Git { repository: repository.display().to_string(), rev: rev.to_owned() }
}

fn patched(files: &[&Path]) -> State {
    let change =
        Change { rev: None, patches: files.iter().map(|path| path.to_path_buf()).collect() };
    State { changes: [("subject".to_owned(), change)].into(), ..State::default() }
}

fn at(rev: &str) -> State {
    let change = Change { rev: Some(rev.to_owned()), patches: Vec::new() };
    State { changes: [("subject".to_owned(), change)].into(), ..State::default() }
}

fn read(state: &PreparedState, name: &str) -> String {
    fs_err::read_to_string(state.worktrees["subject"].join(name)).unwrap()
}

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

const ADD_FIVE: &str = "\
--- a/package/module.py
+++ b/package/module.py
@@ -2,3 +2,4 @@
 two
 three
 four
+five
";

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
    assert_eq!(cached(&place.noted.details()), 2, "{:?}", place.noted.details());

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
fn every_kind_of_revision_is_found() {
    let place = Place::new();
    let repository = place.repository();
    let second = git(&repository, &["rev-parse", "main"]);
    let first = git(&repository, &["rev-parse", "v1.0"]);
    git(&repository, &["tag", "-a", "-m", "annotated", "v1.1"]);
    git(&repository, &["update-ref", "refs/remotes/origin/topic", &first]);
    let cases = [
        ("main", &second),
        ("HEAD", &second),
        ("v1.0", &first),
        ("v1.1", &second),
        ("stable/1.x", &first),
        ("origin/topic", &first),
        ("main~1", &first),
        (second.as_str(), &second),
        (&first[..9], &first),
    ];
    for (rev, wanted) in cases {
        let state = place.one(local(&repository, rev), State::default()).unwrap();
        assert_eq!(state.record.sources["subject"].commit.as_ref(), Some(wanted), "{rev}");
    }
    // By URL it is the same repository.
    let url = format!("file://{}", repository.display());
    let origin = Origin::Git { repository: url, rev: "v1.0".to_owned() };
    assert!(place.one(origin, State::default()).is_ok());
    assert_eq!(fs_err::read_dir(place.cache.folder("repositories").unwrap()).unwrap().count(), 1);
}

#[test]
fn branches_move_and_go() {
    let place = Place::new();
    let repository = place.repository();
    let before = place.one(local(&repository, "main"), State::default()).unwrap();
    place.write("project/new.txt", "new\n");
    let third = commit(&repository, "third");
    git(&repository, &["branch", "-D", "stable/1.x"]);
    git(&repository, &["branch", "stable", "main"]);
    let after = place.one(local(&repository, "main"), State::default()).unwrap();
    assert_ne!(before.worktrees, after.worktrees);
    assert_eq!(after.record.sources["subject"].commit.as_ref(), Some(&third));
    let gone = place.one(local(&repository, "stable/1.x"), State::default()).unwrap_err();
    assert!(gone.reason.contains("did you mean stable"), "{gone}");
}

#[test]
fn a_warm_cache_needs_no_repository() {
    let place = Place::new();
    let repository = place.repository();
    let commit = git(&repository, &["rev-parse", "main"]);
    for rev in ["main", "v1.0", &commit] {
        place.one(local(&repository, rev), State::default()).unwrap();
    }
    fs_err::rename(&repository, place.path("unplugged")).unwrap();
    for rev in ["v1.0", &commit, &commit[..8]] {
        place.one(local(&repository, rev), State::default()).unwrap();
    }
    place.noted.0.lock().unwrap().clear();
    let state = place.one(local(&repository, "main"), State::default()).unwrap();
    assert_eq!(state.record.sources["subject"].commit.as_ref(), Some(&commit));
    let details = place.noted.details().join("\n");
    assert!(details.contains("no git repository is there"), "{details}");
    assert!(details.contains("using main as it was last time"), "{details}");
    let missing = place.one(local(&repository, "v2.0"), State::default()).unwrap_err();
    assert!(missing.reason.contains("no git repository is there"), "{missing}");
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new();
    let repository = place.repository();
    let missing = |repository: &Path, rev: &str| {
        let blocked = place.one(local(repository, rev), State::default()).unwrap_err();
        assert_eq!(blocked.outcome, Outcome::Unavailable);
        blocked.reason.replace(&place.folder.path().display().to_string(), "PLACE")
    };
    assert_eq!(
        missing(&place.path("nowhere"), "main"),
        "PLACE/nowhere: no git repository is there"
    );
    assert_eq!(
        missing(&repository, "v1.O"),
        "PLACE/project has no branch, tag or commit v1.O; did you mean v1.0?"
    );
    assert_eq!(
        missing(&repository, "5.2.x-no-such"),
        "PLACE/project has no branch, tag or commit 5.2.x-no-such"
    );
    let nowhere = Origin::Git {
        repository: "https://me:s3cret@127.0.0.1:1/nowhere.git".to_owned(),
        rev: "main".to_owned(),
    };
    let blocked = place.one(nowhere, State::default()).unwrap_err();
    assert!(
        blocked.reason.starts_with("https://127.0.0.1:1/nowhere.git could not be fetched"),
        "{blocked}"
    );
    assert!(!blocked.reason.contains("s3cret"), "{blocked}");
}

/// git's own transport, as for https and ssh, by a scheme that needs no server.
#[test]
fn remote_repositories_are_fetched_by_git() {
    let place = Place::new();
    let repository = place.repository();
    let daemon = place.path("daemon-root");
    fs_err::create_dir(&daemon).unwrap();
    git(
        &repository,
        &["clone", "-q", "--bare", ".", &daemon.join("project.git").display().to_string()],
    );
    let Some(server) = GitDaemon::start(&daemon) else {
        assert!(std::env::var_os("MEMGRID_REQUIRE_SERVERS").is_none(), "git daemon does not start");
        eprintln!("skipped: git daemon is not there");
        return;
    };
    let url = format!("git://127.0.0.1:{}/project.git", server.port);
    let remote = |rev: &str| Origin::Git { repository: url.clone(), rev: rev.to_owned() };
    let commit = git(&repository, &["rev-parse", "main"]);
    for rev in ["main", "HEAD", "stable/1.x", "v1.0", &commit[..10]] {
        place
            .one(remote(rev), State::default())
            .unwrap_or_else(|blocked| panic!("{rev}: {blocked}"));
    }
    drop(server);
    let state = place.one(remote("main"), State::default()).unwrap();
    assert_eq!(state.record.sources["subject"].commit.as_ref(), Some(&commit));
    assert!(place.noted.details().iter().any(|text| text.contains("as it was last time")));
}

struct GitDaemon {
    child: std::process::Child,
    port: u16,
}

impl GitDaemon {
    fn start(root: &Path) -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        // `git daemon` forks a server of its own, which would outlive a killed git.
        let exec_path = Command::new("git").arg("--exec-path").output().ok()?.stdout;
        let program = Path::new(String::from_utf8(exec_path).ok()?.trim()).join("git-daemon");
        let mut child = Command::new(program)
            .args(["--export-all", "--listen=127.0.0.1", &format!("--port={port}")])
            .arg(format!("--base-path={}", root.display()))
            .arg(root)
            .spawn()
            .ok()?;
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(Self { child, port });
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }
}

impl Drop for GitDaemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
    use std::io::BufRead;
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
            .args(["--exact", "victim", "--ignored", "--nocapture"])
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

/// pip with nothing but what a test made.
fn with_index(place: &Place) -> Option<PathBuf> {
    let python = place.path("python");
    let found = Command::new("python3").args(["-m", "pip", "--version"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("MEMGRID_REQUIRE_SERVERS").is_none(), "pip is not there");
        eprintln!("skipped: python3 -m pip is not there");
        return None;
    }
    let index = place.path("index");
    fs_err::create_dir_all(&index).unwrap();
    let script = format!(
        "#!/bin/sh\necho call >> '{}'\nPIP_NO_INDEX=1 PIP_FIND_LINKS='{}' exec python3 \"$@\"\n",
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
            assert_eq!(fs_err::read_to_string(place.path("calls")).unwrap(), "call\n");
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
    for _ in 0..2 {
        let interrupt = Interrupt::default();
        memgrid::prepare::source::compile(&python, tree, &place.noted, &interrupt).unwrap();
    }
    assert!(tree.join("tiny/__pycache__").is_dir());
    // One call for pip, one for the compiler.
    assert_eq!(fs_err::read_to_string(place.path("calls")).unwrap(), "call\ncall\n");
    let again = prepare_tiny(&place, &python, State::default()).unwrap();
    assert!(again.worktrees["subject"].join("tiny/__pycache__").is_dir());
}
