//! The arrays of a sample file as text, both ways. A million samples are a dozen million numbers,
//! so reading takes the short way where it is exact: a decimal of at most 2^53 divided by a power
//! of ten up to 10^22 is correctly rounded (Clinger, "How to read floating point numbers
//! accurately", 1990).

use std::io::Write as _;

const EXACT: u64 = 1 << 53;
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Appends `value` as JSON; what is no finite number is `null`.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "below 2^53")]
pub(super) fn write(out: &mut Vec<u8>, value: Option<f64>) {
    // Writing to a Vec can't fail.
    let _ = match value {
        // Most are whole, which is written several times as fast; but there is a -0.
        Some(value) if value.fract() == 0.0 && value.is_sign_positive() && value < EXACT as f64 => {
            write!(out, "{}", value as i64)
        }
        Some(value) if value.is_finite() => write!(out, "{value}"),
        _ => out.write_all(b"null"),
    };
}

/// Reads an array of numbers and nulls (as NaN) into `row`. Whether `line` was one.
pub(super) fn read_row(line: &[u8], row: &mut Vec<f64>) -> bool {
    row.clear();
    let mut rest = Cursor { bytes: line };
    if !rest.take(b'[') {
        return false;
    }
    if rest.take(b']') {
        return rest.is_at_end();
    }
    loop {
        let Some(value) = rest.value() else { return false };
        row.push(value);
        if rest.take(b',') {
            continue;
        }
        return rest.take(b']') && rest.is_at_end();
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn skip_space(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.bytes {
            self.bytes = rest;
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        self.skip_space();
        match self.bytes {
            [first, rest @ ..] if *first == wanted => {
                self.bytes = rest;
                true
            }
            _ => false,
        }
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.bytes.is_empty()
    }

    fn value(&mut self) -> Option<f64> {
        self.skip_space();
        if let Some(rest) = self.bytes.strip_prefix(b"null") {
            self.bytes = rest;
            return Some(f64::NAN);
        }
        let length = self
            .bytes
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))?;
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        parse(text)
    }
}

fn parse(text: &[u8]) -> Option<f64> {
    short(text).or_else(|| {
        // Rust's own parser also takes `.5`, `1.` and what overflows to infinity.
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        let plain = digits.first()?.is_ascii_digit() && digits.last()?.is_ascii_digit();
        let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        (plain && value.is_finite()).then_some(value)
    })
}

/// A plain decimal that the short way reads exactly.
fn short(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut mantissa = 0_u64;
    let mut point = None;
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' if mantissa < EXACT / 10 => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
            }
            b'.' if point.is_none() && place > 0 => point = Some(place),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |point| digits.len() - point - 1);
    if digits.is_empty() || point.is_some() && decimals == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
    let value = mantissa as f64 / POWERS.get(decimals)?;
    Some(if negative { -value } else { value })
}
