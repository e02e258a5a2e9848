//! What a night was found to be. It lies in the run's own folder, so that it is copied, kept and
//! removed with the run.
//!
//! ```text
//! reports/runs/<run>/night.json           Night
//! ```

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::SCHEMA;
use super::{RunDir, read, whole_file};
use crate::error::Result;
use crate::plan::CellId;

const FILE: &str = "night.json";

/// What a nightly run was found to be. A night without one was interrupted before it was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Night {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What the gate said.
    pub verdict: NightVerdict,
    /// The run that it was compared with; `None` if there was no good night before it.
    pub baseline: Option<String>,
    /// Why, in one sentence for each reason.
    pub reasons: Vec<String>,
    /// The cells that had become worse.
    pub regressed: Vec<CellId>,
    /// When it was judged.
    pub judged: Timestamp,
    /// When somebody took it for good all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Timestamp>,
}

/// What the gate said of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NightVerdict {
    /// Nothing had become worse, and everything was measured.
    Passed,
    /// A cell had become worse.
    Regressed,
    /// Not everything was measured, or could be compared.
    Incomplete,
}

impl Night {
    /// A night that was judged now.
    #[must_use]
    pub fn new(verdict: NightVerdict, baseline: Option<String>, reasons: Vec<String>) -> Self {
        let judged = Timestamp::now();
        let (regressed, accepted) = (Vec::new(), None);
        Self { schema: SCHEMA, verdict, baseline, reasons, regressed, judged, accepted }
    }

    /// The same, taken for good by somebody now.
    #[must_use]
    pub fn accepted_now(self) -> Self {
        Self { accepted: Some(Timestamp::now()), ..self }
    }

    /// Whether later nights are compared with it.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict == NightVerdict::Passed || self.accepted.is_some()
    }

    /// What `run` was found to be; `None` if it is no night, or was never judged.
    ///
    /// # Errors
    /// When the file can't be read; the error names it.
    pub fn of(run: &RunDir) -> Result<Option<Self>> {
        read::whole(&run.path().join(FILE), "remove it: the run then counts as not judged")
    }

    /// Writes it into the run's folder.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, run: &RunDir) -> Result<()> {
        whole_file::write_json(&run.path().join(FILE), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_is_kept_in_its_runs_folder() {
        let reports = tempfile::tempdir().unwrap();
        let mut manifest = super::super::sample::manifest(&["a"], 0, true);
        let run = RunDir::create(reports.path(), &mut manifest).unwrap();
        assert_eq!(Night::of(&run).unwrap(), None);
        let passed = Night::new(NightVerdict::Passed, None, Vec::new());
        passed.write(&run).unwrap();
        assert_eq!(Night::of(&run).unwrap(), Some(passed));
        std::fs::write(run.path().join(FILE), "{\"schema\": 1, \"ver").unwrap();
        assert!(Night::of(&run).unwrap_err().to_string().contains(FILE));
    }

    #[test]
    fn what_passed_or_was_accepted_is_good() {
        let night = |verdict| Night::new(verdict, None, Vec::new());
        assert!(night(NightVerdict::Passed).is_good());
        let regressed = night(NightVerdict::Regressed);
        assert!(!regressed.is_good() && !night(NightVerdict::Incomplete).is_good());
        assert!(Night { accepted: Some(Timestamp::now()), ..regressed }.is_good());
    }
}
