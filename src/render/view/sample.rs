//! Views made up, for `templates check`: one with everything, one with hostile texts, one with nothing that can be absent.
//!
//! Each view is written out field by field, so the compiler names the one that a new field was forgotten in. A new view gets
//! a function here and a line in [`all`]; a test fails when a template has none.

mod change;
mod lists;
mod runbooks;
mod tree;

use serde::Serialize;
use tera::Value;

use super::{ChangeView, Feed, Frame, LlmsView, MissingView, Named, Site, SiteLink, VERSION, View, When};
use crate::render::Format;

/// What stands in the fields of a sample.
pub(super) struct Texts {
    /// What the sample is called.
    name: &'static str,
    /// A line.
    line: &'static str,
    /// Markdown.
    markdown: &'static str,
    /// A command line.
    command: &'static str,
    /// A path or a route.
    path: &'static str,
}

/// As a team writes.
static PLAIN: Texts = Texts {
    name: "full",
    line: "Cache the order lookup",
    markdown: "Clients *retry* after `500 ms`:\n\n```sh\ncurl -sS https://example.com/orders/1 # slow\n```\n",
    command: "kubectl rollout restart deploy/orders && echo \"done\"",
    path: "src/orders/api.py",
};

/// What a hostile text begins with; a page that has it unescaped runs it.
pub(in crate::render) const HOSTILE: &str = "<script>alert(1)</script>";

/// As somebody writes who wants a page to run it.
static EVIL: Texts = Texts {
    name: "hostile",
    line: "<script>alert(1)</script>\"' onmouseover='x' {{ site }} {% if %} \u{202e}",
    markdown: "<script>alert(1)</script>\n\n[x](javascript:alert(1)) ![x](//host/p.gif)\n\n```sh\n<script>alert(1)</script>",
    command: "<script>alert(1)</script> '</code></pre>' \"{{ site }}",
    path: "<script>alert(1)</script>/../{% raw %}",
};

/// A view with what goes around it.
pub(in crate::render) struct Sample {
    /// `full`, `hostile` or `bare`.
    pub(in crate::render) name: &'static str,
    /// The name of its template and of its variable.
    pub(in crate::render) view: &'static str,
    /// The page around it, if it is one.
    pub(in crate::render) frame: Option<Frame>,
    /// The site it is part of.
    pub(in crate::render) site: Site,
    /// What the template sees.
    pub(in crate::render) value: Value,
    /// The file that shows it, if it is no page.
    file: &'static str,
}

impl Sample {
    /// The file that shows it.
    pub(in crate::render) fn template(&self, format: Format) -> Option<String> {
        match (&self.frame, format) {
            (Some(_), Format::Html) if self.view == LlmsView::NAME => None,
            (Some(_), Format::Markdown) if self.view == MissingView::NAME => None,
            (Some(_), _) => Some(format!("{}{}", self.view, format.suffix())),
            (None, Format::Html) => Some(self.file.to_owned()),
            (None, Format::Markdown) => None,
        }
    }

    fn page<V: View>(name: &'static str, view: &V, texts: Option<&'static Texts>) -> Self {
        let frame = Frame {
            title: texts.map_or("Title", |texts| texts.line).to_owned(),
            path: "changes/k7m2xq9dwv4p".to_owned(),
            root: "../".to_owned(),
            section: "changes".to_owned(),
        };
        let value = Value::from_serializable(view);
        Self { name, view: V::NAME, frame: Some(frame), site: site(texts), value, file: "" }
    }

    /// What is no page: `view` is the name of its variable.
    fn other(
        name: &'static str,
        (file, view): (&'static str, &'static str),
        value: &impl Serialize,
        texts: Option<&'static Texts>,
    ) -> Self {
        Self { name, view, frame: None, site: site(texts), value: Value::from_serializable(value), file }
    }
}

