//! What a browser makes of our HTML: read by html5ever, addresses by the `url` crate, neither of which wrote it.

use scraper::{Html, Node};

/// The elements that Markdown has, and the spans of our own.
const ELEMENTS: [&str; 29] = [
    "html",
    "head",
    "body",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "del",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "br",
    "hr",
    "span",
];
/// The attributes that may stand there; of `href` see [`is_harmless_address`].
const ATTRIBUTES: [(&str, &str); 8] = [
    ("a", "href"),
    ("code", "class"),
    ("span", "class"),
    ("pre", "tabindex"),
    ("ol", "start"),
    // Of other renderers, by what Markdown says of a column or a link.
    ("th", "style"),
    ("td", "style"),
    ("a", "title"),
];

/// Panics where HTML has more than text in elements of Markdown, or hides what it says.
pub(crate) fn assert_harmless(html: &str) {
    for node in Html::parse_document(html).tree.nodes() {
        match node.value() {
            Node::Element(element) => {
                let name = element.name();
                assert!(ELEMENTS.contains(&name), "an element {name} in {html:?}");
                for (attribute, value) in element.attrs() {
                    assert!(ATTRIBUTES.contains(&(name, attribute)), "{name} {attribute}={value:?} in {html:?}");
                    assert!(attribute != "style" || value.starts_with("text-align: "), "{value:?} in {html:?}");
                    if attribute == "href" {
                        assert!(is_harmless_address(value), "leads to {value:?} in {html:?}");
                    }
                }
            }
            Node::Comment(comment) => panic!("a comment {:?} in {html:?}", &**comment),
            Node::ProcessingInstruction(_) | Node::Doctype(_) => panic!("not text: {html:?}"),
            Node::Document | Node::Fragment | Node::Text(_) => {}
        }
    }
}

/// Whether a browser that follows it from a page of a site ends on that site, on the web or in a mail program.
fn is_harmless_address(address: &str) -> bool {
    let page = url::Url::parse("https://site.example/changes/a.html").unwrap();
    match page.join(address) {
        // What is no address leads nowhere.
        Err(_) => true,
        Ok(target) => match target.scheme() {
            "https" if target.host_str() == Some("site.example") => true,
            "http" | "https" | "mailto" => address
                .trim_start()
                .get(..4)
                .is_some_and(|begin| begin.eq_ignore_ascii_case("http") || begin.eq_ignore_ascii_case("mail")),
            _ => false,
        },
    }
}
