use anyhow::Result;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::{output, prompts};
use crate::record::{purge_database, scan_database};

/// Take the secrets that `scan` finds out of everything, its history too
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote scan\n  shipnote db purge\n  shipnote db purge --yes\n\n\
    They are masked in every record, revision, event and run, and nothing of them is left in the file. Backups and pages that\n\
    were published before still have them, and so does the write-ahead log of a server: make new ones. An event tells of it.")]
pub(in crate::cli) struct Args {
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let found = scan_database(&store)?.len();
    if found == 0 {
        output::note("No secrets were found; nothing was changed.");
        return Ok(0);
    }
    if !args.yes {
        if !context.may_ask() {
            return Err(Hinted::new(
                format!("{found} secrets would be masked for good, in the history too"),
                "look at them with `shipnote scan`, then: shipnote db purge --yes",
            ));
        }
        if !prompts::confirm(&format!("Mask {found} secrets for good, in the history too?"))? {
            output::note("Nothing was changed.");
            return Ok(0);
        }
    }
    let masked = purge_database(&mut store, context.actor(), context.now)?;
    if !context.globals.quiet {
        output::note(&format!("{} secrets were masked. Publish the pages again, and make a new backup.", masked.len()));
    }
    Ok(0)
}
