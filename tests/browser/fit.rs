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

/// No table is cut off on A4, and nothing is printed that only a screen can answer.
pub fn paper_holds_all_but_the_controls(page: &mut Page, files: &[&Path]) {
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
