//! Which words of a changed line changed: a line that was removed is held against the one that was
//! added in its place.

use similar::{ChangeTag, DiffOp, TextDiff};

use super::patch::{LineView, PartView};

/// The most bytes of neighbouring changed lines that are looked into: time grows with their square.
const MOST: usize = 16 * 1024;

/// Marks the changed words of a diff's `lines`. Lines without any likeness stay whole.
pub(super) fn mark(lines: &mut [LineView]) {
    let mut start = 0;
    while start < lines.len() {
        let removed = run(&lines[start..], "del");
        let added = run(&lines[start + removed..], "add");
        let end = start + removed + added;
        if removed > 0 && added > 0 {
            let (before, after) = lines[start..end].split_at_mut(removed);
            mark_block(before, after);
        }
        start = end.max(start + 1);
    }
}

/// How many lines at the start are of this class.
fn run(lines: &[LineView], class: &str) -> usize {
    lines.iter().take_while(|line| line.class == class).count()
}

fn mark_block(before: &mut [LineView], after: &mut [LineView]) {
    let size: usize = before.iter().chain(after.iter()).map(|line| line.text.len()).sum();
    if size > MOST {
        return;
    }
    for (tag, place, parts) in marked(&texts(before), &texts(after)) {
        let lines = if tag == ChangeTag::Delete { &mut *before } else { &mut *after };
        lines[place].parts = parts;
    }
}

fn texts(lines: &[LineView]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

/// The lines that have changed words: which side they are on, where, and their parts.
fn marked(before: &[&str], after: &[&str]) -> Vec<(ChangeTag, usize, Vec<PartView>)> {
    let diff = TextDiff::from_slices(before, after);
    let replaced = diff.ops().iter().filter(|op| matches!(op, DiffOp::Replace { .. }));
    // The size is bounded, so there is no need to give up after a time.
    let changes = replaced.flat_map(|op| diff.iter_inline_changes_deadline(op, None));
    let lines = changes.filter_map(|change| {
        let parts = change.iter_strings_lossy();
        let parts = joined(parts.map(|(changed, text)| PartView::new(changed, text.into_owned())));
        let place = match change.tag() {
            ChangeTag::Delete => change.old_index(),
            ChangeTag::Insert => change.new_index(),
            ChangeTag::Equal => None,
        }?;
        // A line of which nothing stays is best read as a whole.
        let stays = parts.iter().any(|part| !part.changed && !part.text.trim().is_empty());
        let is_marked = stays && parts.iter().any(|part| part.changed);
        is_marked.then(|| (change.tag(), place, parts))
    });
    lines.collect()
}

/// Changed words with nothing but a blank between them become one part.
fn joined(parts: impl Iterator<Item = PartView>) -> Vec<PartView> {
    let mut joined: Vec<PartView> = Vec::new();
    for part in parts {
        let is_blank = |part: &PartView| !part.changed && part.text.trim().is_empty();
        if part.changed
            && joined.last().is_some_and(is_blank)
            && joined.len() > 1
            && let Some(blank) = joined.pop()
            && let Some(before) = joined.last_mut()
        {
            before.text += &blank.text;
            before.text += &part.text;
        } else {
            joined.push(part);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::patch::PatchView;
    use super::*;

    fn shown(patch: &str) -> Vec<String> {
        let patch = PatchView::parse(patch);
        let show = |line: &LineView| {
            let part = |part: &PartView| match part.changed {
                true => format!("[{}]", part.text),
                false => part.text.clone(),
            };
            let text: String = line.parts.iter().map(part).collect();
            format!("{}{}", line.sign, if line.parts.is_empty() { &line.text } else { &text })
        };
        patch.files[0].lines.iter().skip(1).map(show).collect()
    }

    #[test]
    fn the_words_that_changed_are_marked() {
        let patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n first\n-for obj in queryset:\n\
                     -    gone\n+for obj in queryset.iterator():\n+    something else altogether\n+and more\n";
        assert_eq!(
            shown(patch),
            [
                " first",
                "-for obj in [queryset]:",
                "-    gone",
                "+for obj in [queryset.iterator()]:",
                "+    something else altogether",
                "+and more",
            ]
        );
    }

    #[test]
    fn neighbouring_words_are_one_mark() {
        let patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-    rows(All of them now)\n+    rows(One by one now)\n";
        assert_eq!(shown(patch), ["-    rows([All of them] now)", "+    rows([One by one] now)"]);
    }

    #[test]
    fn lines_without_likeness_stay_whole() {
        let patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-return None\n+import this, that\n";
        assert_eq!(shown(patch), ["-return None", "+import this, that"]);
    }

    proptest! {
        #[test]
        fn no_text_is_lost(
            before in prop::collection::vec("[ab .(]{0,12}", 0..8),
            after in prop::collection::vec("[ab .(é]{0,12}", 0..8),
        ) {
            let view = |class: &'static str, text: &String| LineView {
                class, text: text.clone(), ..LineView::default()
            };
            let mut lines: Vec<_> = before.iter().map(|text| view("del", text))
                .chain(after.iter().map(|text| view("add", text))).collect();
            mark(&mut lines);
            for line in lines.iter().filter(|line| !line.parts.is_empty()) {
                let whole: String = line.parts.iter().map(|part| part.text.as_str()).collect();
                prop_assert_eq!(&whole, &line.text);
            }
        }
    }
}
