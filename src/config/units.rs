//! Durations and sizes as people write them: `10ms`, `1.5 s`, `2h`; `512MiB`, `2GB`.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::SignedDuration;

/// Nothing that takes time is told to take less.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// Parses a duration with its unit.
///
/// # Errors
/// With what to write instead, when it is no duration, has no unit, or is negative.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let example = || "write a number and a unit, such as \"10ms\", \"1.5 s\", \"10m\" or \"2h\"";
    let duration: SignedDuration = text.trim().parse().map_err(|_| example().to_owned())?;
    duration.try_into().map_err(|_| "a duration can't be negative".to_owned())
}

/// Parses a size with its unit, in bytes. `MB` is 10⁶ bytes, `MiB` is 2²⁰.
///
/// # Errors
/// With what to write instead, when it is no size or has no unit.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let example = || "write a number and a unit, such as \"512MiB\" or \"2GB\"".to_owned();
    if !text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(example());
    }
    let size: ByteSize = text.trim().parse().map_err(|_| example())?;
    // bytesize stops at the largest number instead of failing.
    if size.as_u64() == u64::MAX {
        return Err("that is more than 16 EiB".to_owned());
    }
    Ok(size.as_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        let millis = |text| parse_duration(text).map(|duration| duration.as_millis());
        assert_eq!(millis("10ms"), Ok(10));
        assert_eq!(millis("1.5 s"), Ok(1_500));
        assert_eq!(millis("10m"), Ok(600_000));
        assert_eq!(millis("2h"), Ok(7_200_000));
        assert_eq!(millis("1h 30m"), Ok(5_400_000));
        for bad in ["10 parsecs", "10", "", "-1s", "9999999999999999h", "1e3s"] {
            assert!(millis(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("512MiB"), Ok(512 << 20));
        assert_eq!(parse_size("2GB"), Ok(2_000_000_000));
        assert_eq!(parse_size("1.5 GiB"), Ok(3 << 29));
        for bad in ["512", "much", "", "-1GB", "99999999999999EB", "10 parsecs"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
