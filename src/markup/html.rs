//! Markdown from a record as HTML that does nothing but stand there.

use std::borrow::Cow;

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};

use super::highlight::{Language, highlight};
use super::visible::visible;

/// Elements that may stand in each other; deeper ones lose their tags and keep their text. Browsers stop at 512.
const MOST_NESTED: usize = 100;

/// HTML made by this module: elements of Markdown and our own spans only, no attribute of the author's but the addresses of
/// links, which are `http:`, `https:`, `mailto:` or within the site. It loads nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHtml(pub(super) String);

impl SafeHtml {
    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Renders Markdown (CommonMark with tables and strikethrough) that nobody vouches for. Raw HTML is shown as the text it
/// is, images become links, and headings begin at `<h3>`: a page and its sections have the first two. Code in a language
/// that is known is told into its parts.
pub fn to_html(markdown: &str) -> SafeHtml {
    render(markdown, Filter { highlights: true, ..Filter::default() })
}

/// The same without classes in code, for readers that have no style sheet of ours.
pub fn to_plain_html(markdown: &str) -> SafeHtml {
    render(markdown, Filter::default())
}

fn render(markdown: &str, mut filter: Filter) -> SafeHtml {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let events = Parser::new_ext(markdown, options).filter_map(|event| filter.apply(event));
    let mut out = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut out, events);
    SafeHtml(out)
}

/// Where the links and pictures of a Markdown text lead.
pub fn links(markdown: &str) -> Vec<String> {
    let address = |event: Event<'_>| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    };
    Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(address).collect()
}

/// Where a Markdown text leads on the web: by its links and pictures, and by addresses that stand in it as they are.
pub fn web_addresses(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = 0_u32;
    for event in TextMergeStream::new(Parser::new_ext(markdown, Options::ENABLE_TABLES)) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                inside += 1;
                found.push(dest_url.into_string());
            }
            Event::End(TagEnd::Link | TagEnd::Image) => inside = inside.saturating_sub(1),
            // A link may show its address.
            Event::Text(text) if inside == 0 => found.extend(bare_addresses(&text).map(str::to_owned)),
            _ => {}
        }
    }
    found.retain(|address| address.starts_with("https://") || address.starts_with("http://"));
    found
}

fn bare_addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c.is_control() || "<>\"'`".contains(c)).filter_map(|word| {
        let start = word.find("https://").or_else(|| word.find("http://"))?;
        let mut address = &word[start..];
        // Marks behind it are of the sentence, and so is a bracket that was not opened in it.
        loop {
            let surplus = |open, close| address.matches(close).count() > address.matches(open).count();
            address = match address.as_bytes().last()? {
                b'.' | b',' | b';' | b':' | b'!' | b'?' | b'*' | b'_' => &address[..address.len() - 1],
                b')' if surplus('(', ')') => &address[..address.len() - 1],
                b']' if surplus('[', ']') => &address[..address.len() - 1],
                _ => return Some(address),
            };
        }
    })
}

/// Whether a link may lead there: an address of one of three schemes, or one without a scheme that stays on its host.
/// The parser has resolved entities and escapes already; white space and control characters are what browsers leave out
/// of an address before they read its scheme.
pub fn is_safe_address(address: &str) -> bool {
    let read: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let scheme_end = read.find([':', '/', '?', '#']).filter(|at| read.as_bytes()[*at] == b':');
    match scheme_end {
        Some(at) => ["http", "https", "mailto"].iter().any(|scheme| read[..at].eq_ignore_ascii_case(scheme)),
        None => !read.starts_with("//") && !read.contains('\\'),
    }
}

#[derive(Default)]
struct Filter {
    /// For each open element, whether its tags are written.
    open: Vec<bool>,
    links: usize,
    highlights: bool,
    /// The code that is being gathered, of which language.
    code: Option<(Language, String)>,
}

