//! Workflow commands as the runner reads them.

/// A command as the runner understands it.
#[derive(Debug, PartialEq)]
pub(in crate::render) struct Command {
    pub(in crate::render) kind: String,
    pub(in crate::render) properties: Vec<(String, String)>,
    pub(in crate::render) message: String,
}

/// Reads a line by the runner's rules (`actions/runner`, `ActionCommand.TryParseV2`): after `::` the
/// name, after a space properties `key=value` apart by commas, after the next `::` the message; each
/// escape is undone, `%25` at the end.
pub(in crate::render) fn parse(line: &str) -> Option<Command> {
    let line = line.trim_start().strip_prefix("::")?;
    let (info, message) = line.split_once("::")?;
    let (kind, properties) = info.split_once(' ').unwrap_or((info, ""));
    let properties = properties.split(',').filter_map(|property| {
        let (key, value) = property.split_once('=')?;
        let value = value.replace("%3A", ":").replace("%2C", ",");
        Some((key.to_owned(), undone(&value)))
    });
    Some(Command {
        kind: kind.to_owned(),
        properties: properties.collect(),
        message: undone(message),
    })
}

fn undone(text: &str) -> String {
    text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
}

pub(in crate::render) fn property<'a>(command: &'a Command, key: &str) -> &'a str {
    &command.properties.iter().find(|(name, _)| name == key).unwrap().1
}
