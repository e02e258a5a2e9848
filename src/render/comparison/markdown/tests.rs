//! Texts as GitHub's Markdown reads them, by a parser of that dialect.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options as Dialect, parse_document};
use proptest::prelude::*;

use super::*;
use crate::analyse::comparison::sample;
use crate::render::format::visible;

/// All that GitHub understands beyond CommonMark.
fn dialect() -> Dialect<'static> {
    let mut dialect = Dialect::default();
    let extension = &mut dialect.extension;
    extension.table = true;
    extension.autolink = true;
    extension.strikethrough = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    dialect
}

/// The texts and code spans below a node.
fn words<'a>(node: &'a AstNode<'a>) -> String {
    let each = node.descendants().map(|node| match &node.data.borrow().value {
        NodeValue::Text(text) => text.replace('\u{200b}', ""),
        NodeValue::Code(code) => code.literal.clone(),
        _ => String::new(),
    });
    each.collect()
}

/// The rows of all tables: for each cell what it says.
fn table_rows<'a>(root: &'a AstNode<'a>) -> Vec<Vec<String>> {
    let rows = root
        .descendants()
        .filter(|node| matches!(node.data.borrow().value, NodeValue::TableRow(false)));
    rows.map(|row| row.children().map(|cell| words(cell)).collect()).collect()
}

/// What is not of the few kinds that we write, or would be turned into something by GitHub.
fn intruders<'a>(root: &'a AstNode<'a>) -> Vec<String> {
    root.descendants().filter_map(|node| intruder(&node.data.borrow().value)).collect()
}

fn intruder(value: &NodeValue) -> Option<String> {
    use NodeValue as Node;
    const OWN: [&str; 4] =
        ["<!-- memgrid comparison -->", "</details>", "What was compared", " unchanged"];
    match value {
        Node::Document | Node::Paragraph | Node::Heading(_) | Node::Strong | Node::Code(_) => None,
        Node::List(_) | Node::Item(_) | Node::Table(_) | Node::TableRow(_) | Node::TableCell => {
            None
        }
        Node::HtmlBlock(html) => {
            let plain = html.literal.replace("<details>\n<summary>", "").replace("</summary>", "");
            let own =
                OWN.iter().any(|own| plain.trim().ends_with(own)) && plain.lines().count() == 1;
            (!own).then(|| html.literal.clone())
        }
        Node::HtmlInline(html) if html == "<code>" || html == "</code>" => None,
        Node::Text(text) => {
            let mut pairs = text.chars().zip(text.chars().skip(1));
            let reference = pairs.any(|(one, next)| "@#".contains(one) && next.is_alphanumeric());
            let address = text.contains("://") || text.to_lowercase().contains("www.");
            (reference || address).then(|| text.to_string())
        }
        other => Some(format!("{other:?}")),
    }
}

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

#[test]
fn sentences_are_only_text() {
    assert_eq!(
        sentence("1. see #12, @octocat: http://x"),
        "1\\. see \\#&#8203;12, @&#8203;octocat: http:&#8203;//x"
    );
    assert_eq!(sentence("a|b <i> `c` *d*\n\ne"), "a&#124;b &lt;i&gt; \\`c\\` \\*d\\* e");
    assert_eq!(sentence("3.5% of www.x.de"), "3.5% of www&#8203;.x.de");
    assert_eq!(sentence("--- a"), "\\--- a");
    assert_eq!(sentence("+4% - 1"), "+4% - 1");
}

#[test]
fn names_keep_their_backticks() {
    assert_eq!(name("sqlite/json"), "`sqlite/json`");
    assert_eq!(name("a``b"), "```a``b```");
    assert_eq!(name("`"), "`` ` ``");
    assert_eq!(name(" "), "(empty)");
    assert_eq!(name("a\\|b"), "<code>a\\\\&#124;b</code>");
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
