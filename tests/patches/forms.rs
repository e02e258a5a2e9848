//! What is accepted.

use super::common::git_command;
use super::{Place, files, gives};
use memgrid::prepare::patch::Patch;

const BEFORE: &str = "one\ntwo\nthree\nfour\nfive\n";
const AFTER: &str = "one\ntwo\nTHREE\nfour\nfive\n";
const HUNK: &str = "@@ -1,5 +1,5 @@\n one\n two\n-three\n+THREE\n four\n five\n";

#[test]
fn git_mails() {
    let mail = format!(
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n\
         From: =?UTF-8?q?Zo=C3=AB?= <z@example.org>\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n\
         Subject: [PATCH 1/2] Shout, since nobody\n listens\n\n\
         - one reason\n+ another\n--- not a name\n---\n a/x.py | 2 +-\n 1 file changed\n\n\
         diff --git a/a/x.py b/a/x.py\nindex 1111111..2222222 100644\n--- a/a/x.py\n+++ b/a/x.py\n\
         {HUNK}-- \n2.47.3\n\n"
    );
    gives(&[("a/x.py", BEFORE)], &mail, &[("a/x.py", AFTER)]);
    let patch = Patch::parse("0001.patch", mail.clone().into_bytes()).unwrap();
    assert_eq!(patch.record().subject, "Shout, since nobody listens");
    assert_eq!(patch.record().sha256, memgrid::fingerprint::sha256(&mail));

    let second = "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n\
                  Subject: [PATCH 2/2] And again\n\n---\n\ndiff --git a/a/x.py b/a/x.py\n\
                  --- a/a/x.py\n+++ b/a/x.py\n@@ -3 +3 @@ two\n-THREE\n+III\n-- \n2.47.3\n";
    let mailbox = mail + second;
    gives(&[("a/x.py", BEFORE)], &mailbox, &[("a/x.py", "one\ntwo\nIII\nfour\nfive\n")]);
}

#[test]
fn names_with_and_without_prefixes() {
    let tree = [("lib/x.py", BEFORE), ("a/y.py", "")];
    let after = [("lib/x.py", AFTER), ("a/y.py", "")];
    for (old, new) in [
        ("a/lib/x.py", "b/lib/x.py"),
        ("lib/x.py", "lib/x.py"),
        ("./lib/x.py", "./lib/x.py"),
        ("lib/x.py.orig", "lib/x.py"),
        ("lib/x.py", "lib/x.py.new"),
        ("project-1.0/lib/x.py", "project/lib/x.py"),
        ("lib/x.py\t2024-05-06 10:11:12.000000000 +0200", "lib/x.py\t2024-05-06 10:11:13 +0200"),
        ("lib/x.py    2024-05-06 10:11:12.0 +0200", "lib/x.py    2024-05-06 10:11:13.0 +0200"),
        ("a/old/lib/x.py", "b/new/lib/x.py"),
    ] {
        gives(&tree, &format!("--- {old}\n+++ {new}\n{HUNK}"), &after);
        gives(&tree, &format!("diff -ru {old} {new}\n--- {old}\n+++ {new}\n{HUNK}"), &after);
    }
    // git's own `--no-prefix`, and a folder that is called like a prefix.
    let tree = [("a/x.py", BEFORE), ("x.py", "another")];
    let after = [("a/x.py", AFTER), ("x.py", "another")];
    gives(&tree, &format!("diff --git a/x.py a/x.py\n--- a/x.py\n+++ a/x.py\n{HUNK}"), &after);
}

#[test]
fn several_files_and_remarks_of_diff_r() {
    let patch = format!(
        "Only in new/lib: z.pyc\ndiff -ru old/lib/x.py new/lib/x.py\n--- old/lib/x.py\n+++ new/lib/x.py\n\
         {HUNK}Only in old: README\ndiff -ru old/y new/y\n--- old/y\n+++ new/y\n@@ -1 +1 @@\n-y\n+Y\n"
    );
    gives(&[("lib/x.py", BEFORE), ("y", "y\n")], &patch, &[("lib/x.py", AFTER), ("y", "Y\n")]);
}

