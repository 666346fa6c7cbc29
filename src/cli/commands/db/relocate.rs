use anyhow::Result;

use super::Context;
use crate::cli::context::place_of;
use crate::cli::output;
use crate::cli::progress::Progress;
use crate::cli::report::Hinted;
use crate::store::{Database, Place, move_all};

/// Copy a database to another engine: everything in it, compared in the end
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote db move --from .shipnote/shipnote.db --to postgres://shipnote@db.example/records\n  \
    shipnote db move --from postgres://shipnote@db.example/records --to sqlite:records.db\n\n\
    The first database is only read, and nobody should write to it meanwhile. When it is interrupted, the same command goes\n\
    on where it stopped. Then set `database` in shipnote.toml, or SHIPNOTE_DATABASE, to the new one."
)]
pub(in crate::cli) struct Args {
    /// The database to read: a path or an address
    #[arg(long, value_name = "DATABASE")]
    from: String,
    /// The database to write, which must be empty
    #[arg(long, value_name = "DATABASE")]
    to: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let (from, to) = (place(&args.from, "--from", context)?, place(&args.to, "--to", context)?);
    if from.to_string() == to.to_string() {
        return Err(Hinted::new("--from and --to are the same database", "give another one"));
    }
    let source = Database::open(&from)?;
    let mut target = Database::open_or_create(&to)?;
    let progress = Progress::new("rows", context.globals.quiet);
    let moved = move_all(&source, &mut target, &|_, rows| progress.at(rows, rows))
        .map_err(|error| error.context(format!("{from} was not moved to {to}")))?;
    drop(progress);
    if !context.globals.quiet {
        let counts: Vec<String> = moved
            .counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        let how = if moved.resumed { ", going on with a move that was interrupted" } else { "" };
        output::note(&format!("moved and compared{how}: {}", counts.join(", ")));
        output::note(&format!("Set `database = \"{to}\"` in shipnote.toml, or SHIPNOTE_DATABASE, to use it."));
    }
    Ok(0)
}

/// The place that an argument names.
fn place(text: &str, flag: &str, context: &Context) -> Result<Place> {
    if text.contains("://") {
        return place_of(text, flag);
    }
    let path = text.strip_prefix("sqlite:").unwrap_or(text);
    if path.is_empty() {
        return Err(Hinted::new(format!("{flag} is empty"), "give a path, or postgres://USER@HOST/DATABASE"));
    }
    Ok(Place::File(context.path(path.as_ref())))
}
