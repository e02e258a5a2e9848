//! A patched state taken apart, for real: which patch did what, and what one needs of another.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
mod taken_apart;

use taken_apart::project;

#[test]
fn one_command_on_any_matrix_tells_that_two_patches_help_only_together() {
    let environment = project(2, "");
    let none = environment.run(&["run", "xml/*", "--quiet", "--repeats", "1"]).exits(0);
    assert!(!none.stdout.contains("without"), "{}", none.stdout);
    environment.run(&["compare", "--attribution"]).exits(2).says("--series leave-one-out");
    let outcomes = environment
        .run(&["run", "json/*", "--series", "leave-one-out", "--format", "json"])
        .exits(0)
        .outcomes();
    let states = ["unpatched", "patched", "patched-without-reader", "patched-without-writer"];
    let expected = states.map(|state| (format!("json/{state}"), "ok".to_owned()));
    assert_eq!(outcomes, expected);

    let found = environment.run(&["compare", "--attribution", "--format", "json"]).exits(0).json();
    let peak = &found["series"][0]["groups"][0]["metrics"]["peak_rss"];
    assert_eq!(peak["interactions"][0]["kind"], "only-together", "{peak}");
    let held = peak["total"]["amount"]["value"].as_f64().unwrap();
    assert!((50e6..70e6).contains(&held), "{peak}");
    for patch in peak["patches"].as_array().unwrap() {
        assert_eq!(patch["verdict"], "improved", "{peak}");
    }
    // One cell measured again changes one cell of the page; a plain report leaves it there.
    let one = ["run", "json/patched-without-reader", "--series", "leave-one-out", "--quiet"];
    environment.run(&one).exits(0);
    environment.run(&["report"]).exits(0);
    let page = environment.read("reports/attribution.html");
    assert!(page.contains("reader and writer help only together"), "{page}");
    assert!(!page.contains("not run"), "{page}");
    let shows = |state: &str| {
        environment
            .read("reports/index.html")
            .contains(&format!("json/<wbr>patched-without-{state}"))
    };
    assert!(!shows("reader"), "the matrix has no such cell");
    environment.run(&["report", "--series", "leave-one-out"]).exits(0);
    assert!(shows("reader") && shows("writer"));
    let of_one = environment.run(&["compare", "--attribution", "latest"]).exits(5);
    assert!(of_one.stdout.contains("not run"), "{}", of_one.stdout);
}

#[test]
fn a_patch_that_needs_another_costs_its_own_cells_only() {
    let environment = project(3, "series = \"leave-one-out\"");
    let outcomes = environment.run(&["run", "json/**", "--format", "json"]).exits(5).outcomes();
    let failed: Vec<&str> =
        outcomes.iter().filter(|(_, outcome)| outcome != "ok").map(|(id, _)| id.as_str()).collect();
    assert_eq!(failed, ["json/patched-without-reader"]);
    let table = environment.run(&["compare", "--attribution", "--cell", "json/patched"]).exits(0);
    assert!(
        table.stdout.contains("reader-again can't be applied without reader"),
        "{}",
        table.stdout
    );
    assert!(table.stdout.contains("0003-reader-again.patch: reader: hunk 1"), "{}", table.stdout);
    let page = environment.read("reports/attribution.html");
    assert!(page.contains("reader-again can&#39;t be applied without reader"), "{page}");

    let cumulative = environment
        .run(&["plan", "json/**", "--series", "cumulative", "--format", "json"])
        .exits(0);
    let states: Vec<String> = cumulative.json()["series"]["patched"]["states"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(states.len(), 4);
    assert!(states.contains(&"patched-up-to-writer".to_owned()), "{states:?}");
}
