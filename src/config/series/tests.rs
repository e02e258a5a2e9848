//! Series as they are written, and what they stand for.

use std::path::Path;

use proptest::prelude::*;

use super::super::{Config, Overrides, PathKind, SUBJECT, load_with};
use super::*;
use crate::plan::expand;

const MATRIX: &str = r#"
[matrix]
backend = ["sqlite", "mysql"]
state = ["unpatched", "patched"]

[subject]
git = "https://example.org/subject"

[state.unpatched]

[state.patched]
series = "leave-one-out"
patches = [
    "0001-5423-iterate.patch",
    { file = "0002-yaml.patch", label = "dump" },
    "0003-16614-mysql.patch",
]

[backend.sqlite]
[backend.mysql]

[workload]
command = ["true", "{subject}"]
"#;

fn load(text: &str, chosen: &[&str]) -> Result<Config, String> {
    let file = |path: &Path| {
        Some(match path.extension() {
            Some(_) => PathKind::File,
            None => PathKind::Folder,
        })
    };
    let series: Vec<SeriesChoice> = chosen.iter().map(|it| it.parse().unwrap()).collect();
    let config = load_with("matrix.toml", text, Path::new("/p"), &file, &series);
    config.map_err(|problems| problems.to_string())
}

/// States in the order of the axis, with the labels of the patches that each has.
fn states(config: &Config) -> Vec<String> {
    let of = |name: &String| {
        let patches = config.states[name].changes.get(SUBJECT).map(|it| it.patches.as_slice());
        let names = patches.unwrap_or_default().iter().map(|it| it.path.file_stem().unwrap());
        let numbers: Vec<_> = names.map(|name| name.to_str().unwrap()[..4].to_owned()).collect();
        format!("{name}: {}", numbers.join(" "))
    };
    config.matrix.axes["state"].iter().map(of).collect()
}

