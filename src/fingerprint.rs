//! Fingerprints: SHA-256 over length-prefixed parts, in hex. What is cached is named by the
//! fingerprint of all that it depends on, so that nothing stale can be mistaken for it.

use sha2::{Digest, Sha256};

/// Builds a fingerprint part by part. Parts are length-prefixed: `("ab", "c")` and `("a", "bc")` differ.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Starts a fingerprint of a named kind of thing, so that two kinds never share one.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self::default().part(kind)
    }

    /// Adds one part.
    #[must_use]
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        let bytes = part.as_ref();
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// All 64 hex digits.
    #[must_use]
    pub fn hex(self) -> String {
        hex(&self.0.finalize())
    }

    /// The first 16 hex digits: enough for a folder's name.
    #[must_use]
    pub fn short(self) -> String {
        let mut digits = self.hex();
        digits.truncate(16);
        digits
    }
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// SHA-256 of one piece of content, in hex.
#[must_use]
pub fn sha256(content: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(content.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let one = Fingerprint::of("test").part("ab").part("c").hex();
        let other = Fingerprint::of("test").part("a").part("bc").hex();
        assert_ne!(one, other);
    }

    #[test]
    fn sha256_is_the_standard_one() {
        assert_eq!(
            sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
