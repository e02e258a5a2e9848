//! Which passes the command line asks for.

use std::ffi::OsString;

use crate::measurement::{MOST_LINES, is_class};

/// The library's limit for all names.
const ROOM: usize = 4095;

/// Passes, none of them by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Classes whose instances are counted, by their full names.
    pub(crate) classes: Vec<String>,
    /// How many lines are shown.
    pub(crate) lines: Option<u32>,
}

impl Wanted {
    pub(crate) const fn any(&self) -> bool {
        !self.classes.is_empty() || self.lines.is_some()
    }

    pub(crate) fn add_class(&mut self, name: String) -> Result<(), String> {
        if !is_class(&name) {
            return Err(format!(
                "--objects: `{name}` is no class with its module, such as app.models.Record"
            ));
        }
        let length = self.classes.iter().map(|other| other.len() + 1).sum::<usize>() + name.len();
        if length > ROOM {
            return Err("--objects: these are too many classes".to_owned());
        }
        if !self.classes.contains(&name) {
            self.classes.push(name);
        }
        Ok(())
    }

    pub(crate) fn set_lines(&mut self, text: &str) -> Result<(), String> {
        let lines = text.parse().ok().filter(|lines| (1..=MOST_LINES).contains(lines));
        self.lines = lines;
        lines.map(|_| ()).ok_or_else(|| format!("--lines {text}: it is from 1 to {MOST_LINES}"))
    }

    /// The variables that tell the library.
    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = Vec::new();
        if !self.classes.is_empty() {
            variables.push(("MEMPROBE_OBJECTS", self.classes.join(",").into()));
        }
        variables.extend(self.lines.map(|lines| ("MEMPROBE_LINES", lines.to_string().into())));
        variables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_counts_once_and_not_too_many_do() {
        let mut wanted = Wanted::default();
        wanted.add_class("a.A".to_owned()).unwrap();
        wanted.add_class("a.A".to_owned()).unwrap();
        assert_eq!(wanted.environment(), [("MEMPROBE_OBJECTS", "a.A".into())]);
        let long = |number: u32| format!("a.{}{number}", "x".repeat(200));
        assert!((0..30).any(|number| wanted.add_class(long(number)).is_err()));
    }
}
