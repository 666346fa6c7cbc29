//! Characters that a reader of a page cannot see, or that make a line read other than it is.

use std::borrow::Cow;

/// Control characters, marks that turn the direction of what follows (Unicode Standard Annex 9), and characters without
/// width. Not the two joiners and the two direction marks: scripts and emoji are written with them.
pub fn is_misleading(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{180e}' | '\u{200b}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
        // A carriage return is white space in a page.
        && c != '\r'
}

/// The text with those characters named, for instance `<U+202E>`. Control characters are not allowed in XML at all.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly all text is plain ASCII, which is quicker to see.
    let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if text.as_bytes().iter().all(plain) || !text.contains(is_misleading) {
        return Cow::Borrowed(text);
    }
    let mut named = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_misleading(c) { named.push_str(&format!("<U+{:04X}>", u32::from(c))) } else { named.push(c) }
    }
    Cow::Owned(named)
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_cannot_be_seen_is_named_and_the_rest_stays() {
        assert_eq!(visible("rm \u{202e}fr- x\u{200b}\u{1b}[2J"), "rm <U+202E>fr- x<U+200B><U+001B>[2J");
        for text in ["plain\r\n\ttext", "👩\u{200d}💻", "می\u{200c}خواهم", "שלום"] {
            assert!(matches!(visible(text), std::borrow::Cow::Borrowed(same) if same == text));
        }
    }
}
