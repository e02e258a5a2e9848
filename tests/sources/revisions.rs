//! Which commit a revision is, with and without the repository that it is from.

use std::path::Path;

use memgrid::config::{Origin, State};
use memgrid::outcome::Outcome;

use super::{Place, commit, git, local};

#[test]
fn every_kind_of_revision_is_found() {
    let place = Place::new();
    let repository = place.repository();
    let second = git(&repository, &["rev-parse", "main"]);
    let first = git(&repository, &["rev-parse", "v1.0"]);
    git(&repository, &["tag", "-a", "-m", "annotated", "v1.1"]);
    git(&repository, &["update-ref", "refs/remotes/origin/topic", &first]);
    let cases = [
        ("main", &second),
        ("HEAD", &second),
        ("v1.0", &first),
        ("v1.1", &second),
        ("stable/1.x", &first),
        ("origin/topic", &first),
        ("main~1", &first),
        (second.as_str(), &second),
        (&first[..9], &first),
    ];
    for (rev, wanted) in cases {
        let state = place.one(local(&repository, rev), State::default()).unwrap();
        assert_eq!(state.record.sources["subject"].commit.as_ref(), Some(wanted), "{rev}");
    }
    // By URL it is the same repository.
    let url = format!("file://{}", repository.display());
    let origin = Origin::Git { repository: url, rev: "v1.0".to_owned() };
    assert!(place.one(origin, State::default()).is_ok());
    assert_eq!(fs_err::read_dir(place.cache.folder("repositories").unwrap()).unwrap().count(), 1);
}

#[test]
fn branches_move_and_go() {
    let place = Place::new();
    let repository = place.repository();
    let before = place.one(local(&repository, "main"), State::default()).unwrap();
    place.write("project/new.txt", "new\n");
    let third = commit(&repository, "third");
    git(&repository, &["branch", "-D", "stable/1.x"]);
    git(&repository, &["branch", "stable", "main"]);
    let after = place.one(local(&repository, "main"), State::default()).unwrap();
    assert_ne!(before.worktrees, after.worktrees);
    assert_eq!(after.record.sources["subject"].commit.as_ref(), Some(&third));
    let gone = place.one(local(&repository, "stable/1.x"), State::default()).unwrap_err();
    assert!(gone.reason.contains("did you mean stable"), "{gone}");
}

#[test]
fn a_warm_cache_needs_no_repository() {
    let place = Place::new();
    let repository = place.repository();
    let commit = git(&repository, &["rev-parse", "main"]);
    for rev in ["main", "v1.0", &commit] {
        place.one(local(&repository, rev), State::default()).unwrap();
    }
    fs_err::rename(&repository, place.path("unplugged")).unwrap();
    for rev in ["v1.0", &commit, &commit[..8]] {
        place.one(local(&repository, rev), State::default()).unwrap();
    }
    place.noted.0.lock().unwrap().clear();
    let state = place.one(local(&repository, "main"), State::default()).unwrap();
    assert_eq!(state.record.sources["subject"].commit.as_ref(), Some(&commit));
    let details = place.noted.details().join("\n");
    assert!(details.contains("no git repository is there"), "{details}");
    assert!(details.contains("using main as it was last time"), "{details}");
    let missing = place.one(local(&repository, "v2.0"), State::default()).unwrap_err();
    assert!(missing.reason.contains("no git repository is there"), "{missing}");
}

#[test]
fn what_is_missing_is_named() {
    let place = Place::new();
    let repository = place.repository();
    let missing = |repository: &Path, rev: &str| {
        let blocked = place.one(local(repository, rev), State::default()).unwrap_err();
        assert_eq!(blocked.outcome, Outcome::Unavailable);
        blocked.reason.replace(&place.folder.path().display().to_string(), "PLACE")
    };
    assert_eq!(
        missing(&place.path("nowhere"), "main"),
        "PLACE/nowhere: no git repository is there"
    );
    assert_eq!(
        missing(&repository, "v1.O"),
        "PLACE/project has no branch, tag or commit v1.O; did you mean v1.0?"
    );
    assert_eq!(
        missing(&repository, "5.2.x-no-such"),
        "PLACE/project has no branch, tag or commit 5.2.x-no-such"
    );
    let nowhere = Origin::Git {
        repository: "https://me:s3cret@127.0.0.1:1/nowhere.git".to_owned(),
        rev: "main".to_owned(),
    };
    let blocked = place.one(nowhere, State::default()).unwrap_err();
    assert!(
        blocked.reason.starts_with("https://127.0.0.1:1/nowhere.git could not be fetched"),
        "{blocked}"
    );
    assert!(!blocked.reason.contains("s3cret"), "{blocked}");
}

#[test]
fn a_repository_without_commits_is_said_to_be_one() {
    let place = Place::new();
    let repository = place.path("empty");
    fs_err::create_dir(&repository).unwrap();
    git(&repository, &["init", "-q"]);
    let blocked = place.one(local(&repository, "HEAD"), State::default()).unwrap_err();
    assert!(blocked.reason.ends_with("has no commits yet"), "{blocked}");
}
