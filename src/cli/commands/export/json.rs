use anyhow::Result;

use super::{Context, ToFile};
use crate::export::json;
use crate::query::Expr;

/// JSON Lines, a change or a runbook a line: loses nothing, `shipnote import json` reads it back
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote export json > changes.jsonl\n  shipnote export json --service orders --out orders.jsonl"
)]
pub(super) struct Args {
    #[command(flatten)]
    to: ToFile,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    args.to.write(context, "", json::line, &|store, filter| {
        let runbooks = match filter {
            Expr::Everything => store.runbooks()?,
            _ => {
                let mut found = store.search_runbooks(filter, usize::MAX)?;
                found.sort_by(|one, other| one.name.cmp(&other.name));
                found
            }
        };
        Ok(runbooks.iter().map(json::runbook_line).collect())
    })
}
