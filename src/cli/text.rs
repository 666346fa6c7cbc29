//! The one escaper: nothing from a record reaches a terminal unless it went through here.

use std::ops::Range;

use anstyle::Style;
use unicode_width::UnicodeWidthChar;

/// One line: control characters in caret notation, line breaks included, bidirectional and zero-width marks named.
pub(super) fn escape(text: &str) -> String {
    escape_with(text, |_| false)
}

/// Several lines: the same, but line breaks and tabs stay.
pub(super) fn escape_lines(text: &str) -> String {
    escape_with(text, |c| matches!(c, '\n' | '\t'))
}

/// The same for text with colours: they stay, nothing else does.
pub(super) fn escape_styled(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (n, part) in text.split("\u{1b}[").enumerate() {
        let parameters = part.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        let is_colour = part.as_bytes().get(parameters) == Some(&b'm');
        match n {
            0 => escaped.push_str(&escape_lines(part)),
            _ if is_colour => {
                escaped.extend(["\u{1b}[", &part[..=parameters], &escape_lines(&part[parameters + 1..])]);
            }
            _ => escaped.extend(["^[[", &escape_lines(part)]),
        }
    }
    escaped
}

fn escape_with(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if keep(c) { escaped.push(c) } else { push_escaped(&mut escaped, c) }
    }
    escaped
}

fn push_escaped(escaped: &mut String, c: char) {
    match c {
        '\0'..='\u{1f}' => escaped.extend(['^', char::from(c as u8 + b'@')]),
        '\u{7f}' => escaped.push_str("^?"),
        c if is_hidden(c) => escaped.push_str(&format!("<U+{:04X}>", u32::from(c))),
        c => escaped.push(c),
    }
}

/// Characters that change how others are shown, or that cannot be seen: C1 controls, marks that turn the direction of
/// text (Unicode Standard Annex 9), zero-width characters, separators, tags.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// JSON in which the same characters are written as `\u` escapes: it says the same and does nothing to a terminal.
pub(super) fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) || c == '\u{7f}' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// One line with the parts in `spans` in another style.
pub(super) fn highlight(text: &str, spans: &[Range<usize>], style: Style) -> String {
    let mut out = String::new();
    let mut at = 0;
    for span in spans {
        out.push_str(&escape(&text[at..span.start]));
        out.push_str(&format!("{style}{}{style:#}", escape(&text[span.clone()])));
        at = span.end;
    }
    out.push_str(&escape(&text[at..]));
    out
}

/// Lines of at most `width` columns, broken at spaces where there are any; for text that was escaped.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let columns = |text: &str| text.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
    let mut lines = Vec::new();
    for line in text.lines() {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        let mut current = String::new();
        for word in line.split(' ') {
            let fits = current.is_empty() || columns(&current) + 1 + columns(word) <= width;
            if !fits {
                lines.push(std::mem::replace(&mut current, indent.clone()));
                current.push_str(word);
            } else {
                if !current.is_empty() || line.starts_with(' ') && word.is_empty() {
                    current.push(' ');
                }
                current.push_str(word);
            }
        }
        lines.push(current.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_show_as_themselves() {
        assert_eq!(escape("a\u{1b}]0;x\u{7}b\rc\nd\u{7f}"), "a^[]0;x^Gb^Mc^Jd^?");
        assert_eq!(escape("\u{9b}2J \u{202e}abc\u{200b}"), "<U+009B>2J <U+202E>abc<U+200B>");
        assert_eq!(escape_lines("a\n\tb\u{1b}[2J"), "a\n\tb^[[2J");
        assert_eq!(escape("naïve – 日本語 🚀"), "naïve – 日本語 🚀");
    }

    #[test]
    fn colours_stay_and_nothing_else_does() {
        let text = "\u{1b}[1;31merror:\u{1b}[0m `\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\u{1b}[`\n";
        assert_eq!(escape_styled(text), "\u{1b}[1;31merror:\u{1b}[0m `^[[2J^[]0;x^G<U+202E>^[[`\n");
    }

    #[test]
    fn escaped_json_says_the_same() {
        let text = "a\u{1b}\u{9b}\u{202e}\u{e0041}é";
        let json = escape_json(&serde_json::to_string(text).unwrap());
        assert!(json.chars().all(|c| !is_hidden(c) && !c.is_control()), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a\n\nb", 7), ["a", "", "b"]);
        assert_eq!(wrap("averylongword", 5), ["averylongword"]);
    }
}
