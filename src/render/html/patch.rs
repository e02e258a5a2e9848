//! A patch as people read it: its message, and its files with numbered lines.
//!
//! For display only: it takes whatever it is given, and applying patches is `prepare`'s.

use serde::Serialize;

use super::highlight::{self, Token};
use super::words;

/// A patch, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct PatchView {
    /// The mail's author, if it is a mail.
    pub author: Option<String>,
    /// The mail's date, as it was written.
    pub date: Option<String>,
    /// What stands before the diff, without the mail's header.
    pub message: String,
    /// The files that it changes.
    pub files: Vec<FileView>,
}

/// A file's part of a patch.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct FileView {
    /// Its path, or `old → new`.
    pub path: String,
    /// How many lines are added.
    pub added: usize,
    /// How many lines are removed.
    pub removed: usize,
    /// Its lines and the hunks' headers.
    pub lines: Vec<LineView>,
}

/// A line of a diff.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct LineView {
    /// CSS class: `add`, `del`, `context`, `hunk` or `note`.
    pub class: &'static str,
    /// Its number before the patch.
    pub old: Option<u64>,
    /// Its number after the patch.
    pub new: Option<u64>,
    /// `+`, `-` or a blank, which needs no colour.
    pub sign: &'static str,
    /// The line, without its sign.
    pub text: String,
    /// The same in parts, if words of it changed or have colours.
    pub parts: Vec<PartView>,
    /// Whether it begins a hunk that did not apply.
    pub failed: bool,
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PartView {
    /// Whether it changed.
    pub changed: bool,
    /// What it says.
    pub text: String,
    /// The same in stretches of one colour, if it has colours.
    pub tokens: Vec<Token>,
}

impl PartView {
    /// One that has no colours.
    pub(super) const fn new(changed: bool, text: String) -> Self {
        Self { changed, text, tokens: Vec::new() }
    }
}

impl FileView {
    /// How a text changed; `None` if it didn't.
    pub(super) fn between(path: &str, before: &str, after: &str) -> Option<Self> {
        let diff = similar::TextDiff::from_lines(before, after);
        let text = diff.unified_diff().header(path, path).to_string();
        PatchView::parse(&text).files.pop()
    }
}

impl PatchView {
    /// Takes a patch apart. What is no diff is part of the message.
    #[must_use]
    pub(super) fn parse(text: &str) -> Self {
        let mut lines = text.lines().peekable();
        let mut patch = Self::default();
        if text.starts_with("From ") || text.starts_with("From:") {
            patch.header(&mut lines);
        }
        let mut message = Vec::new();
        while let Some(line) = lines.next_if(|line| !starts_diff(line)) {
            message.push(line);
        }
        patch.message = message_of(&message);
        patch.diff(lines);
        let mut left = highlight::MOST;
        for file in &mut patch.files {
            words::mark(&mut file.lines);
            highlight::colour(&file.path, &mut file.lines, &mut left);
        }
        patch
    }

    /// Marks the hunk of which `reason` says that it does not apply.
    pub(super) fn mark_failed(&mut self, reason: &str) {
        let said = reason.lines().next().unwrap_or_default();
        for file in &mut self.files {
            // A new or renamed file's path stands with a word more.
            let path = file.path.split(' ').next().unwrap_or_default();
            if said.contains(&format!("{path}: hunk ")) {
                for line in file.lines.iter_mut().filter(|line| line.class == "hunk") {
                    line.failed = said.contains(line.text.trim_end());
                }
            }
        }
    }

