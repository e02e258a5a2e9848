//! What lies between two revisions of a git source: which commits, who made them, and from what.

use std::path::PathBuf;

use git2::{Commit, Oid, Repository, Sort};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;

use crate::config::Origin;
use crate::event::{Observer, step};
use crate::interrupt::Interrupt;
use crate::prepare::Blocked;
use crate::prepare::cache::Cache;

use super::location::Location;
use super::{Context, repository};

/// A git source's clone in the cache, brought up to date.
#[derive(Debug)]
pub struct Lineage {
    path: PathBuf,
    stale: Option<Blocked>,
}

/// A commit for each revision that was asked for, or why there is none.
pub type Resolved = Vec<Result<String, Blocked>>;

/// What people want to know of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitInfo {
    /// Its full hash.
    pub commit: String,
    /// Who wrote it: name and address.
    pub author: String,
    /// When it was written, with the author's offset from UTC.
    pub date: String,
    /// The first line of its message.
    pub subject: String,
}

impl CommitInfo {
    /// The author's name alone.
    #[must_use]
    pub fn author_name(&self) -> &str {
        self.author.split_once(" <").map_or(&self.author, |(name, _)| name)
    }
}

impl Lineage {
    /// Fetches what `revisions` name, and returns their commits.
    ///
    /// # Errors
    /// When the source is a distribution, which has one revision only, or can't be fetched.
    pub fn open(
        origin: &Origin,
        revisions: &[&str],
        cache: &Cache,
        observer: &dyn Observer,
        interrupt: &Interrupt,
    ) -> Result<(Self, Resolved), Blocked> {
        let Origin::Git { repository, .. } = origin else {
            let name = origin.describe(None);
            return Err(Blocked::unavailable(format!(
                "{name} is a distribution: it has no commits"
            )));
        };
        let location = Location::of(repository);
        let context = Context { cache, python: None, observer, interrupt };
        let fetched = step(observer, &format!("fetching {location}"), || {
            let fetched = repository::ensure(&location, revisions, context)?;
            let detail = fetched.detail.to_owned();
            Ok::<_, Blocked>((fetched, detail))
        })?;
        let commits = fetched.pinned.into_iter().map(|pinned| Ok(pinned?.commit.to_string()));
        Ok((Self { path: fetched.path, stale: fetched.unreachable }, commits.collect()))
    }

    /// Why branches may have moved on since, if the source could not be reached.
    #[must_use]
    pub fn stale(&self) -> Option<&Blocked> {
        self.stale.as_ref()
    }

    /// The commits that `bad` has and `good` has not, with their parents, as
    /// [`crate::plan::bisect::Suspects`] takes them: parents first.
    ///
    /// # Errors
    /// When the clone can't be read.
    pub fn between(&self, good: &str, bad: &str) -> Result<Vec<(String, Vec<String>)>, Blocked> {
        let clone = self.clone()?;
        let mut walk = clone.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
        walk.push(Oid::from_str(bad)?)?;
        walk.hide(Oid::from_str(good)?)?;
        let commit = |id: Result<Oid, git2::Error>| {
            let commit = clone.find_commit(id?)?;
            let parents = commit.parent_ids().map(|parent| parent.to_string()).collect();
            Ok((commit.id().to_string(), parents))
        };
        walk.map(commit).collect()
    }

    /// The newest commit that both have; `None` if they share none.
    ///
    /// # Errors
    /// When the clone can't be read.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, Blocked> {
        let base = self.clone()?.merge_base(Oid::from_str(one)?, Oid::from_str(other)?);
        Ok(base.ok().map(|base| base.to_string()))
    }

    /// Who made a commit, when, and what for.
    ///
    /// # Errors
    /// When the clone does not have it.
    pub fn info(&self, commit: &str) -> Result<CommitInfo, Blocked> {
        Ok(info(&self.clone()?.find_commit(Oid::from_str(commit)?)?))
    }

    fn clone(&self) -> Result<Repository, Blocked> {
        Ok(Repository::open_bare(&self.path)?)
    }
}

pub(super) fn info(commit: &Commit<'_>) -> CommitInfo {
    let author = commit.author();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    CommitInfo {
        commit: commit.id().to_string(),
        author: format!("{} <{}>", text(author.name_bytes()), text(author.email_bytes())),
        date: date(author.when()),
        subject: commit.summary_bytes().map(text).unwrap_or_default(),
    }
}

/// As ISO 8601, by the clock of whoever wrote it.
fn date(time: git2::Time) -> String {
    let offset = Offset::from_seconds(time.offset_minutes().saturating_mul(60));
    let zone = TimeZone::fixed(offset.unwrap_or(Offset::UTC));
    let moment = Timestamp::from_second(time.seconds()).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