#[test]
fn leave_one_out_is_none_all_and_all_but_each() {
    let config = load(MATRIX, &[]).unwrap();
    insta::assert_snapshot!(states(&config).join("\n"), @"
    unpatched: 
    patched: 0001 0002 0003
    patched-without-5423-iterate: 0002 0003
    patched-without-dump: 0001 0003
    patched-without-16614-mysql: 0001 0002
    ");
    assert_eq!(expand(&config.matrix).len(), 10);
    let series = &config.series["patched"];
    assert_eq!(series.kind, SeriesKind::LeaveOneOut);
    assert_eq!(series.states["unpatched"], Vec::<usize>::new());
    assert_eq!(series.states["patched-without-dump"], [0, 2]);
    assert_eq!(config.compare.baseline.as_deref(), Some("unpatched"));
    let description = config.states["patched-without-dump"].description.as_deref();
    assert_eq!(description, Some("`patched` without dump"));
}

#[test]
fn cumulative_is_none_the_first_the_first_two_and_all() {
    let config = load(&MATRIX.replace("leave-one-out", "cumulative"), &[]).unwrap();
    insta::assert_snapshot!(states(&config).join("\n"), @"
    unpatched: 
    patched-up-to-5423-iterate: 0001
    patched-up-to-dump: 0001 0002
    patched: 0001 0002 0003
    ");
}

#[test]
fn a_series_makes_the_state_without_patches_if_no_other_is_just_that() {
    let alone = MATRIX.replace(r#""unpatched", "#, "").replace("[state.unpatched]", "");
    let config = load(&alone, &[]).unwrap();
    assert_eq!(config.matrix.axes["state"][..2], ["patched-none", "patched"]);
    assert_eq!(config.compare.baseline.as_deref(), Some("patched-none"));
    let other = MATRIX.replace("[state.unpatched]", "[state.unpatched]\nrev = \"v1\"");
    let config = load(&other, &[]).unwrap();
    assert_eq!(config.matrix.axes["state"][..3], ["unpatched", "patched-none", "patched"]);
}

#[test]
fn exclude_and_include_mean_all_of_a_series_states_or_one() {
    let entries = r#"
        [[matrix.exclude]]
        backend = "mysql"
        state = "patched"
        [[matrix.exclude]]
        state = "patched-without-dump"
        [[matrix.include]]
        state = "patched"
        flavour = "all"
        [subject]"#;
    let config = load(&MATRIX.replacen("[subject]", entries, 1), &[]).unwrap();
    let cells = expand(&config.matrix);
    let ids: Vec<String> = cells.iter().map(|cell| cell.id.to_string()).collect();
    insta::assert_snapshot!(ids.join("\n"), @"
    sqlite/unpatched
    sqlite/patched
    sqlite/patched-without-5423-iterate
    sqlite/patched-without-16614-mysql
    mysql/unpatched
    ");
    assert!(cells[1..4].iter().all(|cell| cell.value("flavour") == Some("all")));
}

#[test]
fn patches_of_further_sources_are_part_of_it() {
    let text = MATRIX
        .replace("[state.unpatched]", "[sources.driver]\npip = \"driver==1\"\n[state.unpatched]")
        .replace(
            "[backend.sqlite]",
            "[state.patched.sources.driver]\npatches = [\"d.patch\"]\n[backend.sqlite]",
        )
        .replace("{subject}", "{subject}{source:driver}");
    let config = load(&text, &[]).unwrap();
    let series = &config.series["patched"];
    assert_eq!(series.patches[3].source, "driver");
    let without = &config.states["patched-without-d"];
    assert_eq!(without.changes["driver"].patches.len(), 0);
    assert_eq!(without.changes[SUBJECT].patches.len(), 3);
}

#[test]
fn the_command_line_stands_above_the_file() {
    let plain = MATRIX.replace("series = \"leave-one-out\"\n", "");
    assert!(load(&plain, &[]).unwrap().series.is_empty());
    let names =
        |text: &str, chosen: &[&str]| load(text, chosen).unwrap().matrix.axes["state"].clone();
    assert_eq!(names(&plain, &["leave-one-out"]), names(MATRIX, &[]));
    assert_eq!(names(&plain, &["patched=leave-one-out"]), names(MATRIX, &[]));
    assert_eq!(names(MATRIX, &["cumulative"]).len(), 4);
}

#[test]
fn what_the_command_line_asks_for_in_vain_is_told() {
    let said = |text: &str, chosen: &str| {
        let config = load(text, &[chosen]).unwrap();
        let overrides = Overrides { series: vec![chosen.parse().unwrap()], ..Overrides::default() };
        let error = config.with(&overrides).unwrap_err();
        format!("{error} | {}", error.hint_text().unwrap_or_default())
    };
    let plain = MATRIX.replace("series = \"leave-one-out\"\n", "");
    assert_eq!(
        said(&plain, "patchd=cumulative"),
        "--series: no state `patchd` has two patches or more | `--series patched=cumulative`, of `patched`"
    );
    let none = plain.replace("patches = [", "patches = []\nenv = { X = \"1\" }\n#").replace(
        "    \"0001-5423-iterate.patch\",\n    { file = \"0002-yaml.patch\", label = \"dump\" },\n    \"0003-16614-mysql.patch\",\n]",
        "",
    );
    assert!(said(&none, "cumulative").starts_with("--series: no state has two patches"));
    let two = plain.replace(r#"["unpatched", "#, r#"["unpatched", "other", "#).replace(
        "[state.unpatched]",
        "[state.unpatched]\n[state.other]\npatches = [\"a.patch\", \"b.patch\"]",
    );
    let several = said(&two, "cumulative");
    assert!(several.contains("`--series other=cumulative`, of `other`, `patched`"), "{several}");
    assert!("both".parse::<SeriesChoice>().unwrap_err().contains("leave-one-out"));
}

/// The text with one thing changed, and what is then said of it.
fn problem(from: &str, to: &str) -> String {
    assert!(MATRIX.contains(from));
    load(&MATRIX.replacen(from, to, 1), &[]).unwrap_err()
}

#[test]
fn problems_are_shown_where_they_are() {
    insta::assert_snapshot!(problem("\"leave-one-out\"", "\"leave-on-out\""), @r#"
    error: there is no kind of series `leave-on-out`
      --> matrix.toml:12:10
       |
    12 | series = "leave-on-out"
       |          ^^^^^^^^^^^^^^
       |
       = help: did you mean `leave-one-out`?
    "#);
    let alike = problem("\"0001-5423-iterate.patch\"", "\"other/dump.patch\"");
    assert!(alike.contains("two patches of `patched` would be called `dump`"), "{alike}");
    assert!(alike.contains("12 | series"), "{alike}");
    let label = problem("\"dump\"", "\"a/b\"");
    assert!(label.contains("\"a/b\" can't be a patch's label: it holds a slash"), "{label}");
    let key = problem("label =", "name =");
    assert!(key.contains("unknown key `name` in `[patches]`"), "{key}");
    let file = problem("file = \"0002-yaml.patch\", ", "");
    assert!(file.contains("needs `file`"), "{file}");
}

#[test]
fn a_series_needs_two_patches_and_names_of_its_own() {
    let one = "[state.patched]\nseries = \"cumulative\"\npatches = [\"a.patch\"]\n[backend.sqlite]";
    let start = MATRIX.find("[state.patched]").unwrap();
    let end = MATRIX.find("[backend.sqlite]").unwrap();
    let text = format!("{}{one}{}", &MATRIX[..start], &MATRIX[end + "[backend.sqlite]".len()..]);
    let said = load(&text, &[]).unwrap_err();
    assert!(said.contains("`patched` has fewer than two patches to be taken apart"), "{said}");
    let taken =
        MATRIX.replace(r#"["unpatched", "#, r#"["unpatched", "patched-without-dump", "#).replace(
            "[state.unpatched]",
            "[state.unpatched]\n[state.patched-without-dump]\nrev = \"v1\"",
        );
    let said = load(&taken, &[]).unwrap_err();
    assert!(said.contains("has a state `patched-without-dump` of its own"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever the files are called: each patch is left out once, or comes in once, and every name
    /// is legal and different, or there is a problem and no panic.
    #[test]
    fn every_patch_has_its_turn(
        names in prop::collection::vec("[a-z0-9 _.+é*-]{1,12}", 2..6),
        cumulative in any::<bool>(),
    ) {
        let files: Vec<String> =
            names.iter().map(|name| format!("\"x{name}.patch\"")).collect();
        let kind = if cumulative { "cumulative" } else { "leave-one-out" };
        let text = format!(
            "[matrix]\nstate = [\"p\"]\n[subject]\ngit = \"https://example.org/s\"\n\
             [state.p]\nseries = \"{kind}\"\npatches = [{}]\n\
             [workload]\ncommand = [\"true\", \"{{subject}}\"]\n",
            files.join(", ")
        );
        if let Ok(config) = load(&text, &[]) {
            let series = &config.series["p"];
            let count = series.patches.len();
            prop_assert_eq!(series.states.len(), if cumulative { count + 1 } else { count + 2 });
            let states: Vec<&String> = series.states.keys().collect();
            prop_assert_eq!(states, config.matrix.axes["state"].iter().collect::<Vec<_>>());
            for index in 0..count {
                let having = series.states.values().filter(|it| it.contains(&index)).count();
                prop_assert_eq!(having, if cumulative { count - index } else { count });
            }
            for (name, having) in &series.states {
                let files = &config.states[name].changes[SUBJECT].patches;
                let expected: Vec<_> = having.iter().map(|at| &series.patches[*at].path).collect();
                prop_assert_eq!(files.iter().map(|it| &it.path).collect::<Vec<_>>(), expected);
            }
        }
    }
}
