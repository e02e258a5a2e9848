//! How a cell ended, concluded from its attempts.

use crate::collect::record::AttemptRecord;
use crate::outcome::Outcome;

/// The outcome of a cell of which `repeats` measured attempts were wanted, and why unless it is
/// `ok`. Attempts that failed don't count against a cell once enough others succeeded: that is
/// what a retry is for.
#[must_use]
pub fn conclude(attempts: &[AttemptRecord], repeats: u32) -> (Outcome, Option<String>) {
    let measured = attempts.iter().filter(|attempt| !attempt.warmup);
    let succeeded = measured.filter(|attempt| attempt.outcome == Outcome::Ok).count();
    if succeeded >= repeats as usize {
        return (Outcome::Ok, None);
    }
    let latest = attempts.iter().max_by_key(|attempt| attempt.number);
    match latest.filter(|attempt| attempt.outcome != Outcome::Ok) {
        Some(attempt) => (attempt.outcome, attempt.reason.clone()),
        None => {
            let reason = match succeeded {
                0 => "interrupted before it was measured".to_owned(),
                _ => format!("interrupted after {succeeded} of {repeats} attempts"),
            };
            (Outcome::Interrupted, Some(reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::CellId;

    fn attempt(number: u32, warmup: bool, outcome: Outcome) -> AttemptRecord {
        AttemptRecord {
            schema: 1,
            cell: CellId::from_values(["a"]),
            number,
            warmup,
            pass: None,
            started: jiff::Timestamp::UNIX_EPOCH,
            outcome,
            reason: (outcome != Outcome::Ok).then(|| format!("attempt {number}")),
            csv: false,
            left_out: indexmap::IndexMap::new(),
            derived: crate::measurement::Derived::default(),
            command: Vec::new(),
            env: indexmap::IndexMap::new(),
            result: None,
        }
    }

    #[test]
    fn enough_measured_attempts_are_ok() {
        let attempts = [attempt(1, true, Outcome::Ok), attempt(2, false, Outcome::Ok)];
        assert_eq!(conclude(&attempts, 1), (Outcome::Ok, None));
        assert_eq!(conclude(&attempts, 2).0, Outcome::Interrupted);
    }

    #[test]
    fn a_retry_that_succeeds_makes_up_for_a_failure() {
        let attempts = [attempt(1, false, Outcome::TimedOut), attempt(2, false, Outcome::Ok)];
        assert_eq!(conclude(&attempts, 1), (Outcome::Ok, None));
    }

    #[test]
    fn the_latest_failure_is_the_reason() {
        let attempts = [attempt(1, false, Outcome::Failed), attempt(2, false, Outcome::OverLimit)];
        assert_eq!(conclude(&attempts, 1), (Outcome::OverLimit, Some("attempt 2".to_owned())));
    }

    #[test]
    fn a_failed_warm_up_is_a_failure() {
        let attempts = [attempt(1, true, Outcome::Failed)];
        assert_eq!(conclude(&attempts, 1).0, Outcome::Failed);
    }

    #[test]
    fn without_attempts_it_was_interrupted() {
        assert_eq!(conclude(&[], 1).0, Outcome::Interrupted);
    }
}
