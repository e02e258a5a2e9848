//! The real pages of a real run, in a real browser: what the script adds, what stays without it,
//! what axe-core finds, and what becomes of hostile texts.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "a test fails by panicking")]

mod attribution;
mod axe;
mod chromium;
#[path = "../common/mod.rs"]
mod common;
mod hostile;
#[path = "../skip/mod.rs"]
mod skip;
#[path = "../taken_apart/mod.rs"]
mod taken_apart;

use std::path::PathBuf;

use chromium::Page;
use common::TestEnvironment;
use memgrid::collect::RunDir;
use memgrid::plan::CellId;

/// Two twins in two formats: one holds what it makes, the other lets it go.
const MATRIX: &str = r#"
[matrix]
format = ["json", "yaml"]
state = ["holds", "streams"]
[state.holds]
env = { KEEP = "1" }
[state.streams]
env = { KEEP = "" }
[workload]
command = ["python3", "./rows.py"]
[measure]
repeats = 4 # the fewest from which a verdict needs no calibration
"#;

/// Twenty steps of 2 MB each.
const WORKLOAD: &str = r#"
import os, time
out = os.fdopen(int(os.environ["MEMPROBE_FD"]), "w", buffering=1)
print("mark start", file=out)
kept = []
for row in range(1, 21):
    block = bytearray(2_000_000)
    if os.environ["KEEP"]:
        kept.append(block)
    print("progress", row * 100, file=out)
    time.sleep(0.02)
"#;

const CHART: &str = "[data-plot] svg.chart";

/// A browser and the reports of two runs; `None` if there is no browser.
fn reports() -> Option<(TestEnvironment, Page)> {
    let Some(program) = chromium::locate() else {
        skip::need("no Chromium is installed");
        return None;
    };
    let environment = TestEnvironment::new(MATRIX);
    environment.write("rows.py", WORKLOAD);
    environment.run(&["run", "--quiet"]).exits(0);
    environment.run(&["run", "--quiet", "--period", "5ms", "--name", "finer"]).exits(0);
    Some((environment, Page::open(&program, 1280, 900)))
}

#[test]
fn the_pages_answer_and_stay_readable() {
    let Some((environment, mut page)) = reports() else { return };
    let index = environment.path().join("reports/index.html");
    let cell = environment.path().join("reports/cells/json-holds.html");
    let compare = environment.path().join("reports/compare.html");
    let history = environment.path().join("reports/history.html");
    let trend = environment.path().join("reports/trends/json-holds.html");
    let ranking = environment.path().join("reports/rankings/state-peak_rss.html");
    let runs = environment.runs();
    let run = environment.path().join(format!("reports/past/{}.html", runs[1]));
    let all = [&index, &cell, &compare, &history, &trend, &run, &ranking].map(PathBuf::as_path);

    one_crosshair_for_all(&mut page, &index);
    a_click_opens_the_cell(&mut page, &index);
    a_range_stays_in_the_address(&mut page, &cell);
    curves_can_be_switched_off(&mut page, &cell);
    rows_and_scales_can_be_chosen(&mut page, &cell);
    a_picture_can_be_kept(&mut page, &cell);
    keys_do_what_the_mouse_does(&mut page, &cell);
    the_table_is_sorted_and_filtered(&mut page, &index);
    the_table_is_filtered_by_axis_verdict_and_metric(&mut page, &index);
    the_script_reads_what_was_sampled(&mut page, &cell, &environment);
    any_cells_are_compared(&mut page, &compare);
    runs_lead_to_a_cell_over_time(&mut page, &index);
    a_cells_runs_are_compared(&mut page, &trend, &compare);
    a_run_says_what_is_different(&mut page, &history, &runs);
    nothing_sticks_out(&mut page, &all);
    paper_holds_all_but_the_controls(&mut page, &all);
    assert_eq!(page.complaints, Vec::<String>::new());
    axe::finds_nothing_serious(&mut page, &all);
    without_a_script_all_figures_stay(&mut page, &index, &cell);
}

/// Three axes beside the one that is compared, and cells that fail.
const AXES: &str = r#"
[matrix]
place = ["here", "there"]
size = ["small", "large"]
kind = ["one", "two"]
state = ["fine", "broken"]
[state.fine]
env = { CODE = "0" }
[state.broken]
env = { CODE = "3" }
[workload]
command = ["sh", "-c", "exit $CODE"]
[measure]
heap = false
"#;

