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

/// On a phone the labels of a time axis stand clear of each other.
pub fn labels_stand_clear(page: &mut Page, files: &[&Path]) {
    page.resize(360, 740);
    for file in files {
        page.go(file, "");
        page.value("memgrid.page.awake().then(() => 1)");
        let touching = "[...document.querySelectorAll('svg.chart .scale')].map((scale) => [...scale.querySelectorAll('.x')].map((label) => label.getBoundingClientRect()).filter((box) => box.width)).filter((boxes) => boxes.slice(1).some((box, before) => box.left < boxes[before].right)).length";
        assert_eq!(page.value(touching), 0, "{}", file.display());
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
