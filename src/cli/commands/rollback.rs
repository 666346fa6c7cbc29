use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use super::run::How;
use crate::cli::procedure::Procedure;
use crate::cli::report::Hinted;
use crate::cli::text::{escape, escape_lines};
use crate::cli::view::{BOLD, DIM, ID};
use crate::cli::walk::End;
use crate::cli::{complete, output};
use crate::model::{Change, Draft, RunKind, Status};
use crate::store::{Store, touching};

/// Later changes to the same files that are listed.
const LATER: usize = 10;

/// Mark a change as rolled back, and show or run its way back
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote rollback k7m2 --reason \"stale prices on the checkout page\"\n  \
    shipnote rollback k7m2 --reason \"stale prices on the checkout page\" --run\n\n\
    Without --run it shows the command; running it stays with you. With --run it names later changes to the same files\n\
    first, asks, runs the command, and marks the change when it worked.")]
pub(in crate::cli) struct Args {
    /// The change, by the beginning of its id
    #[arg(add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// Why it was rolled back
    #[arg(short = 'm', long, value_name = "TEXT")]
    reason: String,
    /// Run the way back
    #[arg(long)]
    run: bool,
    #[command(flatten)]
    how: How,
    /// Print the change as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    if args.reason.trim().is_empty() {
        return Err(Hinted::new("--reason is empty", "say in a few words why it was rolled back"));
    }
    let base = context.find(&context.open_to_write()?, &args.id)?;
    if base.status == Status::Draft {
        return Err(Hinted::new(
            format!("{} is a draft: it has not shipped", base.id),
            format!("shipnote delete {} --reason TEXT takes it away", base.id),
        ));
    }
    if args.run && !way_back(args, &base, context)? {
        output::note(&format!("{} was not marked as rolled back.", base.id));
        return Ok(1);
    }
    let mut store = context.open_to_write()?;
    // Running it stored evidence, which leaves the revision as it was.
    let draft = Draft { status: Some(Status::RolledBack), ..Draft::from(&base) };
    let (change, changed) = context.recorder(&mut store).edit(&base, draft, "rollback", Some(&args.reason))?;
    if args.json {
        output::json(&change)?;
        return Ok(0);
    }
    let said = if changed { "is marked as rolled back" } else { "was marked as rolled back before" };
    output::data(&format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#} {said}", change.id, escape(&change.title)))?;
    if !args.run {
        show(&change)?;
    }
    Ok(0)
}

/// Runs the rollback command, with what came after it shown first. Returns whether it worked.
fn way_back(args: &Args, base: &Change, context: &Context) -> Result<bool> {
    let procedure = Procedure::of(base);
    let Some(back) = procedure.back("") else {
        return Err(Hinted::new(
            format!("{} has no rollback command", base.id),
            format!("shipnote edit {} --rollback-command COMMAND adds one", base.id),
        ));
    };
    let mut walk = args.how.walk(&procedure, "rollback", context)?;
    say_later(&context.open()?, base)?;
    output::note(&procedure.head());
    Ok(walk.step(&back, RunKind::Rollback, "Rollback")? == End::Done && !walk.evidence.is_empty())
}

/// Names the later changes to the same files: undoing an earlier one may break them.
fn say_later(store: &dyn Store, base: &Change) -> Result<()> {
    let later = |other: &Change| other.id != base.id && other.at() >= base.at() && other.status != Status::Draft;
    let found = touching(store, &base.files, Some(LATER), &later)?;
    if found.found.is_empty() {
        return Ok(());
    }
    output::note("Later changes touched the same files; look at them first:");
    for (summary, _) in &found.found {
        let (id, day, title) = (&summary.id, summary.at.day(), escape(&summary.title));
        output::note(&format!("  {ID}{id}{ID:#}  {DIM}{day}{DIM:#}  {title}"));
    }
    if found.more {
        output::note(&format!("  … and more: shipnote why {}", escape(&base.files[0])));
    }
    output::note("");
    Ok(())
}

fn show(change: &Change) -> Result<()> {
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
    Ok(())
}
