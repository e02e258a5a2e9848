//! Whole sites, rendered to a folder. With `MEMGRID_KEEP_PAGES=FOLDER` they stay there, to be
//! looked at.

mod again;
mod attribution;
mod beside;
mod hostile;
mod over_time;
mod ranked;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::*;
use crate::analyse::sample::{self, Sample};
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId};

/// A folder for one site: a temporary one, or one that stays.
struct Site {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Site {
    fn new(name: &str) -> Self {
        match std::env::var_os("MEMGRID_KEEP_PAGES") {
            Some(folder) => Self { path: Path::new(&folder).join(name), _temporary: None },
            None => {
                let folder = tempfile::tempdir().unwrap();
                Self { path: folder.path().to_owned(), _temporary: Some(folder) }
            }
        }
    }

    fn render(&self, sample: &Sample, material: &Material) -> Rendered {
        self.render_with(sample, material, None).unwrap()
    }

    fn render_with(
        &self,
        sample: &Sample,
        material: &Material,
        templates: Option<&Path>,
    ) -> Result<Rendered> {
        let target = Target { out: &self.path, templates, curves: sample, build: "tests" };
        render(&sample.summary(), material, &target)
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path.join(path)).unwrap()
    }
}

fn patches() -> IndexMap<String, Vec<u8>> {
    let text = "From 0123 Mon Sep 17 00:00:00 2001
From: A Person <a@example.org>
Date: Sat, 21 Nov 2026 22:15:30 +0000
Subject: [PATCH] Iterate over querysets without filling their cache

Serializer.serialize() iterated over the queryset itself, so the queryset's
result cache kept every instance until the end.

Use iterator() where it gives the same objects, and iterate as before over
plain iterables and over querysets that were evaluated already.
---
 django/core/serializers/base.py | 5 ++++-

diff --git a/django/core/serializers/base.py b/django/core/serializers/base.py
index 1a2b3c4..5d6e7f8 100644
--- a/django/core/serializers/base.py
+++ b/django/core/serializers/base.py
@@ -105,7 +105,10 @@ class Serializer:
         self.start_serialization()
         self.first = True
-        for count, obj in enumerate(queryset, start=1):
+        objects = queryset
+        if isinstance(queryset, QuerySet) and queryset._result_cache is None:
+            objects = queryset.iterator()
+        for count, obj in enumerate(objects, start=1):
             self.start_object(obj)
             # Use the concrete parent class' _meta instead of the object's
             # _meta. This is to avoid local_fields problems for proxy models.
";
    ["5423-iterate.patch", "stream-yaml.patch", "16614-mysql.patch"]
        .iter()
        .map(|name| (crate::fingerprint::sha256(name), text.as_bytes().to_vec()))
        .collect()
}

fn material(sample: &Sample) -> Material {
    let log = |cell: &Cell| {
        let logs = Logs {
            attempt: 1,
            stdout: String::new(),
            stderr: "50000 rows, 49,233,411 bytes\n".to_owned(),
        };
        (cell.id.clone(), logs)
    };
    Material {
        logs: sample.cells.iter().map(log).collect(),
        patches: patches(),
        ..Material::default()
    }
}

#[test]
fn the_default_matrix_has_all_its_pages() {
    let site = Site::new("default");
    let mut sample = Sample::default_matrix();
    let id = CellId::from_values(["sqlite", "json", "patched"]);
    sample.runs.insert(0, sample::run("20261122-081201-77aa"));
    sample.measure(0, &id, &[(51.2, 2.0), (51.9, 2.1), (51.7, 2.2)]);
    let rendered = site.render(&sample, &material(&sample));
    assert_eq!(
        (rendered.files, rendered.written),
        (4 + 18 + 2 + 2 + 2 * 18 + 9 + 2 + 1, rendered.files)
    );

    let index = site.read("index.html");
    assert_eq!(index.matches("improved <span class=\"figure-of\">−57%").count(), 2, "{index}");
    assert!(index.contains("href=\"cells/sqlite-json-patched.html\""));
    let cell = site.read("cells/sqlite-json-patched.html");
    assert!(cell.contains("memgrid run sqlite/json/patched"));
    assert!(cell.contains("20261121-221530-3f9a"), "the earlier run's attempt is listed");
    let state = site.read("states/patched.html");
    assert!(state.contains("queryset.iterator()"));
}

#[test]
fn a_second_rendering_writes_nothing_and_sweeps_what_is_gone() {
    let site = Site::new("again");
    let mut sample = Sample::default_matrix();
    site.render(&sample, &material(&sample));
    assert_eq!(site.render(&sample, &material(&sample)).written, 0);
    sample.cells.retain(|cell| cell.backend() != Some("mysql"));
    let rendered = site.render(&sample, &material(&sample));
    assert_eq!(
        (rendered.files, rendered.written),
        (4 + 12 + 2 + 2 + 2 * 12 + 9 + 1, 3 + 2 + 9 + 1)
    );
    assert!(!site.path.join("cells/mysql-json-patched.html").exists());
}

