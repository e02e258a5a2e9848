//! References to runs as people type them, wherever a command takes one.

use std::path::Path;

use crate::collect::RunDir;
use crate::collect::run_dir::MANIFEST;
use crate::config::path_part_problem;
use crate::config::suggest::list;
use crate::error::{Error, ErrorKind, Result};
use crate::history::{Found, History, latest_but};

/// What to say of references in a command's help.
pub(super) const HELP: &str = "`latest`, `latest~N`, a run's id or the beginning of it, its name, \
                               or the folder of a run from another machine";

/// The run that `reference` stands for: `latest` or `latest~N`, an id, a name (the newest run of
/// that name), the beginning of an id, or the path of a run's folder. `./x` is always a path.
///
/// # Errors
/// Of kind [`ErrorKind::NoSuchRun`] when there is no such run; when several are meant; or when
/// the history can't be read.
pub(super) fn resolve(reports: &Path, history: &mut History, reference: &str) -> Result<RunDir> {
    match history.find(reference)? {
        Found::Run(run) => RunDir::open(reports, &run),
        Found::Several(runs) => Err(several(reference, &runs)),
        Found::Nothing(_) if is_path(reference) => at(Path::new(reference)),
        Found::Nothing(near) => Err(nothing(reports, history, reference, &near)?),
    }
}

/// A name for a run that can be found by it again, as an argument is parsed.
pub(super) fn parse_name(name: &str) -> std::result::Result<String, String> {
    match path_part_problem(name) {
        Some(problem) => Err(problem.to_owned()),
        None if latest_but(name).is_some() => Err("it means the newest run".to_owned()),
        None => Ok(name.to_owned()),
    }
}

fn is_path(reference: &str) -> bool {
    reference.contains('/')
        || reference == "."
        || reference == ".."
        || Path::new(reference).is_dir()
}

/// The folder of a run, or its manifest.
fn at(path: &Path) -> Result<RunDir> {
    let is_manifest = path.file_name().is_some_and(|name| name == MANIFEST) && path.is_file();
    let folder = if is_manifest { path.parent().unwrap_or(path) } else { path };
    RunDir::at(folder).map_err(|error| match path.join("runs").is_dir() {
        true => error.hint(format!("{} holds runs; name one of them", path.join("runs").display())),
        false => error,
    })
}

fn several(reference: &str, runs: &[String]) -> Error {
    let runs: Vec<&str> = runs.iter().map(String::as_str).collect();
    Error::usage(format!("`{reference}` begins the ids of several runs, such as {}", list(&runs)))
        .hint("type more of the id")
}

fn nothing(
    reports: &Path,
    history: &mut History,
    reference: &str,
    near: &[String],
) -> Result<Error> {
    let runs = history.count()?;
    let error = |message: String| Error::new(ErrorKind::NoSuchRun, message);
    let folder = reports.display();
    if runs == 0 {
        return Ok(error(format!("there is no run `{reference}`: {folder} has none yet"))
            .hint("`memgrid run` makes one"));
    }
    if latest_but(reference).is_some() {
        let there_are = if runs == 1 { "is 1 run".to_owned() } else { format!("are {runs} runs") };
        return Ok(error(format!("there is no run `{reference}`: there {there_are} in {folder}"))
            .hint("`memgrid history` lists the runs that there are"));
    }
    let near: Vec<&str> = near.iter().map(String::as_str).collect();
    let hint = match near.as_slice() {
        [] => "`memgrid history` lists the runs that there are".to_owned(),
        near => format!(
            "did you mean {}?",
            near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
        ),
    };
    Ok(error(format!("there is no run `{reference}` in {folder}")).hint(hint))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::collect::sample::leave_named_run;
    use crate::event::Silent;
    use crate::outcome::Outcome;

    const CELLS: [(&str, Option<Outcome>); 1] = [("a/x", Some(Outcome::Ok))];

    fn reports(names: &[&str]) -> TempDir {
        let reports = TempDir::new().unwrap();
        for (minute, name) in (0..).zip(names) {
            leave_named_run(reports.path(), minute, Some(name), &CELLS);
        }
        reports
    }

    fn resolve_in(reports: &Path, reference: &str) -> Result<RunDir> {
        resolve(reports, &mut History::open(reports, &Silent).unwrap(), reference)
    }

    #[test]
    fn a_run_is_found_here_and_in_another_folder() {
        let (here, there) = (reports(&["one", "two"]), reports(&["three"]));
        let here = here.path();
        let newest = resolve_in(here, "latest").unwrap();
        assert_eq!(resolve_in(here, "two").unwrap().path(), newest.path());
        let three = resolve_in(there.path(), "three").unwrap();
        let folder = three.path().display().to_string();
        for path in [folder.clone(), format!("{folder}/"), format!("{folder}/manifest.json")] {
            let found = resolve_in(here, &path).unwrap();
            assert_eq!((found.id(), found.read().unwrap().cells.len()), (three.id(), 1), "{path}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_apart_and_names_what_is_near() {
        let reports = reports(&["nightly", "nightly", "release"]);
        let reports = reports.path();
        let missing = |reference: &str| {
            let error = resolve_in(reports, reference).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NoSuchRun, "{reference}: {error}");
            format!("{error}: {}", error.hint_text().unwrap_or_default())
        };
        assert!(missing("nigthly").contains("did you mean `nightly`?"));
        assert!(missing("latest~3").contains("there are 3 runs"));
        assert!(missing("./latest").contains("./latest is no run"));
        assert!(missing(&reports.display().to_string()).contains("holds runs"));
        let error = resolve_in(reports, "2").unwrap_err();
        assert!(error.kind() == ErrorKind::Usage && error.to_string().contains("several"));
        let empty = TempDir::new().unwrap();
        let error = resolve_in(empty.path(), "latest").unwrap_err();
        assert_eq!(error.hint_text(), Some("`memgrid run` makes one"));
    }

    #[test]
    fn a_name_that_could_not_be_found_again_is_refused() {
        assert_eq!(parse_name("before the patch"), Ok("before the patch".to_owned()));
        for bad in ["", "latest", "latest~1", "a/b", ".."] {
            assert!(parse_name(bad).is_err(), "{bad}");
        }
    }
}
