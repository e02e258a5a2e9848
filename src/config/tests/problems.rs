//! What is said about broken files.

use super::*;

#[test]
fn an_empty_file_is_told_what_it_needs() {
    let problems = read("").unwrap_err();
    insta::assert_snapshot!("empty", problems.render(false));
}

#[test]
fn many_errors_are_all_reported() {
    let text = include_str!("many_errors.toml");
    let problems = read(text).unwrap_err();
    insta::assert_snapshot!("many_errors", problems.render(false));
    assert!(problems.render(true).contains("\u{1b}["));
    let error = Error::from(problems);
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().ends_with("problems; nothing was run"));
}

#[test]
fn of_a_file_that_is_something_else_the_first_problems_are_shown() {
    let problems = read(&"x = 1\n".repeat(2_000)).unwrap_err();
    let text = problems.render(false);
    assert_eq!(text.matches("error: ").count(), 100);
    let more = problems.as_slice().len() - 100;
    assert!(more >= 1_900 && text.ends_with(&format!("… and {more} more")), "{text}");
}

#[test]
fn several_syntax_errors_come_with_what_they_cannot_have_caused() {
    let text = include_str!("syntax_errors.toml");
    insta::assert_snapshot!("syntax_errors", read(text).unwrap_err().render(false));
}

#[test]
fn an_unclosed_array_is_one_problem() {
    let text =
        "[matrix]\na = [1, 2\nb = [3]\n[workload]\ncommand = [\"true\"]\n[measure]\njobs = 1\n";
    insta::assert_snapshot!("unclosed_array", messages(text).join("\n"));
}

#[test]
fn what_cannot_be_part_of_an_id() {
    for bad in
        ["", ".", "..", "a/b", "a\\\\b", "a\\u0000", "a\\n", " a", "a ", ".a", "-a", "attempts"]
    {
        let text = format!("[matrix]\na = [\"{bad}\"]\n[workload]\ncommand = [\"true\"]");
        let messages = messages(&text);
        assert!(
            messages.len() == 1 && messages[0].contains("can't be part"),
            "{bad}: {messages:?}"
        );
    }
}

#[test]
fn an_id_is_no_longer_than_a_path_can_be() {
    let none: [&str; 0] = [];
    let one = |parts: usize, length: usize| {
        let part = |number| format!("axis{number} = [\"{}\"]\n", "x".repeat(length - number % 2));
        let axes: String = (0..parts).map(part).collect();
        messages(&format!("[matrix]\n{axes}[workload]\ncommand = [\"true\"]"))
    };
    assert_eq!(one(20, 100), none);
    let found = one(21, 100);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("\"{}\" | ", "x".repeat(100))), "{found:?}");
    assert!(found[0].contains("2110 bytes") && found[0].contains("`axis20`"), "{found:?}");
}

/// A broken line for each kind of problem: what is marked, what is said, what helps.
#[test]
fn each_problem_has_its_place_and_its_hint() {
    let cases = include_str!("cases.txt");
    let mut seen = String::new();
    for case in cases.split("---\n") {
        let text = with(case.trim_end());
        let messages = messages(&text);
        assert!(!messages.is_empty(), "no problem was found in\n{case}");
        seen.push_str(&format!(
            "{case}{}\n\n",
            messages.iter().map(|m| format!("  => {m}")).collect::<Vec<_>>().join("\n")
        ));
    }
    insta::assert_snapshot!("cases", seen);
}

/// The problems of a file with these arguments and env, and more after it.
fn with_command(command: &str, more: &str) -> Vec<String> {
    let axes = "[matrix]\nformat = [\"json\"]\nbackend = [\"sqlite\"]\n[backend.sqlite]\n";
    messages(&format!("{axes}[workload]\ncommand = [{command}]\n{more}\n"))
}

#[test]
fn placeholders_must_have_a_value() {
    let none: [&str; 0] = [];
    assert_eq!(with_command(r#""a", "{format}{backend}{cell}{root}{database_url}{{}}""#, ""), none);
    let one = |command: &str| with_command(command, "").join("; ");
    assert_eq!(
        one(r#""{formt}""#),
        "\"{formt}\" | `{formt}` has no value here | did you mean `format`?"
    );
    assert!(
        one(r#""{python}""#).ends_with("add `[python]`, if only with interpreter = \"python3\"")
    );
    assert!(one(r#""{subject}""#).ends_with("add `[subject]`"));
    assert!(one(r#""{rows}{seed}""#).contains("add `[dataset]`"));
    assert!(one(r#""{""#).contains("is never closed"));
    assert!(one(r#""./missing_{format}.py""#).contains("`missing_json.py` does not exist"));
    assert!(one(r#""./folder""#).contains("the program `folder` is a folder"));
    assert_eq!(with_command("", "")[0].split(" | ").nth(1), Some("`command` names no program"));
}

#[test]
fn a_placeholder_may_lack_a_value_only_where_it_is_not_used() {
    let include = "[[matrix.include]]\nformat = \"yaml\"\nsafe = true";
    let none: [&str; 0] = [];
    assert_eq!(with_command("\"a\"", include), none);
    let found = with_command("\"{safe}\"", include);
    assert!(found[0].contains("the cell `json/sqlite` has no value for `{safe}`"), "{found:?}");
    let found = with_command("\"{database_url}\"", include);
    assert!(found[0].contains("the cell `yaml` has no value for `{database_url}`"), "{found:?}");
    let of_backend = "[backend.sqlite]\nenv = { F = \"{format}\", D = \"{database_url}\" }";
    let text = format!(
        "[matrix]\nformat = [\"a\"]\nbackend = [\"sqlite\"]\n[[matrix.include]]\nformat = \"b\"\n\
         {of_backend}\n[workload]\ncommand = [\"true\"]"
    );
    assert_eq!(messages(&text), none);
}

#[test]
fn a_url_fits_its_kind() {
    let check = |kind: &str, url: &str| {
        messages(&format!(
            "[matrix]\nbackend = [\"b\"]\n[backend.b]\nkind = \"{kind}\"\nurl = \"{url}\"\n\
             [workload]\ncommand = [\"true\"]"
        ))
    };
    for (kind, url) in [
        ("sqlite", "sqlite:///data/x.db"),
        ("postgresql", "postgresql://me:secret@db.example.org:5432/app"),
        ("postgresql", "postgres://me@/app?host=/run/postgresql"),
        ("mysql", "mysql://root@localhost/app?unix_socket=/run/mysqld.sock"),
        ("mysql", "mariadb://h/app"),
        ("mysql", "$DATABASE_URL"),
    ] {
        assert_eq!(check(kind, url), Vec::<String>::new(), "{url}");
    }
    for (kind, url, why) in [
        ("sqlite", "sqlite://relative.db", "absolute path"),
        ("sqlite", "postgresql:///x", "begins with `sqlite://`"),
        ("postgresql", "mysql://h/x", "begins with `postgresql://`"),
        ("mysql", "mysql://host", "names no database"),
        ("mysql", "mysql://h:99999/x", "not a URL"),
        ("mysql", "h/x", "not a URL"),
        ("mysql", "$A-B", "name of a variable"),
    ] {
        let messages = check(kind, url);
        assert!(messages.len() == 1 && messages[0].contains(why), "{url}: {messages:?}");
        assert!(!messages[0].contains("secret"));
    }
}
