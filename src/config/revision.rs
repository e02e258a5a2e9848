//! Which revisions of the sources are measured, where that is another than the matrix file says.

use indexmap::IndexMap;

use super::model::{Config, Origin, SUBJECT};
use super::sources::is_revision;
use super::suggest::did_you_mean;
use crate::error::{Error, Result};

/// Commits by state and then by source. A matrix without states has its commits under `""`.
pub type Commits = IndexMap<String, IndexMap<String, String>>;

/// Splits `[SOURCE=]REV`; without a source it is the subject's revision.
///
/// # Errors
/// When what is left is no revision.
pub fn parse_revision(text: &str) -> Result<(String, String), String> {
    let (source, revision) = text.split_once('=').unwrap_or((SUBJECT, text));
    if source.is_empty() || !is_revision(revision) {
        return Err("write a branch, a tag or a commit, or SOURCE=REV".to_owned());
    }
    Ok((source.to_owned(), revision.to_owned()))
}

impl Config {
    /// Measures `source` at `revision`, but for states that have a revision of their own.
    pub(super) fn set_revision(&mut self, source: &str, revision: &str) -> Result<()> {
        let names: Vec<&str> = self.sources.keys().map(String::as_str).collect();
        let hint = did_you_mean(source, &names);
        let Some(found) = self.sources.get_mut(source) else {
            return Err(
                Error::usage(format!("--rev: the matrix has no source `{source}`")).hint(hint)
            );
        };
        let Origin::Git { rev, .. } = &mut found.origin else {
            let message = format!("--rev: `{source}` is a distribution, which has one version");
            return Err(Error::usage(message).hint("name a version in the matrix file instead"));
        };
        revision.clone_into(rev);
        let own = |state: &super::State| {
            state.changes.get(source).is_some_and(|change| change.rev.is_some())
        };
        if !self.states.is_empty() && self.states.values().all(own) {
            let message = format!("--rev: every state has a revision of `{source}` of its own");
            return Err(Error::usage(message).hint("change `rev` in the states' tables instead"));
        }
        Ok(())
    }

    /// Measures each state at just these commits, whatever the matrix file says. What is not in
    /// `commits` stays as it is, and so does a distribution, whose version is its commit.
    pub fn pin(&mut self, commits: &Commits) {
        for (state, commits) in commits {
            for (source, commit) in commits {
                let Some(found) = self.sources.get_mut(source) else { continue };
                let Origin::Git { rev, .. } = &mut found.origin else { continue };
                match self.states.get_mut(state) {
                    Some(state) => {
                        let change = state.changes.entry(source.clone()).or_default();
                        change.rev = Some(commit.clone());
                    }
                    None if state.is_empty() => commit.clone_into(rev),
                    None => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{PathKind, load};
    use super::*;
    use crate::config::Overrides;

    const MATRIX: &str = r#"
        [matrix]
        state = ["plain", "old"]
        [subject]
        git = "https://example.org/subject"
        rev = "main"
        [sources.helper]
        pip = "helper==1.0"
        [state.plain]
        [state.old]
        rev = "v1"
        [workload]
        command = ["true", "{subject}", "{source:helper}"]
    "#;

    fn config(matrix: &str) -> Config {
        load("matrix.toml", matrix, Path::new("/"), &|_| Some(PathKind::File)).unwrap()
    }

    fn with(matrix: &str, revision: &str) -> Result<Config> {
        let revisions = [parse_revision(revision).unwrap()].into_iter().collect();
        config(matrix).with(&Overrides { revisions, ..Overrides::default() })
    }

    fn revision(config: &Config, state: &str) -> String {
        let Origin::Git { rev, .. } = &config.sources[SUBJECT].origin else { panic!("no git") };
        let change = config.states.get(state).and_then(|state| state.changes.get(SUBJECT));
        change.and_then(|change| change.rev.clone()).unwrap_or_else(|| rev.clone())
    }

    #[test]
    fn a_revision_is_the_subjects_unless_a_source_is_named() {
        assert_eq!(parse_revision("stable/5.2.x").unwrap().0, SUBJECT);
        assert_eq!(parse_revision("a=b=c").unwrap(), ("a".to_owned(), "b=c".to_owned()));
        for bad in ["", "=x", "x=", "-x", "a b", "x=-y"] {
            assert!(parse_revision(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_state_keeps_the_revision_that_it_has_of_its_own() {
        let config = with(MATRIX, "topic").unwrap();
        assert_eq!(
            (revision(&config, "plain"), revision(&config, "old")),
            ("topic".into(), "v1".into())
        );
    }

    #[test]
    fn what_can_have_no_other_revision_is_refused() {
        let said = |matrix, revision| with(matrix, revision).unwrap_err().to_string();
        assert!(said(MATRIX, "helper=2").contains("`helper` is a distribution"));
        let error = with(MATRIX, "subjct=2").unwrap_err();
        assert!(error.hint_text().unwrap().contains("subject"), "{error}");
        let all = MATRIX.replace("[state.plain]", "[state.plain]\nrev = \"main\"");
        assert!(said(&all, "topic").contains("every state"));
    }

    #[test]
    fn pinned_states_are_measured_at_just_that_commit() {
        let mut config = config(MATRIX);
        let commits = |commit: &str| {
            let source = |name: &str| (name.to_owned(), commit.to_owned());
            IndexMap::from([source(SUBJECT), source("helper"), source("gone")])
        };
        let pins = ["old", "gone"].map(|state| (state.to_owned(), commits(state)));
        config.pin(&pins.into_iter().collect());
        assert_eq!(
            (revision(&config, "plain"), revision(&config, "old")),
            ("main".into(), "old".into())
        );
        config.pin(&[(String::new(), commits("all"))].into_iter().collect());
        assert_eq!(revision(&config, "plain"), "all");
    }
}
