use anyhow::Result;

use super::Context;

mod migrate;
mod relocate;

/// Look after the database: bring its schema up to date, move it to another engine
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote db migrate --print | psql records\n  \
    shipnote db move --from .shipnote/shipnote.db --to postgres://shipnote@db.example/records")]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Migrate(migrate::Args),
    Move(relocate::Args),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    match &args.action {
        Action::Migrate(args) => migrate::run(args, context),
        Action::Move(args) => relocate::run(args, context),
    }
}
