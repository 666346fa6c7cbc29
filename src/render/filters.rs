//! What templates can call: pure functions from text to text, and how text of a record is escaped.
//!
//! In HTML and XML every value is escaped unless it comes from the filter `markdown`; in Markdown every value is escaped
//! unless it comes from `code`, `fence`, `quote` or `address`. A template that forgets a filter shows too many escapes, never
//! too few.

use std::io::Write;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::Format;
use crate::markup;

pub(super) fn register(format: Format, tera: &mut Tera) {
    match format {
        Format::Html => {
            tera.autoescape_on([".html", ".xml", ".svg"]);
            tera.set_escape_fn(escape_html);
            tera.register_filter("markdown", |text: &str, _: Kwargs, _: &State| {
                Value::safe_string(markup::to_html(text).as_str())
            });
            // The same as text, for a feed that carries HTML as text.
            tera.register_filter("markdown_source", |text: &str, _: Kwargs, _: &State| {
                markup::to_html(text).as_str().to_owned()
            });
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
