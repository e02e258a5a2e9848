//! Lists of numbers as scripts hold them: a list whose numbers are all the same as that number, whole
//! numbers as the text of their differences, and any others as they are. `templates/scripts/data.js`
//! reads them.
//!
//! The text is Base64 VLQ, as in source maps (ECMA-426, "Base64 VLQ"): five bits a character, the
//! lowest first, and the sign as the lowest bit of the number. A difference takes one or two
//! characters, and no separator.

use serde::Serialize;

use crate::measurement::curves::Differences;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Bits of a character that belong to the number.
const BITS: u32 = 5;
/// Of a character: more of the number follows.
const MORE: u64 = 1 << BITS;

/// A list of numbers.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Numbers {
    Constant(f64),
    /// What all are multiples of, and the differences.
    Whole(u64, String),
    Any(Vec<f64>),
}

impl Numbers {
    pub(super) fn of(numbers: Vec<f64>) -> Self {
        let first = numbers.first().copied();
        if let Some(first) = first.filter(|first| numbers.iter().all(|number| number == first)) {
            return Self::Constant(first);
        }
        match Differences::of(&numbers) {
            Some(Differences { unit, differences }) => Self::Whole(unit, text(&differences)),
            None => Self::Any(numbers),
        }
    }
}

fn text(differences: &[i64]) -> String {
    let mut text = String::with_capacity(differences.len() * 2);
    for difference in differences {
        let mut rest = (difference.unsigned_abs() << 1) | u64::from(*difference < 0);
        loop {
            let (digit, higher) = (rest % MORE, rest >> BITS);
            let digit = if higher > 0 { digit | MORE } else { digit };
            text.push(char::from(DIGITS[digit as usize]));
            rest = higher;
            if rest == 0 {
                break;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_written_as_source_maps_write_them() {
        for (number, written) in
            [(0, "A"), (1, "C"), (-1, "D"), (15, "e"), (16, "gB"), (-16, "hB"), (1000, "w+B")]
        {
            assert_eq!(text(&[number]), written);
        }
        assert_eq!(text(&[7, -2, 123]), "OF2H");
        assert_eq!(text(&[1 << 40]), "ggggggggC");
    }

    #[test]
    fn every_list_has_its_shortest_form() {
        let json = |numbers: &[f64]| serde_json::to_string(&Numbers::of(numbers.to_vec())).unwrap();
        assert_eq!(json(&[4096.0, 4096.0]), "4096.0");
        assert_eq!(json(&[8192.0, 12288.0, 4096.0]), r#"[4096,"ECF"]"#);
        assert_eq!(json(&[0.5, 1.0]), "[0.5,1.0]");
        assert_eq!(json(&[]), r#"[1,""]"#);
    }
}
