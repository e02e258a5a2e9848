//! Random edits, by three tools that make patches: what they say, applies.

use std::process::Command;

use proptest::prelude::*;

use super::common::git_command;
use super::{Files, Place};

/// A text with few different lines, so that context is ambiguous, in one of several line endings.
fn text() -> impl Strategy<Value = Vec<String>> {
    let line = prop::sample::select(vec![
        "",
        "a",
        "b",
        "    return x",
        "}",
        "-- ",
        "--- a",
        "+++ b",
        "@@ -1 +1 @@",
    ]);
    prop::collection::vec(line.prop_map(str::to_owned), 0..30)
}

/// What happens at a place: lines go, and others come.
fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<String>)>> {
    let edit =
        (any::<prop::sample::Index>(), 0_usize..4, prop::collection::vec("[ab}]{0,2}", 0..3));
    prop::collection::vec(edit, 1..5)
}

fn edited(text: &[String], edits: &[(prop::sample::Index, usize, Vec<String>)]) -> Vec<String> {
    let mut text = text.to_vec();
    for (at, gone, new) in edits {
        let at = at.index(text.len() + 1);
        let end = (at + gone).min(text.len());
        text.splice(at..end, new.iter().cloned());
    }
    text
}

fn bytes(lines: &[String], crlf: bool, newline: bool) -> Vec<u8> {
    let ending = if crlf { "\r\n" } else { "\n" };
    let mut text = lines.join(ending);
    if newline && !lines.is_empty() {
        text.push_str(ending);
    }
    text.into_bytes()
}

fn one(text: &[u8]) -> Files {
    [("dir/file.txt".to_owned(), text.to_vec())].into()
}

/// What a tool says about two versions of a file, below folders that it is told.
fn difference(mut tool: Command, arguments: &[&str], old: &[u8], new: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("a", old), ("b", new)] {
        let dir = folder.path().join(name).join("dir");
        fs_err::create_dir_all(&dir).unwrap();
        fs_err::write(dir.join("file.txt"), text).unwrap();
    }
    let command = tool
        .args(arguments)
        .args(["a/dir/file.txt", "b/dir/file.txt"])
        .current_dir(folder.path())
        .output();
    command.unwrap().stdout
}

fn by_git2(old: &[u8], new: &[u8], context: u32) -> Vec<u8> {
    let mut options = git2::DiffOptions::new();
    options.context_lines(context).force_text(true);
    let name = "dir/file.txt".as_ref();
    let patch = git2::Patch::from_buffers(old, Some(name), new, Some(name), Some(&mut options));
    patch.unwrap().to_buf().unwrap().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_edit_by_git2_applies(
        text in text(), edits in edits(), crlf: bool, ends in (any::<bool>(), any::<bool>()), context in 0_u32..4,
    ) {
        let old = bytes(&text, crlf, ends.0);
        let new = bytes(&edited(&text, &edits), crlf, ends.1);
        prop_assume!(old != new);
        let patch = by_git2(&old, &new, context);
        prop_assert_eq!(Place::new().apply(&one(&old), &patch), Ok(one(&new)), "{}", String::from_utf8_lossy(&patch));
    }

    /// Unique lines around it make the place certain, however far it moved.
    #[test]
    fn an_edit_applies_at_an_offset(
        text in text(), edits in edits(), above in 0_usize..200, below in 0_usize..20, crlf: bool, patch_crlf: bool,
    ) {
        let around = |lines: &[String], above: usize, below: usize| -> Vec<String> {
            let unique = |kind: &str, count: usize| (0..count).map(|n| format!("{kind} {n}")).collect::<Vec<_>>();
            let top = (0..4).map(|n| format!("top {n}")).collect::<Vec<_>>();
            let bottom = (0..4).map(|n| format!("bottom {n}")).collect::<Vec<_>>();
            [unique("above", above), top, lines.to_vec(), bottom, unique("below", below)].concat()
        };
        let changed = edited(&text, &edits);
        prop_assume!(text != changed);
        // One hunk: with enough context all edits are in it.
        let patch = by_git2(
            &bytes(&around(&text, 3, 3), patch_crlf, true),
            &bytes(&around(&changed, 3, 3), patch_crlf, true),
            3,
        );
        prop_assume!(patch.windows(5).filter(|window| window == b"\n@@ -").count() == 1);
        let old = bytes(&around(&text, above + 3, below + 3), crlf, true);
        let new = bytes(&around(&changed, above + 3, below + 3), crlf, true);
        // The numbers of the lines around differ from those in the patch; only `top` and `bottom` are the same.
        let applied = Place::new().apply(&one(&old), &patch);
        if let Ok(applied) = applied {
            // Where the text repeats itself an equal place may be nearer; else it must be the right one.
            let lines = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            prop_assert_eq!(lines(&applied["dir/file.txt"]), lines(&new));
            if above == 0 {
                prop_assert_eq!(applied, one(&new));
            }
        } else {
            prop_assert!(false, "{applied:?}\n{}", String::from_utf8_lossy(&patch));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn an_edit_by_diff_and_by_git_applies(
        text in text(), edits in edits(), crlf: bool, ends in (any::<bool>(), any::<bool>()), context in 0_u32..4,
    ) {
        let old = bytes(&text, crlf, ends.0);
        let new = bytes(&edited(&text, &edits), crlf, ends.1);
        prop_assume!(old != new);
        let context = format!("-U{context}");
        let tools = [
            difference(Command::new("diff"), &["-a", &context], &old, &new),
            difference(git_command(), &["diff", "--no-index", "--text", &context], &old, &new),
        ];
        for patch in tools {
            prop_assert_eq!(Place::new().apply(&one(&old), &patch), Ok(one(&new)), "{}", String::from_utf8_lossy(&patch));
        }
    }
}
