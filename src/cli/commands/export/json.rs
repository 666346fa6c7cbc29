use anyhow::Result;

use super::{Context, ToFile};
use crate::export::json;

/// JSON Lines, one change a line: loses nothing, `shipnote import json` reads it back
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote export json > changes.jsonl\n  shipnote export json --service orders --out orders.jsonl"
)]
pub(super) struct Args {
    #[command(flatten)]
    to: ToFile,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    args.to.write(context, "", json::line)
}
