//! Rendering again: only what changed, and exactly what a first rendering would make.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::*;

const CELL: &str = "sqlite/json/patched";

fn id(text: &str) -> CellId {
    CellId::from_values(text.split('/'))
}

/// The default matrix, and one cell of it measured again.
fn sample() -> Sample {
    let mut sample = Sample::default_matrix();
    sample.runs.insert(0, sample::run("20261122-081201-77aa"));
    sample.measure(0, &id(CELL), &[(51.2, 2.0), (51.9, 2.1)]);
    sample
}

impl Site {
    /// Every file that is shown: its content, and when it was written.
    fn tree(&self) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
        let shown = |entry: &walkdir::DirEntry| entry.file_name() != ".cache";
        let entries = walkdir::WalkDir::new(&self.path).into_iter().filter_entry(shown);
        let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
        files
            .map(|file| {
                let path = file.path().strip_prefix(&self.path).unwrap().to_owned();
                let written = file.metadata().unwrap().modified().unwrap();
                (path, (std::fs::read(file.path()).unwrap(), written))
            })
            .collect()
    }
}

fn contents(tree: BTreeMap<PathBuf, (Vec<u8>, SystemTime)>) -> BTreeMap<PathBuf, Vec<u8>> {
    tree.into_iter().map(|(path, (content, _))| (path, content)).collect()
}

/// Renders `before`, then `after` in the same folder and in another one. Returns the files that
/// were left alone.
fn change(
    name: &str,
    (before, old): (&Sample, &Material),
    (after, new): (&Sample, &Material),
    templates: Option<&Path>,
) -> Vec<String> {
    let (site, fresh) = (Site::new(name), Site::new(&format!("{name}-fresh")));
    site.render(before, old);
    let first = site.tree();
    let rendered = site.render_with(after, new, templates).unwrap();
    fresh.render_with(after, new, templates).unwrap();
    let second = site.tree();
    let untouched: Vec<String> = second
        .iter()
        .filter(|(path, (_, written))| first.get(*path).is_some_and(|(_, then)| then == written))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(rendered.written + untouched.len(), second.len());
    assert_eq!(contents(second), contents(fresh.tree()));
    untouched
}

fn about(untouched: &[String], cell: &str) -> usize {
    let files = [format!("cells/{cell}.html"), format!("assets/series/{cell}.js")];
    files.iter().filter(|file| untouched.contains(file)).count()
}

#[test]
fn a_cell_measured_again_touches_its_field_alone() {
    let (before, after) = (Sample::default_matrix(), sample());
    let (old, new) = (material(&before), material(&after));
    let untouched = change("rerun", (&before, &old), (&after, &new), None);
    assert!(!untouched.iter().any(|file| file == "index.html"));
    assert_eq!(about(&untouched, "sqlite-json-patched"), 0);
    assert_eq!(about(&untouched, "sqlite-json-unpatched"), 2, "a baseline shows no twin");
    assert_eq!(untouched.iter().filter(|file| file.starts_with("cells/")).count(), 17);
    assert_eq!(untouched.iter().filter(|file| file.starts_with("assets/series/")).count(), 34);
}

#[test]
fn a_run_that_is_gone_takes_what_it_showed_along() {
    let (before, after) = (sample(), Sample::default_matrix());
    let (mut old, new) = (material(&before), material(&after));
    old.past = over_time::past("a night's work");
    let untouched = change("gone", (&before, &old), (&after, &new), None);
    assert_eq!(about(&untouched, "sqlite-json-patched"), 0);
    assert_eq!(untouched.iter().filter(|file| file.starts_with("cells/")).count(), 17);
    assert!(!untouched.iter().any(|file| file.starts_with("trends/")));
}

#[test]
fn what_becomes_of_a_twin_is_told_on_both_pages() {
    let before = sample();
    let mut after = sample();
    after.attempts(1, "mysql/xml/unpatched")[0].result.as_mut().unwrap().output_digest =
        Some("0123456789abcdef".repeat(4));
    let material = material(&before);
    let untouched = change("twin", (&before, &material), (&after, &material), None);
    assert_eq!(about(&untouched, "mysql-xml-patched"), 1, "its readings are the same");
    assert_eq!(untouched.iter().filter(|file| file.starts_with("cells/")).count(), 16);
}

#[test]
fn readings_that_change_are_drawn_wherever_they_stand() {
    let before = sample();
    let mut after = sample();
    let key = (after.runs[1].manifest.run.clone(), id("mysql/xml/unpatched"), 1);
    after.curves[&key][0].points[100].1 *= 2.0;
    let material = material(&before);
    let untouched = change("readings", (&before, &material), (&after, &material), None);
    assert_eq!(about(&untouched, "mysql-xml-unpatched"), 0);
    assert!(!untouched.contains(&"cells/mysql-xml-patched.html".to_owned()));
    assert!(untouched.contains(&"assets/series/mysql-xml-patched.js".to_owned()));
}

#[test]
fn logs_and_templates_change_the_pages_that_show_them() {
    let (sample, old) = (sample(), material(&sample()));
    let mut new = old.clone();
    new.logs[&id(CELL)].stderr.push_str("and a last line\n");
    let untouched = change("log", (&sample, &old), (&sample, &new), None);
    assert_eq!(untouched.iter().filter(|file| file.starts_with("cells/")).count(), 17);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cell.html"), "only {{ id }}").unwrap();
    let untouched = change("template", (&sample, &old), (&sample, &old), Some(folder.path()));
    assert!(!untouched.iter().any(|file| file.starts_with("cells/")));
    assert_eq!(
        untouched.iter().filter(|file| file.starts_with("assets/series/")).count(),
        36 + 1,
        "an earlier result has readings too"
    );
}

#[test]
fn what_somebody_did_to_a_page_is_undone() {
    let site = Site::new("undone");
    let (sample, material) = (sample(), material(&sample()));
    site.render(&sample, &material);
    let whole = contents(site.tree());
    std::fs::write(site.path.join("cells/sqlite-json-patched.html"), "mine").unwrap();
    std::fs::remove_file(site.path.join("assets/series/sqlite-json-patched.js")).unwrap();
    std::fs::write(site.path.join("cells/old.html"), "a cell that was").unwrap();
    assert_eq!(site.render(&sample, &material).written, 2);
    assert_eq!(contents(site.tree()), whole);
    std::fs::write(site.path.join(".cache/pages.json"), "{").unwrap();
    assert_eq!(site.render(&sample, &material).written, 0, "the same content stays");
}