#[test]
fn new_files() {
    let hunk = "@@ -0,0 +1,2 @@\n+one\n+two\n";
    let before = [("lib/old.py", "")];
    let after = [("lib/new.py", "one\ntwo\n"), ("lib/old.py", "")];
    for head in [
        "diff --git a/lib/new.py b/lib/new.py\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/lib/new.py\n",
        "--- /dev/null\n+++ b/lib/new.py\n",
        "--- /dev/null\t1970-01-01 00:00:00\n+++ lib/new.py\t2024-01-01 00:00:00 +0000\n",
        "--- lib/new.py\t1970-01-01 01:00:00.000000000 +0100\n+++ lib/new.py\t2024-01-01 00:00:00 +0000\n",
        "--- old/lib/new.py\t1970-01-01 00:00:00 +0000\n+++ new/lib/new.py\t2024-01-01 00:00:00 +0000\n",
    ] {
        gives(&before, &format!("{head}{hunk}"), &after);
    }
    let script = "diff --git a/run b/run\nnew file mode 100755\n--- /dev/null\n+++ b/run\n@@ -0,0 +1 @@\n+#!/bin/sh\n";
    gives(&[], script, &[("100755 run", "#!/bin/sh\n")]);
    let empty = "diff --git a/new/__init__.py b/new/__init__.py\nnew file mode 100644\nindex 0000000..e69de29\n";
    gives(&[], empty, &[("new/__init__.py", "")]);
    let link = "diff --git a/d/link b/d/link\nnew file mode 120000\n--- /dev/null\n+++ b/d/link\n@@ -0,0 +1 @@\n+../x\n\\ No newline at end of file\n";
    gives(&[("x", "")], link, &[("120000 d/link", "../x"), ("x", "")]);
}

#[test]
fn deleted_files() {
    let hunk = "@@ -1,5 +0,0 @@\n-one\n-two\n-three\n-four\n-five\n";
    for head in [
        "diff --git a/d/x b/d/x\ndeleted file mode 100644\nindex 1111111..0000000\n--- a/d/x\n+++ /dev/null\n",
        "--- a/d/x\n+++ /dev/null\n",
        "--- d/x\t2024-01-01 00:00:00 +0000\n+++ d/x\t1970-01-01 00:00:00.000000000 +0000\n",
    ] {
        gives(&[("d/x", BEFORE), ("y", "")], &format!("{head}{hunk}"), &[("y", "")]);
    }
    let empty = "diff --git a/x b/x\ndeleted file mode 100644\nindex e69de29..0000000\n";
    gives(&[("x", ""), ("y", "")], empty, &[("y", "")]);
    // Without a word about deleting, an empty file stays.
    gives(&[("x", BEFORE)], &format!("--- a/x\n+++ b/x\n{hunk}"), &[("x", "")]);
}

#[test]
fn renamed_and_copied_files() {
    let rename = "diff --git a/old name.py b/new/name.py\nsimilarity index 90%\nrename from old name.py\nrename to new/name.py\n";
    gives(&[("old name.py", BEFORE)], rename, &[("new/name.py", BEFORE)]);
    let edited = format!(
        "{rename}index 1111111..2222222 100644\n--- a/old name.py\t\n+++ b/new/name.py\n{HUNK}"
    );
    gives(&[("100755 old name.py", BEFORE)], &edited, &[("100755 new/name.py", AFTER)]);
    let copy = format!(
        "diff --git a/x b/y\nsimilarity index 90%\ncopy from x\ncopy to y\n--- a/x\n+++ b/y\n{HUNK}"
    );
    gives(&[("x", BEFORE)], &copy, &[("x", BEFORE), ("y", AFTER)]);
    let replaced = "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n\
                    diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+new\n";
    gives(&[("x", BEFORE)], replaced, &[("x", "new\n"), ("y", BEFORE)]);
    let folder = "diff --git a/d/x b/d\nsimilarity index 100%\nrename from d/x\nrename to d\n";
    super::fails(&[("d/x", BEFORE)], folder, "d: ");
}

