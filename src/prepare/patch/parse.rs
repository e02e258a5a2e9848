//! Patch text into the model. Text that belongs to no file's changes (a mail's head and foot,
//! `diff -r`'s remarks) is passed over; within a file's changes nothing is.

use super::error::PatchError;
use super::model::{Content, FilePatch, Hunk, Kind, Line, LineKind};
use super::name::{self, Stated};

/// Reads all files' changes.
pub(super) fn parse(text: &[u8]) -> Result<Vec<FilePatch>, PatchError> {
    let mut reader = Reader::new(text);
    let mut files = Vec::new();
    while let Some(line) = reader.peek() {
        if line.starts_with(b"diff --git ") {
            files.push(git_file(&mut reader)?);
        } else if reader.at_names() {
            files.push(plain_file(&mut reader)?);
        } else if line.starts_with(b"@@ -") {
            return Err(reader.malformed("a hunk without the name of a file before it"));
        } else if line.starts_with(b"*** ") && reader.peek_at(1).is_some_and(is_old_name) {
            return Err(reader.malformed("a context diff: make it again with `diff -u`"));
        } else if line.starts_with(b"Binary files ") && line.trim_ascii_end().ends_with(b" differ")
        {
            files.push(withheld(&mut reader)?);
        } else {
            reader.next();
        }
    }
    if files.is_empty() {
        return Err(PatchError::Malformed {
            line: 1,
            what: "no changes in it: neither `diff --git` nor `---` and `+++` lines".to_owned(),
        });
    }
    let nameless =
        |file: &&FilePatch| [&file.old, &file.new].into_iter().flatten().any(String::is_empty);
    if let Some(file) = files.iter().find(nameless) {
        let what = "a file without a name".to_owned();
        return Err(PatchError::Malformed { line: file.line, what });
    }
    Ok(files)
}

/// The lines of a patch file, without their line feeds.
struct Reader<'t> {
    lines: Vec<&'t [u8]>,
    at: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t [u8]) -> Self {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        Self { lines: text.split(|byte| *byte == b'\n').collect(), at: 0 }
    }

    fn peek(&self) -> Option<&'t [u8]> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<&'t [u8]> {
        self.lines.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<&'t [u8]> {
        let line = self.peek();
        self.at += 1;
        line
    }

    /// Number of the next line, from 1.
    fn number(&self) -> usize {
        self.at + 1
    }

    fn malformed(&self, what: impl Into<String>) -> PatchError {
        PatchError::Malformed { line: self.number(), what: what.into() }
    }

    /// The next line as text, if it begins with `word`; what follows that.
    fn header(&self, word: &str) -> Result<Option<&'t str>, PatchError> {
        let Some(rest) = self.peek().and_then(|line| line.strip_prefix(word.as_bytes())) else {
            return Ok(None);
        };
        let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        match std::str::from_utf8(rest) {
            Ok(rest) => Ok(Some(rest)),
            Err(_) => Err(self.malformed("the file's name is not UTF-8")),
        }
    }

    /// Whether the next two lines are `--- OLD` and `+++ NEW`.
    fn at_names(&self) -> bool {
        self.peek().is_some_and(is_old_name)
            && self.peek_at(1).is_some_and(|line| line.starts_with(b"+++ "))
    }

    /// The names in `--- OLD` and `+++ NEW`, and whether the patch file's own lines end in CRLF.
    fn names(&mut self) -> Result<(Stated, Stated, bool), PatchError> {
        let old = self.name("--- ")?;
        let converted = self.peek().is_some_and(|line| line.ends_with(b"\r"));
        let new = self.name("+++ ")?;
        Ok((old, new, converted))
    }

    fn name(&mut self, word: &str) -> Result<Stated, PatchError> {
        let text = self.header(word)?.unwrap_or_default();
        let stated = name::stated(text)
            .filter(|stated| stated.name.as_deref() != Some(""))
            .ok_or_else(|| self.malformed("the file's name can't be read"))?;
        self.at += 1;
        Ok(stated)
    }
}

fn is_old_name(line: &[u8]) -> bool {
    line.starts_with(b"--- ")
}

