//! Text for HTML and SVG, as content and in quoted attributes: nothing in it is markup, and what
//! would be obeyed without being seen (control characters, turns of the writing's direction) is
//! seen and not obeyed.

use std::io::{self, Write};

use super::format::visible;

/// Writes `text` escaped.
///
/// # Errors
/// When `out` can't be written to.
pub fn write(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = visible(text);
    let mut plain = 0;
    for (place, byte) in text.bytes().enumerate() {
        let entity: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' => b"&quot;",
            b'\'' => b"&#39;",
            _ => continue,
        };
        out.write_all(&text.as_bytes()[plain..place])?;
        out.write_all(entity)?;
        plain = place + 1;
    }
    out.write_all(&text.as_bytes()[plain..])
}

/// `text` escaped.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    // Writing to memory can't fail, and what was escaped is as valid as it was.
    let _ = write(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escaped("<a b='c'>\"&\u{202e}\u{1b}"), "&lt;a b=&#39;c&#39;&gt;&quot;&amp;␦␛");
    }

    proptest! {
        #[test]
        fn no_special_character_gets_through(text in "[<>&\"'aé\u{202e}\n]{0,40}") {
            let escaped = escaped(&text);
            let special = ['<', '>', '"', '\'', '\u{202e}'];
            prop_assert!(!escaped.contains(special));
            prop_assert_eq!(escaped.matches('&').count(), text.matches(['<', '>', '&', '"', '\'']).count());
        }
    }
}
