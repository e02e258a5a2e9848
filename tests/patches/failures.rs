//! How patches that don't apply read.

use super::{apply, fails};

const BEFORE: &str = "one\ntwo\nthree\nfour\nfive\n";

#[test]
fn a_hunk_that_fits_nowhere() {
    let patch = "--- a/lib/x.py\n+++ b/lib/x.py\n@@ -1,2 +1,2 @@\n-one\n+ONE\n two\n\
                 @@ -3,3 +3,3 @@ class X:\n three\n-vier\n+FOUR\n five\n";
    assert_eq!(
        apply(&[("lib/x.py", BEFORE)], patch).unwrap_err(),
        "lib/x.py: hunk 2 of 2 does not apply: @@ -3,3 +3,3 @@ class X: (line 7)\n\
         these lines are not in the file:\n  | three\n  | vier\n  | five\n\
         nearest is line 4 of the file, which has\n  | four\ninstead of\n  | vier"
    );
}

#[test]
fn what_is_applied_already_says_so() {
    let patch = "--- a/x\n+++ b/x\n@@ -2,3 +2,3 @@\n two\n-drei\n+three\n four\n";
    fails(&[("x", BEFORE)], patch, "is it applied already?");
    let new = "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+one\n";
    fails(
        &[("x", "one\n")],
        new,
        "x is in the tree already, with the content that the patch gives it",
    );
    fails(&[("x", "two\n")], new, "x is in the tree already");
}

#[test]
fn an_addition_at_the_end_is_made_once() {
    let patch = "--- a/x\n+++ b/x\n@@ -4,2 +4,3 @@\n four\n five\n+six\n";
    fails(&[("x", &format!("{BEFORE}six\n"))], patch, "is it applied already?");
}

#[test]
fn a_missing_file_names_the_nearest() {
    let patch = "--- a/django/core/serializer/base.py\n+++ b/django/core/serializer/base.py\n@@ -1 +1 @@\n-one\n+ONE\n";
    fails(
        &[("django/core/serializers/base.py", "one\n"), ("django/base.py", "one\n")],
        patch,
        "django/core/serializer/base.py is not in the tree; did you mean django/core/serializers/base.py?",
    );
    fails(&[("y", "")], patch, "base.py is not in the tree");
}

#[test]
fn a_deleted_file_must_be_known_whole() {
    let patch = "--- a/x\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n";
    fails(&[("x", BEFORE)], patch, "the file has 16 bytes that the patch does not know");
}

#[test]
fn long_and_hostile_lines_stay_readable() {
    let lines: String = (0..40).map(|n| format!("-\u{1b}[31m{n}\n")).collect();
    let patch = format!("--- a/x\n+++ b/x\n@@ -1,40 +0,0 @@\n{lines}");
    let message = apply(&[("x", BEFORE)], &patch).unwrap_err();
    assert!(!message.contains('\u{1b}'), "{message:?}");
    assert!(message.ends_with("… and 20 more"), "{message}");
}

#[test]
fn broken_patches_have_a_line() {
    let head = "--- a/x\n+++ b/x\n";
    for (patch, said) in [
        ("", "line 1: no changes in it"),
        ("just a letter\n", "line 1: no changes in it"),
        ("@@ -1 +1 @@\n-a\n+b\n", "line 1: a hunk without the name of a file before it"),
        (head, "line 3: no hunk after the names"),
        (&format!("{head}@@ -1,2 +1 @@\n one\n"), "line 5: the patch ends within a hunk: 1 old"),
        (
            &format!("{head}@@ -1 +1 @@\n one\n+two\n"),
            "line 5: the hunk has more lines than its header says",
        ),
        (
            &format!("{head}@@ -1,2 +1,1 @@\n-one\n+two\n+three\n"),
            "line 6: the hunk has other lines",
        ),
        (&format!("{head}@@ -1,2 +1,2 @@\n one\n?two\n"), "line 5: a hunk's line begins with"),
        (&format!("{head}@@ -x +1 @@\n"), "line 3: not a hunk's header"),
        (&format!("{head}@@ -99999999999999999999 +1 @@\n"), "line 3: not a hunk's header"),
        (&format!("{head}@@ -1 +1 @@\n\\ No newline\n"), "line 4: no line before this one"),
        ("*** a/x\n--- b/x\n***************\n*** 1 ****\n", "line 1: a context diff"),
        ("--- \"a/x\n+++ b/x\n@@ -1 +1 @@\n", "line 1: the file's name can't be read"),
        ("diff --git a/x b/y\n", "line 1: the file's name can't be told"),
        ("diff --git a/x b/x\nnew file mode 10x\n", "line 2: not a file mode"),
        ("--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", "line 1: both names are /dev/null"),
        (
            "diff --git \"a/x\" \"b/\\303\"\nnew file mode 100644\nrename from x\n",
            "line 1: the file's name can't be told",
        ),
        ("Binary files  and b/x differ\n", "line 1: a file without a name"),
        ("--- ./\n+++ ./\n@@ -1 +1 @@\n-one\n+two\n", "not a file's path"),
        ("--- a/./\n+++ b/./\n@@ -1 +1 @@\n-one\n+two\n", "not a file's path"),
        ("--- ././y\n+++ ././y\n@@ -1 +1 @@\n-one\n+two\n", "not a file's path"),
    ] {
        fails(&[("x", BEFORE)], patch, said);
    }
}

#[test]
fn no_text_makes_it_panic() {
    use proptest::prelude::*;
    let pieces = prop::sample::select(vec![
        "--- a/x\n",
        "+++ b/x\n",
        "--- /dev/null\n",
        "+++ /dev/null\n",
        "@@ -1 +1 @@\n",
        "@@ -0,0 +1,2 @@\n",
        "@@ -4294967295,4294967295 +4294967295 @@\n",
        "-one\n",
        "+two\n",
        " one\n",
        "\n",
        "\r\n",
        "\\ No newline\n",
        "diff --git a/x b/x\n",
        "diff --git \"a/x\" \"b/\\303\"\n",
        "new file mode 100644\n",
        "deleted file mode 100644\n",
        "old mode 100644\n",
        "new mode 777777777777\n",
        "Binary files  and b/x differ\n",
        "+++ b/./\n",
        "--- ././y\n",
        "rename from x\n",
        "rename to y\n",
        "copy to \"z\n",
        "GIT binary patch\n",
        "literal 5\n",
        "Mcmdummy\n",
        "Binary files a/x and b/x differ\n",
        "*** a\n",
        "\u{e9}\u{0}",
        "Subject: =?utf-8?q?=\n",
        "Content-Transfer-Encoding: base64\n\n",
        "[PATCH",
        "From 0123\n",
        "commit 1\n",
    ]);
    proptest!(ProptestConfig::with_cases(400), |(text in prop::collection::vec(pieces, 0..12))| {
        let _ = apply(&[("x", "one\n")], &text.concat());
    });
}