#[test]
fn modes() {
    let head = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n";
    gives(&[("x", BEFORE)], head, &[("100755 x", BEFORE)]);
    let edited = format!("{head}index 1111111..2222222\n--- a/x\n+++ b/x\n{HUNK}");
    gives(&[("x", BEFORE)], &edited, &[("100755 x", AFTER)]);
    // A patch that doesn't speak of modes leaves them.
    gives(&[("100755 x", BEFORE)], &format!("--- a/x\n+++ b/x\n{HUNK}"), &[("100755 x", AFTER)]);
    let odd = format!("diff --git a/x b/x\nindex 11..22 100664\n--- a/x\n+++ b/x\n{HUNK}");
    gives(&[("100755 x", BEFORE)], &odd, &[("100755 x", AFTER)]);
}

#[test]
fn the_last_line_may_lack_its_newline() {
    let none = "\\ No newline at end of file\n";
    let cases = [
        ("a\nb", format!("@@ -1,2 +1,2 @@\n a\n-b\n{none}+B\n{none}"), "a\nB"),
        ("a\nb", format!("@@ -1,2 +1,2 @@\n a\n-b\n{none}+b\n"), "a\nb\n"),
        ("a\nb\n", format!("@@ -1,2 +1,2 @@\n a\n-b\n+b\n{none}"), "a\nb"),
        ("a\nb", format!("@@ -1,2 +1,2 @@\n-a\n+A\n b\n{none}"), "A\nb"),
        ("a\nb", "@@ -1,2 +1 @@\n a\n-b\n\\ Kein Zeilenumbruch am Dateiende.\n".to_owned(), "a\n"),
        ("", format!("@@ -0,0 +1 @@\n+b\n{none}"), "b"),
    ];
    for (before, hunk, after) in cases {
        gives(&[("x", before)], &format!("--- a/x\n+++ b/x\n{hunk}"), &[("x", after)]);
    }
}

#[test]
fn files_keep_their_line_endings() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let patch = format!("--- a/x\n+++ b/x\n{HUNK}");
    let by_git =
        format!("--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n{}", crlf(HUNK.split_once('\n').unwrap().1));
    for patch in [&patch, &crlf(&patch), &by_git] {
        gives(&[("x", &crlf(BEFORE))], patch, &[("x", &crlf(AFTER))]);
        gives(&[("x", BEFORE)], patch, &[("x", AFTER)]);
    }
    // A patch file that was converted on its way makes no CRLF of its own.
    gives(&[], &crlf("--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+one\n"), &[("x", "one\n")]);
    // A patch that is about line endings does what it says.
    let endings = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n-two\n+two\r\n";
    gives(&[("x", "one\ntwo\n")], endings, &[("x", "one\ntwo\r\n")]);
    // Even a hunk that has nothing to compare with.
    let insert = "--- a/x\n+++ b/x\n@@ -1,0 +2 @@\n+new\n";
    gives(&[("x", "one\r\ntwo\r\n")], insert, &[("x", "one\r\nnew\r\ntwo\r\n")]);
    // A last line without an ending is for neither.
    for insert in [insert, &insert.replace("+new", "+new\r")] {
        gives(&[("x", "one\r\ntwo")], insert, &[("x", "one\r\nnew\r\ntwo")]);
        gives(&[("x", "one\ntwo")], insert, &[("x", "one\nnew\ntwo")]);
    }
}

