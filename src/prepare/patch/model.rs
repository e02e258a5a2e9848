//! What a patch says, whatever form it has.

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePatch {
    /// The line of the patch file on which it begins, from 1.
    pub line: usize,
    /// What happens to the file as a whole.
    pub kind: Kind,
    /// The file's name before, as it is written there; `None` for `/dev/null`.
    pub old: Option<String>,
    /// The file's name after, as it is written there; `None` for `/dev/null`.
    pub new: Option<String>,
    /// The names are paths in the tree: they have no prefix such as `a/`.
    pub exact: bool,
    /// The file mode that it asks for.
    pub mode: Option<u32>,
    /// The beginning of the old content's id in git, if it is named.
    pub old_id: Option<String>,
    /// What happens to the file's content.
    pub content: Content,
}

impl FilePatch {
    /// A file that stays where it is, as far as its names and content tell.
    pub(super) const fn new(
        line: usize,
        old: Option<String>,
        new: Option<String>,
        content: Content,
    ) -> Self {
        Self { line, kind: Kind::Modify, old, new, exact: false, mode: None, old_id: None, content }
    }
}

/// What happens to a file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It stays where it is.
    Modify,
    /// It is new.
    Create,
    /// It goes.
    Delete,
    /// It moves.
    Rename,
    /// It gets a twin.
    Copy,
}

/// What happens to a file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing: a mode, a name, or an empty file.
    Same,
    /// Hunks, in order.
    Text(Vec<Hunk>),
    /// git's `GIT binary patch`, from that line on.
    Binary(Vec<u8>),
    /// `Binary files … differ`: it changes, but the patch does not hold how.
    Withheld,
}

/// Adjacent lines that change, and those around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The line of the patch file on which its header is, from 1.
    pub line: usize,
    /// Its header, as it is written there.
    pub header: String,
    /// The first of its old lines, from 1; with no old lines, the line after which it inserts.
    pub old_start: usize,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happens to it.
    pub kind: LineKind,
    /// It, with its line ending; without one it ends its file.
    pub text: Vec<u8>,
}

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// It stays.
    Context,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

impl Hunk {
    /// The lines that it looks for.
    pub fn before(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter().filter(|line| line.kind != LineKind::Added)
    }

    /// The lines that it leaves.
    pub fn after(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter().filter(|line| line.kind != LineKind::Removed)
    }

    /// What takes it back.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let mut reversed = self.clone();
        for line in &mut reversed.lines {
            line.kind = match line.kind {
                LineKind::Context => LineKind::Context,
                LineKind::Removed => LineKind::Added,
                LineKind::Added => LineKind::Removed,
            };
        }
        reversed
    }
}
