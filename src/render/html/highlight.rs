//! The syntax colours of a diff: which stretches of its lines are comments, strings and so on, as
//! classes for the style sheet. What stays of a file and what was removed is read as the old text,
//! what stays and what was added as the new one, each hunk on its own, since a diff has no more.

use std::sync::LazyLock;

use serde::Serialize;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::patch::{LineView, PartView};

/// The most bytes of a patch that are coloured: a line takes about 0.2 ms.
pub(super) const MOST: usize = 64 * 1024;
/// A hunk with a longer line stays plain: a program wrote that line, and it is slow to take apart.
const LONGEST: usize = 500;

/// What is coloured alike: the scopes' beginnings, and the class. Scopes are the names of TextMate's
/// and Sublime Text's grammars; the first line that fits counts.
const CLASSES: [(&str, Option<&str>); 19] = [
    ("comment", Some("comment")),
    ("meta.interpolation", None),
    ("source", None),
    ("string", Some("string")),
    ("constant.character", Some("string")),
    ("constant.other.placeholder", Some("string")),
    ("constant", Some("constant")),
    ("keyword.operator.logical", Some("keyword")),
    ("keyword.operator.word", Some("keyword")),
    ("keyword.operator", None),
    ("keyword", Some("keyword")),
    ("storage", Some("keyword")),
    ("entity.name.function", Some("name")),
    ("entity.name.class", Some("name")),
    ("entity.name.type", Some("name")),
    ("entity.name.tag", Some("keyword")),
    ("entity.other.attribute-name", Some("name")),
    ("entity.name", Some("name")),
    ("variable.annotation", Some("name")),
];

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(SyntaxSet::load_defaults_newlines);
static SCOPES: LazyLock<Vec<(Scope, Option<&str>)>> = LazyLock::new(|| {
    let known = |(name, class): (&str, _)| Some((Scope::new(name).ok()?, class));
    CLASSES.into_iter().filter_map(known).collect()
});

/// A stretch of a line in one colour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Token {
    /// CSS class: `comment`, `string`, `constant`, `keyword` or `name`.
    class: Option<&'static str>,
    /// What it says.
    text: String,
}

/// Colours the lines of a diff of the file at `path`, if its language is known from its name, and
/// takes their bytes from those that are `left`.
pub(super) fn colour(path: &str, lines: &mut [LineView], left: &mut usize) {
    let Some(syntax) = language(path) else { return };
    let size: usize = lines.iter().map(|line| line.text.len()).sum();
    let Some(rest) = left.checked_sub(size) else { return };
    *left = rest;
    for hunk in lines.split_mut(|line| line.class == "hunk") {
        if let Some(spans) = Sides::new(syntax).read(hunk) {
            for (line, spans) in hunk.iter_mut().zip(spans) {
                cut(line, &spans);
            }
        }
    }
}

fn language(path: &str) -> Option<&'static SyntaxReference> {
    // A new or renamed file's path stands with a word more.
    let name = path.rsplit('/').next()?.split(' ').next()?;
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let known = [Some(name), extension].into_iter().flatten();
    known.into_iter().find_map(|name| SYNTAXES.find_syntax_by_extension(name))
}

