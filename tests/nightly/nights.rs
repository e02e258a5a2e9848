//! What passes, what does not, and what a night is compared with.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::common::{Finished, TestEnvironment, commit, git};

const MATRIX: &str = r#"
[matrix]
size = ["one", "two"]
[subject]
git = "./subject"
rev = "main"
[workload]
command = ["python3", "{subject}/work.py", "{size}"]
env = { ROOT = "{root}" }
[measure]
heap = false
repeats = 2
"#;

/// A repository whose workload holds so many MiB, in the cell `two`, which others may hold less in.
struct Subject(TestEnvironment);

impl Subject {
    fn new() -> Self {
        let environment = TestEnvironment::new(MATRIX);
        environment.write("subject/README", "");
        let subject = environment.path().join("subject");
        git(&subject, &["init", "--quiet", "--initial-branch", "main"]);
        Self(environment)
    }

    /// A commit whose workload holds so many MiB in the cell `two`, and 10 in the other.
    fn holds(&self, mib: u32) -> String {
        self.does(&format!("held = bytearray(({mib} if sys.argv[1] == 'two' else 10) << 20)"))
    }

    fn does(&self, line: &str) -> String {
        self.0.write("subject/work.py", &format!("import os, sys, time\n{line}\n"));
        let subject = self.0.path().join("subject");
        git(&subject, &["add", "--all"]);
        git(&subject, &["commit", "--quiet", "--allow-empty", "--message", line]);
        git(&subject, &["rev-parse", "HEAD"])
    }

    fn night(&self, more: &[&str]) -> Finished {
        self.0.run(&[&["nightly"], more].concat())
    }

    /// What the newest run was found to be; null if it was not judged.
    fn verdict(&self) -> Value {
        let runs = self.0.run(&["history", "--format", "json"]).exits(0).json();
        let newest = runs["runs"][0]["run"].as_str().unwrap().to_owned();
        let file = format!("reports/runs/{newest}/night.json");
        match self.0.path().join(&file).exists() {
            true => serde_json::from_str(&self.0.read(&file)).unwrap(),
            false => Value::Null,
        }
    }
}

#[test]
fn nights_are_compared_with_the_last_good_one() {
    let subject = Subject::new();
    subject.holds(20);
    let first = subject.night(&["--output", "json=first.json"]).exits(0);
    assert!(subject.0.read("first.json").contains("two"), "there was nothing to compare it with");
    let first = first.says("first good night").says("main is");
    assert!(first.stdout.contains("two"), "{}", first.stdout);
    assert_eq!(subject.verdict()["verdict"], "passed");
    assert!(subject.0.read("reports/nightly.md").contains("first good night"));

    // Nothing new: it is measured all the same, unless that is not wanted.
    subject.night(&[]).exits(0).says("as in the last good night").says("passed");
    assert_eq!(subject.0.runs().len(), 2);
    subject.night(&["--skip-unchanged"]).exits(0).says("Nothing changed");
    assert_eq!(subject.0.runs().len(), 2);

    subject.holds(20);
    subject.holds(60);
    let worse = subject.night(&["--format", "json"]).exits(3).says("2 commits after");
    let worse = worse.says("memgrid bisect two").says("--accept");
    let json = worse.json();
    let verdicts: Vec<_> = json["cells"].as_array().unwrap().iter().collect();
    assert_eq!(
        (verdicts[0]["verdict"].as_str(), verdicts[1]["verdict"].as_str()),
        (Some("unchanged"), Some("regressed"))
    );
    assert_eq!(verdicts[1]["confirmed"], true);
    let night = subject.verdict();
    assert_eq!(
        (night["verdict"].as_str(), &night["regressed"]),
        (Some("regressed"), &serde_json::json!(["two"]))
    );
    for report in ["nightly.md", "nightly.json", "nightly.xml", "index.html"] {
        assert!(subject.0.read(&format!("reports/{report}")).contains("two"), "{report}");
    }

    // What the next nights are compared with is not pruned.
    let pruned = subject.0.run(&["history", "prune", "--keep", "1"]).exits(0);
    pruned.says("the last good night");
    // A bad night is no measure for the next, and stays bad until it is repaired or accepted.
    subject.night(&["--skip-unchanged"]).exits(3).says("Nothing changed");
    subject.0.run(&["nightly", "--accept", "latest"]).exits(0).says("good from now on");
    subject.holds(60);
    subject.night(&[]).exits(0);
    subject.0.run(&["nightly", "--accept", "nothing"]).exits(2);
}

