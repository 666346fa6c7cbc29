//! Markdown as a line of text.

use pulldown_cmark::{Event, Options, Parser};

use super::visible::visible;

/// Bytes of Markdown read for each character wanted: markup takes some, white space is drawn together.
const BYTES_READ: usize = 6;

/// The beginning of the text of a Markdown document as one line of at most `most` characters, cut between words and then
/// ending with an ellipsis. What cannot be seen is named.
pub fn plain(markdown: &str, most: usize) -> String {
    let read = &markdown[..markdown.floor_char_boundary(most * BYTES_READ)];
    let mut text = String::with_capacity(read.len());
    for event in Parser::new_ext(read, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => text.push_str(&part),
            // Blocks end, words of a paragraph do not.
            Event::SoftBreak | Event::HardBreak | Event::Rule => text.push(' '),
            Event::End(tag) if !is_inline(tag) => text.push(' '),
            _ => {}
        }
    }
    shortened(&visible(&text), most, read.len() < markdown.len())
}

/// A text as one line of at most `most` characters, likewise.
pub fn line(text: &str, most: usize) -> String {
    let read = &text[..text.floor_char_boundary(most * BYTES_READ)];
    shortened(&visible(read), most, read.len() < text.len())
}

fn is_inline(tag: pulldown_cmark::TagEnd) -> bool {
    use pulldown_cmark::TagEnd;
    matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image)
}

fn shortened(text: &str, most: usize, is_cut: bool) -> String {
    let mut line = String::with_capacity(text.len().min(most * 4));
    let mut length = 0;
    for word in text.split_whitespace() {
        let characters = word.chars().count() + usize::from(length > 0);
        if length + characters > most {
            if length == 0 {
                line.extend(word.chars().take(most));
            }
            line.push('…');
            return line;
        }
        if length > 0 {
            line.push(' ');
        }
        line.push_str(word);
        length += characters;
    }
    if is_cut {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_one_line() {
        let text =
            "# It **broke**\n\nfor `GET /orders`:\n\n```text\nReadTimeout: a\n  b\n```\n\n- one\n- [two](x)<b>\n";
        assert_eq!(plain(text, 200), "It broke for GET /orders: ReadTimeout: a b one two<b>");
        assert_eq!(plain("a\u{202e}b", 20), "a<U+202E>b");
        assert_eq!(plain("", 20), "");
    }

    #[test]
    fn it_is_cut_between_words() {
        assert_eq!(plain("one two three", 8), "one two…");
        assert_eq!(plain("one two", 7), "one two");
        assert_eq!(line(&"x".repeat(100), 3), "xxx…");
        assert_eq!(plain(&format!("a{}", " ".repeat(100)), 3), "a…");
        assert_eq!(line("日本語 日本語", 3), "日本語…");
    }
}
