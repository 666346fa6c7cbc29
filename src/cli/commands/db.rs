use anyhow::Result;

use super::Context;

mod backup;
mod migrate;
mod purge;
mod relocate;
mod restore;

/// Look after the database: back it up, take secrets out of it, move it to another engine
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote db backup backups/2026-11-20.db\n  shipnote db restore backups/2026-11-20.db\n  shipnote db purge\n  \
    shipnote db migrate --print | psql records\n  \
    shipnote db move --from .shipnote/shipnote.db --to postgres://shipnote@db.example/records"
)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Backup(backup::Args),
    Restore(restore::Args),
    Purge(purge::Args),
    Migrate(migrate::Args),
    Move(relocate::Args),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    match &args.action {
        Action::Backup(args) => backup::run(args, context),
        Action::Restore(args) => restore::run(args, context),
        Action::Purge(args) => purge::run(args, context),
        Action::Migrate(args) => migrate::run(args, context),
        Action::Move(args) => relocate::run(args, context),
    }
}
