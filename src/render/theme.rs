//! How a site looks by its settings: a colour, a style sheet of the project's own, links on every page.
//!
//! All of it goes into files of the site, for its pages have no inline style, and none of it loads anything from elsewhere.

mod colour;
mod css;

use super::TemplateFile;
use super::view::SiteLink;
use crate::markup;

pub use colour::Accent;
pub(super) use css::check as check_css;

/// Where the two generated style sheets lie. Names that nobody's own assets have.
const ACCENT: &str = "assets/shipnote-accent.css";
const EXTRA: &str = "assets/shipnote-extra.css";

/// Links there may be.
const MOST_LINKS: usize = 20;

/// A setting that cannot be used: what is wrong, and what to give instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct ThemeError {
    wrong: String,
    /// The line of a style sheet.
    pub line: Option<usize>,
    /// What to type.
    pub remedy: String,
}

impl ThemeError {
    fn new(wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), line: None, remedy: remedy.into() }
    }
}

/// The look of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Theme {
    accent: Option<Accent>,
    css: Option<String>,
    links: Vec<SiteLink>,
}

impl Theme {
    /// Sets the colour of links and marks.
    ///
    /// # Errors
    /// When `text` is not `#0b6e4f` or `#0b6`.
    pub fn set_accent(&mut self, text: &str) -> Result<(), ThemeError> {
        self.accent = Some(Accent::parse(text)?);
        Ok(())
    }

    /// Sets the style sheet that is loaded last.
    ///
    /// # Errors
    /// When it is not UTF-8 or would load something from elsewhere; says on which line.
    pub fn set_css(&mut self, content: &[u8]) -> Result<(), ThemeError> {
        let text = std::str::from_utf8(content)
            .map_err(|_| ThemeError::new("the style sheet is not UTF-8", "save it as UTF-8"))?;
        css::check(text).map_err(|error| match error.line {
            Some(line) => ThemeError { wrong: format!("line {line}: {}", error.wrong), ..error },
            None => error,
        })?;
        self.css = Some(text.to_owned());
        Ok(())
    }

    /// Sets the links of every page, each `Title = address`.
    ///
    /// # Errors
    /// For the first that is not one, or whose address is none that may be followed.
    pub fn set_links<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<(), ThemeError> {
        self.links = lines.into_iter().map(link).collect::<Result<_, _>>()?;
        if self.links.len() > MOST_LINKS {
            return Err(ThemeError::new(format!("there are more than {MOST_LINKS} links"), "keep the ones people use"));
        }
        Ok(())
    }

    /// The links.
    pub fn links(&self) -> &[SiteLink] {
        &self.links
    }

    /// The style sheets that pages load after `assets/style.css`, in this order.
    pub fn stylesheets(&self) -> Vec<String> {
        self.assets().into_iter().map(|file| file.name).collect()
    }

    /// The files of these style sheets.
    pub fn assets(&self) -> Vec<TemplateFile> {
        let file = |name: &str, content: String| TemplateFile { name: name.to_owned(), content: content.into_bytes() };
        let accent = self.accent.map(|accent| file(ACCENT, accent.css()));
        accent.into_iter().chain(self.css.clone().map(|css| file(EXTRA, css))).collect()
    }
}

/// Reads `Wiki = https://wiki.example.com/`.
fn link(line: &str) -> Result<SiteLink, ThemeError> {
    let remedy = "write it as \"Wiki = https://wiki.example.com/\"";
    let parts = line.split_once('=').map(|(title, url)| (title.trim(), url.trim()));
    let Some((title, url)) = parts.filter(|(title, url)| !title.is_empty() && !url.is_empty()) else {
        return Err(ThemeError::new(format!("`{line}` is not a title and an address"), remedy));
    };
    let scheme = url.split(['/', '?', '#']).next().unwrap_or_default().contains(':');
    if !markup::is_safe_address(url) || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(ThemeError::new(
            format!("`{url}` is not an address a page may lead to"),
            "give one with http:, https: or mailto:, or a path within the site",
        ));
    }
    let relative = !scheme && !url.starts_with(['/', '#', '?']);
    Ok(SiteLink { title: title.to_owned(), url: url.to_owned(), relative })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_a_title_and_an_address_that_may_be_followed() {
        let mut theme = Theme::default();
        theme
            .set_links([
                "Wiki = https://wiki.example.com/?a=b",
                "On call = mailto:oncall@example.com",
                "Map=docs/map.html",
            ])
            .unwrap();
        let urls: Vec<_> = theme.links().iter().map(|link| (link.url.as_str(), link.relative)).collect();
        let expected =
            [("https://wiki.example.com/?a=b", false), ("mailto:oncall@example.com", false), ("docs/map.html", true)];
        assert_eq!(urls, expected);
        for wrong in [
            "Wiki",
            "= https://x",
            "Wiki =",
            "W = javascript:alert(1)",
            "W = //host/x",
            "W = data:text/html,x",
            "W = a b",
        ] {
            assert!(theme.set_links([wrong]).is_err(), "{wrong}");
        }
        assert!(theme.set_links(["W = https://x"; 21]).is_err());
    }

    #[test]
    fn only_what_is_set_becomes_a_file() {
        let mut theme = Theme::default();
        assert_eq!(theme.assets(), []);
        theme.set_css(b"p { color: red }").unwrap();
        theme.set_accent("#0b6e4f").unwrap();
        assert_eq!(theme.stylesheets(), [ACCENT, EXTRA]);
    }
}
