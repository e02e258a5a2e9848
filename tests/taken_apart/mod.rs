//! A subject whose workload holds 60 MB unless two patches are both there, and a third patch that
//! needs the first.

#![allow(unreachable_pub, reason = "it is part of several test programs")]

use crate::common::{TestEnvironment, commit, git};

const MATRIX: &str = r#"
[matrix]
format = ["json", "xml"]
state = ["unpatched", "patched"]
[subject]
git = "subject"
[state.unpatched]
[state.patched]
SERIES
patches = PATCHES
[workload]
command = ["python3", "{subject}/work.py", "{format}"]
[measure]
repeats = 4
"#;

const WORK: &str = "
import os, pathlib, sys
here = pathlib.Path(__file__).parent
streams = all((here / name).read_text().startswith('stream') for name in ('reader', 'writer'))
held = b'x' * (1_000_000 if streams else 60_000_000)
";

/// A project with the first two patches, or all three; `series` is a line of the state's table.
pub fn project(patches: usize, series: &str) -> TestEnvironment {
    let names = ["0001-reader.patch", "0002-writer.patch", "0003-reader-again.patch"];
    let list = format!("{:?}", &names[..patches]);
    let environment =
        TestEnvironment::new(&MATRIX.replace("PATCHES", &list).replace("SERIES", series));
    let subject = environment.path().join("subject");
    environment.write("subject/work.py", WORK);
    environment.write("subject/reader", "hold\n");
    environment.write("subject/writer", "hold\n");
    git(&subject, &["init", "--quiet"]);
    commit(&subject, "As it was");
    let changes =
        [("reader", "stream\n"), ("writer", "stream\n"), ("reader", "stream, in order\n")];
    for ((file, text), name) in changes.into_iter().zip(names) {
        environment.write(&format!("subject/{file}"), text);
        environment.write(name, &(git(&subject, &["diff"]) + "\n"));
        commit(&subject, "Change it");
    }
    git(&subject, &["reset", "--quiet", "--hard", "HEAD~3"]);
    environment
}
