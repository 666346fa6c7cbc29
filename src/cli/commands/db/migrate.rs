use anyhow::Result;

use super::Context;
use crate::cli::output;
use crate::cli::report::Hinted;
use crate::store::Place;

/// Bring the schema of the database up to date, or print what would
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote db migrate\n  SHIPNOTE_DATABASE=postgres://db.example/records shipnote db migrate --print > schema.sql\n\n\
    Every command that writes does this by itself, where it may. A role that may not make tables needs somebody who may run\n\
    what --print prints; with a schema that is up to date it prints nothing."
)]
pub(in crate::cli) struct Args {
    /// Print the SQL instead of running it, for a PostgreSQL database
    #[arg(long)]
    print: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let place = context.place()?;
    if args.print {
        let sql = pending(&place)?;
        if !sql.is_empty() {
            output::data(sql.trim_end())?;
        } else if !context.globals.quiet {
            output::note(&format!("the schema of {place} is up to date"));
        }
        return Ok(0);
    }
    context.open_to_write()?;
    if !context.globals.quiet {
        output::note(&format!("the schema of {place} is up to date"));
    }
    Ok(0)
}

/// The SQL that is still to be run.
fn pending(place: &Place) -> Result<String> {
    match place {
        #[cfg(feature = "postgres")]
        Place::Server(address) => crate::store::PostgresStore::pending_migrations((**address).clone()),
        Place::File(path) => Err(Hinted::new(
            format!("--print is for PostgreSQL; {} is a file", path.display()),
            "shipnote db migrate brings it up to date",
        )),
    }
}
