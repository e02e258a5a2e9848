//! The pages' file names, and links between files of the reports folder.

use std::fmt::Write;

use crate::fingerprint::sha256;
use crate::plan::CellId;

/// The longest readable part of a file's name.
const LONGEST: usize = 80;

/// The name that a cell's files share: `sqlite-json-patched`.
#[must_use]
pub(super) fn cell_stem(id: &CellId) -> String {
    stem(id.as_str())
}

/// A cell's page, relative to the reports folder: `cells/sqlite-json-patched.html`.
#[must_use]
pub(super) fn cell_page(id: &CellId) -> String {
    format!("cells/{}.html", stem(id.as_str()))
}

/// A cell's page over runs, relative to the reports folder: `trends/sqlite-json-patched.html`.
#[must_use]
pub(super) fn trend_page(id: &CellId) -> String {
    format!("trends/{}.html", stem(id.as_str()))
}

/// A run's page, relative to the reports folder: `past/20261121-221530-3f9a.html`.
#[must_use]
pub(super) fn run_page(run: &str) -> String {
    format!("past/{}.html", run_stem(run))
}

/// A run in a file's name: its id, as memgrid makes ids, or a hash with any other.
#[must_use]
pub(super) fn run_stem(run: &str) -> String {
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let is_own = run.len() <= LONGEST && run.bytes().all(is_plain) && !run.contains("--");
    if is_own && !run.is_empty() { run.to_owned() } else { hashed(run) }
}

/// A state's page, relative to the reports folder: `states/patched.html`.
#[must_use]
pub(super) fn state_page(name: &str) -> String {
    format!("states/{}.html", stem(name))
}

/// The page of a ranking, relative to the reports folder: `rankings/backend-peak_rss.html`.
#[must_use]
pub(super) fn ranking_page(axis: &str, metric: &str) -> String {
    format!("rankings/{}.html", stem(&format!("{axis}/{metric}")))
}

/// The name of a metric's file of figures, without its extension: `peak_heap`.
#[must_use]
pub(super) fn metric_stem(metric: &str) -> String {
    stem(metric)
}

/// A file name without its extension, different for different texts on every file system. Plain
/// texts stay readable: their parts joined by `-`. Any other gets `--` and a hash, which no plain
/// text has, since none of its parts contains a `-` or is empty.
fn stem(text: &str) -> String {
    let is_plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
    };
    if text.len() <= LONGEST && !text.starts_with('.') && text.split('/').all(is_plain) {
        return text.replace('/', "-");
    }
    hashed(text)
}

/// What can be read of a text, and its hash.
fn hashed(text: &str) -> String {
    let readable: String =
        text.chars()
            .take(LONGEST)
            .map(|character| {
                if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' }
            })
            .collect();
    format!("{}--{}", readable.trim_matches('-'), &sha256(text)[..12])
}

/// The page that draws these cells over each other, relative to the reports folder.
#[must_use]
pub(super) fn compared<'a>(ids: impl Iterator<Item = &'a CellId>) -> String {
    let cells: Vec<_> = ids.map(|id| format!("cell={}", cell_stem(id))).collect();
    format!("compare.html#{}", cells.join("&"))
}

/// A relative URL of a path whose parts are separated by `/`, with everything quoted that a URL
/// gives a meaning to.
#[must_use]
pub(super) fn url(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut url, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                url.push(char::from(byte));
            }
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_ids_stay_readable() {
        let id = CellId::from_values(["sqlite", "json", "patched"]);
        assert_eq!(cell_page(&id), "cells/sqlite-json-patched.html");
        assert_eq!(state_page("patched"), "states/patched.html");
    }

    #[test]
    fn ids_that_look_alike_get_pages_of_their_own() {
        let ids = ["a/b", "a-b", "A/b", "a b", "a/-b", "a--b", "a", "..", "ü", "\u{202e}", "-"];
        let pages: std::collections::HashSet<_> = ids.iter().map(|id| stem(id)).collect();
        assert_eq!(pages.len(), ids.len());
    }

    #[test]
    fn runs_are_named_by_their_ids() {
        assert_eq!(run_page("20261121-221530-3f9a"), "past/20261121-221530-3f9a.html");
        let ids = ["a-b", "a--b", "A-b", "a/b", "<script>", "", "..", "a~b"];
        let pages: std::collections::HashSet<_> = ids.iter().map(|id| run_page(id)).collect();
        assert_eq!(pages.len(), ids.len());
        assert!(
            pages.iter().all(|page| !page.contains(['~', '<']) && page.matches('/').count() == 1)
        );
    }

    #[test]
    fn urls_quote_what_they_would_misread() {
        assert_eq!(url("runs/a#b/c?d%e/f g"), "runs/a%23b/c%3Fd%25e/f%20g");
    }

    proptest! {
        #[test]
        fn different_texts_have_different_names(one in "[aAbB./ -]{1,8}", other in "[aAbB./ -]{1,8}") {
            prop_assert_eq!(one == other, stem(&one) == stem(&other));
        }

        #[test]
        fn names_are_short_and_plain(text in ".{1,300}") {
            let stem = stem(&text);
            prop_assert!(stem.len() <= 100);
            prop_assert!(stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
            prop_assert!(!stem.starts_with('.'));
        }
    }
}
