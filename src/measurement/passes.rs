//! What passes over a Python program find, and how it is named.

use serde::{Deserialize, Serialize};

/// As many lines as a pass writes down at most.
pub const MOST_LINES: u32 = 200;

/// Whether it is a class's name with its module, such as `app.models.Record`.
#[must_use]
pub fn is_class(name: &str) -> bool {
    const LONGEST: usize = 255;
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|first: char| first.is_ascii_digit())
            && part.chars().all(|char| char.is_alphanumeric() || char == '_')
    };
    name.len() <= LONGEST && name.contains('.') && name.split('.').all(part)
}

/// The field that has the number of live instances of a class; `peak_` before it makes it the
/// metric.
#[must_use]
pub fn objects(class: &str) -> String {
    format!("objects:{class}")
}

/// The field that has what the live instances of a class hold together, in bytes.
#[must_use]
pub fn objects_size(class: &str) -> String {
    format!("objects_size:{class}")
}

/// Whether a metric of this name is of a class's instances.
#[must_use]
pub fn is_objects(metric: &str) -> bool {
    metric.starts_with("peak_objects:") || metric.starts_with("peak_objects_size:")
}

/// The lines of a Python program that had allocated most when its live heap was at its highest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationLines {
    /// Bytes of live heap when this was read.
    pub live: u64,
    /// The most bytes of live heap at one time, in the same process.
    pub peak: u64,
    /// The part of `live` that Python's own code had asked for, and so has a line.
    pub python: u64,
    /// The lines, that with the most bytes first.
    pub top: Vec<AllocationLine>,
    /// Why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
}

/// One line, and what it had allocated that was not freed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationLine {
    /// The file, as the interpreter names it.
    pub file: String,
    /// From 1; 0 if it is not known.
    pub line: u32,
    /// What the blocks hold, in bytes.
    pub bytes: u64,
    /// How many they are.
    pub blocks: u64,
}

impl AllocationLines {
    /// None, and why.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self { unavailable: Some(why.into()), ..Self::default() }
    }

    /// How near to the peak this was read: 1 is the peak itself.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "amounts stay far below 2^53")]
    pub fn nearness(&self) -> f64 {
        if self.peak == 0 { 1.0 } else { self.live as f64 / self.peak as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_a_module() {
        for good in ["app.models.Record", "__main__.A", "größe.Maß", "a.B.C"] {
            assert!(is_class(good), "{good}");
        }
        for bad in ["Record", "", ".", "a.", ".A", "a..B", "a.B,c.D", "a.b c", "a.1"] {
            assert!(!is_class(bad), "{bad}");
        }
        assert!(!is_class(&format!("a.{}", "x".repeat(300))));
    }
}
