//! The page that says which patch did it, read by axe, and on a narrow screen.

use crate::chromium::{Page, locate};
use crate::{axe, skip, taken_apart};

#[test]
fn which_patch_did_it_can_be_read_by_all_and_everywhere() {
    let Some(program) = locate() else {
        skip::need("no Chromium is installed");
        return;
    };
    let environment = taken_apart::project(2, "series = \"leave-one-out\"");
    environment.run(&["run", "--quiet"]).exits(0);
    let file = environment.path().join("reports/attribution.html");
    let mut page = Page::open(&program, 360, 740);
    page.scripts(false);
    page.go(&file, "");
    let wide = page.value("document.documentElement.scrollWidth").as_f64().unwrap();
    assert!(wide <= 360.0, "{wide}");
    let seen = "[...document.querySelectorAll('.effects .patch-name')].every((name) => name.offsetWidth > 0)";
    assert_eq!(page.value(seen), true);
    assert_eq!(page.complaints, Vec::<String>::new());
    page.scripts(true);
    axe::finds_nothing_serious(&mut page, &[&file]);
    page.resize(1280, 900);
    axe::finds_nothing_serious(&mut page, &[&file]);
}
