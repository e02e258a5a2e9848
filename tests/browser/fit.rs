//! Whether pages fit: on every screen, on paper, and without a script.

use std::path::Path;

use serde_json::json;

use crate::chromium::Page;

/// No page is wider than the screen, in any size and in both schemes.
pub fn nothing_sticks_out(page: &mut Page, files: &[&Path]) {
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

/// Until when a chart is zoomed, in seconds: where ticks come close, or their labels are long.
const ENDS: &str = "[0.102, 0.122, 0.206, 0.26, 0.275, 0.414, 0.523, 0.554, 0.833, 1.9, 12.4, 125]";

/// Whatever a chart shows, the labels of its time axis stand clear of each other.
pub fn labels_stand_clear(page: &mut Page, files: &[&Path]) {
    let boxes = "[...scale.querySelectorAll('.x')].map((label) => label.getBoundingClientRect()).filter((box) => box.width)";
    let touches = format!(
        "(scale) => {{ const boxes = {boxes}; return boxes.slice(1).some((box, before) => box.left < boxes[before].right); }}"
    );
    let touching = format!("[...document.querySelectorAll('svg.chart .scale')].some({touches})");
    let drawn = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";
    let all = format!(
        "memgrid.page.awake().then(async () => {{ const found = []; for (const end of {ENDS}) {{ memgrid.choose({{ range: [0, end] }}); await {drawn}; if ({touching}) found.push(end); }} return found; }})"
    );
    for width in [360, 1280] {
        page.resize(width, 740);
        for file in files {
            page.go(file, "");
            assert_eq!(page.value(&touching), false, "{} as it came, at {width}", file.display());
            assert_eq!(page.value(&all), serde_json::json!([]), "{} at {width}", file.display());
        }
    }
    page.resize(1280, 900);
}

/// What A4 leaves between its margins, in CSS pixels.
const WIDTH: u32 = 718;

/// A grid with more columns than a sheet is wide is all there: its fields follow each other, each with its name.
pub fn paper_holds_a_wide_grid(page: &mut Page) {
    page.media("print");
    page.resize(WIDTH, 1000);
    let cut = "[...document.querySelectorAll('.matrix .field')].filter((field) => { const box = field.getBoundingClientRect(); return !box.width || box.right > innerWidth + 1; }).length";
    assert_eq!(page.value(cut), 0);
    let name = "getComputedStyle(document.querySelector('.matrix .plot'), '::before').content";
    assert!(page.text(name).contains("a / a"), "{}", page.text(name));
    page.media("screen");
    page.resize(1280, 900);
}

/// No table is cut off on A4, and nothing is printed that only a screen can answer.
pub fn paper_holds_all_but_the_controls(page: &mut Page, files: &[&Path]) {
    page.media("print");
    page.resize(WIDTH, 1000);
    for file in files {
        page.go(file, "");
        page.value("memgrid.page.awake().then(() => 1)");
        let name = file.display();
        let wide = page.value("document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(wide <= u64::from(WIDTH), "{name} on paper: {wide}");
        let cut = page.value("[...document.querySelectorAll('.scroll > table')].filter((table) => table.getBoundingClientRect().right > innerWidth + 1).map((table) => table.innerText.slice(0, 80))");
        assert_eq!(cut, json!([]), "{name}");
        let shown = "[...document.querySelectorAll('.controls, .readout')].filter((one) => one.getClientRects().length).length";
        assert_eq!(page.value(shown), 0, "{name}");
    }
    page.media("screen");
    page.resize(1280, 900);
}

pub fn without_a_script_all_figures_stay(page: &mut Page, index: &Path, cell: &Path) {
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
