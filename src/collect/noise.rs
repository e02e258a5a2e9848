//! Where noise floors are kept: what spread is normal on a machine, from A/A comparisons.
//!
//! ```text
//! reports/noise/<machine id>.json
//! ```

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{read, whole_file};
use crate::error::Result;

/// The floors of a machine; `None` if it was never calibrated.
///
/// # Errors
/// When the file can't be read; the error names it.
pub fn get<T: DeserializeOwned>(reports: &Path, machine: &str) -> Result<Option<T>> {
    read::whole(&path(reports, machine), "remove it and run `memgrid calibrate` again")
}

/// Replaces the floors of a machine. Returns the file.
///
/// # Errors
/// When the file can't be written; the error names it.
pub fn put(reports: &Path, machine: &str, floors: &impl Serialize) -> Result<PathBuf> {
    let path = path(reports, machine);
    fs_err::create_dir_all(reports.join("noise"))?;
    whole_file::write_json(&path, floors)?;
    Ok(path)
}

/// A machine's id is a fingerprint, but a manifest that somebody else wrote may say anything.
fn path(reports: &Path, machine: &str) -> PathBuf {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let name: String = machine.chars().filter(plain).collect();
    reports.join("noise").join(format!("{name}.json"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Floors {
        schema: u32,
        noise: f64,
    }

    #[test]
    fn what_is_kept_is_found_by_its_machine_alone() {
        let reports = tempfile::tempdir().unwrap();
        let floors = Floors { schema: 1, noise: 0.002 };
        assert_eq!(get::<Floors>(reports.path(), "a").unwrap(), None);
        let file = put(reports.path(), "a", &floors).unwrap();
        assert_eq!(file, reports.path().join("noise/a.json"));
        assert_eq!(get(reports.path(), "a").unwrap(), Some(floors));
        assert_eq!(get::<Floors>(reports.path(), "b").unwrap(), None);
        assert_eq!(path(reports.path(), "../../x/y"), reports.path().join("noise/xy.json"));
    }

    #[test]
    fn a_file_that_is_not_whole_is_told_and_not_taken_for_none() {
        let reports = tempfile::tempdir().unwrap();
        let file = put(reports.path(), "a", &Floors { schema: 1, noise: 0.002 }).unwrap();
        for text in ["", "{\"schema\": 1, \"noi", "{\"schema\": 9, \"noise\": 1}"] {
            std::fs::write(&file, text).unwrap();
            let error = get::<Floors>(reports.path(), "a").unwrap_err();
            assert!(error.to_string().contains("a.json"), "{error}");
        }
    }
}
