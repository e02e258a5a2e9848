//! The mail around a patch: its subject line, and its transfer encoding.

/// The changes as text, if the mail that holds them is encoded (mail programs do that; `git
/// format-patch` doesn't).
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    let head_end = find(text, b"\n\n").or_else(|| find(text, b"\n\r\n")).unwrap_or(0);
    let (head, body) = text.split_at(head_end);
    let encoding = header(head, "content-transfer-encoding").unwrap_or_default();
    let body = match encoding.to_ascii_lowercase().as_str() {
        "quoted-printable" => Some(quoted_printable(body)),
        "base64" => base64(body),
        _ => None,
    };
    match body {
        Some(body) => [head, b"\n\n", &body].concat(),
        None => text.to_vec(),
    }
}

/// What a patch is about, in its own words: the first mail's subject without `[PATCH 1/3]`, or
/// the first line of the message that `git show` puts before a commit's changes.
pub(super) fn subject(text: &[u8]) -> Option<String> {
    let changes = find(text, b"\ndiff --git ").or_else(|| find(text, b"\n--- ")).unwrap_or(0);
    let head = &text[..changes];
    let subject = match header(head, "subject") {
        Some(subject) => without_tags(&decode_words(&subject)).to_owned(),
        None => message_of_show(head)?,
    };
    let further = matches(text, b"\nSubject: ");
    match (subject.is_empty(), further) {
        (true, _) => None,
        (false, 0) => Some(subject),
        (false, further) => Some(format!("{subject} (and {further} more)")),
    }
}

/// `[PATCH v2 1/3]` says where a mail belongs, not what it is about.
fn without_tags(subject: &str) -> &str {
    let mut rest = subject.trim();
    while let Some((tag, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if !tag.to_ascii_uppercase().contains("PATCH") {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

fn message_of_show(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().skip_while(|line| !line.starts_with("commit "));
    let line = lines.find_map(|line| line.strip_prefix("    "))?;
    Some(line.trim().to_owned())
}

/// A header's value, unfolded. The first one wins.
fn header(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let first = lines.find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })?;
    let folded = lines.take_while(|line| line.starts_with([' ', '\t']));
    Some(folded.fold(first, |value, line| format!("{value} {}", line.trim())))
}

/// RFC 2047: `=?utf-8?q?caf=C3=A9?=`. Words in an unknown character set stay as they are.
fn decode_words(text: &str) -> String {
    let mut decoded = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some((before, word, after)) = next_word(rest) {
        // White space between two encoded words only folds them.
        if !(after_word && before.trim().is_empty()) {
            decoded.push_str(before);
        }
        decoded.push_str(&word);
        rest = after;
        after_word = true;
    }
    decoded + rest
}

fn next_word(text: &str) -> Option<(&str, String, &str)> {
    let (before, rest) = text.split_once("=?")?;
    let mut parts = rest.splitn(4, '?');
    let (charset, encoding, payload) = (parts.next()?, parts.next()?, parts.next()?);
    let after = parts.next()?.strip_prefix('=')?;
    let bytes = match encoding {
        "q" | "Q" => quoted_printable(payload.replace('_', " ").as_bytes()),
        "b" | "B" => base64(payload.as_bytes())?,
        _ => return None,
    };
    let word = match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "us-ascii" => String::from_utf8_lossy(&bytes).into_owned(),
        "iso-8859-1" | "latin1" => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => return None,
    };
    Some((before, word, after))
}

fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let digits = rest.get(1..3).and_then(|digits| std::str::from_utf8(digits).ok());
        if rest.starts_with(b"=\n") {
            at += 2;
        } else if rest.starts_with(b"=\r\n") {
            at += 3;
        } else if let (b'=', Some(byte)) =
            (rest[0], digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()))
        {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(rest[0]);
            at += 1;
        }
    }
    decoded
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(decoded)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// How often `wanted` stands in the text after its first line.
fn matches(text: &[u8], wanted: &[u8]) -> usize {
    // The first subject is a line like the others, unless the file begins with it.
    let all = text.windows(wanted.len()).filter(|window| *window == wanted).count();
    if text.starts_with(&wanted[1..]) { all } else { all.saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject_of(head: &str) -> Option<String> {
        subject(format!("{head}\n\n---\n x | 2 +-\n\ndiff --git a/x b/x\n").as_bytes())
    }

    #[test]
    fn subjects_as_git_writes_them() {
        let is = |head: &str, subject: &str| {
            assert_eq!(subject_of(head).as_deref(), Some(subject), "{head}");
        };
        let from = "From 0123 Mon Sep 17 00:00:00 2001\nFrom: A <a@b.c>\n";
        is(&format!("{from}Subject: [PATCH 1/3] Stream it"), "Stream it");
        is(
            &format!("{from}Subject: [PATCH] Fix [x] in\n a longer way\nTo: b"),
            "Fix [x] in a longer way",
        );
        is(
            &format!(
                "{from}Subject: [PATCH v2] =?UTF-8?q?D=C3=A9bogue=20the?=\n =?UTF-8?q?=20caf=C3=A9?="
            ),
            "Débogue the café",
        );
        is(&format!("{from}Subject: =?utf-8?B?ZsO8cg==?= alle"), "für alle");
        is(&format!("{from}Subject: =?koi8-r?B?ZsO8cg==?= x"), "=?koi8-r?B?ZsO8cg==?= x");
        is("commit 0123\nAuthor: A\n\n    Stream it\n\n    Because.", "Stream it");
        assert_eq!(subject_of("no head at all"), None);
        assert_eq!(subject_of("Subject: [PATCH]"), None);
    }

    #[test]
    fn a_mailbox_is_named_by_its_first_mail() {
        let mail = |subject| format!("From 01\nSubject: [PATCH] {subject}\n\ndiff --git a/x b/x\n");
        let both = mail("one") + &mail("two");
        assert_eq!(subject(both.as_bytes()).unwrap(), "one (and 1 more)");
    }

    #[test]
    fn encoded_mails_are_decoded() {
        let mail = "From: a\nContent-Transfer-Encoding: quoted-printable\n\n+a =3D b=\n, c\n";
        assert!(decode(mail.as_bytes()).ends_with(b"+a = b, c\n"));
        let mail = "From: a\nContent-Transfer-Encoding: base64\n\nK2EgPSBi\nCg==\n";
        assert!(decode(mail.as_bytes()).ends_with(b"\n\n+a = b\n"));
        let plain = b"--- a/x\n+++ b/x\n\n=3D\n";
        assert_eq!(decode(plain), plain);
    }
}
