//! The texts of a record, looked at while it is written as JSON that nobody keeps.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// Whether any text in a value, names of fields included, fulfils `test`.
pub(super) fn any(value: &impl Serialize, test: fn(&str) -> bool) -> bool {
    let mut texts = Texts { text: String::new(), test, found: false };
    let written = value.serialize(&mut Serializer::with_formatter(io::sink(), &mut texts));
    // What cannot be written has been seen in part: look closer.
    written.is_err() || texts.found
}

struct Texts {
    /// The one that is being written.
    text: String,
    test: fn(&str) -> bool,
    found: bool,
}

/// The serialiser hands over a text in parts, between those that JSON escapes.
impl Formatter for &mut Texts {
    fn begin_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.text.clear();
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        self.text.push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        });
        Ok(())
    }

    fn end_string<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.found = self.found || (self.test)(&self.text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_and_as_they_are() {
        let text = "a \"b\" \\ / \u{8}\u{c}\n\r\t\u{1}é";
        assert!(any(&[("x", 1.5), (text, 2.0)], |text| text == "a \"b\" \\ / \u{8}\u{c}\n\r\t\u{1}é"));
        assert!(!any(&["ab", "cd"], |text| text.contains("bc") || text.contains(',')));
    }
}