/// Up to where in a line a class holds.
type Spans = Vec<(usize, Option<&'static str>)>;

/// The old and the new text of a hunk, as far as they are read.
struct Sides {
    old: Reader,
    new: Reader,
}

#[derive(Clone, PartialEq)]
struct Reader {
    state: ParseState,
    stack: ScopeStack,
    /// The last character that is neither blank nor within a string or comment.
    before: Option<char>,
    /// What the newest string or comment begins with.
    opening: Option<char>,
}

impl Sides {
    fn new(syntax: &SyntaxReference) -> Self {
        let (state, stack) = (ParseState::new(syntax), ScopeStack::new());
        let start = Reader { state, stack, before: None, opening: None };
        Self { old: start.clone(), new: start }
    }

    /// A hunk's lines, or nothing if they had better stay plain.
    fn read(mut self, hunk: &[LineView]) -> Option<Vec<Spans>> {
        let lines = hunk.iter().map(|line| self.line(line)).collect::<Option<_>>()?;
        (!self.old.is_doubtful() && !self.new.is_doubtful()).then_some(lines)
    }

    fn line(&mut self, line: &LineView) -> Option<Spans> {
        match line.class {
            "del" => self.old.line(&line.text),
            "add" => self.new.line(&line.text),
            "context" if self.old == self.new => {
                let spans = self.new.line(&line.text);
                self.old = self.new.clone();
                spans
            }
            "context" => {
                self.old.line(&line.text)?;
                self.new.line(&line.text)
            }
            _ => Some(Spans::new()),
        }
    }
}

impl Reader {
    fn line(&mut self, text: &str) -> Option<Spans> {
        if text.len() > LONGEST {
            return None;
        }
        let operations = self.state.parse_line(&format!("{text}\n"), &SYNTAXES).ok()?;
        let mut spans = Spans::new();
        let mut span = |end: usize, class| match spans.last_mut() {
            Some((before, _)) if *before == end => {}
            Some((before, same)) if *same == class => *before = end,
            _ => spans.push((end, class)),
        };
        for (at, operation) in &operations {
            if *at > 0 {
                span((*at).min(text.len()), self.class());
            }
            self.stack.apply(operation).ok()?;
        }
        span(text.len(), self.class());
        self.remember(text, &spans);
        Some(spans)
    }

    fn remember(&mut self, text: &str, spans: &Spans) {
        let mut from = 0;
        for (to, class) in spans {
            let stretch = text.get(from..*to).unwrap_or_default().trim();
            if !is_text(*class) {
                self.before = stretch.chars().last().or(self.before);
                self.opening = None;
            } else if self.opening.is_none() {
                self.opening = stretch.chars().next();
            }
            from = *to;
        }
    }

    /// Whether a hunk that ends here may have begun within a string, so that inside and outside were
    /// taken for each other: a string is open, and not where one would begin.
    fn is_doubtful(&self) -> bool {
        is_text(self.class())
            && self.opening.is_some_and(|first| "\"'`".contains(first))
            && !self.before.is_some_and(|last| ":=([{,+".contains(last))
    }

    /// Of the scopes that hold here the innermost that is known counts.
    fn class(&self) -> Option<&'static str> {
        let known = |scope: &Scope| SCOPES.iter().find(|(start, _)| start.is_prefix_of(*scope));
        self.stack.as_slice().iter().rev().find_map(known).and_then(|(_, class)| *class)
    }
}

fn is_text(class: Option<&str>) -> bool {
    matches!(class, Some("comment" | "string"))
}

