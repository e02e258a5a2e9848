//! What a workload may say on `MEMPROBE_FD`: one text line each. Pure, and bounded in what it
//! keeps, since nothing that comes in can be trusted.

use std::str;

/// A longer line is dropped.
const LONGEST_LINE: usize = 4096;
/// A longer name, unit or digest makes its line junk.
const LONGEST_WORD: usize = 256;

/// A larger figure makes its line junk: its square, which deviations are made of, is no number.
const MOST: f64 = 1e150;

/// One line that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Message {
    /// `mark NAME`
    Mark(String),
    /// `progress N`
    Progress(f64),
    /// `metric NAME VALUE [UNIT]`; without a unit it is a plain number, `1`.
    Metric { name: String, value: f64, unit: String },
    /// `digest HEX`, in lower case.
    Digest(String),
    /// `server …`
    Server(ServerLine),
}

/// What a workload may say about the server that serves it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ServerLine {
    /// `server pid N [NAME]`: a process that serves the workload, and what it calls itself.
    Process { id: i32, name: Option<String> },
    /// `server memory N [B]`: the most that the server held for the workload, by its own account.
    Memory(f64),
    /// `server unavailable REASON`: there is a server, and what it holds can't be known.
    Unavailable(String),
}

/// Cuts what comes in into lines, wherever the pieces were cut.
#[derive(Debug, Default)]
pub(super) struct Lines {
    partial: Vec<u8>,
    too_long: bool,
}

/// A line that was not understood, as far as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Junk(pub(super) String);

impl Lines {
    /// Takes the next piece, and gives every line that it ends. Empty lines are passed over.
    pub(super) fn feed(&mut self, mut piece: &[u8], take: &mut dyn FnMut(Result<Message, Junk>)) {
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            self.add(&piece[..end]);
            piece = &piece[end + 1..];
            self.end(take);
        }
        self.add(piece);
    }

    /// Takes what stands after the last line's end as a line.
    pub(super) fn end(&mut self, take: &mut dyn FnMut(Result<Message, Junk>)) {
        let line = self.partial.trim_ascii();
        if self.too_long {
            take(Err(junk(line)));
        } else if !line.is_empty() {
            take(parse(line).ok_or_else(|| junk(line)));
        }
        self.partial.clear();
        self.too_long = false;
    }

    fn add(&mut self, piece: &[u8]) {
        let room = LONGEST_LINE - self.partial.len();
        self.too_long |= piece.len() > room;
        self.partial.extend_from_slice(&piece[..piece.len().min(room)]);
    }
}

fn junk(line: &[u8]) -> Junk {
    let shown = String::from_utf8_lossy(&line[..line.len().min(60)]);
    Junk(shown.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect())
}

fn parse(line: &[u8]) -> Option<Message> {
    let line = str::from_utf8(line).ok()?;
    let (verb, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    match verb {
        "mark" => Some(Message::Mark(name(rest)?)),
        "progress" => number(rest).filter(|rows| *rows >= 0.0).map(Message::Progress),
        "digest" => {
            let is_hex = rest.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_hex.then_some(())?;
            Some(Message::Digest(name(rest)?.to_ascii_lowercase()))
        }
        "metric" => {
            let (metric, rest) = rest.split_once(char::is_whitespace)?;
            let (value, unit) =
                rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest.trim(), "1"));
            let value = number(value).filter(|value| value.abs() <= MOST)?;
            let unit = name(unit.trim())?;
            Some(Message::Metric { name: name(metric)?, value, unit })
        }
        "server" => server(rest).map(Message::Server),
        _ => None,
    }
}

