//! Reading Markdown files as runbooks.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::super::Context;
use crate::cli::text::escape;
use crate::cli::{markdown_files, output};
use crate::form;
use crate::model::{RunbookDraft, Source, limit};
use crate::record::Saved;
use crate::sys;

/// What became of the files.
#[derive(Default)]
struct Tally {
    new: usize,
    same: usize,
    left_out: Vec<String>,
}

pub(super) fn run(
    paths: &[PathBuf],
    service: Option<&String>,
    owner: Option<&String>,
    context: &Context,
) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let mut tally = Tally::default();
    for path in paths {
        let root = context.path(path);
        let mut files = Vec::new();
        markdown_files::gather(&root, &mut files)?;
        for file in files {
            let mut draft = match read(&file, &root, context) {
                Ok(draft) => draft,
                Err(error) => {
                    tally.left_out.push(format!("{}: {error:#}", file.display()));
                    continue;
                }
            };
            draft.service = draft.service.or_else(|| service.cloned());
            draft.owner = draft.owner.or_else(|| owner.cloned());
            match context.recorder(&mut store).import_runbook(draft) {
                Ok(Saved::New(_)) => tally.new += 1,
                Ok(Saved::Same(_)) => tally.same += 1,
                Err(error) => tally.left_out.push(format!("{}: {error:#}", file.display())),
            }
        }
    }
    for line in &tally.left_out {
        output::note(&format!("left out  {}", escape(line)));
    }
    let Tally { new, same, left_out } = tally;
    output::data(&format!("{new} imported, {same} unchanged, {} left out", left_out.len()))?;
    Ok(u8::from(new + same == 0))
}

/// A file as a draft. An alert is what its name is when no words are apart in it.
fn read(file: &Path, root: &Path, context: &Context) -> Result<RunbookDraft> {
    let text = sys::files::read_text(file, 2 * limit::TEXT as u64)?;
    let draft = form::read_runbook(&text).with_context(|| format!("{} was refused", file.display()))?;
    Ok(placed(draft, file, root, context))
}

/// The draft with what the place of its file says.
pub(in crate::cli::commands) fn placed(
    mut draft: RunbookDraft,
    file: &Path,
    root: &Path,
    context: &Context,
) -> RunbookDraft {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_alert =
        stem.bytes().any(|byte| byte.is_ascii_uppercase()) && stem.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_alert && draft.alerts.is_empty() {
        draft.alerts.push(stem.to_owned());
    }
    draft.title.get_or_insert_with(|| stem.to_owned());
    draft.source = Some(Source { kind: "runbook".to_owned(), key: Some(markdown_files::key(file, root, context)) });
    draft
}
