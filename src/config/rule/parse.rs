//! Reads a rule, and says what is wrong with what is none.

use std::fmt;
use std::str::FromStr;

use super::amount::{self, Amount};
use super::{Limit, Rule, matcher};
use crate::config::suggest::list;
use crate::measurement::{Unit, known_metrics, unit};

const EXAMPLE: &str =
    "write METRIC>LIMIT, such as \"peak_rss>3%\", or CELLS:METRIC>LIMIT with a glob over cells";

/// Why a text is no rule, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.hint)
    }
}

impl std::error::Error for RuleError {}

fn error(message: impl Into<String>, hint: impl Into<String>) -> RuleError {
    RuleError { message: message.into(), hint: hint.into() }
}

/// `[CELLS:]METRIC>LIMIT`; spaces around the parts don't count.
impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        // Ids of cells may hold both signs, limits and metrics neither.
        let Some((subject, limit)) = text.rsplit_once('>') else {
            return Err(error("there is no `>` in it", EXAMPLE));
        };
        let (cells, metric) = match subject.rsplit_once(':') {
            Some((cells, metric)) => (Some(parse_cells(cells.trim())?), metric.trim()),
            None => (None, subject.trim()),
        };
        check_metric(metric)?;
        Ok(Self { cells, metric: metric.to_owned(), limit: parse_limit(limit.trim(), metric)? })
    }
}

fn parse_cells(glob: &str) -> Result<String, RuleError> {
    if glob.is_empty() {
        return Err(error("there are no cells before the `:`", "leave the `:` out for all cells"));
    }
    matcher(glob).map_err(|why| {
        error(
            format!("`{glob}` is not a glob: {}", why.kind()),
            "`*` matches within one part of an id, `**` over several, `{a,b}` either",
        )
    })?;
    Ok(glob.to_owned())
}

fn check_metric(metric: &str) -> Result<(), RuleError> {
    if metric.is_empty() {
        return Err(error("it names no metric", EXAMPLE));
    }
    if metric.contains(char::is_whitespace) {
        return Err(error(format!("`{metric}` can't be a metric: it has a space in it"), EXAMPLE));
    }
    match meant(metric) {
        Some(known) => Err(error(
            format!("no metric is called `{metric}`"),
            format!("did you mean `{known}`?"),
        )),
        None => Ok(()),
    }
}

/// The metric that a slip of the keyboard, or half a name, stands for. A workload may call its own
/// metrics as it likes, so only what is all but a known name is one: `gpu_time` is no `cpu_time`,
/// since few slips are in the first letter.
fn meant(metric: &str) -> Option<&'static str> {
    if known_metrics().any(|known| known == metric) {
        return None;
    }
    let plain = metric.to_ascii_lowercase().replace('-', "_");
    let is_slip = |known: &str| {
        known == plain
            || known
                .strip_prefix("peak_")
                .is_some_and(|rest| plain == rest || plain.strip_suffix("_peak") == Some(rest))
            || (plain.chars().next() == known.chars().next()
                && strsim::damerau_levenshtein(&plain, known) == 1)
    };
    known_metrics().find(|known| is_slip(known))
}

fn parse_limit(text: &str, metric: &str) -> Result<Limit, RuleError> {
    let end = text.find(|c: char| !is_in_number(c));
    let (number, word) = text.split_at(end.unwrap_or(text.len()));
    let (number, word) = (number.replace('_', ""), word.trim());
    let number = number.trim();
    if number.is_empty() {
        let message = match word {
            "" => "there is no limit after the `>`".to_owned(),
            _ => format!("`{text}` is no limit: it does not begin with a number"),
        };
        return Err(error(message, example(metric)));
    }
    if number.starts_with('-') {
        let hint = "a limit says how much worse a metric may become; improving is always allowed";
        return Err(error(format!("the limit {text} is negative"), hint));
    }
    if number.starts_with('+') || !number.parse().is_ok_and(f64::is_finite) {
        return Err(error(format!("`{number}` is no number"), example(metric)));
    }
    if word == "%" {
        let share = format!("{number}e-2").parse().unwrap_or_default();
        return Ok(Limit::Relative(share));
    }
    parse_amount(number, word, metric)
}

fn is_in_number(c: char) -> bool {
    c.is_ascii_digit() || ".,_+-".contains(c)
}

fn parse_amount(number: &str, word: &str, metric: &str) -> Result<Limit, RuleError> {
    let unknown = || error(format!("`{word}` is no unit"), example(metric));
    // Two numbers: written together they would be another one.
    if word.starts_with(is_in_number) && word != "1" {
        return Err(unknown());
    }
    let read = amount::parse(number, word).filter(|amount| amount.value.is_finite());
    let Some(Amount { value, unit: typed }) = read else {
        return Err(error(format!("`{number}{word}` is too much"), example(metric)));
    };
    let is_odd = |c: char| c.is_whitespace() || "%:".contains(c);
    match unit(metric) {
        _ if word.contains(is_odd) => Err(unknown()),
        Some(own) if own == typed => Ok(Limit::Absolute { value, unit: typed }),
        Some(_) if word.is_empty() => {
            Err(error(format!("the limit {number} needs a unit"), example(metric)))
        }
        Some(own) => Err(match typed {
            Unit::Other(_) => unknown(),
            _ => error(format!("{metric} is counted in {}", of(&own)), example(metric)),
        }),
        // A workload's own: what its unit is nobody knows yet.
        None => Ok(Limit::Absolute { value, unit: typed }),
    }
}

fn of(unit: &Unit) -> String {
    match unit {
        Unit::Bytes => "bytes".to_owned(),
        Unit::Seconds => "seconds".to_owned(),
        Unit::Count => "plain numbers".to_owned(),
        Unit::Other(word) => word.clone(),
    }
}

/// Limits that the metric may have.
fn example(metric: &str) -> String {
    let examples = match unit(metric) {
        Some(Unit::Bytes) => ["3%", "5MiB"],
        Some(Unit::Seconds) => ["10%", "250ms"],
        Some(Unit::Count) => ["10%", "2"],
        _ => ["3%", "16B/row"],
    };
    format!("limits are such as {}", list(&examples))
}
