//! Source trees against real repositories and a real pip: fetched, patched, laid out, reused; and
//! the user's own checkout is as it was.

#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod checkout;
#[path = "../common/mod.rs"]
mod common;
mod distributions;
mod lineage;
mod remote;
mod revisions;
#[path = "../skip/mod.rs"]
mod skip;
mod states;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use common::{commit, git};
use indexmap::IndexMap;
use memgrid::config::{Change, Origin, Source, State};
use memgrid::event::{Event, Observer};
use memgrid::interrupt::Interrupt;
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
        self.prepare_for(None, sources, states)
    }

    fn prepare_for(
        &self,
        python: Option<&Path>,
        sources: &[(&str, Origin)],
        states: &[(&str, State)],
    ) -> IndexMap<String, Result<PreparedState, Blocked>> {
        let sources = sources
            .iter()
            .map(|(name, origin)| ((*name).to_owned(), Source { origin: origin.clone() }))
            .collect();
        let states =
            states.iter().map(|(name, state)| ((*name).to_owned(), state.clone())).collect();
        prepare_states(&sources, &states, python, &self.cache, &self.noted, &Interrupt::default())
    }

    /// One state of one source.
    fn one(&self, origin: Origin, state: State) -> Result<PreparedState, Blocked> {
        self.prepare(&[("subject", origin)], &[("only", state)]).swap_remove("only").unwrap()
    }
}

fn local(repository: &Path, rev: &str) -> Origin {
    Origin::Git { repository: repository.display().to_string(), rev: rev.to_owned() }
}

fn patched(files: &[&Path]) -> State {
    let change =
        Change { rev: None, patches: files.iter().map(|path| path.to_path_buf().into()).collect() };
    State { changes: [("subject".to_owned(), change)].into(), ..State::default() }
}

fn at(rev: &str) -> State {
    let change = Change { rev: Some(rev.to_owned()), patches: Vec::new() };
    State { changes: [("subject".to_owned(), change)].into(), ..State::default() }
}

fn read(state: &PreparedState, name: &str) -> String {
    fs_err::read_to_string(state.worktrees["subject"].join(name)).unwrap()
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

/// A test whose program is not on this machine.
fn skip(what: &str) {
    skip::need(&format!("{what} is not there"));
}