#[test]
fn the_grid_is_laid_out_by_any_two_axes() {
    let Some(program) = chromium::locate() else {
        skip::need("no Chromium is installed");
        return;
    };
    let environment = TestEnvironment::new(AXES);
    environment.run(&["run", "--quiet"]).exits(5);
    let index = environment.path().join("reports/index.html");
    let mut page = Page::open(&program, 1280, 900);
    let heads = "[...document.querySelectorAll('.facet:not([hidden])')].map((facet) => [facet.dataset.facet, ...[...facet.querySelectorAll('th')].map((th) => th.textContent)])";
    let fields = "document.querySelectorAll('.matrix .field').length";

    page.go(&index, "");
    let default = serde_json::json!([
        ["kind one", "small", "large", "here", "there"],
        ["kind two", "small", "large", "here", "there"]
    ]);
    assert_eq!(page.value(heads), default);
    assert_eq!(page.value(fields), 8);
    let place = page.text("document.querySelector('.trouble .help').textContent");
    assert!(place.contains("memgrid run here/small/one/broken"), "{place}");

    // Kind becomes the columns, so that size cuts the grid into facets.
    choose(&mut page, ".grid .controls label:nth-child(2) select", "kind");
    let by_kind = serde_json::json!([
        ["size small", "one", "two", "here", "there"],
        ["size large", "one", "two", "here", "there"]
    ]);
    assert_eq!(page.value(heads), by_kind);
    assert_eq!(page.value(fields), 8, "no field is lost");
    let [row, column] = ["tr:nth-child(2)", "td:nth-child(3)"];
    let at = format!(
        "document.querySelector('.facet:nth-child(2) tbody {row} {column} .field .help').textContent"
    );
    assert!(page.text(&at).contains("there/large/two/broken"));

    // Tabs show one facet; arrow keys go through them, and the address keeps the choice.
    page.click(".tabs button:nth-child(2)");
    assert_eq!(page.value(heads), serde_json::json!([by_kind[0]]));
    page.press("ArrowRight");
    assert_eq!(page.value(heads), serde_json::json!([by_kind[1]]));
    assert_eq!(page.text("document.activeElement.getAttribute('aria-selected')"), "true");
    let hash = page.text("location.hash");
    page.go(&index, &hash);
    assert_eq!(page.value(heads), serde_json::json!([by_kind[1]]), "{hash}");

    // An axis that is chosen for both moves the other away.
    page.go(&index, "");
    choose(&mut page, ".grid .controls label:nth-child(1) select", "size");
    let turned = page.value(heads)[0].clone();
    assert_eq!(turned, serde_json::json!(["kind one", "here", "there", "small", "large"]));
    assert_eq!(page.complaints, Vec::<String>::new());
    axe::finds_nothing_serious(&mut page, &[&index]);

    page.scripts(false);
    page.go(&index, &hash);
    assert_eq!(page.value(heads), default, "without a script the first axes stay");
    assert_eq!(page.value("document.querySelector('.tabs') === null"), true);
}

fn choose(page: &mut Page, selector: &str, value: &str) {
    page.value(&format!("(() => {{ const field = document.querySelector('{selector}'); field.value = '{value}'; field.dispatchEvent(new Event('change')); }})()"));
}

fn one_crosshair_for_all(page: &mut Page, index: &std::path::Path) {
    page.go(index, "");
    page.hover(CHART, 0.4);
    page.until("memgrid.page.plots.every((plot) => plot.x)");
    page.hover(CHART, 0.5);
    let shown = page.value("document.querySelectorAll('.chart .cursor line').length");
    assert_eq!(shown, 2, "a line in each of the two fields");
    let said = page.text("document.querySelector('[data-plot] .readout').textContent");
    assert!(said.contains("holds") && said.contains("MiB"), "{said}");
}

fn a_click_opens_the_cell(page: &mut Page, index: &std::path::Path) {
    page.go(index, "#y=log");
    page.until("memgrid.page.plots.every((plot) => plot.x)");
    page.click(CHART);
    page.until("location.pathname.includes('/cells/')");
    assert_eq!(page.text("location.hash"), "#y=log", "the choice goes with it");
}

