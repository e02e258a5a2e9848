//! Figures as people read them: the same words in the terminal and in the pages.

use std::borrow::Cow;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::turns_writing;
use crate::measurement::{Better, Unit};

/// Bytes in one MiB.
pub const MIB: f64 = 1024.0 * 1024.0;
/// A ratio this near to 1 is called "about the same".
const SAME: f64 = 0.01;

/// A value with its unit.
#[must_use]
pub fn value(unit: &Unit, value: f64) -> String {
    match unit {
        Unit::Bytes => bytes(value),
        Unit::Seconds => seconds(value),
        Unit::Count => number(value),
        // Bytes of something, such as B·s or B/row.
        Unit::Other(name)
            if name.starts_with("B")
                && !name[1..].starts_with(char::is_alphabetic)
                && value.abs() >= 1024.0 =>
        {
            format!("{}{}", bytes(value), &name[1..])
        }
        Unit::Other(name) => format!("{} {name}", number(value)),
    }
}

/// Bytes in MiB with three digits or so: `51.6 MiB`. Very small ones in KiB, very large in GiB.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    let magnitude = bytes.abs();
    if magnitude >= 10_000.0 * MIB {
        format!("{} GiB", digits(bytes / MIB / 1024.0))
    } else if magnitude < 0.095 * MIB {
        format!("{} KiB", digits(bytes / 1024.0))
    } else {
        format!("{} MiB", mib(bytes))
    }
}

/// The number of MiB, without the unit.
#[must_use]
pub fn mib(bytes: f64) -> String {
    digits(bytes / MIB)
}

/// Two sizes, the unit once if they share it: `121 → 51.6 MiB`.
#[must_use]
pub fn from_to(before: f64, after: f64) -> String {
    from_to_in(&Unit::Bytes, before, after)
}

/// Two values in `unit`, the unit once if they share it.
#[must_use]
pub fn from_to_in(unit: &Unit, before: f64, after: f64) -> String {
    let (before, after) = (value(unit, before), value(unit, after));
    match (before.split_once(' '), after.split_once(' ')) {
        (Some((number, one)), Some((_, other))) if one == other => format!("{number} → {after}"),
        _ => format!("{before} → {after}"),
    }
}

/// Text whose control characters can be seen and do nothing: escape sequences of a terminal, and
/// those that turn the direction of writing. Line ends and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let show = |character: char| match u32::from(character) {
        _ if !is_hidden(character) => character,
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('␦'),
        0x7f => '␡',
        _ => '␦',
    };
    Cow::Owned(text.replace("\r\n", "\n").chars().map(show).collect())
}

/// Whether a character is obeyed rather than seen. Line ends and tabs are not meant.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t')) || turns_writing(character)
}

/// As [`value`], with three digits of seconds too: for figures that stand beside each other to be told
/// apart.
#[must_use]
pub fn precise(unit: &Unit, value: f64) -> String {
    match unit {
        Unit::Seconds if (0.995..59.5).contains(&value) => format!("{} s", digits(value)),
        _ => self::value(unit, value),
    }
}

/// Seconds in the unit that fits: `12 ms`, `2.1 s`, `1 min 12 s`, `1 h 02 min`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    if seconds > 0.0 && seconds < 0.000_000_995 {
        format!("{} ns", digits(seconds * 1e9))
    } else if seconds < 0.000_995 {
        format!("{} µs", digits(seconds * 1e6))
    } else if seconds < 0.995 {
        format!("{} ms", digits(seconds * 1e3))
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 59.5 {
        format!("{seconds:.0} s")
    } else {
        let whole = seconds.round() as u64;
        if whole < 3600 {
            format!("{} min {:02} s", whole / 60, whole % 60)
        } else {
            format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
        }
    }
}

/// A number with few digits, its thousands set apart.
#[must_use]
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1000.0 {
        thousands(value.round() as i64)
    } else {
        digits(value)
    }
}

/// `50,000`.
#[must_use]
pub fn thousands(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if count < 0 { format!("−{grouped}") } else { grouped }
}

/// `1 attempt`, `50,000 attempts`.
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// `1 cell`, `18 cells`.
#[must_use]
pub fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

/// Values by axis: `backend mysql, format json or xml`.
#[must_use]
pub fn values(values: &IndexMap<String, Vec<String>>) -> String {
    let one = |(axis, values): (&String, &Vec<String>)| format!("{axis} {}", values.join(" or "));
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A ratio as a change: `−57%`, `+3.4%`, `×12`.
#[must_use]
pub fn change(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    let magnitude = percent.abs();
    if ratio >= 10.0 {
        return format!("×{}", digits(ratio));
    }
    if magnitude < 0.05 {
        return "±0%".to_owned();
    }
    let sign = if percent < 0.0 { '−' } else { '+' };
    if magnitude < 9.95 {
        format!("{sign}{magnitude:.1}%")
    } else {
        format!("{sign}{magnitude:.0}%")
    }
}

/// Which way a figure went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It fell.
    Less,
    /// It is within 1% of what it was.
    Same,
    /// It rose.
    More,
}

impl Direction {
    /// The direction of a ratio.
    #[must_use]
    pub fn of(ratio: f64) -> Self {
        match ratio - 1.0 {
            change if change < -SAME => Self::Less,
            change if change > SAME => Self::More,
            _ => Self::Same,
        }
    }

