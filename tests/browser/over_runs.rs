//! Cells and runs beside each other: the comparison of any cells, a cell over runs, and what is
//! different in a run.

use std::path::Path;

use serde_json::json;

use crate::chromium::Page;

pub fn any_cells_are_compared(page: &mut Page, compare: &Path) {
    // Before anything is chosen there is no empty picture, and each cell is offered.
    page.go(compare, "");
    let picture = "getComputedStyle(document.querySelector('svg.chart')).display";
    assert_eq!(page.text(picture), "none");
    page.click("svg ~ .chosen button");
    page.until("memgrid.page.plots[0].lines.length === 1");
    assert_eq!(page.text("location.hash"), "#cell=json-holds");
    assert_eq!(page.text(picture), "block");
    page.go(compare, "#cell=json-holds&cell=yaml-streams");
    page.until("memgrid.page.plots[0].lines.length === 2");
    page.value("(() => { const field = document.querySelector('.chosen input'); field.value = 'yaml/holds'; field.dispatchEvent(new Event('change')); })()");
    page.until("memgrid.page.plots[0].lines.length === 3");
    assert!(page.text("location.hash").contains("cell=yaml-holds"));
}

pub fn runs_lead_to_a_cell_over_time(page: &mut Page, index: &Path) {
    page.go(index, "");
    page.click(".brand a");
    page.until("location.pathname.endsWith('/history.html') && document.readyState === 'complete'");
    assert_eq!(page.value("document.querySelectorAll('table.list tbody tr').length"), 2);
    page.click(".cards a");
    page.until("location.pathname.includes('/trends/') && document.readyState === 'complete'");
    let marks = page.value("document.querySelector('svg.trend').querySelectorAll('circle').length");
    assert_eq!(marks, 2, "a point for each run");
}

pub fn a_cells_runs_are_compared(page: &mut Page, trend: &Path, compare: &Path) {
    page.go(trend, "");
    page.until("memgrid.page.plots[0].lines.length === 2");
    let switches = "[...document.querySelectorAll('.chosen button')].map((b) => b.getAttribute('aria-pressed'))";
    assert_eq!(page.value(switches), json!(["true", "true"]));
    page.click(".chosen button");
    page.until("memgrid.page.plots[0].lines.length === 1");
    assert_eq!(page.value(switches), json!(["false", "true"]));
    let hash = page.text("location.hash");
    assert!(hash.starts_with("#cell=json-holds%7E"), "{hash}");
    page.go(trend, &hash);
    page.until("memgrid.page.plots[0].lines.length === 1");
    // The same choice means the same where all cells can be chosen from.
    page.go(compare, &format!("{hash}&cell=json-holds"));
    page.until("memgrid.page.plots[0].lines.length === 2");
    let names = page.text("memgrid.page.plots[0].lines.map((line) => line.name).join()");
    assert!(names.contains("json/holds in 2") && names.ends_with(",json/holds"), "{names}");
    let peaks = page.value(
        "memgrid.page.plots[0].lines.map((line) => Math.max(...line.line.map(([, v]) => v)))",
    );
    let peaks = [0, 1].map(|index| peaks[index].as_f64().unwrap());
    assert!(peaks.iter().all(|peak| *peak > 40e6), "twenty blocks of 2 MB: {peaks:?}");
    page.go(compare, "#cell=json-holds&cell=gone~x");
    page.until("document.querySelector('.chosen [role=status]')");
}

pub fn a_run_says_what_is_different(page: &mut Page, history: &Path, runs: &[String]) {
    page.go(history, "");
    page.click("table.list tbody th a");
    page.until("location.pathname.includes('/past/') && document.readyState === 'complete'");
    let seen = page.text("document.querySelector('[aria-labelledby=different]').innerText");
    for text in [runs[0].as_str(), "another sampling period", "10.0 ms", "5.00 ms", "arguments"] {
        assert!(seen.contains(text), "{text}: {seen}");
    }
}
