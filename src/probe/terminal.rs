//! What is known of the place where people read: how wide it is, and which characters it has.

use std::env;
use std::os::fd::AsFd;

/// The width to draw for when there is no terminal that has one.
const USUAL: usize = 80;
/// Wider charts are harder to read.
const WIDEST: usize = 160;

/// How to draw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// In characters.
    pub(super) width: usize,
    /// Whether there is more than ASCII.
    pub(super) unicode: bool,
}

impl Look {
    /// For what is written to `out`.
    pub(super) fn of(out: impl AsFd) -> Self {
        let window = rustix::termios::tcgetwinsize(out).ok().map(|size| size.ws_col.into());
        let told = || env::var("COLUMNS").ok()?.parse().ok();
        let known = |width: &usize| *width > 0;
        let width = window.filter(known).or_else(|| told().filter(known)).unwrap_or(USUAL);
        let unicode = is_utf8(|name| env::var(name).ok());
        Self { width: width.min(WIDEST), unicode }
    }
}

/// Whether the locale says UTF-8: the first of these variables that is set decides, as in C.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let locale = |set: &'static [(&str, &str)]| {
            is_utf8(|wanted| {
                let found = set.iter().find(|(name, _)| *name == wanted);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(locale(&[("LANG", "de_DE.UTF-8")]) && locale(&[("LC_CTYPE", "C.utf8")]));
        assert!(locale(&[("LC_ALL", ""), ("LANG", "C.UTF-8")]));
        assert!(!locale(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(!locale(&[]));
    }
}
