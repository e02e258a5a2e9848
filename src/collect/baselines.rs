//! Saved baselines: names for runs to measure against, as files that people can read, copy and
//! keep under version control.
//!
//! ```text
//! reports/baselines/<name>.json           Baseline
//! ```

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::SCHEMA;
use super::{RunDir, read, whole_file};
use crate::config::path_part_problem;
use crate::error::{Error, Result};

/// A run that has been given a name to measure against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Its name, which is its file's too.
    pub name: String,
    /// The id of the run, below the same reports folder.
    pub run: String,
    /// When it was saved.
    pub saved: Timestamp,
}

/// Saves `run` as the baseline `name`, in the place of one of that name.
///
/// # Errors
/// When the name can't be one, there is no such run below `reports`, or the file can't be written.
pub fn save(reports: &Path, name: &str, run: &str) -> Result<Baseline> {
    let path = path(reports, name)?;
    let run = RunDir::open(reports, run)?.id().to_owned();
    let baseline = Baseline { schema: SCHEMA, name: name.to_owned(), run, saved: Timestamp::now() };
    fs_err::create_dir_all(folder(reports))?;
    whole_file::write_json(&path, &baseline)?;
    Ok(baseline)
}

/// The baseline of that name; `None` if there is none. Its run may have been removed since.
///
/// # Errors
/// When the name can't be one, or the file can't be read; the error names it.
pub fn get(reports: &Path, name: &str) -> Result<Option<Baseline>> {
    let file = path(reports, name)?;
    let baseline: Option<Baseline> = read::whole(&file, "remove it and save the baseline again")?;
    // A file that was copied under another name is that name's baseline.
    Ok(baseline.map(|baseline| Baseline { name: name.to_owned(), ..baseline }))
}

/// All baselines, by name.
///
/// # Errors
/// When one of the files can't be read; the error names it.
pub fn list(reports: &Path) -> Result<Vec<Baseline>> {
    let entries = match fs_err::read_dir(folder(reports)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut baselines = Vec::new();
    for entry in entries {
        let file = entry?.file_name();
        let name = file.to_str().and_then(|file| file.strip_suffix(".json"));
        if let Some(name) = name.filter(|name| path_part_problem(name).is_none()) {
            baselines.extend(get(reports, name)?);
        }
    }
    baselines.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(baselines)
}

/// Forgets the baseline of that name, and leaves its run. Says whether there was one.
///
/// # Errors
/// When the name can't be one, or the file can't be removed.
pub fn remove(reports: &Path, name: &str) -> Result<bool> {
    match fs_err::remove_file(path(reports, name)?) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn folder(reports: &Path) -> PathBuf {
    reports.join("baselines")
}

fn path(reports: &Path, name: &str) -> Result<PathBuf> {
    match path_part_problem(name) {
        None => Ok(folder(reports).join(format!("{name}.json"))),
        Some(problem) => {
            let message = format!("{name:?} can't be the name of a baseline: {problem}");
            Err(Error::usage(message).hint("a name is a word, such as `main` or `release-2`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn reports(runs: &[&str]) -> TempDir {
        let reports = TempDir::new().unwrap();
        for run in runs {
            let folder = reports.path().join("runs").join(run);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("manifest.json"), "{}").unwrap();
        }
        reports
    }

    #[test]
    fn what_is_saved_is_found_replaced_and_removed() {
        let reports = reports(&["one", "two"]);
        let reports = reports.path();
        assert_eq!((get(reports, "main").unwrap(), list(reports).unwrap()), (None, vec![]));
        let main = save(reports, "main", "one").unwrap();
        assert_eq!(get(reports, "main").unwrap(), Some(main));
        let [main, release] = ["main", "a release"].map(|name| save(reports, name, "two").unwrap());
        assert_eq!(list(reports).unwrap(), [release, main.clone()]);
        assert_eq!(get(reports, "main").unwrap(), Some(main));
        assert!(remove(reports, "main").unwrap() && !remove(reports, "main").unwrap());
        assert_eq!(list(reports).unwrap().len(), 1);
    }

    #[test]
    fn a_name_stays_in_its_folder_and_a_run_must_exist() {
        let reports = reports(&["one"]);
        for name in ["", "..", "../x", "a/b", "-x", ".x", "a\nb"] {
            let error = save(reports.path(), name, "one").unwrap_err();
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
            assert!(get(reports.path(), name).is_err() && remove(reports.path(), name).is_err());
        }
        assert!(save(reports.path(), "main", "two").unwrap_err().to_string().contains("two"));
    }

    #[test]
    fn a_file_that_is_no_baseline_is_told_and_not_passed_over() {
        let reports = reports(&["one"]);
        save(reports.path(), "main", "one").unwrap();
        let file = folder(reports.path()).join("main.json");
        for text in ["", "{\"schema\": 1, \"na", "{\"schema\": 99}", "{\"schema\": 1}", "[]"] {
            std::fs::write(&file, text).unwrap();
            for error in [get(reports.path(), "main").err(), list(reports.path()).err()] {
                assert!(error.unwrap().to_string().contains("main.json"), "{text}");
            }
        }
    }
}
