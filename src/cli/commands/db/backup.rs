use std::path::PathBuf;

use anyhow::Result;

use super::Context;
use crate::cli::output;
use crate::cli::report::Hinted;
use crate::store::Database;

/// Copy the database as it is now to one file, and look it through
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote db backup backups/2026-11-20.db\n  shipnote db backup /mnt/backups/orders.db\n\n\
    Others may go on reading and writing. The file appears when it is whole. The way back: shipnote db restore FILE"
)]
pub(in crate::cli) struct Args {
    /// The file to make
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let Database::Sqlite(store) = context.open()? else {
        return Err(Hinted::new(
            "the database is on a server, which has tools for that",
            "pg_dump, or shipnote db move --from postgres://… --to FILE",
        ));
    };
    let path = context.path(&args.file);
    if path.exists() {
        return Err(Hinted::new(format!("{} exists already", path.display()), "name another file, or delete that one"));
    }
    store.backup(&path)?;
    if !context.globals.quiet {
        output::note(&format!("backed up to {}", path.display()));
    }
    Ok(0)
}
