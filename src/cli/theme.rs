//! The look of the site by the settings; an error names the setting, where it stands, and what to type.

use anyhow::{Context as _, Result};

use super::context::Context;
use super::report::Hinted;
use super::text::escape;
use crate::model::limit;
use crate::render::theme::{Theme, ThemeError};
use crate::sys;

/// Reads `site.accent`, `site.css` and `site.links`.
pub(super) fn read(context: &Context) -> Result<Theme> {
    let config = &context.config;
    let refuse = |name: &str, error: ThemeError| {
        let origin = config.setting(name).origin.to_string();
        Hinted::new(
            format!("`{name}` from {} cannot be used: {}", escape(&origin), escape(&error.to_string())),
            error.remedy,
        )
    };
    let mut theme = Theme::default();
    if let Some(colour) = config.get("site.accent") {
        theme.set_accent(colour).map_err(|error| refuse("site.accent", error))?;
    }
    if let Some(path) = config.path("site.css") {
        let content = sys::files::read_bytes(&path, limit::STYLES).with_context(|| {
            format!("cannot read the style sheet of `site.css` from {}", config.setting("site.css").origin)
        })?;
        theme.set_css(&content).map_err(|error| refuse("site.css", error))?;
    }
    if let Some(links) = config.get("site.links") {
        let lines = links.lines().map(str::trim).filter(|line| !line.is_empty());
        theme.set_links(lines).map_err(|error| refuse("site.links", error))?;
    }
    Ok(theme)
}