#[test]
fn a_night_that_measured_nothing_or_not_all_does_not_pass() {
    let subject = Subject::new();
    subject.does("sys.exit(sys.argv[1] == 'two')");
    subject.night(&[]).exits(5).says("two is failed").says("incomplete");
    assert_eq!(subject.verdict()["verdict"], "incomplete");
    subject.holds(20);
    subject.night(&[]).exits(0).says("first good night");
    subject.does("sys.exit(1)");
    subject.night(&[]).exits(5);
    assert_eq!(subject.verdict()["verdict"], "incomplete");
    let refused = subject.0.run(&["nightly", "--accept", "latest"]).exits(5);
    refused.says("incomplete");
    subject.night(&["nothing"]).exits(4);
    subject.night(&["--baseline", "nothing"]).exits(6).says("nothing");
    // What can't be brought up to date is not taken for tonight's.
    let runs = subject.0.runs().len();
    let moved = subject.0.path().join("moved");
    std::fs::rename(subject.0.path().join("subject"), &moved).unwrap();
    std::fs::create_dir(subject.0.path().join("subject")).unwrap();
    subject.night(&[]).exits(5).says("can't be brought up to date");
    assert_eq!(subject.0.runs().len(), runs);
}

#[test]
fn an_interrupted_night_is_not_judged_and_nothing_is_compared_with_it() {
    let subject = Subject::new();
    let blocks = "if sys.argv[1] == 'two':\n    open(os.environ['ROOT'] + '/blocked', 'w').close(); time.sleep(60)";
    subject.does(blocks);
    for signal in [Signal::INT, Signal::KILL] {
        let mut command = subject.0.memgrid_hearing_signals(&["nightly"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let blocked = subject.0.path().join("blocked");
        let began = Instant::now();
        while !blocked.exists() {
            assert!(began.elapsed() < Duration::from_secs(60), "the cell was never measured");
            std::thread::sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let finished = Finished::new(child.wait_with_output().unwrap());
        assert_eq!(finished.code, (signal == Signal::INT).then_some(130), "{}", finished.stderr);
        std::fs::remove_file(blocked).unwrap();
        assert_eq!(subject.verdict(), Value::Null);
    }
    subject.holds(20);
    subject.night(&[]).exits(0).says("first good night");
}

#[test]
fn a_baseline_that_was_measured_otherwise_is_measured_again() {
    let subject = Subject::new();
    let first = subject.holds(20);
    subject.night(&[]).exits(0);
    subject.holds(60);
    let period = ["--period", "20ms", "--format", "json"];
    let night =
        subject.night(&period).exits(3).says("sampling period").says("measuring its commits again");
    let json = night.json();
    let revisions = json["before"]["revisions"].as_object().unwrap();
    let revision = revisions.values().next().unwrap()["subject"].as_str().unwrap().to_owned();
    assert_eq!(revision, first);
    assert_eq!(subject.0.runs().len(), 2, "it is kept apart");
}

#[test]
fn github_gets_a_summary_and_annotations() {
    let subject = Subject::new();
    subject.0.write("matrix.toml", &format!("{MATRIX}[metrics.served]\nbetter = \"higher\"\n"));
    let served = |held: u32, rows: u32| {
        let line = format!("metric served {rows} rows\\n");
        let send = format!("os.write(int(os.environ['MEMPROBE_FD']), b'{line}')");
        subject.does(&format!("held = bytearray({held} << 20); {send}"));
    };
    served(20, 7);
    let night = || {
        let mut command = subject.0.memgrid(&["nightly", "--confirm", "0", "--repeats", "5"]);
        let summary = subject.0.path().join("summary.md");
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", summary);
        Finished::new(command.output().unwrap())
    };
    let first = night().exits(0).says("::notice");
    assert!(first.stdout.contains("served") && first.stdout.contains("7 rows"), "{}", first.stdout);
    served(60, 8);
    let second = night().exits(3).says("::error");
    assert!(second.stdout.contains("7 → 8 rows"), "{}", second.stdout);
    let summary = subject.0.read("summary.md");
    assert!(summary.contains("7 → 8 rows"), "{summary}");
    assert!(summary.contains("first good night") && summary.contains("regressed"), "{summary}");
}

#[test]
fn a_distribution_has_nothing_newer_and_is_compared_all_the_same() {
    let environment = TestEnvironment::new(MATRIX);
    environment.write("subject/x", "");
    commit_all(&environment);
    let matrix =
        "[matrix]\nsize = [1]\n[workload]\ncommand = [\"true\"]\n[measure]\nheap = false\n";
    environment.write("matrix.toml", matrix);
    environment.run(&["nightly"]).exits(0).says("first good night");
    environment.run(&["nightly", "--skip-unchanged"]).exits(0).says("Nothing changed");
    environment.run(&["nightly", "--fail-on", "peak_rss>50%"]).exits(0).says("passed");
}

fn commit_all(environment: &TestEnvironment) {
    let subject = environment.path().join("subject");
    git(&subject, &["init", "--quiet", "--initial-branch", "main"]);
    commit(&subject, "all");
}
