//! Views and the Tera templates that show them; returns strings.
//!
//! Templates see only the structs of [`view`], never a store, and the filters they can call are pure (`filters`). The
//! embedded templates of `templates/` are the fallback of whatever the project has under the same name, so that a
//! project's `html/change.html` can extend `default/change.html` or replace it. `check` tries them all on made-up views,
//! `limits` keeps them from running away, `theme` is how a site looks by its settings. Nothing here reads a file or asks
//! the time. Imports `model` and `markup`.

mod check;
mod filters;
mod limits;
mod links;
mod source;
pub mod theme;
pub mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde::Serialize;
use tera::{Context, Tera};

use crate::markup;

pub use check::{Problem, Watch, check};
pub use filters::{FILTERS, FilterHelp};
pub use limits::STACK;
pub use links::{Links, links};

static HTML: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/html");
static MARKDOWN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/markdown");
static ASSETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/assets");

/// What the embedded templates are called from a project's own.
const DEFAULT: &str = "default/";

/// The form of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `.html`, for browsers.
    Html,
    /// `.md`, for repositories and wikis.
    Markdown,
}

impl Format {
    /// The end of its file names.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Html => ".html",
            Self::Markdown => ".md",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Html => "html/",
            Self::Markdown => "markdown/",
        }
    }
}

/// A file of a project's own `templates/`: `html/change.html`, `markdown/list.md`, `assets/style.css`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Its path below `templates/`, with `/` between the parts.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// A template that cannot be read or shown; says which one, where and why.
#[derive(Debug, thiserror::Error)]
#[error("the template {name} cannot be used: {reason}")]
pub struct TemplateError {
    name: String,
    reason: String,
}

impl TemplateError {
    fn because(format: Format, name: &str, reason: impl Into<String>) -> Self {
        Self { name: format!("{}{name}", format.folder()), reason: reason.into() }
    }

    fn new(format: Format, name: &str, error: &tera::Error) -> Self {
        let said = error.to_string();
        // What Tera begins a message with that shows a line.
        Self::because(format, name, said.strip_prefix("error: ").unwrap_or(&said).trim_end())
    }
}

/// The templates, read and ready.
#[derive(Debug)]
pub struct Renderer {
    html: Arc<Tera>,
    markdown: Arc<Tera>,
}

impl Renderer {
    /// The embedded templates below the ones of `own`.
    ///
    /// # Errors
    /// [`TemplateError`] for the first template that is not one.
    pub fn new(own: &[TemplateFile]) -> Result<Self, TemplateError> {
        let read = |format| Ok(Arc::new(read(format, own)?));
        Ok(Self { html: read(Format::Html)?, markdown: read(Format::Markdown)? })
    }

    fn templates(&self, format: Format) -> &Arc<Tera> {
        match format {
            Format::Html => &self.html,
            Format::Markdown => &self.markdown,
        }
    }

    /// The page in a form.
    ///
    /// # Errors
    /// [`TemplateError`] when the template asks for what is not there.
    pub fn page(&self, format: Format, page: &Page) -> Result<String, TemplateError> {
        self.write(format, &format!("{}{}", page.name, format.suffix()), &page.context)
    }

    /// The same written to `text`, whose room is used again by whoever makes many pages.
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn page_into(&self, format: Format, page: &Page, text: &mut Vec<u8>) -> Result<(), TemplateError> {
        let template = format!("{}{}", page.name, format.suffix());
        write(self.templates(format), &template, &page.context, text)
            .map_err(|failure| because(format, &template, failure))
    }

    /// An Atom feed (RFC 4287).
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn atom(&self, site: &view::Site, feed: &view::Feed<'_>) -> Result<String, TemplateError> {
        self.write(Format::Html, "atom.xml", &context(site, "feed", feed))
    }

    /// A JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>): the content of its entries is that of the Atom feed.
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn json_feed(&self, site: &view::Site, feed: &view::Feed<'_>) -> Result<String, TemplateError> {
        let address = |path: &str| format!("{}{path}", site.base_url.as_deref().unwrap_or_default());
        let mut items = Vec::new();
        for change in &feed.changes {
            let content = self.write(Format::Html, "feed_content.html", &context(site, "change", change))?;
            items.push(serde_json::json!({
                "id": format!("urn:shipnote:{}", change.id),
                "url": address(&format!("{}.html", change.path)),
                "title": markup::visible(change.title),
                "content_html": content,
                "date_published": change.at.iso,
                "date_modified": change.updated_at.iso,
                "authors": change.owner.iter().map(|owner| serde_json::json!({"name": markup::visible(&owner.name)})).collect::<Vec<_>>(),
                "tags": change.tags.iter().map(|tag| markup::visible(&tag.name)).collect::<Vec<_>>(),
            }));
        }
        let mut json = serde_json::json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": markup::visible(&feed.title),
            "home_page_url": address("index.html"),
            "items": items,
        });
        if site.base_url.is_some() {
            json["feed_url"] = address("feed.json").into();
        }
        Ok(format!("{json:#}\n"))
    }

    /// A site map (<https://www.sitemaps.org/protocol.html>).
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn site_map(&self, site: &view::Site, map: &view::Sitemap) -> Result<String, TemplateError> {
        self.write(Format::Html, "sitemap.xml", &context(site, "sitemap", map))
    }

    fn write(&self, format: Format, template: &str, context: &Context) -> Result<String, TemplateError> {
        text(self.templates(format), template, context).map_err(|failure| because(format, template, failure))
    }
}

