//! File names as patches write them: quoted by git, followed by a time, or both in one line.

/// The name in a `--- ` or `+++ ` line, and whether its time says that the file is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    /// `None` for `/dev/null`.
    pub(super) name: Option<String>,
    /// `diff -N` gives a file that is not there the beginning of the epoch.
    pub(super) epoch: bool,
}

/// Reads what follows `--- ` or `+++ `.
pub(super) fn stated(text: &str) -> Option<Stated> {
    let (name, time) = if text.starts_with('"') {
        let (name, rest) = unquote(text)?;
        (name, rest.to_owned())
    } else {
        let (name, time) = split_time(text);
        (name.to_owned(), time.to_owned())
    };
    let epoch = is_epoch(time.trim());
    Some(Stated { name: (name != "/dev/null").then_some(name), epoch })
}

/// The two names of a `diff --git` line, if they can be told apart. When both are given without
/// quotes they must be the same but for a prefix, or nobody could; a rename says them again.
pub(super) fn git_header(text: &str) -> Option<(String, String)> {
    if text.starts_with('"') {
        let (old, rest) = unquote(text)?;
        let rest = rest.strip_prefix(' ')?;
        let new = if rest.starts_with('"') { unquote(rest)?.0 } else { rest.to_owned() };
        return Some((old, new));
    }
    if let Some(at) = text.find(" \"") {
        let (new, _) = unquote(&text[at + 1..])?;
        return Some((text[..at].to_owned(), new));
    }
    let spaces = text.match_indices(' ').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let same = |(old, new): &(&str, &str)| old == new || without_first(old) == without_first(new);
    let (old, new) = spaces.filter(same).min_by_key(|(old, new)| old.len().abs_diff(new.len()))?;
    Some((old.to_owned(), new.to_owned()))
}

/// The path below its first folder.
pub(super) fn without_first(path: &str) -> Option<&str> {
    path.split_once('/')
        .map(|(_, rest)| rest.trim_start_matches('/'))
        .filter(|rest| !rest.is_empty())
}

/// Reads a C string in double quotes, as git writes unusual names, and gives what follows it.
pub(super) fn unquote(text: &str) -> Option<(String, &str)> {
    let bytes = text.strip_prefix('"')?.as_bytes();
    let mut name = Vec::new();
    let mut at = 0;
    loop {
        match *bytes.get(at)? {
            b'"' => break,
            b'\\' => {
                let (byte, length) = escape(&bytes[at + 1..])?;
                name.push(byte);
                at += length;
            }
            byte => name.push(byte),
        }
        at += 1;
    }
    let rest = text.get(at + 2..)?;
    Some((String::from_utf8(name).ok()?, rest))
}

/// One escape after its backslash: the byte, and how many characters it takes.
fn escape(bytes: &[u8]) -> Option<(u8, usize)> {
    let simple = |byte| Some((byte, 1));
    match *bytes.first()? {
        b'a' => simple(0x07),
        b'b' => simple(0x08),
        b't' => simple(b'\t'),
        b'n' => simple(b'\n'),
        b'v' => simple(0x0b),
        b'f' => simple(0x0c),
        b'r' => simple(b'\r'),
        byte @ (b'"' | b'\\') => simple(byte),
        _ => {
            let digits = std::str::from_utf8(bytes.get(..3)?).ok()?;
            Some((u8::from_str_radix(digits, 8).ok()?, 3))
        }
    }
}

/// Splits a name from the time after it: after a tab, or where a tab became spaces on the way.
fn split_time(text: &str) -> (&str, &str) {
    if let Some((name, time)) = text.split_once('\t') {
        return (name, time);
    }
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    let time = |at: &usize| looks_like_date(&text[at + 1..]);
    spaces
        .into_iter()
        .find(time)
        .map_or((text.trim_end(), ""), |at| (text[..at].trim_end(), &text[at + 1..]))
}

/// `2024-01-31 …`
fn looks_like_date(text: &str) -> bool {
    let shape = text.bytes().take(11).map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq(*b"0000-00-00 ")
}

/// Whether a time is the beginning of the epoch, in whatever time zone.
fn is_epoch(time: &str) -> bool {
    let day = time.get(..10).unwrap_or_default();
    if !matches!(day, "1970-01-01" | "1969-12-31") {
        return time == "Thu Jan  1 00:00:00 1970";
    }
    let mut words = time.split_whitespace().skip(1);
    let (clock, zone) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let minutes = |text: &str, colon: usize| -> Option<i32> {
        Some(
            text.get(..2)?.parse::<i32>().ok()? * 60
                + text.get(colon..colon + 2)?.parse::<i32>().ok()?,
        )
    };
    let Some(clock) = minutes(clock, 3) else { return false };
    let zone = match zone.split_at_checked(1) {
        Some(("-", digits)) => minutes(digits, 2).map(|offset| -offset),
        Some(("+", digits)) => minutes(digits, 2),
        _ => Some(0),
    };
    let day = if day == "1970-01-01" { 0 } else { -24 * 60 };
    zone.is_some_and(|zone| day + clock == zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(text: &str) -> String {
        stated(text).unwrap().name.unwrap()
    }

    #[test]
    fn names_lose_their_times() {
        assert_eq!(name_of("a/x.py"), "a/x.py");
        assert_eq!(name_of("a/with space.py\t"), "a/with space.py");
        assert_eq!(name_of("old/x.py\t2024-01-31 12:00:00.000000000 +0100"), "old/x.py");
        assert_eq!(name_of("old/my x.py    2024-01-31 12:00:00.000000000 +0100"), "old/my x.py");
        assert_eq!(name_of("\"a/tab\\there \\303\\251\""), "a/tab\there é");
        assert_eq!(stated("/dev/null").unwrap().name, None);
        assert_eq!(stated("\"unfinished"), None);
        assert_eq!(stated("\"bad \\9\""), None);
    }

    #[test]
    fn the_epoch_is_known_in_every_zone() {
        for time in [
            "1970-01-01 00:00:00.000000000 +0000",
            "1970-01-01 01:00:00.000000000 +0100",
            "1969-12-31 19:00:00.000000000 -0500",
            "1970-01-01 05:30:00.000000000 +0530",
            "Thu Jan  1 00:00:00 1970",
        ] {
            assert!(stated(&format!("x\t{time}")).unwrap().epoch, "{time}");
        }
        for time in ["1970-01-01 00:00:00 +0100", "2024-01-01 00:00:00 +0000", "1970-01-01"] {
            assert!(!stated(&format!("x\t{time}")).unwrap().epoch, "{time}");
        }
    }

    #[test]
    fn both_names_of_a_git_header() {
        let names = |text| git_header(text).map(|(old, new)| format!("{old}|{new}"));
        assert_eq!(names("a/x.py b/x.py").unwrap(), "a/x.py|b/x.py");
        assert_eq!(names("x.py x.py").unwrap(), "x.py|x.py");
        assert_eq!(names("a/my x.py b/my x.py").unwrap(), "a/my x.py|b/my x.py");
        assert_eq!(names("a/x b/x b/x b/x").unwrap(), "a/x b/x|b/x b/x");
        assert_eq!(names("\"a/\\tx\" \"b/\\tx\"").unwrap(), "a/\tx|b/\tx");
        assert_eq!(names("a/x \"b/\\tx\"").unwrap(), "a/x|b/\tx");
        assert_eq!(names("a/one b/other"), None);
    }
}
