//! The table of all cells: sorted, and filtered by words, axis, verdict and metric.

use std::path::Path;

use serde_json::{Value, json};

use crate::chromium::Page;

pub fn the_table_is_sorted_and_filtered(page: &mut Page, index: &Path) {
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
    assert_eq!(page.value(ids), json!(["yaml/holds"]));
    let hash = page.text("location.hash");
    page.go(index, &hash);
    assert_eq!(page.value(ids), json!(["yaml/holds"]), "{hash}");

    // A link within the page takes no choice back, nor does it load any readings.
    page.value("new Promise((resolve) => { addEventListener('hashchange', () => setTimeout(resolve)); document.querySelector('.skip[href=\"#cells\"]').click(); }).then(() => 1)");
    assert_eq!(page.value(ids), json!(["yaml/holds"]));
    assert_eq!(page.value("memgrid.page.woken"), Value::Null);
}

pub fn the_table_is_filtered_by_axis_verdict_and_metric(page: &mut Page, index: &Path) {
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
    assert_eq!(page.value(ids), json!(["yaml/streams"]));
    let hash = page.text("location.hash");
    page.go(index, &hash);
    assert_eq!(page.value(ids), json!(["yaml/streams"]), "{hash}");

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

/// 98 rows in blocks of 25, of which those far from sight are laid out later: columns stand below each
/// other all the same, and sorting and filtering fill the blocks from the first on.
pub fn a_long_table_is_laid_out_block_by_block(page: &mut Page) {
    let blocks = "[...document.querySelectorAll('.long tbody')].map((body) => [body.hidden, body.rows.length])";
    let all = [25, 25, 25, 23].map(|rows| json!([false, rows]));
    assert_eq!(page.value(blocks), json!(all));
    let edges = "document.querySelector('.long tbody').scrollIntoView(); [...document.querySelectorAll('.long thead tr, .long tbody:first-of-type tr')].map((row) => [...row.cells].map((cell) => Math.round(cell.getBoundingClientRect().right)).join()).filter((edge, place, every) => every.indexOf(edge) === place).length";
    for width in [360, 1280] {
        page.resize(width, 500);
        assert_eq!(page.value(edges), 1, "columns at {width}");
    }
    let skipped = "[...document.querySelectorAll('.long tbody')].filter((body) => !body.rows[0].cells[0].checkVisibility({ contentVisibilityAuto: true })).length";
    page.until(&format!("{skipped} > 0"));
    let shown = "[...document.querySelectorAll('.long tbody')].map((body) => [...body.rows].filter((row) => !row.hidden).length)";
    let words = |text: &str| {
        format!(
            "(() => {{ const field = document.querySelector('[data-filter] input'); field.value = '{text}'; field.dispatchEvent(new Event('input')); }})()"
        )
    };
    page.value(&words("second"));
    assert_eq!(page.value(shown), json!([25, 24, 0, 0]));
    assert_eq!(
        page.value(&format!("{blocks}.map(([hidden]) => hidden)")),
        json!([false, false, true, true])
    );
    let first = "document.querySelector('.long tbody th').textContent";
    for id in ["a/a/second", "g/g/second"] {
        page.click(".long thead th:first-child button");
        assert_eq!(page.value(first), id);
    }
    page.value(&words(""));
    assert_eq!(page.value(blocks), json!(all));
    assert_eq!(page.value(first), "g/g/second");
    assert_eq!(page.value("window.find('a/a/first')"), true, "found where it is not laid out");
}
