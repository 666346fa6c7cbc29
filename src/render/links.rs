//! Where a page leads, read from its finished text.

use std::collections::HashSet;

use super::Format;
use crate::markup;

/// Where a page leads, and where one can be led to in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Addresses, each once.
    pub to: HashSet<String>,
    /// Its anchors; of Markdown, none.
    pub anchors: HashSet<String>,
}

/// The links, scripts, styles and pictures of a page.
///
/// ```
/// use shipnote::render::{Format, links};
///
/// let links = links(Format::Html, r#"<h2 id="top">a &lt; b</h2><a title='>' href="x.html?a&amp;b">x</a>"#);
/// assert!(links.to.contains("x.html?a&b") && links.anchors.contains("top"));
/// ```
pub fn links(format: Format, text: &str) -> Links {
    let mut links = Links::default();
    match format {
        Format::Markdown => links.to.extend(markup::links(text)),
        Format::Html => each_attribute(text, &mut |name, value| {
            let into = match name {
                "href" | "src" => &mut links.to,
                "id" => &mut links.anchors,
                _ => return,
            };
            into.insert(unescape(value));
        }),
    }
    links
}

/// Calls `each` with every quoted attribute of every element.
fn each_attribute(html: &str, each: &mut impl FnMut(&str, &str)) {
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        // A value is quoted, so a `>` in it does not end the element.
        while let Some(at) = rest.find(['"', '\'', '>']) {
            let (before, behind) = rest.split_at(at);
            let quote = &behind[..1];
            rest = &behind[1..];
            if quote == ">" {
                break;
            }
            let Some((value, behind)) = rest.split_once(quote) else { return };
            rest = behind;
            let name = before.trim_end().strip_suffix('=').unwrap_or_default().trim_end();
            each(name.rsplit(char::is_whitespace).next().unwrap_or_default(), value);
        }
    }
}

/// The five characters that templates escape.
fn unescape(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    let names = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2F;", "/"),
        ("&amp;", "&"),
    ];
    names.iter().fold(value.to_owned(), |value, (name, character)| value.replace(name, character))
}
