//! What lies between two revisions of a real repository.

use memgrid::config::Origin;
use memgrid::interrupt::Interrupt;
use memgrid::plan::bisect::{Finding, Findings, Step, Suspects};
use memgrid::prepare::source::Lineage;

use super::{Place, commit, git, local};

fn open(place: &Place, origin: &Origin, revisions: &[&str]) -> (Lineage, Vec<String>) {
    let interrupt = Interrupt::default();
    let (lineage, commits) =
        Lineage::open(origin, revisions, &place.cache, &place.noted, &interrupt).unwrap();
    (lineage, commits.into_iter().map(Result::unwrap).collect())
}

#[test]
fn commits_between_two_are_listed_parents_first_across_merges() {
    let place = Place::new();
    let repository = place.repository();
    let first = git(&repository, &["rev-parse", "HEAD~1"]);
    let second = git(&repository, &["rev-parse", "HEAD"]);
    git(&repository, &["checkout", "-q", "-b", "topic", "HEAD~1"]);
    place.write("project/topic.py", "");
    let topic = commit(&repository, "on a topic");
    git(&repository, &["checkout", "-q", "main"]);
    git(&repository, &["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
    let merge = git(&repository, &["rev-parse", "HEAD"]);

    let origin = local(&repository, "main");
    let (lineage, commits) = open(&place, &origin, &["main", "stable/1.x", "v1.0"]);
    assert_eq!(commits, [merge.clone(), first.clone(), first.clone()]);
    let between = lineage.between(&first, &merge).unwrap();
    let position = |wanted: &String| between.iter().position(|(commit, _)| commit == wanted);
    assert_eq!(between.len(), 3);
    assert_eq!(position(&merge), Some(2));
    assert_eq!(between[2].1, [second.clone(), topic.clone()]);
    assert!(lineage.between(&merge, &first).unwrap().is_empty());
    assert_eq!(lineage.merge_base(&second, &topic).unwrap(), Some(first));

    // The second line of history is searched too.
    let suspects = Suspects::new(between);
    let findings = Findings::from([(second, Finding::Good), (topic.clone(), Finding::Bad)]);
    assert_eq!(suspects.next(&findings), Step::Found(topic));
}

#[test]
fn a_commit_says_who_made_it_and_when() {
    let place = Place::new();
    let repository = place.repository();
    let date = "2026-11-20T23:30:00+01:30";
    git(
        &repository,
        &["commit", "-q", "--allow-empty", "--date", date, "-m", "Buffer it\n\nFor speed."],
    );
    let (lineage, commits) = open(&place, &local(&repository, "main"), &["main"]);
    let info = lineage.info(&commits[0]).unwrap();
    assert_eq!(info.commit, commits[0]);
    assert_eq!(info.author, "T <t@example.org>");
    assert_eq!(info.date, date);
    assert_eq!(info.subject, "Buffer it");
}

#[test]
fn a_distribution_has_no_commits_and_a_missing_revision_costs_no_other() {
    let place = Place::new();
    let repository = place.repository();
    let origin = Origin::Pip { name: "Django".to_owned(), version: "5.2.19".to_owned() };
    let interrupt = Interrupt::default();
    let open = |origin: &Origin| {
        Lineage::open(origin, &["main", "mian"], &place.cache, &place.noted, &interrupt)
    };
    let open_error = |origin: &Origin| open(origin).err().unwrap();
    assert!(open_error(&origin).reason.contains("Django==5.2.19"));
    let (_, commits) = open(&local(&repository, "main")).unwrap();
    assert!(commits[0].is_ok() && commits[1].as_ref().unwrap_err().reason.contains("main"));
}