    /// Of a metric that is better for being more: the direction that means the same of one that is
    /// better for being less, which is how colours are given. What is neither, has none.
    #[must_use]
    pub const fn toned(self, better: Option<Better>) -> Self {
        match (self, better) {
            (_, None) => Self::Same,
            (Self::Less, Some(Better::Higher)) => Self::More,
            (Self::More, Some(Better::Higher)) => Self::Less,
            (tone, _) => tone,
        }
    }

    /// Its name as a CSS class.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Less => "less",
            Self::Same => "same",
            Self::More => "more",
        }
    }

    /// A sign for it that needs no colour.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "▼",
            Self::Same => "=",
            Self::More => "▲",
        }
    }
}

/// A ratio in words: `57% less`, `about the same`, `3.4 times as much`.
#[must_use]
pub fn change_in_words(ratio: f64) -> String {
    let percent = ((ratio - 1.0) * 100.0).abs();
    let percent = if percent < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") };
    match Direction::of(ratio) {
        Direction::Same => "about the same".to_owned(),
        Direction::Less => format!("{percent} less"),
        Direction::More if ratio < 2.0 => format!("{percent} more"),
        Direction::More => format!("{} times as much", digits(ratio)),
    }
}

/// `2026-11-21 22:15 UTC`.
#[must_use]
pub fn timestamp(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A metric's name as people say it.
#[must_use]
pub fn metric(name: &str) -> String {
    let words = match name {
        "rss" => "RSS",
        "anon" => "anonymous RSS",
        "pss" => "PSS",
        "uss" => "USS",
        "peak_rss" => "peak RSS",
        "peak_anon" => "peak anonymous RSS",
        "peak_pss" => "peak PSS",
        "peak_uss" => "peak USS",
        "peak_server" => "peak server memory",
        "server_anon" => "server memory",
        "heap" => "live heap",
        "python_heap" => "Python's small objects",
        "peak_heap" => "peak live heap",
        "peak_python_heap" => "peak of Python's small objects",
        "heap_at_end" => "live heap at the end",
        "wall_time" => "wall time",
        "cpu_time" => "CPU time",
        "rise_rss" => "rise of RSS over the work",
        "rise_heap" => "rise of live heap over the work",
        "steady_rss" => "steady RSS",
        "steady_heap" => "steady live heap",
        "growth_rss" => "growth of RSS",
        "growth_heap" => "growth of live heap",
        "auc_rss" => "area under RSS",
        "auc_heap" => "area under live heap",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

/// Words as a shell takes them.
#[must_use]
pub fn shell<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-=:,+@%".contains(&byte))
    };
    let quote = |word: &str| {
        if plain(word) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Three digits or so, and never more than two after the point.
fn digits(value: f64) -> String {
    match value.abs() {
        magnitude if magnitude >= 99.95 => format!("{value:.0}"),
        magnitude if magnitude >= 9.995 => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_or_so() {
        let shown = |mib: f64| bytes(mib * MIB);
        assert_eq!(shown(394.2), "394 MiB");
        assert_eq!(shown(51.63), "51.6 MiB");
        assert_eq!(shown(9.996), "10.0 MiB");
        assert_eq!(shown(1.5), "1.50 MiB");
        assert_eq!(shown(20_480.0), "20.0 GiB");
        assert_eq!(bytes(4096.0), "4.00 KiB");
        assert_eq!(bytes(0.0), "0 KiB");
    }

    #[test]
    fn times_change_their_unit() {
        assert_eq!(seconds(0.000_000_012), "12.0 ns");
        assert_eq!(seconds(0.000_012), "12.0 µs");
        assert_eq!(precise(&Unit::Seconds, 2.064), "2.06 s");
        assert_eq!(seconds(0.0123), "12.3 ms");
        assert_eq!(seconds(2.06), "2.1 s");
        assert_eq!(seconds(42.4), "42 s");
        assert_eq!(seconds(59.7), "1 min 00 s");
        assert_eq!(seconds(3725.0), "1 h 02 min");
    }

    #[test]
    fn changes_say_which_way() {
        assert_eq!(change(0.426), "−57%");
        assert_eq!(change(1.034), "+3.4%");
        assert_eq!(change(1.0), "±0%");
        assert_eq!(change(12.0), "×12.0");
        assert_eq!(change_in_words(0.426), "57% less");
        assert_eq!(change_in_words(0.9999), "about the same");
        assert_eq!(change_in_words(1.2), "20% more");
        assert_eq!(change_in_words(3.4), "3.40 times as much");
    }

    #[test]
    fn sizes_share_their_unit() {
        assert_eq!(from_to(394.0 * MIB, 52.4 * MIB), "394 → 52.4 MiB");
        assert_eq!(from_to(2048.0, 52.4 * MIB), "2.00 KiB → 52.4 MiB");
        assert_eq!(from_to_in(&Unit::Seconds, 2.1, 72.0), "2.1 s → 1 min 12 s");
        assert_eq!(from_to_in(&Unit::Count, 1.0, 12.0), "1 → 12");
    }

    #[test]
    fn control_characters_are_shown_and_do_nothing() {
        assert_eq!(visible("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(visible("\u{1b}[31mred\r\nnext"), "␛[31mred\nnext");
        assert_eq!(visible("user\u{202e}txt.exe"), "user␦txt.exe");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(50_000), "50,000");
        assert_eq!(thousands(-1_234_567), "−1,234,567");
        assert_eq!(thousands(999), "999");
        assert_eq!(number(12.5), "12.5");
        assert_eq!(number(f64::MAX), thousands(i64::MAX));
    }
}
