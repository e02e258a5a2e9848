//! What a chart answers: the crosshair, a range, curves switched off, scales, pictures, keys.

use std::path::Path;

use memgrid::collect::RunDir;
use memgrid::plan::CellId;
use serde_json::{Value, json};

use crate::chromium::Page;
use crate::common::TestEnvironment;

/// The first chart of a page.
pub const CHART: &str = "[data-plot] svg.chart";

pub fn one_crosshair_for_all(page: &mut Page, index: &Path) {
    page.go(index, "");
    page.hover(CHART, 0.4);
    page.until("memgrid.page.plots.every((plot) => plot.x)");
    // All curves are that long, however unsteady the machine is.
    page.hover(CHART, 0.1);
    let shown = page.value("document.querySelectorAll('.chart .cursor line').length");
    assert_eq!(shown, 2, "a line in each of the two fields");
    let said = page.text("document.querySelector('[data-plot] .readout').textContent");
    assert!(said.contains("holds") && said.contains("MiB"), "{said}");
}

pub fn a_click_opens_the_cell(page: &mut Page, index: &Path) {
    page.go(index, "#y=log");
    page.until("memgrid.page.plots.every((plot) => plot.x)");
    page.click(CHART);
    page.until("location.pathname.includes('/cells/')");
    assert_eq!(page.text("location.hash"), "#y=log", "the choice goes with it");
}

pub fn a_range_stays_in_the_address(page: &mut Page, cell: &Path) {
    page.go(cell, "");
    page.hover(CHART, 0.1);
    page.until("memgrid.page.plots[0].x");
    page.drag(CHART, 0.25, 0.75);
    page.until("memgrid.view.range");
    let range = page.value("[memgrid.page.plots[0].x.low, memgrid.page.plots[0].x.high, memgrid.page.plots[0].span[1]]");
    let [low, high, end] = [0, 1, 2].map(|index| range[index].as_f64().unwrap());
    assert!((low / end - 0.25).abs() < 0.02 && (high / end - 0.75).abs() < 0.02, "{range}");
    let hash = page.text("location.hash");
    assert!(hash.contains("range="), "{hash}");
    page.go(cell, &hash);
    page.until("memgrid.page.plots[0].x");
    let again = page.value("memgrid.page.plots[0].x.low").as_f64().unwrap();
    assert!((again - low).abs() < 1e-3, "{again} {low}");
    page.click("[data-controls] button");
    assert_eq!(page.text("location.hash"), "");
}

pub fn curves_can_be_switched_off(page: &mut Page, cell: &Path) {
    page.go(cell, "");
    page.hover(CHART, 0.1);
    page.until("document.querySelector('.legend button')");
    let drawn = "document.querySelectorAll('[data-plot]')[0].querySelectorAll('path.line').length";
    let before = page.value(drawn).as_u64().unwrap();
    page.click(".legend button");
    assert_eq!(page.value(drawn), before - 1);
    assert!(page.text("location.hash").contains("off="));
}

pub fn rows_and_scales_can_be_chosen(page: &mut Page, cell: &Path) {
    page.go(cell, "#x=rows");
    page.until("memgrid.page.plots[0].x");
    // The last reading may have been taken before the last row was told.
    let rows = page.value("memgrid.page.plots[0].x.high").as_f64().unwrap();
    assert!((1_900.0..=2_000.0).contains(&rows), "{rows}");
    let (rise, from) =
        ("const p = memgrid.page.plots[0];", "p.lines.find((l) => l.name.includes('holds'))");
    let grown = page.value(&format!("(() => {{ {rise} const l = {from}; return memgrid.valueAt(l.line, 1500) - memgrid.valueAt(l.line, 500); }})()"));
    let grown = grown.as_f64().unwrap();
    assert!((18e6..22e6).contains(&grown), "ten steps of 2 MB: {grown}");
    page.go(cell, "#y=log&from=start");
    page.until("memgrid.page.plots[0].x");
    // What each repeat held at its start is taken off, so every point is lower than it was.
    assert_eq!(
        page.value(
            "(() => { const plot = memgrid.page.plots[0]; const shown = plot.lines[0]; \
             const absolute = memgrid.curve(shown.cell, shown.metric, { x: 'time', from: 'zero' }).line; \
             return shown.line.every(([, value], index) => value < absolute[index][1]); })()"
        ),
        true
    );
}

pub fn a_picture_can_be_kept(page: &mut Page, cell: &Path) {
    page.go(cell, "");
    page.hover(CHART, 0.1);
    page.until("memgrid.page.plots[0].x");
    // What would be downloaded is caught where the page hands it to the browser.
    page.value("window.kept = []; HTMLAnchorElement.prototype.click = function () { window.kept.push([this.download, this.href]); }; memgrid.save(memgrid.page.plots[0], 'svg'); memgrid.save(memgrid.page.plots[0], 'png'); 1");
    page.until("window.kept.length === 2");
    let kept = page.value("window.kept");
    assert!(kept[0][0].as_str().unwrap().ends_with(".svg"));
    assert!(kept[0][1].as_str().unwrap().starts_with("data:image/svg+xml"));
    assert!(kept[1][1].as_str().unwrap().starts_with("data:image/png"));
}

pub fn keys_do_what_the_mouse_does(page: &mut Page, cell: &Path) {
    page.go(cell, "");
    page.value("document.querySelector('[data-plot] svg.chart').focus()");
    page.until("memgrid.page.plots[0].x");
    page.press("End");
    page.press("PageDown");
    let said = page.text("document.activeElement.getAttribute('aria-valuetext')");
    assert!(said.contains("MiB"), "{said}");
    page.press("+");
    assert_eq!(page.value("Boolean(memgrid.view.range)"), true);
    page.press("Escape");
    assert_eq!(page.value("memgrid.view.range"), Value::Null);
}

/// Every attempt has its highest and its last reading in the page, to the byte.
pub fn the_script_reads_what_was_sampled(
    page: &mut Page,
    cell: &Path,
    environment: &TestEnvironment,
) {
    page.go(cell, "");
    let ends = "memgrid.load('json-holds').then((cell) => cell.attempts.map(function (attempt) { \
                const points = memgrid.points(attempt.series.rss); \
                const last = points[points.length - 1]; \
                return [Math.max(...points.map((point) => point[1])), last[1], Math.round(last[0] * 1e4)]; }))";
    let newest = environment.runs().pop().unwrap();
    let run = RunDir::open(&environment.path().join("reports"), &newest).unwrap();
    let sampled = (1..=4).map(|attempt| {
        let file = run.samples(&CellId::from_values(["json", "holds"]), attempt).unwrap().unwrap();
        let points: Vec<_> = file.points("rss").collect();
        let highest = points.iter().map(|point| point.1).fold(0.0, f64::max);
        let (time, last) = points[points.len() - 1];
        [highest as i64, last as i64, (time * 1e4).round() as i64]
    });
    assert_eq!(page.value(ends), json!(sampled.collect::<Vec<_>>()));
    let rows = "memgrid.load('json-holds').then((cell) => memgrid.points(cell.attempts[0].progress).pop()[1])";
    assert_eq!(page.value(rows), 2000);
}
