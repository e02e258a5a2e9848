//! Amounts as people write them in rules: `5 MiB`, `250ms`, `16B/row`, `2`. Decimal prefixes are
//! applied to the text, so that 7 ms is the number nearest to 0.007, and what was read is
//! written as it was.

use crate::measurement::Unit;

/// A number in one of the units that metrics have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Amount {
    pub(super) value: f64,
    pub(super) unit: Unit,
}

/// What a unit's word stands for.
enum Scale {
    /// Ten to this power.
    Ten(i32),
    /// So many.
    Times(f64),
}

const KIB: f64 = 1024.0;

/// Bytes, largest first among those of one kind. Case doesn't matter, as in all sizes.
const SIZES: [(&str, Scale); 9] = [
    ("TiB", Scale::Times(KIB * KIB * KIB * KIB)),
    ("GiB", Scale::Times(KIB * KIB * KIB)),
    ("MiB", Scale::Times(KIB * KIB)),
    ("KiB", Scale::Times(KIB)),
    ("TB", Scale::Ten(12)),
    ("GB", Scale::Ten(9)),
    ("MB", Scale::Ten(6)),
    ("kB", Scale::Ten(3)),
    ("B", Scale::Ten(0)),
];

const TIMES: [(&str, Scale); 6] = [
    ("h", Scale::Times(3600.0)),
    ("min", Scale::Times(60.0)),
    ("s", Scale::Ten(0)),
    ("ms", Scale::Ten(-3)),
    ("us", Scale::Ten(-6)),
    ("µs", Scale::Ten(-6)),
];

/// `number` of what `word` means: bytes, seconds, or a plain number if it is empty; bytes per
/// something; any other word is a unit of a workload's own. `None` if `number` is no number.
pub(super) fn parse(number: &str, word: &str) -> Option<Amount> {
    let (value, unit) = if word.is_empty() || word == "1" {
        (number.parse().ok()?, Unit::Count)
    } else if let Some((_, scale)) = SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word))
    {
        (scaled(number, scale)?, Unit::Bytes)
    } else if let Some((_, scale)) = TIMES.iter().find(|(name, _)| *name == word) {
        (scaled(number, scale)?, Unit::Seconds)
    } else {
        let per = word.split_once('/').and_then(|(size, of)| {
            let bytes = parse(number, size).filter(|amount| amount.unit == Unit::Bytes)?;
            Some((bytes.value, Unit::Other(format!("B/{of}"))))
        });
        per.or_else(|| Some((number.parse().ok()?, Unit::Other(word.to_owned()))))?
    };
    Some(Amount { value, unit })
}

fn scaled(number: &str, scale: &Scale) -> Option<f64> {
    match scale {
        Scale::Ten(power) => format!("{number}e{power}").parse().ok(),
        Scale::Times(factor) => Some(number.parse::<f64>().ok()? * factor),
    }
}

/// `number × 10^power`, as exactly as its decimal digits allow.
pub(super) fn shifted(number: f64, power: i32) -> f64 {
    format!("{number}e{power}").parse().unwrap_or(number)
}

/// The amount as it is typed; bytes in the largest unit of which they are a whole number.
pub(super) fn format(value: f64, unit: &Unit) -> String {
    match unit {
        Unit::Bytes => bytes(value),
        Unit::Seconds => format!("{value}s"),
        Unit::Count => format!("{value}"),
        Unit::Other(unit) => format!("{value}{unit}"),
    }
}

fn bytes(value: f64) -> String {
    let whole = SIZES.iter().find_map(|(name, scale)| {
        let size = match scale {
            Scale::Ten(power) => shifted(1.0, *power),
            Scale::Times(factor) => *factor,
        };
        (value >= size && value % size == 0.0).then(|| format!("{}{name}", value / size))
    });
    whole.unwrap_or_else(|| format!("{value}B"))
}