fn server(text: &str) -> Option<ServerLine> {
    let (what, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim();
    let (first, second) = match rest.split_once(char::is_whitespace) {
        Some((first, second)) => (first, Some(second.trim())),
        None => (rest, None),
    };
    match what {
        "pid" => {
            let id = first.parse().ok().filter(|id| *id > 0)?;
            let name = match second {
                Some(second) => Some(name(second)?),
                None => None,
            };
            Some(ServerLine::Process { id, name })
        }
        "memory" => {
            let bytes = number(first).filter(|bytes| *bytes >= 0.0)?;
            matches!(second, None | Some("B")).then_some(ServerLine::Memory(bytes))
        }
        "unavailable" => name(rest).map(ServerLine::Unavailable),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn name(text: &str) -> Option<String> {
    let fits = (1..=LONGEST_WORD).contains(&text.len()) && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<Result<Message, Junk>> {
        let mut lines = Lines::default();
        let mut messages = Vec::new();
        for piece in pieces {
            lines.feed(piece, &mut |message| messages.push(message));
        }
        lines.end(&mut |message| messages.push(message));
        messages
    }

    fn metric(name: &str, value: f64, unit: &str) -> Message {
        Message::Metric { name: name.into(), value, unit: unit.into() }
    }

    fn process(id: i32, name: Option<&str>) -> Message {
        Message::Server(ServerLine::Process { id, name: name.map(str::to_owned) })
    }

    #[test]
    fn each_verb_is_understood() {
        let text = b"mark start of it\nprogress 5000\nmetric latency 1.5e-3 s\r\nmetric hits 7\n\n\
            metric  rate  3  rows per second\ndigest ABcd09\nserver pid 47 postgres\nserver pid 9\n\
            server memory 1000 B\nserver unavailable it is  far away\nprogress 0\nserver memory 0";
        let wanted = [
            Ok(Message::Mark("start of it".into())),
            Ok(Message::Progress(5000.0)),
            Ok(metric("latency", 0.0015, "s")),
            Ok(metric("hits", 7.0, "1")),
            Ok(metric("rate", 3.0, "rows per second")),
            Ok(Message::Digest("abcd09".into())),
            Ok(process(47, Some("postgres"))),
            Ok(process(9, None)),
            Ok(Message::Server(ServerLine::Memory(1000.0))),
            Ok(Message::Server(ServerLine::Unavailable("it is  far away".into()))),
            Ok(Message::Progress(0.0)),
            Ok(Message::Server(ServerLine::Memory(0.0))),
        ];
        assert_eq!(read(&[text]), wanted);
    }

    #[test]
    fn junk_is_told_apart_and_shown_harmlessly() {
        for line in [
            "mark",
            "mark ",
            "mark \u{a0}",
            "progress",
            "progress many",
            "progress -1",
            "progress inf",
            "metric a",
            "metric a b",
            "metric a nan s",
            "metric a 1e151 s",
            "metric a -1e300",
            "digest",
            "digest xyz",
            "server",
            "server pid",
            "server pid 0",
            "server pid postgres",
            "server memory -1",
            "server memory 5 MB",
            "server unavailable",
            "server pod 7",
            "hello world",
            "mark a\u{1b}[31mb",
        ] {
            let messages = read(&[line.as_bytes()]);
            let [Err(Junk(shown))] = &messages[..] else { panic!("{line}: {messages:?}") };
            assert!(!shown.contains(char::is_control), "{shown}");
        }
        assert_eq!(read(&[b"\xff\xfe"]), [Err(Junk("\u{fffd}\u{fffd}".into()))]);
        assert_eq!(read(&[&[b'x'; 1000]]), [Err(Junk("x".repeat(60)))]);
    }

    #[test]
    fn an_endless_line_is_one_piece_of_junk_and_the_next_line_is_read() {
        let mut text = b"mark ".repeat(10_000);
        text.extend(b"\nmark a\n");
        let messages = read(&[&text]);
        assert_eq!(messages.len(), 2);
        assert!(messages[0].is_err());
        assert_eq!(messages[1], Ok(Message::Mark("a".into())));
    }

    #[test]
    fn as_much_as_there_is_room_for_is_read_and_no_more() {
        let with_spaces = |length| format!("{:length$}", "mark a").into_bytes();
        let mark = |name: &str| Ok(Message::Mark(name.into()));
        assert_eq!(read(&[&with_spaces(LONGEST_LINE)]), [mark("a")]);
        assert!(read(&[&with_spaces(LONGEST_LINE + 1), b"\n"])[0].is_err());
        let name = "n".repeat(LONGEST_WORD);
        assert_eq!(read(&[format!("mark {name}").as_bytes()]), [mark(&name)]);
        assert!(read(&[format!("mark {name}n").as_bytes()])[0].is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_does_not_matter_where_pieces_are_cut(
            text in "(mark [a-z]{0,5}\n|progress [0-9]{0,3}\n|[ -~]{0,9}\n|\n){0,9}",
            cut in any::<proptest::sample::Index>(),
        ) {
            let text = text.as_bytes();
            let (a, b) = text.split_at(cut.index(text.len() + 1));
            prop_assert_eq!(read(&[a, b]), read(&[text]));
        }

        #[test]
        fn no_bytes_disturb_it(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let newlines = bytes.iter().filter(|byte| **byte == b'\n').count();
            prop_assert!(read(&[&bytes]).len() <= newlines + 1);
        }
    }
}
