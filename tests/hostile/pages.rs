//! A published site as a browser reads it: nothing on it but what our templates put there.

use std::path::Path;

use scraper::{Html, Node};

/// Elements that load, run, send or frame something; our pages have scripts and styles of their own, which are looked at.
const NEVER: [&str; 14] = [
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "base",
    "form",
    "math",
    "foreignobject",
    "template",
    "audio",
    "video",
    "img",
    "noscript",
];

/// Looks at every page, feed and index below a folder; returns how many pages there were.
pub(crate) fn check(site: &Path) -> usize {
    let mut pages = 0;
    let mut folders = vec![site.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = String::from_utf8(std::fs::read(&path).unwrap()) else { continue };
            let name = path.strip_prefix(site).unwrap().display().to_string();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            match ending {
                "html" => {
                    html(&name, &text);
                    pages += 1;
                }
                "xml" => feed(&name, &text),
                "json" => drop(serde_json::from_str::<serde_json::Value>(&text).unwrap()),
                "md" | "txt" => markdown(&name, &text),
                "js" => assert!(!text.contains("</script"), "{name}"),
                _ => {}
            }
            assert!(!text.contains("root:x:"), "{name} holds a file of the machine");
        }
    }
    pages
}

fn html(name: &str, text: &str) {
    assert!(!text.contains(shipnote::markup::is_misleading), "{name} hides something");
    let page = Html::parse_document(text);
    for node in page.tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        let tag = element.name();
        assert!(!NEVER.contains(&tag), "{name}: an element {tag}");
        if tag == "script" {
            assert!(element.attr("src").is_some_and(|source| source.ends_with(".js")), "{name}: a script of its own");
            assert!(node.children().next().is_none(), "{name}: a script that says something");
        }
        if tag == "meta" {
            assert!(element.attr("http-equiv").is_none_or(|kind| kind.eq_ignore_ascii_case("content-security-policy")));
        }
        for (attribute, value) in element.attrs() {
            assert!(
                !attribute.starts_with("on") && !["style", "srcdoc", "srcset", "ping"].contains(&attribute),
                "{name}: {attribute}"
            );
            let leads =
                ["href", "src", "xlink:href", "action", "formaction", "poster", "data", "cite"].contains(&attribute);
            if leads {
                assert!(leads_nowhere_else(tag, value), "{name}: <{tag} {attribute}={value:?}>");
            }
        }
    }
}

/// Whether an address is one of the site, or, of a link, one on the web or of a mail program.
fn leads_nowhere_else(tag: &str, address: &str) -> bool {
    let base = url::Url::parse("https://site.example/a/b/c/d.html").unwrap();
    // What is no address leads nowhere.
    base.join(address).ok().is_none_or(|target| match target.scheme() {
        "https" if target.host_str() == Some("site.example") => true,
        "https" | "http" | "mailto" => {
            tag == "a" && ["https://", "http://", "mailto:"].iter().any(|begin| address.starts_with(begin))
        }
        _ => false,
    })
}

/// XML that another reader takes for a feed, whose HTML does nothing either.
fn feed(name: &str, text: &str) {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    feed_rs::parser::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let expected = node.tag_name().namespace() == Some("http://www.w3.org/2005/Atom");
        assert!(expected, "{name}: an element {:?}", node.tag_name());
        if node.attribute("type") == Some("html") {
            super::html::assert_harmless(node.text().unwrap_or_default());
        }
    }
}

/// Markdown that another renderer makes no HTML of but that of Markdown.
fn markdown(name: &str, text: &str) {
    let options = pulldown_cmark::Options::ENABLE_TABLES | pulldown_cmark::Options::ENABLE_STRIKETHROUGH;
    for event in pulldown_cmark::Parser::new_ext(text, options) {
        match event {
            pulldown_cmark::Event::Html(html) | pulldown_cmark::Event::InlineHtml(html) => {
                panic!("{name}: raw HTML {html:?}");
            }
            pulldown_cmark::Event::Start(pulldown_cmark::Tag::Image { dest_url, .. }) => {
                panic!("{name}: a picture {dest_url}")
            }
            pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) => {
                assert!(leads_nowhere_else("a", &dest_url), "{name}: leads to {dest_url}");
            }
            _ => {}
        }
    }
}
