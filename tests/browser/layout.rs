//! The grid laid out by any two axes, and by the one that is compared.

use std::path::Path;

use serde_json::json;

use crate::charts::CHART;
use crate::chromium::{self, Page};
use crate::common::TestEnvironment;
use crate::{axe, fit, skip, table};

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
    let default = json!([
        ["kind one", "small", "large", "here", "there"],
        ["kind two", "small", "large", "here", "there"]
    ]);
    assert_eq!(page.value(heads), default);
    assert_eq!(page.value(fields), 8);
    let place = page.text("document.querySelector('.trouble .help').textContent");
    assert!(place.contains("memgrid run here/small/one/broken"), "{place}");

    // Kind becomes the columns, so that size cuts the grid into facets.
    choose(&mut page, ".grid .controls label:nth-child(2) select", "kind");
    let by_kind = json!([
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
    assert_eq!(page.value(heads), json!([by_kind[0]]));
    page.press("ArrowRight");
    assert_eq!(page.value(heads), json!([by_kind[1]]));
    assert_eq!(page.text("document.activeElement.getAttribute('aria-selected')"), "true");
    let hash = page.text("location.hash");
    page.go(&index, &hash);
    assert_eq!(page.value(heads), json!([by_kind[1]]), "{hash}");

    // The axis that is compared spreads twins out: each field is one cell, and says its outcome.
    page.go(&index, "#rows=size&columns=state");
    let facets = page.value(heads);
    assert_eq!(
        facets[0],
        json!(["place here, kind one", "fine", "broken", "small", "large"]),
        "{facets}"
    );
    assert_eq!(page.value(fields), 16);
    let failed = "[...document.querySelectorAll('.facet:nth-child(4) .trouble')].map((one) => one.querySelector('.what').innerText)";
    let told = page.value(failed);
    let ends = ["there/small/two/broken: failed", "there/large/two/broken: failed"];
    assert_eq!(told, json!(ends.map(|end| format!("! {end}"))));

    // An axis that is chosen for both moves the other away.
    page.go(&index, "");
    choose(&mut page, ".grid .controls label:nth-child(1) select", "size");
    let turned = page.value(heads)[0].clone();
    assert_eq!(turned, json!(["kind one", "here", "there", "small", "large"]));
    assert_eq!(page.complaints, Vec::<String>::new());
    let spread = format!("{}#rows=size&columns=state", index.display());
    axe::finds_nothing_serious(&mut page, &[&index, Path::new(&spread)]);

    page.scripts(false);
    page.go(&index, &hash);
    assert_eq!(page.value(heads), default, "without a script the first axes stay");
    assert_eq!(page.value("document.querySelector('.tabs') === null"), true);
}

/// A matrix with one axis beside the one that is compared: twins in a flow, until they are spread out.
pub fn single_cells_are_laid_out_by_the_compared_axis(page: &mut Page, index: &Path) {
    let fields = "[...document.querySelectorAll('.layout .field')].map((field) => [field.querySelector('.headline').textContent, field.querySelectorAll('.line').length])";
    page.go(index, "");
    assert_eq!(page.value(fields).as_array().unwrap().len(), 2);
    choose(page, ".grid .controls label:nth-child(1) select", "state");
    page.until("memgrid.page.plots.every((plot) => plot.x)");
    let heads = "[...document.querySelectorAll('.matrix th')].map((th) => th.textContent)";
    assert_eq!(page.value(heads), json!(["json", "yaml", "holds", "streams"]));
    let shown = page.value(fields);
    let shown: Vec<(String, u64)> = serde_json::from_value(shown).unwrap();
    assert!(shown.len() == 4 && shown.iter().all(|(_, lines)| *lines == 1), "{shown:?}");
    let is_baseline = |text: &str| text.ends_with("MiBthe baseline");
    assert!(shown[..2].iter().all(|(text, _)| is_baseline(text)), "{shown:?}");
    assert!(shown[2..].iter().all(|(text, _)| text.ends_with("MiB")), "{shown:?}");
    let verdicts = page.value("[[...document.querySelectorAll('.matrix tr:nth-child(2) .headline .change')].map((one) => one.textContent.split(' ')[1]), [...document.querySelectorAll('#all-cells tr[data-verdict]')].map((row) => row.dataset.verdict.split(' ')[0])]");
    assert_eq!(verdicts[0], verdicts[1], "as the table says");
    let scales = "new Set(memgrid.page.plots.map((plot) => plot.y.high)).size";
    assert_eq!(page.value(scales), 1, "one scale for all");

    // The address keeps it, and a choice takes it back.
    let hash = page.text("location.hash");
    page.go(index, &hash);
    assert_eq!(page.value(heads), json!(["json", "yaml", "holds", "streams"]), "{hash}");
    choose(page, ".grid .controls label:nth-child(2) select", "");
    assert_eq!(page.value(fields).as_array().unwrap().len(), 2);
    assert_eq!(page.text("location.hash"), "");
}

/// So many fields that they are small, and so many cells that their table is long.
const MANY: &str = r#"
[matrix]
one = ["a", "b", "c", "d", "e", "f", "g"]
other = ["a", "b", "c", "d", "e", "f", "g"]
state = ["first", "second"]
[state.first]
[state.second]
[workload]
command = ["sleep", "0.03"]
[measure]
heap = false
period = "5ms"
"#;

#[test]
fn of_very_many_charts_those_in_sight_are_loaded() {
    let Some(program) = chromium::locate() else {
        skip::need("no Chromium is installed");
        return;
    };
    let environment = TestEnvironment::new(MANY);
    environment.run(&["run", "--quiet"]).exits(0);
    let index = environment.path().join("reports/index.html");
    let mut page = Page::open(&program, 1280, 500);
    let loaded = "document.querySelectorAll('script[src*=\"assets/series/\"]').length";
    let last = "memgrid.page.plots[memgrid.page.plots.length - 1]";
    page.go(&index, "");
    assert_eq!(page.value("memgrid.page.plots.length"), 49);
    page.hover(CHART, 0.4);
    page.until("memgrid.page.plots[0].x");
    page.hover(CHART, 0.5);
    page.until("document.querySelector('.cursor line')");
    let count = page.value(loaded).as_u64().unwrap();
    assert!((14..98).contains(&count), "{count}");
    assert_eq!(page.value(&format!("{last}.x === undefined")), true);
    let scale = page.value("memgrid.page.plots[0].y.high");

    // What comes into sight has the same scale.
    page.value(&format!("{last}.host.scrollIntoView()"));
    page.until(&format!("{last}.x"));
    table::a_long_table_is_laid_out_block_by_block(&mut page);
    // What comes into sight late is there on paper: rows of the grid, their fields, and blocks of the table.
    let late = "[...document.querySelectorAll('section, tr, td, tbody, .field')].filter((one) => getComputedStyle(one).contentVisibility === 'auto').length";
    assert_eq!(page.value(late), 7 + 49 + 4);
    page.media("print");
    assert_eq!(page.value(late), 0);
    fit::paper_holds_a_wide_grid(&mut page);
    assert_eq!(page.value(&format!("{last}.y.high")), scale);
    assert_eq!(page.complaints, Vec::<String>::new());
}

fn choose(page: &mut Page, selector: &str, value: &str) {
    page.value(&format!("(() => {{ const field = document.querySelector('{selector}'); field.value = '{value}'; field.dispatchEvent(new Event('change')); }})()"));
}
