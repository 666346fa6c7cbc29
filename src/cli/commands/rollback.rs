use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::report::Hinted;
use crate::cli::text::{escape, escape_lines};
use crate::cli::view::{BOLD, ID};
use crate::cli::{complete, output};
use crate::model::{Draft, Status};

/// Mark a change as rolled back, and show its way back
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  shipnote rollback k7m2 --reason \"stale prices on the checkout page\"\n\n\
    It shows the command; running it stays with you.")]
pub(in crate::cli) struct Args {
    /// The change, by the beginning of its id
    #[arg(add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// Why it was rolled back
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: String,
    /// Print the change as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let mut store = context.open_to_write()?;
    let base = context.find(&store, &args.id)?;
    if args.reason.trim().is_empty() {
        return Err(Hinted::new("--reason is empty", "say in a few words why it was rolled back"));
    }
    if base.status == Status::Draft {
        return Err(Hinted::new(
            format!("{} is a draft: it has not shipped", base.id),
            format!("shipnote delete {} --reason TEXT takes it away", base.id),
        ));
    }
    let draft = Draft { status: Some(Status::RolledBack), ..Draft::from(&base) };
    let (change, changed) = context.recorder(&mut store).edit(&base, draft, "rollback", Some(&args.reason))?;
    if args.json {
        output::json(&change)?;
        return Ok(0);
    }
    let said = if changed { "is marked as rolled back" } else { "was marked as rolled back before" };
    output::data(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#} {said}", change.id, escape(&change.title)))?;
    match (&change.rollback.command, &change.rollback.note) {
        (None, None) => output::note(&format!(
            "It has no way back yet. Add the one that worked: shipnote edit {} --rollback-command COMMAND",
            change.id
        )),
        (command, note) => {
            if let Some(note) = note {
                output::note(&escape_lines(note));
            }
            if let Some(command) = command {
                output::note("The way back, to be run by you:");
                output::data(&escape_lines(command))?;
            }
        }
    }
    Ok(0)
}