impl Filter {
    fn apply<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let tag = self.start(Tag::CodeBlock(kind))?;
                let language = if self.highlights { Language::of(language(&tag)) } else { None };
                self.code = language.map(|language| (language, String::new()));
                Some(code_block(&tag))
            }
            Event::End(TagEnd::CodeBlock) => {
                self.end(TagEnd::CodeBlock)?;
                let code = self.code.take().map(|(language, code)| highlight(&code, language).0);
                Some(Event::Html((code.unwrap_or_default() + "</code></pre>\n").into()))
            }
            Event::Text(text) if self.code.is_some() => {
                self.code.as_mut()?.1.push_str(&text);
                None
            }
            Event::Start(tag) => self.start(tag).map(Event::Start),
            Event::End(tag) => self.end(tag).map(Event::End),
            Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) => Some(Event::Text(named(text))),
            Event::Code(text) => Some(Event::Code(named(text))),
            Event::TaskListMarker(done) => Some(Event::Text(if done { "☑ " } else { "☐ " }.into())),
            Event::SoftBreak | Event::HardBreak | Event::Rule => Some(event),
            // Of extensions that are not switched on.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => None,
        }
    }

    fn start<'a>(&mut self, tag: Tag<'a>) -> Option<Tag<'a>> {
        let kept = (self.open.len() < MOST_NESTED).then(|| self.rewrite(tag)).flatten();
        self.open.push(kept.is_some());
        if matches!(kept, Some(Tag::Link { .. })) {
            self.links += 1;
        }
        kept
    }

    fn rewrite<'a>(&self, tag: Tag<'a>) -> Option<Tag<'a>> {
        match tag {
            Tag::Heading { level, .. } => {
                Some(Tag::Heading { level: lowered(level), id: None, classes: Vec::new(), attrs: Vec::new() })
            }
            // An alignment would be a style attribute, which the pages' policy forbids.
            Tag::Table(_) => Some(Tag::Table(Vec::new())),
            Tag::HtmlBlock => Some(Tag::Paragraph),
            Tag::BlockQuote(_) => Some(Tag::BlockQuote(None)),
            Tag::Link { dest_url, link_type, .. } => self.link(dest_url, link_type),
            // A picture would be loaded from wherever it is: lead there instead.
            Tag::Image { dest_url, .. } => self.link(dest_url, LinkType::Inline),
            tag => Some(tag),
        }
    }

    /// A link, unless it leads astray or stands in another one.
    fn link<'a>(&self, dest_url: CowStr<'a>, link_type: LinkType) -> Option<Tag<'a>> {
        let safe = self.links == 0 && (link_type == LinkType::Email || is_safe_address(&dest_url));
        safe.then_some(Tag::Link { link_type, dest_url, title: CowStr::Borrowed(""), id: CowStr::Borrowed("") })
    }

    fn end(&mut self, tag: TagEnd) -> Option<TagEnd> {
        if !self.open.pop().unwrap_or(false) {
            return None;
        }
        Some(match tag {
            TagEnd::Heading(level) => TagEnd::Heading(lowered(level)),
            TagEnd::HtmlBlock => TagEnd::Paragraph,
            TagEnd::BlockQuote(_) => TagEnd::BlockQuote(None),
            TagEnd::Link | TagEnd::Image => {
                self.links -= 1;
                TagEnd::Link
            }
            tag => tag,
        })
    }
}

/// The first word behind a fence.
fn language<'a>(tag: &'a Tag<'_>) -> &'a str {
    match tag {
        Tag::CodeBlock(CodeBlockKind::Fenced(info)) => info.split_whitespace().next().unwrap_or_default(),
        _ => "",
    }
}