const FEED: (&str, &str) = ("atom.xml", "feed");
const FEED_CONTENT: (&str, &str) = ("feed_content.html", "change");
const SITEMAP: (&str, &str) = ("sitemap.xml", "sitemap");

/// Every sample of every view.
pub(in crate::render) fn all() -> Vec<Sample> {
    let mut samples = Vec::new();
    for texts in [&PLAIN, &EVIL] {
        let name = texts.name;
        samples.push(Sample::page(name, &change::full(texts), Some(texts)));
        samples.push(Sample::page(name, &lists::home(texts), Some(texts)));
        samples.push(Sample::page(name, &lists::facets(texts), Some(texts)));
        samples.push(Sample::page(name, &lists::list(texts), Some(texts)));
        samples.push(Sample::page(name, &lists::runbook(texts), Some(texts)));
        samples.push(Sample::page(name, &runbooks::written(texts, lists::row(texts)), Some(texts)));
        samples.push(Sample::page(name, &runbooks::runbooks(texts), Some(texts)));
        samples.push(Sample::page(name, &tree::folder(texts), Some(texts)));
        samples.push(Sample::page(name, &tree::metric(texts), Some(texts)));
        samples.push(Sample::page(name, &tree::missing(texts), Some(texts)));
        samples.push(Sample::page(name, &tree::llms(texts), Some(texts)));
        samples.push(Sample::other(name, FEED, &feed(texts.line, vec![change::full(texts)]), Some(texts)));
        samples.push(Sample::other(name, FEED_CONTENT, &change::full(texts), Some(texts)));
        samples.push(Sample::other(name, SITEMAP, &tree::pages(), Some(texts)));
    }
    samples.push(Sample::page("bare", &change::bare(), None));
    samples.push(Sample::page("bare", &lists::bare_home(), None));
    samples.push(Sample::page("bare", &lists::bare_facets(), None));
    samples.push(Sample::page("bare", &lists::bare_list(), None));
    samples.push(Sample::page("bare", &lists::bare_runbook(), None));
    samples.push(Sample::page("bare", &runbooks::bare_written(), None));
    samples.push(Sample::page("bare", &runbooks::bare_runbooks(), None));
    samples.push(Sample::page("bare", &tree::bare_folder(), None));
    samples.push(Sample::page("bare", &tree::bare_metric(), None));
    samples.push(Sample::page("bare", &tree::bare_missing(), None));
    samples.push(Sample::page("bare", &tree::bare_llms(), None));
    samples.push(Sample::other("bare", FEED, &feed("Site", Vec::new()), None));
    samples.push(Sample::other("bare", FEED_CONTENT, &change::bare(), None));
    samples.push(Sample::other("bare", SITEMAP, &tree::maps(), None));
    samples
}

fn feed<'a>(title: &str, changes: Vec<ChangeView<'a>>) -> Feed<'a> {
    Feed {
        title: title.to_owned(),
        path: "services/orders".to_owned(),
        page: "services/orders".to_owned(),
        root: "../".to_owned(),
        updated_at: (!changes.is_empty()).then(when),
        changes,
    }
}

fn site(texts: Option<&'static Texts>) -> Site {
    let link = |texts: &Texts| SiteLink { title: texts.line.to_owned(), url: "docs/".to_owned(), relative: true };
    Site {
        title: texts.map_or("Site", |texts| texts.line).to_owned(),
        base_url: texts.map(|_| "https://runbooks.example.com/".to_owned()),
        html: true,
        markdown: texts.is_some(),
        runbooks: texts.is_some(),
        links: texts.map(link).into_iter().collect(),
        stylesheets: texts.map(|_| "assets/x.css".to_owned()).into_iter().collect(),
        views: VERSION,
    }
}

fn named(texts: &Texts) -> Named {
    Named { name: texts.line.to_owned(), path: "tags/name".to_owned() }
}

fn when() -> When {
    When { iso: "2026-11-20T14:05:00Z".to_owned(), day: "2026-11-20".to_owned(), long: "20 November 2026".to_owned() }
}
