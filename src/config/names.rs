//! What may be a name: of an axis, a part of a cell's id, a table, a variable.

/// Files and folders that stand beside the folders of cells.
const TAKEN: [&str; 3] = ["attempts", "cell.json", "index.html"];
/// A part of a path may be this long in bytes.
const LONGEST: usize = 100;

/// Why a value can't be part of a cell's id, which is a path too; `None` if it can.
pub(crate) fn path_part_problem(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("it is empty")
    } else if matches!(value, "." | "..") {
        Some("it means another folder")
    } else if value.contains(['/', '\\']) {
        Some("it holds a slash")
    } else if value.contains(char::is_control) {
        Some("it holds a control character")
    } else if value.contains(turns_writing) {
        Some("it holds a character that turns the direction of writing")
    } else if value.trim() != value {
        Some("it begins or ends with a space")
    } else if value.starts_with(['.', '-']) {
        Some("it begins with a dot or a dash")
    } else if value.len() > LONGEST {
        Some("it is longer than 100 bytes")
    } else if TAKEN.contains(&value) {
        Some("reports use that name themselves")
    } else {
        None
    }
}

/// Whether a character is not seen and makes others stand where they don't: a name with one in it
/// looks like another name.
pub(crate) const fn turns_writing(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

/// Whether a value can be part of a cell's id.
pub(super) fn is_path_part(value: &str) -> bool {
    path_part_problem(value).is_none()
}

/// Whether it is a letter or `_`, then letters, digits or `_` (ASCII).
pub(super) fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// As [`is_identifier`], with dashes: axes and sources.
pub(super) fn is_name(name: &str) -> bool {
    is_identifier(&name.replace('-', "_")) && !name.starts_with('-')
}

/// The part of `MEMGRID_AXIS_<NAME>` that a workload gets for an axis.
pub(super) fn variable_name(axis: &str) -> String {
    axis.replace('-', "_").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn path_parts() {
        for good in ["json", "3.11", "a b", "größe", "[a]", "x*"] {
            assert_eq!(path_part_problem(good), None, "{good}");
        }
        let long = "x".repeat(101);
        let bad = [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "a\0",
            "a\nb",
            " a",
            "a ",
            ".a",
            "-a",
            "attempts",
            &long,
            "user\u{202e}txt.exe",
        ];
        for bad in bad {
            assert!(path_part_problem(bad).is_some(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_path_part_stays_in_its_folder(value in ".{0,12}") {
            if path_part_problem(&value).is_none() {
                let path = std::path::Path::new(&value);
                let parts: Vec<_> = path.components().collect();
                prop_assert_eq!(parts, [std::path::Component::Normal(value.as_ref())]);
            }
        }
    }
}
