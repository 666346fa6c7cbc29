use std::path::PathBuf;

use anyhow::Result;

use super::Context;
use crate::cli::report::{self, Hinted};
use crate::cli::{output, prompts};
use crate::store::{Place, SqliteStore};
use crate::sys;

/// Take the content of a backup in place of the database, which is kept beside it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote db restore backups/2026-11-20.db\n  shipnote db restore backups/2026-11-20.db --yes\n\n\
    A backup that is damaged or of a newer version is refused, and nothing is changed then. What was recorded since the\n\
    backup is in the file that is kept."
)]
pub(in crate::cli) struct Args {
    /// A file that `shipnote db backup` made
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Do not ask
    #[arg(short = 'y', long)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    #[cfg_attr(not(feature = "postgres"), allow(irrefutable_let_patterns, reason = "there is one engine"))]
    let Place::File(path) = context.place()? else {
        return Err(Hinted::new("the database is on a server, which has tools for that", "pg_restore"));
    };
    let backup = context.path(&args.file);
    if !backup.is_file() {
        return Err(Hinted::new(format!("there is no file {}", backup.display()), "check the path"));
    }
    if path.exists() && !args.yes {
        if !context.may_ask() {
            return Err(Hinted::new(
                format!("{} would get the content of the backup", path.display()),
                format!("shipnote db restore {} --yes", args.file.display()),
            ));
        }
        if !prompts::confirm("Take the content of the backup in place of the database?")? {
            output::note("Nothing was changed.");
            return Ok(0);
        }
    }
    let aside =
        SqliteStore::restore(&path, &backup, &sys::random::name()?).map_err(|error| match report::hint(&error) {
            Some(_) => error,
            None => Hinted::new(format!("{error:#}"), "nothing was changed: take another backup"),
        })?;
    if !context.globals.quiet {
        output::note(&format!("restored from {}", backup.display()));
        if let Some(aside) = aside {
            output::note(&format!("what was there before is in {}", aside.display()));
        }
    }
    Ok(0)
}
