//! Writing, editing and deleting.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::super::Context;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::view::{BOLD, ID};
use crate::cli::{editor, output, trust};
use crate::form;
use crate::model::{Runbook, RunbookDraft, limit};
use crate::record::Saved;
use crate::sys;

/// What a new one begins with.
const TEMPLATE: &str = "
## Meaning

What has happened when somebody needs this.

## Impact

Who notices, and how bad it is.

## Diagnosis

```sh name=\"Look at it\"
echo \"a fenced sh block is a step\"
```

## Mitigation

## Rollback
";

pub(super) fn new(title: Option<String>, file: Option<&Path>, context: &Context) -> Result<u8> {
    let draft = match file {
        Some(file) => {
            let read = read(file, context)?;
            RunbookDraft { title: title.or(read.title), ..read }
        }
        None => {
            let begun = RunbookDraft { title, body: TEMPLATE.to_owned(), ..RunbookDraft::default() };
            let Some(draft) = in_editor(&begun, context)? else {
                output::note("Nothing was stored.");
                return Ok(0);
            };
            draft
        }
    };
    store(draft, None, "new", context)
}

pub(super) fn edit(name: &str, file: Option<&Path>, context: &Context) -> Result<u8> {
    let base = super::find(&context.open()?, name)?;
    let draft = match file {
        Some(file) => read(file, context)?,
        None => match in_editor(&RunbookDraft::from(&base), context)? {
            Some(draft) => draft,
            None => {
                output::note("Nothing was changed.");
                return Ok(0);
            }
        },
    };
    if draft.name.as_ref().is_some_and(|name| *name != base.name) {
        return Err(Hinted::new(
            format!("name: must stay {}, pages and alerts lead to it", base.name),
            "store it as a new runbook, and delete this one",
        ));
    }
    let draft = RunbookDraft { name: Some(base.name.clone()), ..draft };
    store(draft, Some(&base), "edit", context)
}

pub(super) fn delete(name: &str, reason: &str, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let base = super::find(&store, name)?;
    if reason.trim().is_empty() {
        return Err(Hinted::new("--reason is empty", "say in a few words why it is deleted"));
    }
    context.recorder(&mut store).delete_runbook(&base.name, reason)?;
    if !context.globals.quiet {
        output::note(&format!("deleted {}  {}", base.name, escape(&base.title)));
    }
    Ok(0)
}

/// Stores a runbook that the person at this machine wrote, and says so.
pub(super) fn store(draft: RunbookDraft, base: Option<&Runbook>, action: &str, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let saved = context.recorder(&mut store).save_runbook(draft, base, action)?;
    let runbook = saved.runbook();
    trust::own_runbook(runbook, base, context);
    output::data(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}", runbook.name, escape(&runbook.title)))?;
    if matches!(saved, Saved::Same(_)) {
        output::note("Nothing was changed.");
    } else if !context.globals.quiet {
        let steps = form::runbook_steps(&runbook.body).len();
        let steps = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
        output::note(&format!("It has {steps}: shipnote run {}", runbook.name));
    }
    Ok(0)
}

fn read(file: &Path, context: &Context) -> Result<RunbookDraft> {
    let most = 2 * limit::TEXT as u64;
    let (name, text) = match file.as_os_str() == "-" {
        true => ("standard input".to_owned(), sys::files::read_stdin(most)?),
        false => (file.display().to_string(), sys::files::read_text(&context.path(file), most)?),
    };
    form::read_runbook(&text).with_context(|| format!("{name} was refused"))
}

/// Opens a runbook in the editor until it can be stored; `None` when it was left as it was.
pub(super) fn in_editor(draft: &RunbookDraft, context: &Context) -> Result<Option<RunbookDraft>> {
    if context.globals.no_input {
        return Err(Hinted::new("--no-input does not open an editor", "give the text as a file: --file FILE"));
    }
    let text = form::write_runbook_draft(draft);
    editor::edit_until(context, &text, "shipnote runbook new --file", &mut |text| {
        let draft = form::read_runbook(text)?;
        draft.clone().validate(context.now)?;
        Ok(draft)
    })
}
