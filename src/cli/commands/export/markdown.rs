use std::path::PathBuf;

use anyhow::Result;

use super::Context;
use super::folder::Folder;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::store::{Order, Page, Store};

/// The Markdown form, one file a change in a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote export markdown --out docs/records\n  \
    shipnote export markdown --out orders --service orders\n\n\
    Files are named by the id and hold what `shipnote edit ID` opens. A file that says the same is not\n\
    touched; that of a change that is no longer chosen goes. What you put beside them stays.")]
pub(super) struct Args {
    /// The folder to write to: a new one, an empty one, or one that this command made
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,
    #[command(flatten)]
    filters: Filters,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    let store = context.open()?;
    let filter = args.filters.expr(context)?;
    let mut folder = Folder::take(&context.path(&args.out))?;
    store.each(&filter, Order::Id, Page::ALL, &mut |change| {
        folder.put(&change)?;
        Ok(true)
    })?;
    let done = folder.remove_others()?;
    if !context.globals.quiet {
        output::note(&format!("{} written, {} unchanged, {} removed.", done.written, done.unchanged, done.removed));
    }
    Ok(())
}
