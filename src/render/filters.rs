//! What templates can call: pure functions from text to text, and how text of a record is escaped.
//!
//! In HTML and XML every value is escaped unless it comes from the filter `markdown`; in Markdown every value is escaped
//! unless it comes from `code`, `fence`, `quote` or `address`. A template that forgets a filter shows too many escapes, never
//! too few.

use std::io::Write;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::Format;
use crate::markup;

/// A filter of ours, for the reference.
#[derive(Debug)]
pub struct FilterHelp {
    /// Its name.
    pub name: &'static str,
    /// The form of page it is for.
    pub format: Format,
    /// What it makes of a text.
    pub help: &'static str,
}

/// Every filter that is ours; Tera has its own besides.
pub const FILTERS: &[FilterHelp] = &[
    FilterHelp { name: "markdown", format: Format::Html, help: "Markdown of a record as HTML that does nothing" },
    FilterHelp { name: "markdown_plain", format: Format::Html, help: "the same without classes in code, for a feed" },
    FilterHelp { name: "markdown_source", format: Format::Html, help: "that as text, for a feed in XML" },
    FilterHelp { name: "shell", format: Format::Html, help: "a command line told into its parts, for `<code>`" },
    FilterHelp { name: "code", format: Format::Markdown, help: "text as inline code" },
    FilterHelp { name: "quote", format: Format::Markdown, help: "Markdown of a record as a block quote" },
    FilterHelp { name: "fence", format: Format::Markdown, help: "text as a code block; `fence(language=\"sh\")`" },
    FilterHelp { name: "address", format: Format::Markdown, help: "the address of a link, between angle brackets" },
    FilterHelp { name: "indented", format: Format::Markdown, help: "lines but the first set in, for a list" },
];

pub(super) fn register(format: Format, tera: &mut Tera) {
    match format {
        Format::Html => {
            tera.autoescape_on([".html", ".xml", ".svg"]);
            tera.set_escape_fn(escape_html);
            tera.register_filter("markdown", |text: &str, _: Kwargs, _: &State| {
                Value::safe_string(markup::to_html(text).as_str())
            });
            // For readers that have no style sheet of ours.
            tera.register_filter("markdown_plain", |text: &str, _: Kwargs, _: &State| {
                safe(markup::to_plain_html(text).as_str())
            });
            // The same as text, for a feed that carries HTML as text.
            tera.register_filter("markdown_source", |text: &str, _: Kwargs, _: &State| {
                markup::to_plain_html(text).as_str().to_owned()
            });
            tera.register_filter("shell", |code: &str, _: Kwargs, _: &State| safe(markup::shell(code).as_str()));
        }
        Format::Markdown => {
            tera.autoescape_on([".md"]);
            tera.set_escape_fn(escape_markdown);
            tera.register_filter("code", |text: &str, _: Kwargs, _: &State| safe(&markup::code_span(text)));
            tera.register_filter("quote", |text: &str, _: Kwargs, _: &State| safe(&markup::quote(text)));
            tera.register_filter("fence", |text: &str, arguments: Kwargs, _: &State| -> TeraResult<Value> {
                let language = arguments.get::<&str>("language")?.unwrap_or_default();
                Ok(safe(&markup::code_block(text, language)))
            });
            // Of a link, between angle brackets.
            tera.register_filter("address", |url: &str, _: Kwargs, _: &State| {
                safe(&url.replace('<', "%3C").replace('>', "%3E").replace('\\', "%5C"))
            });
            tera.register_filter("indented", |text: &str, _: Kwargs, _: &State| safe(&text.replace('\n', "\n   ")));
        }
    }
}

fn safe(text: &str) -> Value {
    Value::safe_string(text)
}

/// Escapes for elements and quoted attributes of HTML and XML alike, and names what cannot be seen.
fn escape_html(text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    tera::escape_html(&markup::visible(text), out)
}

fn escape_markdown(text: &str, out: &mut dyn Write) -> std::io::Result<()> {
    out.write_all(markup::inline(text).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_of_ours_has_a_line_in_the_reference() {
        for format in [Format::Html, Format::Markdown] {
            for filter in FILTERS {
                let mut tera = Tera::new();
                register(format, &mut tera);
                let known = tera.add_raw_template("x", &format!("{{{{ \"\" | {} }}}}", filter.name)).is_ok();
                assert_eq!(known, filter.format == format, "{}", filter.name);
            }
        }
        let source = include_str!("filters.rs");
        let registered = source.split("#[cfg(test)]").next().unwrap().matches("register_filter(\"").count();
        assert_eq!(registered, FILTERS.len());
    }

    #[test]
    fn nothing_reaches_out_of_a_template() {
        let mut tera = Tera::new();
        register(Format::Html, &mut tera);
        for function in ["get_env", "now", "load_data", "read_file", "include_file", "get_random", "exec", "env"] {
            let text = format!("{{{{ {function}(name=\"HOME\") }}}}");
            assert!(
                tera.add_raw_template("x", &text).unwrap_err().to_string().contains("Unknown function"),
                "{function}"
            );
        }
    }
}
