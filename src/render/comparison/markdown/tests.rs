//! Texts as GitHub's Markdown reads them, by a parser of that dialect.

use comrak::{Arena, parse_document};
use proptest::prelude::*;

use super::*;
use crate::analyse::comparison::sample;
use crate::render::format::visible;
use crate::render::markdown::reader::{dialect, intruders, table_rows};

#[test]
fn a_night_reads_well() {
    insta::assert_snapshot!(render(&sample::night(), &Options::default()));
}

#[test]
fn a_night_is_what_it_looks_like() {
    let (text, arena) = (render(&sample::night(), &Options::default()), Arena::new());
    let root = parse_document(&arena, &text, &dialect());
    assert_eq!(intruders(root), Vec::<String>::new());
    let rows = table_rows(root);
    let row = |id: &str| rows.iter().find(|row| row[0] == id).unwrap();
    assert_eq!(
        row("sqlite/yaml/patched")[1..],
        ["peak RSS", "52.4 → 392 MiB", "+648%", "+647…+650%", "✗ regressed"]
    );
    assert_eq!(rows[0][0], "sqlite/yaml/patched", "the worst first");
    assert_eq!(row("mysql/yaml/patched")[5], "! failed");
}

#[test]
fn a_thousand_cells_fit_a_comment() {
    let mut night = sample::night();
    let cells = night.cells.clone();
    night.cells = (0..100).flat_map(|_| cells.clone()).collect();
    night.reasons = vec!["@everyone ".repeat(1000); 100];
    let text = render(&night, &Options::default());
    assert!(text.len() < 65_536 && text.len() > 60_000, "{}", text.len());
    assert!(text.contains(" lines were left out"), "{}", &text[text.len() - 200..]);
    let arena = Arena::new();
    assert_eq!(intruders(parse_document(&arena, &text, &dialect())), Vec::<String>::new());
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_in_it_is_markup(comparison in sample::any()) {
        let (text, arena) = (render(&comparison, &Options::default()), Arena::new());
        let root = parse_document(&arena, &text, &dialect());
        prop_assert_eq!(intruders(root), Vec::<String>::new(), "{}", text);
        prop_assert!(text.len() < 65_536);
        let rows = table_rows(root);
        for cell in comparison.cells.iter().filter(|cell| cell.metrics.contains_key("peak_rss")) {
            let id = visible(cell.id.as_str()).split_whitespace().collect::<Vec<_>>().join(" ");
            let id = if id.is_empty() { "(empty)".to_owned() } else { id };
            let verdict = wording::marked(cell, cell.metrics["peak_rss"].verdict);
            let found = rows.iter().any(|row| row.len() == 6 && row[0] == id && row[5] == verdict);
            prop_assert!(found, "{:?} {:?} is not in {:?}\n{}", id, verdict, rows, text);
        }
    }
}