/// Cuts a line's parts where the colour changes.
fn cut(line: &mut LineView, spans: &[(usize, Option<&'static str>)]) {
    if spans.iter().all(|(_, class)| class.is_none()) {
        return;
    }
    if line.parts.is_empty() {
        line.parts.push(PartView::new(false, line.text.clone()));
    }
    let mut start = 0;
    for part in &mut line.parts {
        let end = start + part.text.len();
        let mut from = start;
        for (to, class) in spans {
            let to = (*to).min(end);
            if let Some(text) = line.text.get(from..to).filter(|text| !text.is_empty()) {
                part.tokens.push(Token { class: *class, text: text.to_owned() });
                from = to;
            }
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::patch::{FileView, PatchView};
    use super::*;

    fn file(path: &str, hunk: &str) -> FileView {
        let count = |sign| hunk.lines().filter(|line| line.starts_with([' ', sign])).count();
        let (old, new) = (count('-'), count('+'));
        let patch = format!("--- a/{path}\n+++ b/{path}\n@@ -9,{old} +9,{new} @@\n{hunk}");
        PatchView::parse(&patch).files.remove(0)
    }

    /// Each line with its coloured stretches as `class:text`, and marked words in brackets.
    fn shown(path: &str, hunk: &str) -> Vec<String> {
        let token = |token: &Token| match token.class {
            Some(class) => format!("{class}:{}", token.text),
            None => token.text.clone(),
        };
        let part = |part: &PartView| {
            let tokens: Vec<_> = part.tokens.iter().map(token).collect();
            let text = if tokens.is_empty() { part.text.clone() } else { tokens.join("|") };
            if part.changed { format!("[{text}]") } else { text }
        };
        let line = |line: &LineView| {
            let parts: String = line.parts.iter().map(part).collect();
            format!("{}{}", line.sign, if parts.is_empty() { line.text.clone() } else { parts })
        };
        file(path, hunk).lines.iter().skip(1).map(line).collect()
    }

    #[test]
    fn a_line_is_coloured_beside_its_marks() {
        assert_eq!(
            shown("x.py", " def f():\n-    return rows(1) # all\n+    return rows(2) # all\n"),
            [
                " keyword:def| |name:f|():",
                "-    |keyword:return| rows([constant:1]) |comment:# all",
                "+    |keyword:return| rows([constant:2]) |comment:# all",
            ]
        );
    }

    #[test]
    fn what_was_removed_does_not_colour_what_was_added() {
        let hunk = "-text = \"\"\"one\n+text = None\n more = 1\n-\"\"\"\n last = 2\n";
        let lines = shown("x.py", hunk);
        assert_eq!(lines[0], "-text = [string:\"\"\"one]");
        assert_eq!(lines[2], " more = |constant:1", "what stays is read as the new text");
        assert_eq!(lines[3], "-string:\"\"\"");
        assert_eq!(lines[4], " last = |constant:2");
    }

    #[test]
    fn a_hunk_that_may_have_begun_in_a_string_stays_plain() {
        let hunk = " for all of them.\n \"\"\"\n+x = 1\n";
        assert_eq!(shown("x.py", hunk)[2], "+x = 1", "it began in one, for all one knows");
        let hunk = "+x = 1\n def f():\n     \"\"\"\n     For all.\n";
        assert_eq!(shown("x.py", hunk)[0], "+x = |constant:1");
        assert_eq!(shown("x.py", hunk)[3], " comment:    For all.");
    }

    #[test]
    fn languages_are_known_by_the_files_names() {
        assert_eq!(shown("a/x.rs (new)", "+let x = 1;\n"), ["+keyword:let| x = |constant:1|;"]);
        assert_eq!(shown("Makefile", "+# all\n"), ["+comment:# all"]);
        assert_eq!(shown("x.unknown", "+# all\n"), ["+# all"]);
        assert_eq!(shown("x", "+# all\n"), ["+# all"]);
    }

    #[test]
    fn what_is_very_long_stays_plain() {
        let long = format!("+x = \"{}\"\n", "a".repeat(LONGEST));
        assert!(!shown("x.py", &long)[0].contains("string:"));
        let mut left = 5;
        let mut lines = file("x.py", "+x = 1\n").lines;
        colour("x.py", &mut lines, &mut left);
        assert_eq!(left, 5, "the hunk's head counts too");
        let big = "+x = 1\n".repeat(MOST / 5 + 1);
        assert_eq!(shown("x.py", &big)[0], "+x = 1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_text_is_lost(
            lines in prop::collection::vec("[-+ ]([a-z]{1,3}|[ ()\"'#=é1]|/\\*|\\*/){0,9}", 1..9),
            path in "x\\.(py|rs|html)",
        ) {
            let file = file(&path, &(lines.join("\n") + "\n"));
            for line in file.lines.iter().filter(|line| !line.parts.is_empty()) {
                let parts: String = line.parts.iter().map(|part| part.text.as_str()).collect();
                prop_assert_eq!(&parts, &line.text);
                for part in line.parts.iter().filter(|part| !part.tokens.is_empty()) {
                    let tokens: String = part.tokens.iter().map(|token| token.text.as_str()).collect();
                    prop_assert_eq!(&tokens, &part.text);
                }
            }
        }
    }
}
