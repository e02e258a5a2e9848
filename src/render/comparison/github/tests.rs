//! Commands as the runner reads them.

use proptest::prelude::*;

use super::*;
use crate::analyse::comparison::sample;
use crate::render::annotation::reader::{Command, parse, property};

fn commands_of(comparison: &Comparison) -> Vec<Command> {
    let options =
        Options { matrix: Some("bench/a,b:matrix.toml".to_owned()), ..Options::default() };
    let text = render(comparison, &options);
    text.lines().map(|line| parse(line).unwrap_or_else(|| panic!("no command: {line}"))).collect()
}

#[test]
fn a_night_reads_well() {
    let options = Options { matrix: Some("matrix.toml".to_owned()), ..Options::default() };
    insta::assert_snapshot!(render(&sample::night(), &options));
}

#[test]
fn a_quiet_night_is_one_notice() {
    let commands = commands_of(&sample::quiet_night());
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0].kind, "notice");
    assert_eq!(property(&commands[0], "title"), "memgrid: passed");
    assert_eq!(property(&commands[0], "file"), "bench/a,b:matrix.toml");
}

#[test]
fn the_last_one_says_how_many_more_there_are() {
    let mut night = sample::night();
    let regressed = sample::find(&mut night.cells, "sqlite/yaml/patched").clone();
    night.cells = vec![regressed; 30];
    night.unpaired.clear();
    let commands = commands_of(&night);
    assert_eq!(commands.len(), 10);
    assert!(commands.iter().all(|command| command.kind == "error"));
    // One is the gate's, and eight are cells'.
    assert_eq!(property(&commands[9], "title"), "memgrid: 22 more");
}

#[test]
fn percent_signs_come_back_as_they_were() {
    let mut night = sample::night();
    sample::find(&mut night.cells, "sqlite/yaml/patched").reason =
        "100%0A%3A, a::b\r\nc".to_owned();
    let commands = commands_of(&night);
    let cell = commands.iter().find(|it| property(it, "title").starts_with("sqlite/yaml")).unwrap();
    assert!(cell.message.starts_with("100%0A%3A, a::b\nc\n"), "{cell:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_breaks_out(comparison in sample::any()) {
        let commands = commands_of(&comparison);
        for command in &commands {
            prop_assert!(["error", "warning", "notice"].contains(&command.kind.as_str()));
            let keys: Vec<_> = command.properties.iter().map(|(key, _)| key.as_str()).collect();
            prop_assert_eq!(keys, ["file", "title"]);
        }
        let titles: Vec<_> = commands.iter().map(|command| property(command, "title")).collect();
        for cell in &comparison.unpaired {
            let title = format!("{}: only on one side", cell.id);
            let title = format::visible(&title).replace('\r', "␍");
            prop_assert!(titles.contains(&title.as_str()), "{:?} is not among {:?}", title, titles);
        }
    }
}
