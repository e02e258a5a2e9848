//! What happened to a source between two of its commits, as far as the cache's clone knows.

use std::collections::HashMap;

use git2::{Oid, Repository, Sort};
use serde::Serialize;

use super::lineage::{self, CommitInfo};
use super::location::Location;
use super::repository;
use crate::prepare::cache::Cache;

/// Commits, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Commits {
    /// At most as many as were asked for.
    pub listed: Vec<CommitInfo>,
    /// How many there are.
    pub count: usize,
}

/// What lies between two commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Between {
    /// Which commits came, and which went: the latter when a branch was rewritten, or when an
    /// older commit was measured after a newer one.
    Commits {
        /// What the later one has and the earlier has not.
        added: Commits,
        /// What the earlier one has and the later has not.
        gone: Commits,
    },
    /// The cache has no clone of the source, or one without these commits. How to see them.
    Unknown(String),
}

/// Commits as the cache's clones have them. Nothing is fetched.
pub struct ChangeLog<'a> {
    cache: &'a Cache,
    /// How many commits are listed on either side of a change.
    limit: usize,
    /// By origin: opening one takes much longer than reading a few commits.
    clones: HashMap<String, Option<Repository>>,
    /// By origin and commits: the cells of a night share them.
    known: HashMap<[String; 3], Between>,
}

impl<'a> ChangeLog<'a> {
    /// Lists at most `limit` commits that came, and as many that went.
    #[must_use]
    pub fn new(cache: &'a Cache, limit: usize) -> Self {
        Self { cache, limit, clones: HashMap::new(), known: HashMap::new() }
    }

    /// What lies between the commits `from` and `to` of the source that manifests call `origin`.
    pub fn between(&mut self, origin: &str, from: &str, to: &str) -> Between {
        let key = [origin, from, to].map(str::to_owned);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let location = Location::of(origin);
        let path = repository::path(self.cache, &location);
        let open = || Repository::open_bare(path).ok();
        let clone = self.clones.entry(origin.to_owned()).or_insert_with(open);
        let commits = clone.as_ref().and_then(|clone| read(clone, from, to, self.limit).ok());
        let between = commits.unwrap_or_else(|| unknown(&location, from, to));
        self.known.insert(key, between.clone());
        between
    }
}

fn read(clone: &Repository, from: &str, to: &str, limit: usize) -> Result<Between, git2::Error> {
    let (from, to) = (Oid::from_str(from)?, Oid::from_str(to)?);
    let (added, gone) = (reachable(clone, to, from, limit)?, reachable(clone, from, to, limit)?);
    Ok(Between::Commits { added, gone })
}

fn unknown(location: &Location, from: &str, to: &str) -> Between {
    let place = match location {
        Location::Local(path) => path.display().to_string(),
        Location::Remote(_) => format!("a clone of {location}"),
    };
    let range = format!("{}..{}", short(from), short(to));
    Between::Unknown(format!(
        "the cache has no clone with these commits; `git log {range}` in {place} shows them, and \
         `memgrid run` fetches it again"
    ))
}

/// The beginning of a hash that people quote.
#[must_use]
pub fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// What can be reached from `tip` but not from `base`.
fn reachable(
    clone: &Repository,
    tip: Oid,
    base: Oid,
    limit: usize,
) -> Result<Commits, git2::Error> {
    let mut walk = clone.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push(tip)?;
    walk.hide(base)?;
    let mut commits = Commits::default();
    for id in walk {
        let id = id?;
        if commits.count < limit {
            commits.listed.push(lineage::info(&clone.find_commit(id)?));
        }
        commits.count += 1;
    }
    Ok(commits)
}
