//! Text from a record inside a Markdown page: it shows as it is and does not leave its place.

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use super::fence::marks_around;
use super::html::is_safe_address;
use super::visible::visible;

/// One line of text with everything that Markdown would read in it escaped; line breaks become spaces.
pub fn inline(text: &str) -> String {
    // Most of what stands in a list is a word or a date.
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-/.,:;()'\" ".contains(&byte);
    if text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && !text.ends_with(' ') && text.bytes().all(word) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for (n, line) in visible(text).split(['\n', '\r']).filter(|line| !line.trim().is_empty()).enumerate() {
        if n > 0 {
            out.push(' ');
        }
        for c in line.trim().chars() {
            match c {
                // An entity where a backslash would do too: tools that read Markdown loosely see no tag either way.
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '&' | '!' | '$' => out.extend(['\\', c]),
                c => out.push(c),
            }
        }
    }
    // What begins a list, a rule or an underline at the start of a line.
    let digits = out.bytes().take_while(u8::is_ascii_digit).count();
    let behind = &out.as_bytes()[digits..];
    if out.starts_with(['-', '+', '=', ':']) {
        out.insert(0, '\\');
    } else if digits > 0 && matches!(behind, [b'.' | b')'] | [b'.' | b')', b' ' | b'\t', ..]) {
        out.insert(digits, '\\');
    }
    out
}

/// Text as inline code: the marks are longer than any inside.
pub fn code_span(text: &str) -> String {
    let text = visible(text).replace(['\n', '\r'], " ");
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    // A bar would end the cell of a table even inside code.
    format!("{marks}{pad}{text}{pad}{marks}")
}

/// Text as a fenced code block of a language, without a line break behind it.
pub fn code_block(text: &str, language: &str) -> String {
    let text = visible(text).replace("\r\n", "\n").replace('\r', "\n");
    let marks = marks_around(&text);
    format!("{marks}{language}\n{}\n{marks}", text.trim_end_matches('\n'))
}

/// Markdown from a record as a block quote, so that a heading, an open fence or an open tag in it ends with it. Raw HTML is
/// shown as text, pictures and links that lead astray as they were written.
pub fn quote(markdown: &str) -> String {
    let text = visible(markdown).replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim_matches('\n');
    let mut quoted = String::with_capacity(text.len() + 64);
    for (n, line) in text.split('\n').enumerate() {
        let between = if n == 0 { "" } else { "\n" };
        quoted.extend([between, if line.is_empty() { ">" } else { "> " }, line]);
    }
    // Taking a tag apart can show Markdown that it hid: look again until nothing is left that acts.
    for _ in 0..MOST_ROUNDS {
        let places = active(&quoted);
        if places.is_empty() {
            return quoted;
        }
        quoted = defused(&quoted, places);
    }
    code_block(text, "")
}

/// Rounds after which a text counts as made to deceive, and is shown as code.
const MOST_ROUNDS: usize = 8;

/// What is put before a place, or in the stead of the one byte there.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Edit {
    place: usize,
    put: &'static str,
    instead: bool,
}

/// What would act in a page: tags, pictures, links that lead astray.
fn active(text: &str) -> Vec<Edit> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut edits = Vec::new();
    let escape = |place| Edit { place, put: "\\", instead: false };
    let entity = |place| Edit { place, put: "&lt;", instead: true };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                let tags = text[range.clone()].match_indices('<');
                edits.extend(tags.map(|(at, _)| entity(range.start + at)));
            }
            Event::Start(Tag::Image { .. }) => edits.push(escape(range.start)),
            Event::Start(Tag::Link { dest_url, link_type, .. }) if !is_safe_address(&dest_url) => match link_type {
                LinkType::Email => {}
                LinkType::Autolink => edits.push(entity(range.start)),
                _ => edits.push(escape(range.start)),
            },
            _ => {}
        }
    }
    edits.sort_unstable();
    edits.dedup_by_key(|edit| edit.place);
    edits
}

fn defused(text: &str, edits: Vec<Edit>) -> String {
    let mut out = String::with_capacity(text.len() + edits.len() * 4);
    let mut at = 0;
    for Edit { place, put, instead } in edits {
        out.push_str(&text[at..place]);
        out.push_str(put);
        at = place + usize::from(instead);
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::TagEnd;

    use super::*;

    #[test]
    fn a_line_shows_as_it_is() {
        assert_eq!(inline("get_user <b> *x* [a](b)"), r"get\_user &lt;b&gt; \*x\* \[a\](b)");
        assert_eq!(inline("1. no list\n- neither"), r"1\. no list - neither");
        assert_eq!(inline("- no list"), r"\- no list");
    }

    #[test]
    fn code_keeps_its_marks() {
        assert_eq!(code_span("a `b` c"), "``a `b` c``");
        assert_eq!(code_span("`b`"), "`` `b` ``");
        assert_eq!(code_block("a\n```\nb", "sh"), "````sh\na\n```\nb\n````");
    }

    #[test]
    fn a_quote_ends_where_it_ends() {
        assert_eq!(quote("# Why\n\n```\nopen"), "> # Why\n>\n> ```\n> open");
        assert_eq!(quote("a <!-- open"), "> a <!-- open");
        assert_eq!(quote("</div>\n[x](javascript:y)"), "> &lt;/div>\n> \\[x](javascript:y)");
        assert_eq!(quote("<script>x</script>"), "> &lt;script>x&lt;/script>");
        assert_eq!(quote("![p](//host/p.gif) [x](javascript:y)"), r"> \!\[p](//host/p.gif) \[x](javascript:y)");
    }

    fn text_of(markdown: &str) -> String {
        let mut text = String::new();
        for event in Parser::new(markdown) {
            match event {
                Event::Text(piece) | Event::Code(piece) => text.push_str(&piece),
                Event::SoftBreak => text.push(' '),
                _ => {}
            }
        }
        text
    }

    proptest! {
        #[test]
        fn an_escaped_line_reads_back(text in "[ -~]{1,40}") {
            let expected = text.trim().to_owned();
            prop_assert_eq!(text_of(&inline(&text)), expected);
        }

        /// After the quote comes what stands after it, whatever was quoted, and nothing in it acts.
        #[test]
        fn a_quote_holds_anything(text in "(> |```|~~~|<!--|<script>|</div>|<b>|# |- |    |\\[x\\]\\(javascript:y\\)|!\\[x\\]\\(y\\)|[a-z\\\\`<>]{0,4}|\n|\t){0,30}") {
            let page = format!("{}\n\nafter\n", quote(&text));
            let mut depth = 0_usize;
            let mut last = String::new();
            for event in Parser::new(&page) {
                match event {
                    Event::Start(Tag::BlockQuote(_)) => depth += 1,
                    Event::End(TagEnd::BlockQuote(_)) => depth -= 1,
                    Event::Text(text) if depth == 0 => last.push_str(&text),
                    Event::Html(html) | Event::InlineHtml(html) => prop_assert!(false, "raw {}", html),
                    Event::Start(Tag::Image { .. }) => prop_assert!(false, "a picture in {}", page),
                    Event::Start(Tag::Link { dest_url, .. }) => prop_assert!(is_safe_address(&dest_url)),
                    _ => {}
                }
            }
            prop_assert_eq!(last, "after");
        }
    }
}
