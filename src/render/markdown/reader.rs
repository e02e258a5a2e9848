//! Markdown as GitHub reads it, by a parser of that dialect.

use comrak::Options as Dialect;
use comrak::nodes::{AstNode, NodeValue};

/// All that GitHub understands beyond CommonMark.
pub(in crate::render) fn dialect() -> Dialect<'static> {
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
pub(in crate::render) fn table_rows<'a>(root: &'a AstNode<'a>) -> Vec<Vec<String>> {
    let rows = root
        .descendants()
        .filter(|node| matches!(node.data.borrow().value, NodeValue::TableRow(false)));
    rows.map(|row| row.children().map(|cell| words(cell)).collect()).collect()
}

/// What is not of the few kinds that we write, or would be turned into something by GitHub.
pub(in crate::render) fn intruders<'a>(root: &'a AstNode<'a>) -> Vec<String> {
    root.descendants().filter_map(|node| intruder(&node.data.borrow().value)).collect()
}

fn intruder(value: &NodeValue) -> Option<String> {
    use NodeValue as Node;
    const OWN: [&str; 6] = [
        "<!-- memgrid comparison -->",
        "<!-- memgrid run -->",
        "What was measured",
        "</details>",
        "What was compared",
        " unchanged",
    ];
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
