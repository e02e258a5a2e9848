//! `[passes]`.

use super::context::Context;
use super::model::Passes;
use super::problem::Problem;
use super::reader::Table;
use crate::measurement::{MOST_LINES, is_class};

pub(super) fn read_passes(top: &Table<'_>, context: &Context<'_>) -> Passes {
    let Some(table) = top.sub_table("passes") else { return Passes::default() };
    table.only(&["objects", "lines", "always"]);
    let mut passes = Passes::default();
    for name in table.get("objects").and_then(|value| value.texts()).unwrap_or_default() {
        if passes.objects.contains(&name.value) {
            let message = format!("`{}` is named twice", name.value);
            context.add(Problem::at(&name.span, message));
        } else if is_class(&name.value) {
            passes.objects.push(name.value);
        } else {
            let message = format!("{:?} is no class with its module", name.value);
            context.add(Problem::at(&name.span, message).hint("such as \"app.models.Record\""));
        }
    }
    if let Some(lines) = table.get("lines") {
        passes.lines = lines.number(1..=MOST_LINES.into()).map(|lines| lines as u32);
    }
    if let Some(always) = table.get("always").and_then(|value| value.boolean()) {
        passes.always = always.value;
    }
    passes
}
