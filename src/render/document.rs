//! JSON documents on stdout. What would act on a terminal that shows them, or be obeyed without being
//! seen, is written as an escape: to whoever reads JSON that is the same text.

use std::fmt::Write as _;

use serde::Serialize;

use super::format::is_hidden;

/// `value` as indented JSON that ends with a newline.
///
/// # Errors
/// None that is known; what serde says if there is one.
pub fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    if !text.contains(is_hidden) {
        return Ok(text);
    }
    // JSON has line ends between its parts, and all other such characters within its strings. They
    // are below U+10000, and so one escape each.
    let mut plain = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(plain, "\\u{:04x}", u32::from(character));
        } else {
            plain.push(character);
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_text_is_the_same_and_nothing_acts(text in "(?s)[a\"\\\\é\u{1b}\u{7f}\u{9b}\u{202e}\u{2066}\n\t]{0,20}") {
            let json = json(&[&text]).unwrap();
            prop_assert!(!json.contains(is_hidden), "{json:?}");
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
        }
    }
}