#[test]
fn hunks_at_an_offset() {
    let far = "new line\n".repeat(100);
    let patch = format!(
        "--- a/x\n+++ b/x\n{}",
        HUNK.replace("@@ -1,5 +1,5 @@", "@@ -10,5 +10,5 @@ def x():")
    );
    gives(&[("x", BEFORE)], &patch, &[("x", AFTER)]);
    gives(&[("x", &format!("{far}{BEFORE}"))], &patch, &[("x", &format!("{far}{AFTER}"))]);
    let two =
        "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n one\n+1.5\n two\n@@ -4,2 +5,1 @@\n-four\n five\n";
    gives(&[("x", BEFORE)], two, &[("x", "one\n1.5\ntwo\nthree\nfive\n")]);
}

#[test]
fn context_lines_that_lost_their_space() {
    let patch = "--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@\n one\n\n-two\n+TWO\n\n";
    gives(&[("x", "one\n\ntwo\n\n")], patch, &[("x", "one\n\nTWO\n\n")]);
    let without_end = patch.strip_suffix('\n').unwrap();
    gives(&[("x", "one\n\ntwo\n\n")], &format!("{without_end}\n"), &[("x", "one\n\nTWO\n\n")]);
}

#[test]
fn without_context() {
    let patch = "--- a/x\n+++ b/x\n@@ -2 +1,0 @@\n-two\n@@ -4,0 +4 @@\n+4.5\n";
    gives(&[("x", BEFORE)], patch, &[("x", "one\nthree\nfour\n4.5\nfive\n")]);
}

#[test]
fn odd_names() {
    let tree = [("dir name/x y.py", BEFORE), ("tab\there é \"q\".py", BEFORE)];
    let space = format!(
        "diff --git a/dir name/x y.py b/dir name/x y.py\n--- a/dir name/x y.py\t\n+++ b/dir name/x y.py\t\n{HUNK}"
    );
    gives(&tree, &space, &[("dir name/x y.py", AFTER), tree[1]]);
    let name = "tab\\there \\303\\251 \\\"q\\\".py";
    let quoted =
        format!("diff --git \"a/{name}\" \"b/{name}\"\n--- \"a/{name}\"\n+++ \"b/{name}\"\n{HUNK}");
    gives(&tree, &quoted, &[tree[0], ("tab\there é \"q\".py", AFTER)]);
    let mode = format!("diff --git \"a/{name}\" \"b/{name}\"\nold mode 100644\nnew mode 100755\n");
    gives(&tree, &mode, &[tree[0], ("100755 tab\there é \"q\".py", BEFORE)]);
}

#[test]
fn binary_patches() {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        git_command().args(arguments).current_dir(folder.path()).output().unwrap().stdout
    };
    let bytes = |seed: u32| -> Vec<u8> {
        (0..5000_u32)
            .map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(seed << 20) >> 13) as u8)
            .collect()
    };
    let mut changed = bytes(1);
    changed[100] = 0;
    changed.extend_from_slice(b"more");
    fs_err::write(folder.path().join("old.bin"), bytes(1)).unwrap();
    git(&["init", "-q"]);
    git(&["add", "."]);
    fs_err::write(folder.path().join("old.bin"), &changed).unwrap();
    fs_err::write(folder.path().join("new.bin"), bytes(2)).unwrap();
    git(&["add", "-N", "new.bin"]);
    let patch = git(&["diff", "--binary"]);
    let mut before = files(&[]);
    before.insert("old.bin".to_owned(), bytes(1));
    let mut after = before.clone();
    after.insert("old.bin".to_owned(), changed);
    after.insert("new.bin".to_owned(), bytes(2));
    let place = Place::new();
    assert_eq!(place.apply(&before, &patch), Ok(after.clone()));
    // The same patch for another version of the file.
    before.insert("old.bin".to_owned(), bytes(4));
    assert!(place.apply(&before, &patch).unwrap_err().contains("not the version of it"));
    let deleted = {
        git(&["add", "."]);
        fs_err::remove_file(folder.path().join("new.bin")).unwrap();
        git(&["diff", "--binary"])
    };
    let mut left = after.clone();
    left.remove("new.bin");
    assert_eq!(place.apply(&after, &deleted), Ok(left));
}