    fn header<'a>(&mut self, lines: &mut impl Iterator<Item = &'a str>) {
        for line in lines.take_while(|line| !line.is_empty()) {
            match line.split_once(": ") {
                Some(("From", author)) => self.author = Some(author.to_owned()),
                Some(("Date", date)) => self.date = Some(date.to_owned()),
                _ => {}
            }
        }
    }

    fn diff<'a>(&mut self, lines: impl Iterator<Item = &'a str>) {
        let mut hunk = Hunk::default();
        let mut old_path = "";
        for line in lines {
            if hunk.is_open() && self.hunk_line(&mut hunk, line) {
                continue;
            }
            if let Some(path) = line.strip_prefix("--- ") {
                old_path = path;
            } else if let Some(path) = line.strip_prefix("+++ ") {
                self.name_file(old_path, path);
            } else if let Some(opened) = Hunk::parse(line) {
                hunk = opened;
                self.file().lines.push(plain("hunk", line));
            } else if let Some(paths) = line.strip_prefix("diff --git ") {
                let path = paths.split_once(" b/").map_or(paths, |(_, new)| new);
                self.files.push(FileView { path: path.to_owned(), ..FileView::default() });
            } else if is_note(line) {
                self.file().lines.push(plain("note", line));
            }
        }
    }

    /// Takes a line of an open hunk; `false` if it is none.
    fn hunk_line(&mut self, hunk: &mut Hunk, line: &str) -> bool {
        let file = self.file();
        let (sign, text) = line.split_at_checked(1).unwrap_or((" ", ""));
        let view = match sign {
            "+" => {
                file.added += 1;
                LineView {
                    class: "add",
                    old: None,
                    new: Some(hunk.next_new()),
                    sign: "+",
                    text: text.to_owned(),
                    ..LineView::default()
                }
            }
            "-" => {
                file.removed += 1;
                LineView {
                    class: "del",
                    old: Some(hunk.next_old()),
                    new: None,
                    sign: "-",
                    text: text.to_owned(),
                    ..LineView::default()
                }
            }
            " " => LineView {
                class: "context",
                old: Some(hunk.next_old()),
                new: Some(hunk.next_new()),
                sign: " ",
                text: text.to_owned(),
                ..LineView::default()
            },
            "\\" => plain("note", line),
            _ => return false,
        };
        file.lines.push(view);
        true
    }

    fn file(&mut self) -> &mut FileView {
        if self.files.is_empty() {
            self.files.push(FileView::default());
        }
        let last = self.files.len() - 1;
        &mut self.files[last]
    }

    /// Names the file whose lines follow: the one that `diff --git` began, or a new one.
    fn name_file(&mut self, old: &str, new: &str) {
        let clean = |path: &str| {
            let path = path.split('\t').next().unwrap_or_default().trim();
            let bare = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
            bare.unwrap_or(path).to_owned()
        };
        let (old, new) = (clean(old), clean(new));
        let path = match (old.as_str(), new.as_str()) {
            ("/dev/null", new) => format!("{new} (new)"),
            (old, "/dev/null") => format!("{old} (deleted)"),
            (old, new) if old == new => new.to_owned(),
            (old, new) => format!("{old} → {new}"),
        };
        let begun = self.files.last_mut().filter(|file| {
            file.added + file.removed == 0 && file.lines.iter().all(|line| line.class == "note")
        });
        match begun {
            Some(file) => file.path = path,
            None => self.files.push(FileView { path, ..FileView::default() }),
        }
    }
}

/// The counters of a hunk.
#[derive(Default)]
struct Hunk {
    old: (u64, u64),
    new: (u64, u64),
}

