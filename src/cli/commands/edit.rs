use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::{Context, log};
use crate::cli::fields::{Clear, Fields, Lists};
use crate::cli::report::Hinted;
use crate::cli::secrets::SecretFlags;
use crate::cli::{complete, editor, output, trust};
use crate::form;
use crate::model::{Change, Draft, Status};
use crate::record::Recorded;
use crate::store::{Store, StoreError};

/// Edit a change: by flags, or in the editor when there are none
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote edit k7m2\n  \
    shipnote edit k7m2 --owner team-orders --metric \"p95 latency: 480 ms -> 190 ms\"\n  \
    shipnote edit k7m2 --clear tags --tag python\n\n\
    Lists are added to; an empty text (--owner \"\") clears a field. Every revision is kept: shipnote show ID --history.")]
pub(in crate::cli) struct Args {
    /// The change, by the beginning of its id
    #[arg(add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// Another title
    #[arg(long)]
    title: Option<String>,
    /// draft, shipped, rolled-back or superseded
    #[arg(long, value_parser = |text: &str| text.parse::<Status>(), add = ArgValueCompleter::new(complete::statuses))]
    status: Option<Status>,
    /// Empty a list or a group of fields first; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<Clear>,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    secrets: SecretFlags,
    /// Refuse unless the change is at this revision
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
    /// Print the change as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let base = context.find(&store, &args.id)?;
    if let Some(expected) = args.revision.filter(|expected| *expected != base.revision) {
        return Err(StoreError::LostUpdate { id: base.id, found: base.revision, expected }.into());
    }
    let flags = args.title.is_some() || args.status.is_some() || !args.clear.is_empty() || !args.fields.is_empty();
    let draft = if flags {
        by_flags(&args, &base, context, &store)?
    } else {
        match in_editor(&args, &base, context)? {
            Some(draft) => draft,
            None => {
                output::note("Nothing was changed.");
                return Ok(0);
            }
        }
    };
    let (change, changed) =
        context.recorder(&mut store).on_secrets(args.secrets.on_secrets()).edit(&base, draft, "edit", None)?;
    if !changed && !context.globals.quiet {
        output::note("Nothing was changed.");
    }
    trust::own(&change, Some(&base), context);
    log::tell(&Recorded::New(change), args.json, context)?;
    Ok(0)
}

fn by_flags(args: &Args, base: &Change, context: &Context, store: &dyn Store) -> Result<Draft> {
    let mut draft = Draft::from(base);
    for clear in &args.clear {
        clear.apply(&mut draft);
    }
    if let Some(title) = &args.title {
        draft.title = Some(title.clone());
    }
    if let Some(status) = args.status {
        draft.status = Some(status);
        if status == Status::Draft {
            draft.shipped_at = None;
        }
    }
    args.fields.apply(&mut draft, Lists::Add, context, Some(store))?;
    Ok(draft)
}

fn in_editor(args: &Args, base: &Change, context: &Context) -> Result<Option<Draft>> {
    if context.globals.no_input {
        return Err(Hinted::new(
            "--no-input does not open an editor",
            "give the fields as flags, see shipnote edit --help",
        ));
    }
    let same_record = |draft: Draft| -> Result<Change> {
        anyhow::ensure!(
            draft.id.as_deref().is_none_or(|id| id == base.id.as_str()),
            "id: must stay {}, a record keeps its id",
            base.id
        );
        anyhow::ensure!(
            draft.revision.is_none_or(|revision| revision == base.revision),
            "revision: must stay {}, it is counted by shipnote",
            base.revision
        );
        editor::check(context, draft, Some(base), &args.secrets.on_secrets())
    };
    let mut accept = same_record;
    editor::edit(context, &form::write(base), &mut accept)
}
