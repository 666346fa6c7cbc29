//! Bytes of a log as text that can be read: whatever is in them.

use std::borrow::Cow;

/// Bytes of a line that are read; an error says what it is at its beginning.
pub(super) const LONGEST_LINE: usize = 4096;

/// Characters of a title or the address of a link in an escape sequence.
const LONGEST_STRING: usize = 512;

/// A line as text: cut to `longest` bytes, without ANSI escapes, control characters as spaces, what is no UTF-8 replaced.
pub(super) fn line(bytes: &[u8], longest: usize) -> Cow<'_, str> {
    let mut bytes = &bytes[..bytes.len().min(longest)];
    while let [rest @ .., b'\r' | b'\n'] = bytes {
        bytes = rest;
    }
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_until_final(&mut chars),
            '\t' => clean.push(c),
            // A carriage return within a line is a progress bar that was drawn over.
            c if c.is_control() => clean.push(' '),
            // Word processors and chat turn quotes; the error had straight ones. Zero width is nothing at all.
            '‘' | '’' => clean.push('\''),
            '“' | '”' => clean.push('"'),
            '\u{a0}' => clean.push(' '),
            '\u{200b}' | '\u{feff}' => {}
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// Skips what follows an escape character (ECMA-48): a control sequence, a string such as a title or a link, or one letter.
fn skip_escape(chars: &mut std::str::Chars<'_>) {
    match chars.clone().next() {
        Some('[') => {
            chars.next();
            skip_until_final(chars);
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            chars.next();
            // Until the bell or the string terminator; a string that does not end soon hides nothing.
            let ended = chars.clone().take(LONGEST_STRING).position(|c| matches!(c, '\u{7}' | '\u{9c}' | '\u{1b}'));
            if let Some(end) = ended {
                let last = chars.nth(end);
                if last == Some('\u{1b}') && chars.as_str().starts_with('\\') {
                    chars.next();
                }
            }
        }
        Some('(' | ')') => {
            chars.nth(1);
        }
        Some(c) if c.is_ascii_alphanumeric() || matches!(c, '=' | '>' | '\\') => {
            chars.next();
        }
        _ => {}
    }
}

/// Skips the parameters of a control sequence and the letter that ends it.
fn skip_until_final(chars: &mut std::str::Chars<'_>) {
    while let Some(c) = chars.clone().next() {
        match c {
            ' '..='?' => {
                chars.next();
            }
            '@'..='~' => {
                chars.next();
                return;
            }
            _ => return,
        }
    }
}

/// The beginning of a text, at most `longest` bytes, not within a character.
pub(super) fn cut(text: &str, longest: usize) -> &str {
    &text[..text.floor_char_boundary(longest)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_control_characters_go() {
        for (bytes, text) in [
            (&b"\x1b[31mERROR\x1b[0m: x\r\n"[..], "ERROR: x"),
            (b"\x1b[1;38;5;9merror\x1b[0m", "error"),
            (b"\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\ x", "link x"),
            (b"\x1b]0;title\x07x", "x"),
            (b"\x1b(Bx\x1b=y\x1bM", "xy"),
            (b"a\0b\xffc", "a b\u{fffd}c"),
            ("‘a’ “b”\u{a0}\u{200b}c".as_bytes(), "'a' \"b\" c"),
            (b"\x1b[", ""),
            (b"\x1b]no end", "no end"),
        ] {
            assert_eq!(line(bytes, 4096), text, "{bytes:?}");
        }
    }

    #[test]
    fn long_lines_are_cut() {
        assert_eq!(line(&[b'x'; 10_000], LONGEST_LINE).len(), LONGEST_LINE);
        assert_eq!(cut("aé", 2), "a");
    }
}
