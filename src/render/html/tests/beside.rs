//! What stands beside RSS: live heap, and what the server held.

use super::*;

#[test]
fn memory_that_moved_to_the_server_does_not_look_free() {
    let mut sample = Sample::default_matrix();
    let id = CellId::from_values(["postgresql", "json", "patched"]);
    sample.serve(0, &id, 121.0);
    let site = Site::new("server");
    site.render(&sample, &material(&sample));
    let page = site.read("cells/postgresql-json-patched.html");
    assert!(page.contains("Server memory, with its twin"), "a curve of its own");
    let figure = r#"<span class="change more"><span class="sign" aria-hidden="true">▲</span> 1.10 → 121 MiB"#;
    assert!(page.contains(figure) && site.read("index.html").contains(figure));
    let parts = page.split("What it consists of").nth(1).unwrap();
    assert!(!parts.split("</section>").next().unwrap().contains("server"));
    assert!(!site.read("cells/sqlite-json-patched.html").contains("less what it held before"));
}

#[test]
fn live_heap_stands_beside_rss_where_it_was_counted() {
    let mut sample = Sample::default_matrix();
    let site = Site::new("heap");
    site.render(&sample, &material(&sample));
    let (index, page) = (site.read("index.html"), site.read("cells/sqlite-yaml-patched.html"));
    let figure = r#"<span class="quiet">live heap</span> <span class="change less"><span class="sign" aria-hidden="true">▼</span> 292 → 24.6 MiB"#;
    assert!(index.contains(figure) && page.contains(figure));
    assert!(index.contains(r#"class="number">live heap</th>"#));
    assert!(page.contains("RSS and live heap, with its twin"));
    let (_, truths) = page.split_once("What is held, and what is in use").unwrap();
    let (truths, _) = truths.split_once("</section>").unwrap();
    for name in ["RSS", "live heap", "Python&#39;s small objects", "retained"] {
        assert!(truths.contains(&format!("<bdi>{name}</bdi>")), "{name}: {truths}");
    }
    assert!(page.contains("Retained is anonymous memory less live heap"));

    let heap = ["peak_heap", "peak_python_heap", "peak_retained"];
    for attempt in sample.runs[0].cells.values_mut().flat_map(|cell| &mut cell.attempts) {
        let metrics = &mut attempt.result.as_mut().unwrap().metrics;
        metrics.retain(|name, _| !heap.contains(&name.as_str()));
    }
    let drawn = ["rss", "anon", "pss"];
    for curves in sample.curves.values_mut() {
        curves.retain(|curve| drawn.contains(&curve.metric.as_str()));
    }
    let site = Site::new("no-heap");
    site.render(&sample, &material(&sample));
    for page in ["index.html", "cells/sqlite-yaml-patched.html"] {
        let page = site.read(page);
        assert!(!page.contains("live heap") && !page.to_lowercase().contains("retained"));
    }
}
