//! What became of a source between two runs: its origin, its patches, and the commits in between.

use serde::Serialize;

use crate::prepare::source::{CommitInfo, Commits, short};
use crate::render::format;
use crate::render::trend::SourceHistory;

#[derive(Serialize)]
pub(super) struct SourceView {
    source: String,
    since: String,
    run: String,
    origins: Option<String>,
    patches: bool,
    came: Vec<CommitView>,
    more_came: usize,
    went: Vec<CommitView>,
    more_went: usize,
    unknown: Option<String>,
}

#[derive(Serialize)]
struct CommitView {
    id: String,
    date: String,
    subject: String,
    author: String,
}

impl SourceView {
    /// What became of it.
    pub(super) fn new(change: &SourceHistory) -> Self {
        let (before, after) = (&change.before, &change.after);
        let listed = |commits: Option<&Commits>| {
            let listed: Vec<_> =
                commits.iter().flat_map(|commits| &commits.listed).map(commit).collect();
            let more = commits.map_or(0, |commits| commits.count) - listed.len();
            (listed, more)
        };
        let (came, more_came) = listed(change.commits.as_ref().map(|commits| &commits.added));
        let (went, more_went) = listed(change.commits.as_ref().map(|commits| &commits.gone));
        Self {
            source: change.source.clone(),
            since: change.since.clone(),
            run: change.run.clone(),
            origins: (before.origin != after.origin)
                .then(|| format!("{} → {}", before.origin, after.origin)),
            patches: before.patches != after.patches,
            came,
            more_came,
            went,
            more_went,
            unknown: change.unknown.clone(),
        }
    }
}

fn commit(commit: &CommitInfo) -> CommitView {
    CommitView {
        id: short(&commit.commit).to_owned(),
        date: commit.date.get(..10).unwrap_or_default().to_owned(),
        subject: format::visible(&commit.subject).into_owned(),
        author: format::visible(commit.author_name()).into_owned(),
    }
}