fn a_range_stays_in_the_address(page: &mut Page, cell: &std::path::Path) {
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

fn curves_can_be_switched_off(page: &mut Page, cell: &std::path::Path) {
    page.go(cell, "");
    page.hover(CHART, 0.1);
    page.until("document.querySelector('.legend button')");
    let drawn = "document.querySelectorAll('[data-plot]')[0].querySelectorAll('path.line').length";
    let before = page.value(drawn).as_u64().unwrap();
    page.click(".legend button");
    assert_eq!(page.value(drawn), before - 1);
    assert!(page.text("location.hash").contains("off="));
}

fn rows_and_scales_can_be_chosen(page: &mut Page, cell: &std::path::Path) {
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

fn a_picture_can_be_kept(page: &mut Page, cell: &std::path::Path) {
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

fn keys_do_what_the_mouse_does(page: &mut Page, cell: &std::path::Path) {
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
    assert_eq!(page.value("memgrid.view.range"), serde_json::Value::Null);
}

fn the_table_is_sorted_and_filtered(page: &mut Page, index: &std::path::Path) {
    page.go(index, "");
    let ids = "[...document.querySelectorAll('#all-cells tbody tr:not([hidden]) th')].map((th) => th.textContent)";
    page.click("#all-cells thead th:nth-child(4) button");
    let lowest = page.value(ids)[0].as_str().unwrap().to_owned();
    assert!(lowest.ends_with("streams"), "{lowest}");
    page.click("#all-cells thead th:nth-child(4) button");
    assert!(page.value(ids)[0].as_str().unwrap().ends_with("holds"));
    let woken = page.value(
        "(() => { let woken = 0; const { awake } = memgrid.page; \
         memgrid.page.awake = () => { woken += 1; return Promise.resolve(); }; \
         const field = document.querySelector('[data-filter] input'); field.value = 'yaml -streams'; \
         field.dispatchEvent(new Event('input')); memgrid.page.awake = awake; return woken; })()",
    );
    assert_eq!(woken, 0, "no readings are loaded to filter the table");
    assert_eq!(page.value(ids), serde_json::json!(["yaml/holds"]));
    let hash = page.text("location.hash");
    page.go(index, &hash);
    assert_eq!(page.value(ids), serde_json::json!(["yaml/holds"]), "{hash}");
}

fn the_table_is_filtered_by_axis_verdict_and_metric(page: &mut Page, index: &std::path::Path) {
    page.go(index, "");
    let ids = "[...document.querySelectorAll('#all-cells tbody tr:not([hidden]) th')].map((th) => th.textContent)";
    let label = |name: &str| {
        format!(
            "[...document.querySelectorAll('[data-filter] label')].find((label) => label.textContent.startsWith('{name} ')).querySelector('select')"
        )
    };
    let set = |page: &mut Page, name: &str, value: &str| {
        let field = label(name);
        page.value(&format!("(() => {{ const field = {field}; field.value = '{value}'; field.dispatchEvent(new Event('change')); }})()"));
    };
    let interval = "document.querySelector('.parts .interval, .judged .interval').textContent";
    assert!(page.text(interval).contains('…') || page.text(interval).contains('%'));
    // Which verdict that is depends on how steady the machine was.
    let verdict =
        page.text("document.querySelector('#all-cells tr[data-at=\"1,1\"]').dataset.verdict");
    assert!(!verdict.is_empty());
    let having = format!(
        "[...document.querySelectorAll('#all-cells tbody tr')].filter((row) => row.textContent.includes('{verdict}')).map((row) => row.cells[0].textContent)"
    );
    set(page, "verdict", &verdict);
    assert_eq!(page.value(ids), page.value(&having));
    set(page, "format", "yaml");
    assert_eq!(page.value(ids), serde_json::json!(["yaml/streams"]));
    let hash = page.text("location.hash");
    page.go(index, &hash);
    assert_eq!(page.value(ids), serde_json::json!(["yaml/streams"]), "{hash}");

    // Another metric's figures are loaded when they are asked for, and sorted by.
    page.go(index, "");
    set(page, "metric", "wall_time");
    let head = "document.querySelector('#all-cells [data-part=figure]').textContent";
    page.until(&format!("{head} === 'wall time'"));
    let shown = page.text("document.querySelector('#all-cells tbody td:nth-child(4)').textContent");
    assert!(shown.ends_with(" s") || shown.ends_with(" ms"), "{shown}");
    page.click("#all-cells thead th:nth-child(4) button");
    let values = page.value("[...document.querySelectorAll('#all-cells tbody td:nth-child(4)')].map((field) => Number(field.dataset.value))");
    let values: Vec<f64> = serde_json::from_value(values).unwrap();
    assert!(values.is_sorted() && values.len() == 4, "{values:?}");
    let hash = page.text("location.hash");
    page.go(index, &hash);
    page.until(&format!("{head} === 'wall time'"));
    set(page, "metric", "peak_rss");
    page.until(&format!("{head} === 'peak RSS'"));
    assert!(
        page.text("document.querySelector('#all-cells tbody td:nth-child(4)').textContent")
            .ends_with("MiB")
    );
}

/// Every attempt has its highest and its last reading in the page, to the byte.
fn the_script_reads_what_was_sampled(
    page: &mut Page,
    cell: &std::path::Path,
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
    assert_eq!(page.value(ends), serde_json::json!(sampled.collect::<Vec<_>>()));
    let rows = "memgrid.load('json-holds').then((cell) => memgrid.points(cell.attempts[0].progress).pop()[1])";
    assert_eq!(page.value(rows), 2000);
}

fn any_cells_are_compared(page: &mut Page, compare: &std::path::Path) {
    page.go(compare, "#cell=json-holds&cell=yaml-streams");
    page.until("memgrid.page.plots[0].lines.length === 2");
    page.value("(() => { const field = document.querySelector('.chosen input'); field.value = 'yaml/holds'; field.dispatchEvent(new Event('change')); })()");
    page.until("memgrid.page.plots[0].lines.length === 3");
    assert!(page.text("location.hash").contains("cell=yaml-holds"));
}

fn runs_lead_to_a_cell_over_time(page: &mut Page, index: &std::path::Path) {
    page.go(index, "");
    page.click(".brand a");
    page.until("location.pathname.endsWith('/history.html') && document.readyState === 'complete'");
    assert_eq!(page.value("document.querySelectorAll('table.list tbody tr').length"), 2);
    page.click(".cards a");
    page.until("location.pathname.includes('/trends/') && document.readyState === 'complete'");
    let marks = page.value("document.querySelector('svg.trend').querySelectorAll('circle').length");
    assert_eq!(marks, 2, "a point for each run");
}

fn a_cells_runs_are_compared(page: &mut Page, trend: &std::path::Path, compare: &std::path::Path) {
    page.go(trend, "");
    page.until("memgrid.page.plots[0].lines.length === 2");
    let switches = "[...document.querySelectorAll('.chosen button')].map((b) => b.getAttribute('aria-pressed'))";
    assert_eq!(page.value(switches), serde_json::json!(["true", "true"]));
    page.click(".chosen button");
    page.until("memgrid.page.plots[0].lines.length === 1");
    assert_eq!(page.value(switches), serde_json::json!(["false", "true"]));
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

fn a_run_says_what_is_different(page: &mut Page, history: &std::path::Path, runs: &[String]) {
    page.go(history, "");
    page.click("table.list tbody th a");
    page.until("location.pathname.includes('/past/') && document.readyState === 'complete'");
    let seen = page.text("document.querySelector('[aria-labelledby=different]').innerText");
    for text in [runs[0].as_str(), "another sampling period", "10.0 ms", "5.00 ms", "arguments"] {
        assert!(seen.contains(text), "{text}: {seen}");
    }
}

/// No page is wider than the screen, in any size and in both schemes.
fn nothing_sticks_out(page: &mut Page, files: &[&std::path::Path]) {
    for (width, height) in [(360, 740), (1280, 900), (2560, 1300)] {
        page.resize(width, height);
        for scheme in ["light", "dark"] {
            page.scheme(scheme);
            for file in files {
                page.go(file, "");
                let wide = page.value("document.documentElement.scrollWidth").as_u64().unwrap();
                assert!(wide <= u64::from(width), "{} at {width}: {wide}", file.display());
            }
        }
    }
    page.resize(1280, 900);
}

/// No table is cut off on A4, and nothing is printed that only a screen can answer.
fn paper_holds_all_but_the_controls(page: &mut Page, files: &[&std::path::Path]) {
    const WIDTH: u32 = 718;
    page.media("print");
    page.resize(WIDTH, 1000);
    for file in files {
        page.go(file, "");
        page.value("memgrid.page.awake().then(() => 1)");
        let name = file.display();
        let wide = page.value("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= u64::from(WIDTH), "{name} on paper: {wide}");
        let cut = page.value("[...document.querySelectorAll('.scroll > table')].filter((table) => table.getBoundingClientRect().right > innerWidth + 1).map((table) => table.innerText.slice(0, 80))");
        assert_eq!(cut, serde_json::json!([]), "{name}");
        let shown = "[...document.querySelectorAll('.controls, .readout')].filter((one) => one.getClientRects().length).length";
        assert_eq!(page.value(shown), 0, "{name}");
    }
    page.media("screen");
    page.resize(1280, 900);
}

fn without_a_script_all_figures_stay(
    page: &mut Page,
    index: &std::path::Path,
    cell: &std::path::Path,
) {
    page.scripts(false);
    page.go(index, "");
    let seen = page.text("document.body.innerText");
    assert!(seen.contains("MiB") && seen.contains("All cells"), "{seen}");
    assert_eq!(page.value("document.querySelectorAll('svg.chart path.line').length"), 4);
    assert_eq!(
        page.value(
            "[...document.querySelectorAll('.controls')].every((bar) => bar.offsetParent === null)"
        ),
        true
    );
    page.go(cell, "");
    assert!(page.value("document.querySelectorAll('svg.chart').length").as_u64().unwrap() > 1);
}
