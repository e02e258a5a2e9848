//! Whole sites, rendered to a folder. With `MEMGRID_KEEP_PAGES=FOLDER` they stay there, to be
//! looked at.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::*;
use crate::analyse::sample::{self, Sample};
use crate::plan::CellId;

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
        render(&sample.summary(), material, &self.path, None).unwrap()
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
    let log = |cell: &crate::plan::Cell| {
        let logs = Logs {
            attempt: 1,
            stdout: String::new(),
            stderr: "50000 rows, 49,233,411 bytes\n".to_owned(),
        };
        (cell.id.clone(), logs)
    };
    Material { logs: sample.cells.iter().map(log).collect(), patches: patches() }
}

#[test]
fn the_default_matrix_has_all_its_pages() {
    let site = Site::new("default");
    let mut sample = Sample::default_matrix();
    let id = CellId::from_values(["sqlite", "json", "patched"]);
    sample.runs.insert(0, sample::run("20261122-081201-77aa"));
    sample.measure(0, &id, &[(51.2, 2.0), (51.9, 2.1), (51.7, 2.2)]);
    let rendered = site.render(&sample, &material(&sample));
    assert_eq!((rendered.files, rendered.written), (1 + 18 + 2 + 1, rendered.files));

    let index = site.read("index.html");
    assert_eq!(index.matches("57% less").count(), 3 + 1, "{index}");
    assert!(index.contains("href=\"cells/sqlite-json-patched.html\""));
    let cell = site.read("cells/sqlite-json-patched.html");
    assert!(cell.contains("memgrid run sqlite/json/patched"));
    assert!(cell.contains("20261121-221530-3f9a"), "the earlier run's attempt is listed");
    let state = site.read("states/patched.html");
    assert!(state.contains("queryset.iterator()"));
}