fn because(format: Format, template: &str, failure: Failure) -> TemplateError {
    match failure {
        Failure::Tera(error) => TemplateError::new(format, template, &error),
        Failure::TooLong => TemplateError::because(format, template, check::TOO_LONG),
        Failure::Panic => TemplateError::because(format, template, check::STUMBLES),
    }
}

/// A page that can be shown in every form: its view is read once.
#[derive(Debug)]
pub struct Page {
    name: &'static str,
    context: Context,
}

impl Page {
    /// The page `frame` with `view` in it.
    pub fn new<V: view::View>(site: &view::Site, frame: &view::Frame, view: &V) -> Self {
        let mut context = context(site, V::NAME, view);
        context.insert("page", frame);
        Self { name: V::NAME, context }
    }
}

fn context(site: &view::Site, name: &'static str, view: &impl Serialize) -> Context {
    let mut context = Context::new();
    context.insert("site", site);
    context.insert(name, view);
    context
}

/// The beginning of a Markdown text in one line of at most `most` characters, for where a page shows no markup.
pub fn excerpt(markdown: &str, most: usize) -> String {
    markup::plain(markdown, most)
}

/// A name or a title in one line of at most `most` characters; what cannot be seen in it is named.
pub fn line(text: &str, most: usize) -> String {
    markup::line(text, most)
}

/// The files that pages load: the embedded ones, and those of `own` over them.
pub fn assets(own: &[TemplateFile]) -> Vec<TemplateFile> {
    let mut files: Vec<TemplateFile> = own.iter().filter(|file| file.name.starts_with("assets/")).cloned().collect();
    for file in ASSETS.files() {
        let name = format!("assets/{}", file.path().display());
        if files.iter().all(|own| own.name != name) {
            files.push(TemplateFile { name, content: file.contents().to_owned() });
        }
    }
    files
}

/// Every embedded file by its name below `templates/`, sorted.
pub fn embedded() -> Vec<TemplateFile> {
    let mut files: Vec<TemplateFile> = [("html", &HTML), ("markdown", &MARKDOWN), ("assets", &ASSETS)]
        .into_iter()
        .flat_map(|(folder, files)| files.files().map(move |file| (folder, file)))
        .map(|(folder, file)| TemplateFile {
            name: format!("{folder}/{}", file.path().display()),
            content: file.contents().to_owned(),
        })
        .collect();
    files.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    files
}

/// Why a page did not come about.
enum Failure {
    Tera(tera::Error),
    TooLong,
    Panic,
}

/// Renders within the limits.
fn text(tera: &Tera, template: &str, context: &Context) -> Result<String, Failure> {
    // Most pages fit.
    let mut text = Vec::with_capacity(16 * 1024);
    write(tera, template, context, &mut text)?;
    String::from_utf8(text).map_err(|error| Failure::Tera(error.into()))
}

/// The same into a text, in the place of what it holds.
fn write(tera: &Tera, template: &str, context: &Context, text: &mut Vec<u8>) -> Result<(), Failure> {
    text.clear();
    let mut page = limits::Page { text, over: false };
    match catch_unwind(AssertUnwindSafe(|| tera.render_to(template, context, &mut page))) {
        Err(_) => Err(Failure::Panic),
        Ok(Err(_)) if page.over => Err(Failure::TooLong),
        Ok(Err(error)) => Err(Failure::Tera(error)),
        Ok(Ok(())) => Ok(()),
    }
}

/// The embedded templates of a form by name.
fn embedded_texts(format: Format) -> Vec<(&'static str, &'static str)> {
    let files = if format == Format::Html { &HTML } else { &MARKDOWN };
    files.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?))).collect()
}

/// The embedded templates, ready to have a project's own put over them.
fn base(format: Format) -> tera::TeraResult<Tera> {
    let mut tera = Tera::new();
    tera.set_fallback_prefixes([DEFAULT])?;
    filters::register(format, &mut tera);
    tera.add_raw_templates(embedded_texts(format).into_iter().map(|(name, text)| (format!("{DEFAULT}{name}"), text)))?;
    Ok(tera)
}

fn read(format: Format, own: &[TemplateFile]) -> Result<Tera, TemplateError> {
    let mut mine = Vec::new();
    for file in own {
        let Some(name) = file.name.strip_prefix(format.folder()) else { continue };
        let text =
            std::str::from_utf8(&file.content).map_err(|_| TemplateError::because(format, name, "it is not UTF-8"))?;
        mine.push((name, text));
    }
    if let Some(crossed) = limits::crossed(&mine, &embedded_texts(format)).into_iter().next() {
        return Err(TemplateError::because(format, &crossed.file, crossed.reason));
    }
    let mut tera = base(format).map_err(|error| TemplateError::new(format, "", &error))?;
    // Together, because they may extend each other.
    let names: Vec<_> = mine.iter().map(|(name, _)| *name).collect();
    let names = names.join(" or ");
    tera.add_raw_templates(mine).map_err(|error| TemplateError::new(format, &names, &error))?;
    Ok(tera)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_templates_are_read() {
        Renderer::new(&[]).unwrap();
        let names: Vec<_> = assets(&[]).into_iter().map(|file| file.name).collect();
        assert!(names.contains(&"assets/style.css".to_owned()), "{names:?}");
    }
}
