use std::path::PathBuf;

use indexmap::IndexMap;

use super::*;
use crate::config::{Backend, Compare, Matrix, Measure, Passes, Source, Workload};

fn config() -> Config {
    Config {
        root: PathBuf::from("/"),
        matrix: Matrix::default(),
        sources: IndexMap::new(),
        series: IndexMap::new(),
        states: IndexMap::new(),
        backends: IndexMap::new(),
        values: IndexMap::new(),
        workload: Workload {
            command: vec!["true".into()],
            env: IndexMap::new(),
            files: vec![],
            services: vec![],
        },
        services: IndexMap::new(),
        packages: vec![],
        python: None,
        dataset: None,
        measure: Measure::default(),
        passes: Passes::default(),
        compare: Compare {
            axis: None,
            baseline: None,
            same_output: false,
            fail_on: None,
            rank: None,
        },
        metrics: IndexMap::new(),
        reports: PathBuf::from("/reports"),
    }
}

fn backend(kind: BackendKind, url: Option<&str>, requirements: &[&str]) -> Backend {
    Backend {
        kind,
        url: url.map(str::to_owned),
        requirements: requirements.iter().map(|&one| one.to_owned()).collect(),
        env: IndexMap::new(),
    }
}

fn backends<'a>(names: &[&'a str]) -> Needs<'a> {
    Needs { backends: names.iter().copied().collect(), ..Needs::default() }
}

fn names(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.name.as_str()).collect()
}

#[test]
fn only_what_the_selected_cells_need_is_looked_for() {
    let mut config = config();
    assert!(survey(&config, &backends(&[])).is_empty());

    for (name, kind, url) in [
        ("sqlite", BackendKind::Sqlite, None),
        ("postgresql", BackendKind::Postgresql, None),
        ("old", BackendKind::Postgresql, None),
        ("mysql", BackendKind::Mysql, None),
        ("theirs", BackendKind::Mysql, Some("mysql://root@db/x")),
    ] {
        config.backends.insert(name.into(), backend(kind, url, &[]));
    }
    assert!(survey(&config, &backends(&["sqlite", "theirs"])).is_empty());
    let found = survey(&config, &backends(&["old", "postgresql", "mysql"]));
    assert_eq!(names(&found), ["PostgreSQL server", "MariaDB or MySQL server"]);
    assert_eq!(found[0].needed_by, "backend postgresql, backend old");
}

#[test]
fn git_is_needed_for_what_is_elsewhere() {
    let mut config = config();
    let git = |repository: &str| Source {
        origin: Origin::Git { repository: repository.into(), rev: "main".into() },
    };
    config.sources.insert("subject".into(), git("/srv/django"));
    config.sources.insert("other".into(), git("file:///srv/django"));
    assert!(survey(&config, &backends(&[])).is_empty());
    config.sources.insert("remote".into(), git("git@host:django/django"));
    assert_eq!(names(&survey(&config, &backends(&[]))), ["git"]);
}

#[test]
fn drivers_that_are_built_bring_what_building_takes() {
    let mut config = config();
    config.python = Some(default_python());
    let requirements = ["mysqlclient==2.3.1"];
    config
        .backends
        .insert("mysql".into(), backend(BackendKind::Mysql, Some("mysql://h/d"), &requirements));
    let python = ["Python (python3)", "Python's venv module"];
    assert_eq!(names(&survey(&config, &backends(&[]))), python);
    let found = survey(&config, &backends(&["mysql"]));
    let building =
        ["C compiler", "pkg-config", "Python's C headers", "MariaDB or MySQL client library"];
    assert_eq!(names(&found), [&python[..], &building[..]].concat());
    // Python itself is there, or no test of ours could run.
    assert!(!found[0].is_missing(), "{found:?}");
}

#[test]
fn an_interpreter_that_is_not_there_needs_the_users_help() {
    let python = Python { interpreter: "memgrid-no-python".into(), requirements: None };
    let found = survey_python(&python, &[]);
    assert_eq!(names(&found), ["Python (memgrid-no-python)"]);
    assert!(found[0].is_missing());
    assert_eq!(
        found[0].help().unwrap(),
        "install memgrid-no-python, or name another `interpreter` in [python]"
    );
    let error = install(&found, &crate::event::Silent).unwrap_err();
    assert!(error.hint_text().unwrap().starts_with("install memgrid-no-python"), "{error}");
}

#[test]
fn the_command_names_each_missing_package_once() {
    let missing = |packages: &[&str]| Finding::new("thing", "test", None, packages);
    let there = Finding::new("thing", "test", Some("/bin/thing".into()), &["z"]);
    let findings = [missing(&["b", "a"]), there, missing(&["a"])];
    assert_eq!(apt_command(&findings).unwrap(), "apt-get install -y --no-install-recommends a b");
    assert_eq!(apt_command(&[]), None);
}
