//! Names of runs: `20261121-221530-3f9a`. They sort by time, and two memgrids that start in the
//! same second still get two.

use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How much of an id is its time.
pub(super) const TIME: usize = "20261121-221530".len();

/// A new id for a run that started then.
pub(super) fn draw(started: Timestamp) -> String {
    let time = started.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S");
    // The standard library's hash keys are the system's randomness: enough for a name.
    let digits = RandomState::new().hash_one(std::process::id()) & 0xffff;
    format!("{time}-{digits:04x}")
}

/// Whether this can be a run's id: one plain part of a path, and no temporary name.
pub(super) fn is_plain(id: &str) -> bool {
    !id.is_empty() && !id.starts_with('.') && !id.contains(['/', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_utc_time_and_four_digits() {
        let started: Timestamp = "2026-11-21T23:15:30.7+01:00".parse().unwrap();
        let id = draw(started);
        assert_eq!(&id[..TIME], "20261121-221530");
        assert_eq!(id.len(), "20261121-221530-3f9a".len());
        assert!(id[TIME + 1..].chars().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    }

    #[test]
    fn what_could_leave_the_folder_is_no_id() {
        for bad in ["", "..", ".", ".20261121-221530-3f9a.tmp", "../x", "a/b", "/x"] {
            assert!(!is_plain(bad), "{bad}");
        }
        assert!(is_plain("20261121-221530-3f9a"));
    }
}
