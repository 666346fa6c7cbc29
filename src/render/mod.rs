//! Views and the Tera templates that show them; returns strings.
//!
//! Templates see only the structs of [`view`], never a store, and the filters they can call are pure (`filters`). The
//! embedded templates of `templates/` are the fallback of whatever the project has under the same name, so that a
//! project's `html/change.html` can extend `default/change.html` or replace it. Nothing here reads a file or asks the
//! time. Imports `model` and `markup`.

mod filters;
pub mod view;

use include_dir::{Dir, include_dir};
use serde::Serialize;
use tera::{Context, Tera};

use crate::markup;

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
    fn new(format: Format, name: &str, error: &tera::Error) -> Self {
        let said = error.to_string();
        // What Tera begins a message with that shows a line.
        let reason = said.strip_prefix("error: ").unwrap_or(&said).trim_end().to_owned();
        Self { name: format!("{}{name}", format.folder()), reason }
    }
}

/// The templates, read and ready.
#[derive(Debug)]
pub struct Renderer {
    html: Tera,
    markdown: Tera,
}

impl Renderer {
    /// The embedded templates below the ones of `own`.
    ///
    /// # Errors
    /// [`TemplateError`] for the first template that is not one.
    pub fn new(own: &[TemplateFile]) -> Result<Self, TemplateError> {
        Ok(Self { html: read(Format::Html, &HTML, own)?, markdown: read(Format::Markdown, &MARKDOWN, own)? })
    }

    /// The page `frame` with `view` in it.
    ///
    /// # Errors
    /// [`TemplateError`] when the template asks for what is not there.
    pub fn page<V: view::View>(
        &self,
        format: Format,
        site: &view::Site,
        frame: &view::Frame,
        view: &V,
    ) -> Result<String, TemplateError> {
        self.show(format, &format!("{}{}", V::NAME, format.suffix()), site, V::NAME, view, Some(frame))
    }

    /// The Atom feed (RFC 4287).
    ///
    /// # Errors
    /// As [`Renderer::page`].
    pub fn feed(&self, site: &view::Site, feed: &view::Feed<'_>) -> Result<String, TemplateError> {
        self.show(Format::Html, "atom.xml", site, "feed", feed, None)
    }

    fn show(
        &self,
        format: Format,
        template: &str,
        site: &view::Site,
        name: &'static str,
        view: &impl Serialize,
        frame: Option<&view::Frame>,
    ) -> Result<String, TemplateError> {
        let tera = match format {
            Format::Html => &self.html,
            Format::Markdown => &self.markdown,
        };
        let mut context = Context::new();
        context.insert("site", site);
        context.insert(name, view);
        if let Some(frame) = frame {
            context.insert("page", frame);
        }
        tera.render(template, &context).map_err(|error| TemplateError::new(format, template, &error))
    }
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

fn read(format: Format, embedded: &Dir<'_>, own: &[TemplateFile]) -> Result<Tera, TemplateError> {
    let mut tera = Tera::new();
    let refuse = |name: &str, error: tera::Error| TemplateError::new(format, name, &error);
    tera.set_fallback_prefixes([DEFAULT]).map_err(|error| refuse("", error))?;
    filters::register(format, &mut tera);
    let embedded = embedded
        .files()
        .filter_map(|file| Some((format!("{DEFAULT}{}", file.path().display()), file.contents_utf8()?.to_owned())));
    tera.add_raw_templates(embedded).map_err(|error| refuse("", error))?;
    let mut mine = Vec::new();
    for file in own {
        let Some(name) = file.name.strip_prefix(format.folder()) else { continue };
        let text =
            std::str::from_utf8(&file.content).map_err(|_| refuse(name, tera::Error::message("it is not UTF-8")))?;
        mine.push((name.to_owned(), text.to_owned()));
    }
    // Together, because they may extend each other.
    let names: Vec<_> = mine.iter().map(|(name, _)| name.clone()).collect();
    tera.add_raw_templates(mine).map_err(|error| refuse(&names.join(" or "), error))?;
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
