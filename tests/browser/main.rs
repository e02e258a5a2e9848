//! The real pages of a real run, in a real browser: what the script adds, what stays without it,
//! what axe-core finds, and what becomes of hostile texts.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "a test fails by panicking")]

mod attribution;
mod axe;
mod charts;
mod chromium;
#[path = "../common/mod.rs"]
mod common;
mod fit;
mod hostile;
mod layout;
mod over_runs;
#[path = "../skip/mod.rs"]
mod skip;
mod table;
#[path = "../taken_apart/mod.rs"]
mod taken_apart;

use std::path::PathBuf;

use chromium::Page;
use common::TestEnvironment;

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

    charts::one_crosshair_for_all(&mut page, &index);
    charts::a_click_opens_the_cell(&mut page, &index);
    charts::a_range_stays_in_the_address(&mut page, &cell);
    charts::curves_can_be_switched_off(&mut page, &cell);
    charts::rows_and_scales_can_be_chosen(&mut page, &cell);
    charts::a_picture_can_be_kept(&mut page, &cell);
    charts::keys_do_what_the_mouse_does(&mut page, &cell);
    table::the_table_is_sorted_and_filtered(&mut page, &index);
    table::the_table_is_filtered_by_axis_verdict_and_metric(&mut page, &index);
    layout::single_cells_are_laid_out_by_the_compared_axis(&mut page, &index);
    charts::the_script_reads_what_was_sampled(&mut page, &cell, &environment);
    over_runs::any_cells_are_compared(&mut page, &compare);
    over_runs::runs_lead_to_a_cell_over_time(&mut page, &index);
    over_runs::a_cells_runs_are_compared(&mut page, &trend, &compare);
    over_runs::a_run_says_what_is_different(&mut page, &history, &runs);
    fit::nothing_sticks_out(&mut page, &all);
    fit::labels_stand_clear(&mut page, &all);
    fit::paper_holds_all_but_the_controls(&mut page, &all);
    assert_eq!(page.complaints, Vec::<String>::new());
    axe::finds_nothing_serious(&mut page, &all);
    fit::without_a_script_all_figures_stay(&mut page, &index, &cell);
}