/// A block that the keyboard can reach, since it may be wider than its place; with its language where that is one word.
fn code_block(tag: &Tag<'_>) -> Event<'static> {
    let is_word =
        |language: &str| language.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+#_.".contains(&byte));
    let class = match language(tag) {
        language if !language.is_empty() && is_word(language) => format!(" class=\"language-{language}\""),
        _ => String::new(),
    };
    Event::Html(format!("<pre tabindex=\"0\"><code{class}>").into())
}

fn named(text: CowStr<'_>) -> CowStr<'_> {
    match visible(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(named) => named.into(),
    }
}

/// Two levels further down.
fn lowered(level: HeadingLevel) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + 2).unwrap_or(HeadingLevel::H6)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(markdown: &str) -> String {
        to_html(markdown).as_str().trim_end().to_owned()
    }

    #[test]
    fn addresses_are_found_however_they_are_written() {
        let found = web_addresses(
            "[a](https://a.example/x) <https://b.example> (see https://c.example/a_b_c(d)), `https://no.example`\n\
             [https://d.example](https://d.example) by @x in https://e.example/pull/7.\n\n[mail](mailto:x@f.example)",
        );
        let expected = [
            "https://a.example/x",
            "https://b.example",
            "https://c.example/a_b_c(d)",
            "https://d.example",
            "https://e.example/pull/7",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn markdown_is_what_people_mean_by_it() {
        assert_eq!(html("a *b* `c`"), "<p>a <em>b</em> <code>c</code></p>");
        assert_eq!(html("# T"), "<h3>T</h3>");
        assert_eq!(html("##### T"), "<h6>T</h6>");
        assert_eq!(html("- [x] done"), "<ul>\n<li>☑ done</li>\n</ul>");
        assert_eq!(html("[pull](https://example.com/1)"), r#"<p><a href="https://example.com/1">pull</a></p>"#);
        assert_eq!(html("<team@example.com>"), r#"<p><a href="mailto:team@example.com">team@example.com</a></p>"#);
        assert!(html("| a |\n|:-:|\n| b |").contains("<td>b</td>"));
        let block = r#"<pre tabindex="0"><code class="language-sh"><span class="t-command">a</span> <span class="t-operator">&lt;</span> <span class="t-path">b</span>
</code></pre>"#;
        assert_eq!(html("```sh x=\"y\"\na < b\n```"), block);
        assert!(html("```\"onclick=x\na").contains("<pre tabindex=\"0\"><code>a"));
    }

    #[test]
    fn raw_html_is_text() {
        assert_eq!(html("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
        assert_eq!(html("a <img src=x onerror=alert(1)>"), "<p>a &lt;img src=x onerror=alert(1)&gt;</p>");
        assert_eq!(html("# h {onclick=alert(1)}"), "<h3>h {onclick=alert(1)}</h3>");
    }

    #[test]
    fn links_lead_to_the_web_or_nowhere() {
        for markdown in [
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](java&#10;script:alert(1))",
            "[x](\u{1}javascript:alert(1))",
            "<javascript:alert(1)>",
            "[x](data:text/html,1)",
            "[x](vbscript:1)",
            "[x](file:///etc/passwd)",
            "[x](//host/p)",
            "[x](\\\\\\\\host\\\\p)",
            "[x][r]\n\n[r]: javascript:alert(1)",
        ] {
            assert!(!html(markdown).contains("<a"), "{markdown}: {}", html(markdown));
        }
        assert!(html("[x](../docs/a.md?b#c)").contains(r#"href="../docs/a.md?b#c""#));
    }

    #[test]
    fn a_picture_is_a_link_and_loads_nothing() {
        assert_eq!(html("![p](https://example.com/p.png)"), r#"<p><a href="https://example.com/p.png">p</a></p>"#);
        assert_eq!(html("![p](//host/p.gif)"), "<p>p</p>");
        assert_eq!(
            html("[![b](https://example.com/b.svg)](https://example.com)"),
            r#"<p><a href="https://example.com">b</a></p>"#
        );
    }

    #[test]
    fn endless_nesting_ends() {
        let deep = html(&"> ".repeat(50_000));
        assert!(deep.matches("<blockquote>").count() <= MOST_NESTED);
        assert_eq!(deep.matches("<blockquote>").count(), deep.matches("</blockquote>").count());
        assert!(!html(&"<div>".repeat(100_000)).contains("<div"));
    }

    #[test]
    fn marks_that_mislead_are_shown() {
        assert_eq!(html("`a\u{202e}b`"), "<p><code>a&lt;U+202E&gt;b</code></p>");
    }

    proptest! {
        /// Whatever the text: only elements of Markdown come out, closed in order, and the only attributes are `href`,
        /// the number a list begins with and the language of a code block.
        #[test]
        fn nothing_of_the_authors_becomes_markup(text in "([<>&\"'`\\[\\]()!#*_|:=/ \n\\\\-]|[a-z]{1,6}|javascript:|<img src=x onerror=y>|</script>|\\PC){0,80}") {
            let html = to_html(&text);
            let mut open = Vec::new();
            for tag in html.as_str().split('<').skip(1) {
                let tag = tag.split_once('>').expect("a tag is closed").0;
                if let Some(name) = tag.strip_prefix('/') {
                    prop_assert_eq!(open.pop(), Some(name.to_owned()));
                    continue;
                }
                let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
                let known = ["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong",
                    "del", "a", "span", "table", "thead", "tbody", "tr", "th", "td"];
                let empty = ["br", "hr"].contains(&name);
                prop_assert!(empty || known.contains(&name), "{}", tag);
                let safe = attributes.is_empty() || attributes == "/" || ["href=\"", "start=\"", "tabindex=\"0\"", "class=\"language-", "class=\"t-"].iter().any(|start| attributes.starts_with(start));
                prop_assert!(safe && !attributes.to_lowercase().contains("javascript:"), "{}", tag);
                prop_assert!(attributes.matches('"').count() <= 2, "{}", tag);
                if !empty {
                    open.push(name.to_owned());
                }
            }
            prop_assert!(open.is_empty());
        }
    }
}