/// What begins with `diff --git`.
fn git_file(reader: &mut Reader<'_>) -> Result<FilePatch, PatchError> {
    let line = reader.number();
    let names = reader.header("diff --git ")?.and_then(name::git_header);
    let converted = reader.peek().is_some_and(|line| line.ends_with(b"\r"));
    reader.next();
    let style =
        names.as_ref().map(|(old, new)| if old == new { Style::Bare } else { Style::Prefixed });
    let (old, new) = names.map_or((None, None), |(old, new)| (Some(old), Some(new)));
    let mut file = FilePatch::new(line, old, new, Content::Same);
    while git_header_line(reader, &mut file)? {
        reader.next();
    }
    if reader.at_names() {
        let (old, new, converted) = reader.names()?;
        if !file.exact {
            (file.old, file.new) = (old.name, new.name);
            file.kind = kind_by_names(&file);
        }
        file.content = Content::Text(hunks(reader, converted)?);
    } else if reader.peek().is_some_and(|line| line.starts_with(b"GIT binary patch")) {
        file.content = Content::Binary(binary(reader, converted));
    } else if reader.peek().is_some_and(|line| line.starts_with(b"Binary files ")) {
        reader.next();
        file.content = Content::Withheld;
    }
    settle_prefix(&mut file, style);
    match file.kind {
        Kind::Create => file.old = None,
        Kind::Delete => file.new = None,
        Kind::Modify | Kind::Rename | Kind::Copy => {}
    }
    if file.old.is_none() && file.new.is_none() {
        let what = "the file's name can't be told from this line".to_owned();
        return Err(PatchError::Malformed { line, what });
    }
    Ok(file)
}

/// Whether a `diff --git` line's names have `a/` and `b/` (or whatever else) before them.
#[derive(Clone, Copy)]
enum Style {
    Bare,
    Prefixed,
}

/// With both names in one line, git's own patches leave no doubt about their prefixes.
fn settle_prefix(file: &mut FilePatch, style: Option<Style>) {
    let Some(style) = style.filter(|_| !file.exact) else { return };
    if matches!(style, Style::Prefixed) {
        for name in [&mut file.old, &mut file.new] {
            *name =
                name.as_deref().map(|path| name::without_first(path).unwrap_or(path).to_owned());
        }
    }
    file.exact = true;
}

/// Takes up one of the lines between `diff --git` and the changes, if the next one is such.
fn git_header_line(reader: &Reader<'_>, file: &mut FilePatch) -> Result<bool, PatchError> {
    let path = |text: &str| match text.starts_with('"') {
        true => name::unquote(text).map(|(name, _)| name),
        false => Some(text.to_owned()),
    };
    let mode = |text: &str| {
        u32::from_str_radix(text.trim(), 8).map_err(|_| reader.malformed("not a file mode"))
    };
    if let Some(text) = reader.header("new file mode ")? {
        file.kind = Kind::Create;
        file.mode = Some(mode(text)?);
    } else if let Some(text) = reader.header("deleted file mode ")? {
        file.kind = Kind::Delete;
        mode(text)?;
    } else if let Some(text) = reader.header("new mode ")? {
        file.mode = Some(mode(text)?);
    } else if let Some(text) = reader.header("index ")? {
        file.old_id = text.split_once("..").map(|(id, _)| id.to_owned());
    } else if let Some(text) = either(reader, "rename from ", "copy from ")? {
        file.old =
            Some(path(text).ok_or_else(|| reader.malformed("the file's name can't be read"))?);
    } else if let Some(text) = either(reader, "rename to ", "copy to ")? {
        file.new =
            Some(path(text).ok_or_else(|| reader.malformed("the file's name can't be read"))?);
        file.exact = true;
        let copies = reader.peek().is_some_and(|line| line.starts_with(b"copy"));
        file.kind = if copies { Kind::Copy } else { Kind::Rename };
    } else {
        let known: [&[u8]; 3] = [b"old mode ", b"similarity index ", b"dissimilarity index "];
        return Ok(reader
            .peek()
            .is_some_and(|line| known.iter().any(|word| line.starts_with(word))));
    }
    Ok(true)
}

fn either<'t>(reader: &Reader<'t>, one: &str, other: &str) -> Result<Option<&'t str>, PatchError> {
    Ok(reader.header(one)?.or(reader.header(other)?))
}

/// What begins with `---` and `+++`.
fn plain_file(reader: &mut Reader<'_>) -> Result<FilePatch, PatchError> {
    let line = reader.number();
    let (old, new, converted) = reader.names()?;
    let hunks = hunks(reader, converted)?;
    if hunks.is_empty() {
        return Err(reader.malformed("no hunk after the names of a file"));
    }
    // A time at the beginning of the epoch alone could be a strange clock's.
    let absent = |stated: &Stated, any: bool| stated.name.is_none() || (stated.epoch && !any);
    let any_old = hunks.iter().any(|hunk| hunk.before().next().is_some());
    let any_new = hunks.iter().any(|hunk| hunk.after().next().is_some());
    let (gone, made) = (absent(&new, any_new), absent(&old, any_old));
    let (old, new) = (old.name.filter(|_| !made), new.name.filter(|_| !gone));
    let mut file = FilePatch::new(line, old, new, Content::Text(hunks));
    file.kind = kind_by_names(&file);
    if file.old.is_none() && file.new.is_none() {
        return Err(PatchError::Malformed { line, what: "both names are /dev/null".to_owned() });
    }
    Ok(file)
}

fn kind_by_names(file: &FilePatch) -> Kind {
    match (&file.old, &file.new) {
        (None, _) => Kind::Create,
        (_, None) => Kind::Delete,
        _ => file.kind,
    }
}