#[test]
fn trouble_says_why_in_its_field() {
    let site = Site::new("trouble");
    let mut sample = Sample::default_matrix();
    for (format, state) in [
        ("json", "unpatched"),
        ("json", "patched"),
        ("xml", "unpatched"),
        ("xml", "patched"),
        ("yaml", "unpatched"),
        ("yaml", "patched"),
    ] {
        let id = format!("mysql/{format}/{state}");
        sample.end(0, &id, Outcome::Unavailable, "no MySQL or MariaDB server: mariadbd and mysqld are neither on PATH nor in the usual places", Some("memgrid setup"));
    }
    sample.end(0, "sqlite/xml/patched", Outcome::PatchFailed, "patches/stream-yaml.patch: hunk 2 of django/core/serializers/pyyaml.py does not apply; it looked for:\n    def end_object(self, obj):\n        self.objects.append(obj)", None);
    sample.end(
        0,
        "postgresql/yaml/unpatched",
        Outcome::OverLimit,
        "held 2,101 MiB, more than memory_limit = \"2GiB\"",
        None,
    );
    sample.end(0, "postgresql/json/unpatched", Outcome::TimedOut, "took longer than 10 min", None);
    sample.end(
        0,
        "postgresql/json/patched",
        Outcome::Failed,
        "exit status 1: django.db.utils.OperationalError: connection to server failed",
        None,
    );
    sample.attempts(0, "sqlite/json/patched")[0].result.as_mut().unwrap().output_digest =
        Some("0123456789abcdef".repeat(4));
    site.render(&sample, &material(&sample));
    let index = site.read("index.html");
    assert!(index.contains("<code>memgrid setup</code>") && index.contains("hunk 2 of"));
    assert!(index.contains("wrong-output") && index.contains("≠"));
}

fn with_peaks(mut sample: Sample, peak: impl Fn(&Cell) -> f64) -> Sample {
    for cell in sample.cells.clone() {
        sample.measure(0, &cell.id, &[(peak(&cell), 1.5)]);
    }
    sample
}

/// A figure that differs from cell to cell, and less so with a patch.
fn some_peak(cell: &Cell) -> f64 {
    let id: u32 = cell.id.as_str().bytes().map(u32::from).sum();
    let base = 60.0 + f64::from(id % 97);
    match cell.axes.get("state").map(String::as_str) {
        Some("patched") => 50.0 + f64::from(id % 7),
        Some("half") => base * 0.7,
        _ => base,
    }
}

#[test]
fn further_axes_become_sections() {
    let site = Site::new("axes");
    let axes: &[(&str, &[&str])] = &[
        ("python", &["3.11", "3.13"]),
        ("state", &["unpatched", "half", "patched"]),
        ("format", &["json", "xml", "yaml", "csv"]),
        ("rows", &["1000", "50000"]),
    ];
    let mut sample = Sample::new(axes, Some(("state", "unpatched")));
    sample.cells.retain(|cell| !(cell.axes["python"] == "3.13" && cell.axes["format"] == "csv"));
    let odd = [("python", "pypy"), ("state", "patched")];
    sample
        .cells
        .push(sample::cell(odd.map(|(name, value)| (name.to_owned(), value.to_owned())).into()));
    let sample = with_peaks(sample, some_peak);
    site.render(&sample, &Material::default());
    let index = site.read("index.html");
    assert!(index.contains("rows 1000") && index.contains("rows 50000"));
    assert_eq!(index.matches("not in the matrix").count(), 2);
    assert!(index.contains("Other cells") && index.contains("pypy"));
    assert_eq!(
        index.matches("<td role=\"cell\"><div class=\"field\" data-at").count(),
        2 * 2 * 4 - 2
    );
}

#[test]
fn one_axis_flows() {
    let site = Site::new("one-axis");
    let axes: &[(&str, &[&str])] =
        &[("how", &["keep a list", "del", "gc.collect", "iterator", "values_list", "only"])];
    site.render(&with_peaks(Sample::new(axes, None), some_peak), &Material::default());
    let index = site.read("index.html");
    assert_eq!(index.matches("class=\"field\"").count(), 6);
    assert!(!index.contains("<table class=\"matrix\""));
    let site = Site::new("states-only");
    let sample = Sample::new(&[("state", &["unpatched", "patched"])], Some(("state", "unpatched")));
    site.render(&with_peaks(sample, some_peak), &Material::default());
    assert!(site.read("index.html").contains("all cells"));
}

#[test]
fn a_matrix_that_never_ran_says_so() {
    let site = Site::new("never-ran");
    let mut sample = Sample::default_matrix();
    sample.runs.clear();
    site.render(&sample, &Material::default());
    let index = site.read("index.html");
    assert!(index.contains("18 not run") && index.contains("Nothing has been measured yet"));
}

#[test]
fn two_hundred_cells_of_nothing_have_their_pages() {
    let site = Site::new("true");
    let numbers: Vec<_> = (1..=200).map(|number| number.to_string()).collect();
    let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
    let mut sample = Sample::new(&[("n", &numbers)], None);
    for cell in sample.cells.clone() {
        sample.measure(0, &cell.id, &[(1.5, 0.0121)]);
    }
    site.render(&sample, &Material::default());
    assert_eq!(std::fs::read_dir(site.path.join("cells")).unwrap().count(), 200);
    assert!(site.read("index.html").matches("href=\"cells/").count() >= 200);
}

#[test]
fn a_template_of_ones_own_takes_the_place_of_ours() {
    let site = Site::new("templates");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("report.css"), "h1 { color: red }").unwrap();
    std::fs::write(folder.path().join("state.html"), "only {{ name }}").unwrap();
    let sample = Sample::default_matrix();
    site.render_with(&sample, &Material::default(), Some(folder.path())).unwrap();
    assert_eq!(site.read("assets/report.css"), "h1 { color: red }");
    assert_eq!(site.read("states/patched.html"), "only patched");
    assert!(site.read("index.html").contains("At a glance"));
    std::fs::write(folder.path().join("state.html"), "{% if %}").unwrap();
    let error = site.render_with(&sample, &Material::default(), Some(folder.path()));
    assert!(error.unwrap_err().to_string().contains("state.html"));
}
