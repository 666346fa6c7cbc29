use anyhow::Result;

use super::{Context, ToFile};
use crate::export::csv;

/// CSV for spreadsheets: a row of names, then one row a change
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote export csv --out changes.csv\n  shipnote export csv --owner team-orders --since 2026-01\n\n\
    The entries of a list stand one a line in their cell. A cell or an entry that begins like a formula\n\
    gets a ' in front. To move records, use json: it loses nothing."
)]
pub(super) struct Args {
    #[command(flatten)]
    to: ToFile,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    args.to.write(context, &csv::header(), csv::row, &|_, _| Ok(String::new()))
}