/// `diff -r` found two binary files that differ, and that is all it says.
fn withheld(reader: &mut Reader<'_>) -> Result<FilePatch, PatchError> {
    let line = reader.number();
    let text = reader.header("Binary files ")?.unwrap_or_default();
    let names = text.trim_end().strip_suffix(" differ").and_then(|names| names.split_once(" and "));
    let Some((old, new)) = names else {
        return Err(reader.malformed("the names of two binary files can't be told apart"));
    };
    let (old, new) = (Some(old.to_owned()), Some(new.to_owned()));
    reader.next();
    Ok(FilePatch::new(line, old, new, Content::Withheld))
}

/// From `GIT binary patch` to the empty line that ends its second half.
fn binary(reader: &mut Reader<'_>, converted: bool) -> Vec<u8> {
    let mut block = Vec::new();
    let mut halves = 0;
    while let Some(line) = reader.next() {
        let line = if converted { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
        block.extend_from_slice(line);
        block.push(b'\n');
        halves += usize::from(line.is_empty());
        if halves == 2 {
            break;
        }
    }
    block
}

fn hunks(reader: &mut Reader<'_>, converted: bool) -> Result<Vec<Hunk>, PatchError> {
    let mut hunks = Vec::new();
    while reader.peek().is_some_and(|line| line.starts_with(b"@@ -")) {
        hunks.push(hunk(reader, converted)?);
    }
    let stray = |line: &[u8]| {
        let foot = line.starts_with(b"-- ") || line == b"--" || line.starts_with(b"---");
        line.starts_with(b"+") || (line.starts_with(b"-") && !foot)
    };
    if !hunks.is_empty() && reader.peek().is_some_and(stray) {
        return Err(reader.malformed("the hunk has more lines than its header says"));
    }
    Ok(hunks)
}

fn hunk(reader: &mut Reader<'_>, converted: bool) -> Result<Hunk, PatchError> {
    let line = reader.number();
    let header = String::from_utf8_lossy(reader.peek().unwrap_or_default()).trim_end().to_owned();
    let Some((old_start, mut old, mut new)) = ranges(&header) else {
        return Err(reader.malformed(format!("not a hunk's header: {header}")));
    };
    reader.next();
    let mut lines: Vec<Line> = Vec::new();
    while old > 0 || new > 0 || reader.peek().is_some_and(|line| line.starts_with(b"\\ ")) {
        let Some(text) = reader.peek() else {
            return Err(reader.malformed(format!(
                "the patch ends within a hunk: {old} old and {new} new lines are missing"
            )));
        };
        if text.starts_with(b"\\ ") {
            no_newline(reader, &mut lines)?;
            continue;
        }
        let (kind, text) = split_line(text, converted)
            .ok_or_else(|| reader.malformed("a hunk's line begins with ' ', '+' or '-'"))?;
        let (takes_old, takes_new) = (kind != LineKind::Added, kind != LineKind::Removed);
        if (takes_old && old == 0) || (takes_new && new == 0) {
            return Err(reader.malformed("the hunk has other lines than its header says"));
        }
        old -= usize::from(takes_old);
        new -= usize::from(takes_new);
        lines.push(Line { kind, text: [text, b"\n"].concat() });
        reader.next();
    }
    Ok(Hunk { line, header, old_start, lines })
}

/// `\ No newline at end of file`, in whatever language.
fn no_newline(reader: &mut Reader<'_>, lines: &mut [Line]) -> Result<(), PatchError> {
    let last = lines.last_mut().filter(|line| line.text.ends_with(b"\n"));
    let Some(last) = last else {
        return Err(reader.malformed("no line before this one that could lack its newline"));
    };
    last.text.pop();
    reader.next();
    Ok(())
}

fn split_line(line: &[u8], converted: bool) -> Option<(LineKind, &[u8])> {
    let text = if converted { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
    match text.first() {
        Some(b' ') => Some((LineKind::Context, &text[1..])),
        Some(b'+') => Some((LineKind::Added, &text[1..])),
        Some(b'-') => Some((LineKind::Removed, &text[1..])),
        // An empty context line, whose space was stripped on its way.
        None | Some(b'\r') if text.len() <= 1 => Some((LineKind::Context, text)),
        _ => None,
    }
}

/// `@@ -OLD[,COUNT] +NEW[,COUNT] @@…`: where it begins, and how many lines of each there are.
fn ranges(header: &str) -> Option<(usize, usize, usize)> {
    let (old, rest) = header.strip_prefix("@@ -")?.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let (old_start, old_lines) = range(old)?;
    let (_, new_lines) = range(new)?;
    Some((old_start, old_lines, new_lines))
}

fn range(text: &str) -> Option<(usize, usize)> {
    let number = |text: &str| text.parse::<u32>().ok().map(|number| number as usize);
    match text.split_once(',') {
        Some((start, lines)) => Some((number(start)?, number(lines)?)),
        None => Some((number(text)?, 1)),
    }
}
