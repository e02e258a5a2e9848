//! Held rows are live until they are deleted; read in chunks they never were, all at once.

use super::{example, median, run};

#[test]
fn releasing_memory_shows_what_stays() {
    let arguments = ["--axis", "rows=5000", "--axis", "debug=off", "--rows", "3000"];
    let cells = run(&example("releasing-memory"), &arguments);
    assert_eq!(cells.len(), 7);
    let left = |strategy| median(&cells, &format!("sqlite/{strategy}/off/5000"), "heap_at_end");
    let peak = |strategy| median(&cells, &format!("sqlite/{strategy}/off/5000"), "peak_heap");
    // Four strings of 255 characters for each of 3,000 rows.
    let rows = 3000.0 * 4.0 * 255.0;
    assert!(left("keep") - left("del") > rows, "{} and {}", left("keep"), left("del"));
    assert!(peak("keep") - peak("iterator-100") > rows * 0.9);
    assert!(peak("only") < peak("keep") && peak("values-list") < peak("only"));
}
