use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::{complete, output};

/// Delete a change; its revisions stay, and so does a note who deleted it and why
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  shipnote delete k7m2 --reason \"recorded twice\"")]
pub(in crate::cli) struct Args {
    /// The change, by the beginning of its id
    #[arg(add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let base = context.find(&store, &args.id)?;
    let reason = args.reason.trim();
    if reason.is_empty() || reason.contains('\0') {
        return Err(Hinted::new("--reason is empty", "say in a few words why it is deleted"));
    }
    context.recorder(&mut store).delete(&base, reason)?;
    if !context.globals.quiet {
        output::note(&format!("deleted {}  {}", base.id, escape(&base.title)));
    }
    Ok(0)
}
