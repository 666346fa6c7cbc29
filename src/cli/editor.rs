//! Forms in the person's editor: a form that does not validate is opened again with the error on top, never thrown away.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::report::Hinted;
use super::{Context, output};
use crate::form;
use crate::model::{Change, Draft, limit};
use crate::record::{self, OnSecrets};
use crate::sys;

/// What to do with a form that cannot be read, or a draft that cannot be recorded.
type Accept<'a> = dyn FnMut(Draft) -> Result<Change> + 'a;

/// Opens `text` until `accept` takes the draft it reads as. Returns the draft, or `None` when the form was left as it
/// was.
pub(super) fn edit(context: &Context, text: &str, accept: &mut Accept<'_>) -> Result<Option<Draft>> {
    edit_until(context, text, "shipnote log --from", &mut |text| {
        let draft = form::read(text)?;
        accept(draft.clone())?;
        Ok(draft)
    })
}

/// Opens `text` until `read` takes it; returns what it makes of it, or `None` when the text was left as it was. `again` is
/// what to type with a text that is kept because it could not be read.
pub(super) fn edit_until<T>(
    context: &Context,
    text: &str,
    again: &str,
    read: &mut dyn FnMut(&str) -> Result<T>,
) -> Result<Option<T>> {
    let editor = command(context)?;
    let file = tempfile::Builder::new()
        .prefix("shipnote-")
        .suffix(".md")
        .tempfile()
        .context("cannot make a temporary file")?;
    let path = file.into_temp_path();
    let mut shown = text.to_owned();
    loop {
        sys::files::write_atomic(&path, shown.as_bytes())?;
        let mut arguments = editor[1..].to_vec();
        arguments.push(path.display().to_string());
        let status = sys::process::run(&editor[0], &arguments, None)?;
        let edited = sys::files::read_text(&path, 2 * limit::RECORD as u64);
        let unchanged = edited.as_ref().is_ok_and(|edited| *edited == shown);
        if !status.success() {
            return Err(kept(path.keep()?, format!("the editor {} ended with an error", editor[0]), again));
        }
        if unchanged && shown == text {
            return Ok(None);
        }
        let edited = edited?;
        let error = match read(&edited) {
            Ok(read) => return Ok(Some(read)),
            Err(error) => error,
        };
        if unchanged {
            // Saved as it was shown, error and all: the person gave up, or nobody sits at the editor.
            let message = format!("the form was left with its error: {error:#}");
            return Err(kept(path.keep()?, message, again));
        }
        if !context.globals.quiet {
            output::note(&format!("The form is opened again: {}", super::text::escape(&format!("{error:#}"))));
        }
        shown = form::with_error(&edited, &format!("{error:#}"));
    }
}

fn kept(path: PathBuf, message: String, again: &str) -> anyhow::Error {
    let path = path.display();
    Hinted::new(message, format!("your text is kept in {path}; mend it and run `{again} {path}`"))
}

/// Whether a draft could be recorded now; for [`edit`].
pub(super) fn check(context: &Context, draft: Draft, base: Option<&Change>, on_secrets: &OnSecrets) -> Result<Change> {
    record::checked(draft, base, context.now, on_secrets)
}

/// The editor and its arguments: `SHIPNOTE_EDITOR` or `editor` of the settings, `VISUAL`, `EDITOR`.
fn command(context: &Context) -> Result<Vec<String>> {
    let set = match context.config.get("editor") {
        Some(editor) => Some(editor.to_owned()),
        None => sys::env::var("VISUAL")?.or(sys::env::var("EDITOR")?),
    };
    let words = set.as_deref().and_then(shlex::split).filter(|words| !words.is_empty());
    words.ok_or_else(|| {
        Hinted::new(
            "no editor is set",
            "set EDITOR, for instance EDITOR=vi, or use flags or --from FILE instead of --edit",
        )
    })
}
