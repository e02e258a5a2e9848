//! Which revision of the subject is measured.

use rustix::process::Signal;
use serde_json::Value;

use super::common::{TestEnvironment, commit, git};
use super::interruption::{blocking, end_in_the_middle, resumes};

/// A subject whose file `word` says which revision it is, on the branch `main`.
fn subject(environment: &TestEnvironment, word: &str) -> String {
    environment.write("subject/word", word);
    let subject = environment.path().join("subject");
    if !subject.join(".git").exists() {
        git(&subject, &["init", "--quiet", "--initial-branch", "main"]);
    }
    commit(&subject, word)
}

/// The commit that the subject of each run had, by the run's name.
fn commits(environment: &TestEnvironment) -> Vec<(String, String)> {
    let commit = |run: &String| {
        let manifest = environment.read(&format!("reports/runs/{run}/manifest.json"));
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let state = manifest["states"].as_object().unwrap().values().next().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&manifest["name"]), text(&state["sources"]["subject"]["commit"]))
    };
    let mut commits: Vec<_> = environment.runs().iter().map(commit).collect();
    commits.sort();
    commits
}

#[test]
fn another_revision_is_measured_without_touching_the_matrix() {
    let matrix = "[matrix]\nsize = [1]\n[subject]\ngit = \"./subject\"\nrev = \"main\"\n\
                  [workload]\ncommand = [\"cat\", \"{subject}/word\"]\n";
    let environment = TestEnvironment::new("");
    let first = subject(&environment, "first");
    let second = subject(&environment, "second");
    environment.write("matrix.toml", matrix);
    for (name, revision) in [("a", Some("main~1")), ("b", Some(first.as_str())), ("c", None)] {
        let revision = revision.map(|revision| ["--rev", revision]);
        let arguments = ["run", "--name", name].into_iter().chain(revision.into_iter().flatten());
        environment.run(&arguments.collect::<Vec<_>>()).exits(0);
    }
    let expected = [("a", &first), ("b", &first), ("c", &second)];
    assert_eq!(commits(&environment), expected.map(|(name, commit)| (name.into(), commit.clone())));
    environment.run(&["run", "--rev", "mian"]).exits(0);
    environment.run(&["run", "--rev", "mian", "--strict"]).exits(5);
    environment.run(&["run", "--rev", "other=main"]).exits(2).says("no source `other`");
    environment.run(&["run", "--rev", "-x"]).exits(2);
}

#[test]
fn a_resumed_run_goes_on_with_the_commit_that_it_began_with() {
    let environment = blocking();
    let matrix = environment.read("matrix.toml").replace(
        "[workload]",
        "[subject]\ngit = \"./subject\"\nrev = \"main\"\n[workload]\nenv = { S = \"{subject}\" }",
    );
    let first = subject(&environment, "first");
    environment.write("matrix.toml", &matrix);
    end_in_the_middle(&environment, Signal::INT).exits(130);
    subject(&environment, "second");
    resumes(&environment);
    assert_eq!(commits(&environment)[0].1, first);
}