impl Hunk {
    /// `@@ -12,7 +12,9 @@ where`.
    fn parse(line: &str) -> Option<Self> {
        let ranges = line.strip_prefix("@@ -")?.split_once(" @@")?.0;
        let (old, new) = ranges.split_once(" +")?;
        let range = |text: &str| match text.split_once(',') {
            Some((start, length)) => Some((start.parse().ok()?, length.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        };
        Some(Self { old: range(old)?, new: range(new)? })
    }

    const fn is_open(&self) -> bool {
        self.old.1 > 0 || self.new.1 > 0
    }

    fn next_old(&mut self) -> u64 {
        count(&mut self.old)
    }

    fn next_new(&mut self) -> u64 {
        count(&mut self.new)
    }
}

/// The next line's number.
fn count(range: &mut (u64, u64)) -> u64 {
    let number = range.0;
    range.0 = range.0.saturating_add(1);
    range.1 = range.1.saturating_sub(1);
    number
}

fn plain(class: &'static str, line: &str) -> LineView {
    LineView { class, text: line.to_owned(), ..LineView::default() }
}

fn starts_diff(line: &str) -> bool {
    ["diff --git ", "--- a/", "--- /", "Index: ", "diff -"]
        .iter()
        .any(|start| line.starts_with(start))
        || (line.starts_with("--- ") && line.len() > 4)
}

fn is_note(line: &str) -> bool {
    [
        "new file",
        "deleted file",
        "old mode",
        "new mode",
        "rename ",
        "copy ",
        "similarity ",
        "Binary ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

/// The message without the list of files that git puts below it.
fn message_of(lines: &[&str]) -> String {
    let end = lines.iter().rposition(|line| *line == "---").unwrap_or(lines.len());
    lines[..end].join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAIL: &str = "From 0123 Mon Sep 17 00:00:00 2001
From: A Person <a@example.org>
Date: Sat, 21 Nov 2026 22:15:30 +0000
Subject: [PATCH] Iterate the queryset

The cache holds every instance.
---
 one.py | 3 ++-
 1 file changed

diff --git a/one.py b/one.py
index 012..345 100644
--- a/one.py
+++ b/one.py
@@ -10,3 +10,4 @@ def f():
 before
-old
+new
+--- newer
 after
diff --git a/two.py b/two.py
new file mode 100644
--- /dev/null
+++ b/two.py
@@ -0,0 +1 @@
+hello
--\u{20}
2.39
";

    #[test]
    fn a_mail_is_taken_apart() {
        let patch = PatchView::parse(MAIL);
        assert_eq!(patch.author.as_deref(), Some("A Person <a@example.org>"));
        assert_eq!(patch.message, "The cache holds every instance.");
        let files: Vec<_> =
            patch.files.iter().map(|file| (file.path.as_str(), file.added, file.removed)).collect();
        assert_eq!(files, [("one.py", 2, 1), ("two.py (new)", 1, 0)]);
        let added = patch.files[0].lines.iter().find(|line| line.text == "--- newer").unwrap();
        assert_eq!((added.class, added.old, added.new), ("add", None, Some(12)));
        assert_eq!(patch.files[1].lines.last().unwrap().text, "hello");
    }

    #[test]
    fn the_hunk_that_failed_is_found() {
        let mut patch = PatchView::parse(MAIL);
        let reason = "fix.patch: one.py: hunk 1 of 1 does not apply: @@ -10,3 +10,4 @@ def f(): \
                      (line 12)\nthese lines are not in the file:\n  | @@ -0,0 +1 @@";
        patch.mark_failed(reason);
        let failed: Vec<bool> = patch.files.iter().map(|file| file.lines[0].failed).collect();
        assert!(
            patch.files.iter().flat_map(|file| &file.lines).filter(|line| line.failed).count() == 1
        );
        assert!(failed[0], "{patch:?}");
    }

    #[test]
    fn a_text_that_changed_is_a_diff() {
        let file = FileView::between("matrix.toml", "a\nb\n", "a\nc\n").unwrap();
        assert_eq!((file.path.as_str(), file.added, file.removed), ("matrix.toml", 1, 1));
        assert_eq!(FileView::between("matrix.toml", "a\n", "a\n"), None);
    }

    #[test]
    fn a_plain_diff_needs_no_mail() {
        let patch = PatchView::parse(
            "--- one.py\t2026-01-01\n+++ one.py\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n",
        );
        assert_eq!(patch.message, "");
        assert_eq!((patch.files[0].path.as_str(), patch.files[0].added), ("one.py", 1));
    }

    proptest! {
        #[test]
        fn whatever_it_is_given_is_no_reason_to_stop(text in "(?s)(From |diff --git |--- |\\+\\+\\+ |@@ -1,2 \\+1 @@|@@ -18446744073709551615,9 \\+1 @@|[+-]|.|\n){0,60}") {
            let _ = PatchView::parse(&text);
        }
    }
}
