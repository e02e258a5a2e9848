//! Commands as the runner reads them.

use super::*;
use crate::analyse::sample::Sample;
use crate::render::annotation::reader::{Command, parse, property};

#[test]
fn each_kind_has_what_belongs_there() {
    let mut sample = Sample::default_matrix();
    sample.end(0, "mysql/json/patched", Outcome::Unavailable, "no server", Some("memgrid setup"));
    sample.end(0, "sqlite/xml/patched", Outcome::Failed, "exit status 1\n::error::no", None);
    let options = Options { matrix: Some("matrix.toml".to_owned()), ..Options::default() };
    let text = render("the-run", &sample.summary(), &options);
    let commands: Vec<Command> = text.lines().map(|line| parse(line).unwrap()).collect();
    let kinds: Vec<_> = commands.iter().map(|command| command.kind.as_str()).collect();
    assert_eq!(kinds, ["error", "warning", "notice"]);
    assert_eq!(property(&commands[0], "title"), "sqlite/xml/patched: failed");
    assert_eq!(commands[0].message, "exit status 1\n::error::no");
    assert_eq!(commands[1].message, "no server\ntry: memgrid setup");
    assert_eq!(commands[2].message, "run the-run, 18 cells: 16 ok, 1 failed, 1 unavailable");
    assert_eq!(property(&commands[2], "file"), "matrix.toml");
}
