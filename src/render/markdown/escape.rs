//! Text from elsewhere inside GitHub's Markdown, such that nothing in it is markup, a link, a
//! mention of a person or a reference to an issue.
//!
//! Names go into code spans, in which nothing has a meaning. Sentences are escaped; what GitHub
//! finds in text that has no markup is broken by a space without width. Neither holds a bar, so
//! that both can stand in a table.

use crate::render::format;

/// Longest name, and longest sentence, in characters: one cell's must not push out the others'.
const NAME: usize = 160;
const SENTENCE: usize = 600;
/// A space without width.
const BREAK: &str = "&#8203;";

/// A name as a code span.
pub(in crate::render) fn name(text: &str) -> String {
    let text = one_line(text, NAME);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    // In a table a bar ends even a code span, and readers disagree on a backslash before it.
    if text.contains('|') {
        return format!("<code>{}</code>", sentence(&text));
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let edge = |character: Option<char>| matches!(character, Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence as text.
pub(in crate::render) fn sentence(text: &str) -> String {
    let text = one_line(text, SENTENCE);
    let mut out = String::with_capacity(text.len() + 16);
    for (place, character) in text.char_indices() {
        let rest = &text[place + character.len_utf8()..];
        let next = rest.chars().next();
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '$' => {
                out.push('\\');
                out.push(character);
            }
            '-' | '+' | '.' | ')' if begins_list(&text[..place], character, next) => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
        if begins_reference(character, next) || ends_www(&text[..place], character, next) {
            out.push_str(BREAK);
        }
    }
    out
}

/// `- `, `+ `, `1. ` or `1) ` at the very beginning; and `---`, which is a line across the page.
fn begins_list(before: &str, character: char, next: Option<char>) -> bool {
    let apart = next.is_none_or(char::is_whitespace);
    match character {
        '-' => before.is_empty() && (apart || next == Some('-')),
        '+' => before.is_empty() && apart,
        _ => apart && !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// `@person`, `#12`, `:emoji:` and `http://…`.
fn begins_reference(character: char, next: Option<char>) -> bool {
    matches!(character, '@' | '#' | ':') && next.is_some_and(|next| !next.is_whitespace())
}

/// `www` before the point that makes it an address.
fn ends_www(before: &str, character: char, next: Option<char>) -> bool {
    next == Some('.')
        && character.eq_ignore_ascii_case(&'w')
        && before.to_ascii_lowercase().ends_with("ww")
}

/// One line that nothing in is hidden, cut if it is long.
fn one_line(text: &str, longest: usize) -> String {
    let text = format::visible(text);
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_only_text() {
        assert_eq!(
            sentence("1. see #12, @octocat: http://x"),
            "1\\. see \\#&#8203;12, @&#8203;octocat: http:&#8203;//x"
        );
        assert_eq!(sentence("a|b <i> `c` *d*\n\ne"), "a&#124;b &lt;i&gt; \\`c\\` \\*d\\* e");
        assert_eq!(sentence("3.5% of www.x.de"), "3.5% of www&#8203;.x.de");
        assert_eq!(sentence("--- a"), "\\--- a");
        assert_eq!(sentence("+4% - 1"), "+4% - 1");
    }

    #[test]
    fn names_keep_their_backticks() {
        assert_eq!(name("sqlite/json"), "`sqlite/json`");
        assert_eq!(name("a``b"), "```a``b```");
        assert_eq!(name("`"), "`` ` ``");
        assert_eq!(name(" "), "(empty)");
        assert_eq!(name("a\\|b"), "<code>a\\\\&#124;b</code>");
    }
}
