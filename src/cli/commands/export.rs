use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::export;
use crate::store::{Order, Page, Store};

/// Write changes for other tools
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote export json > changes.jsonl\n  shipnote export json --service orders --out orders.jsonl"
)]
pub(in crate::cli) struct Args {
    /// json: JSON Lines, one change a line; `shipnote import json` reads it back
    #[arg(value_enum)]
    format: Format,
    /// The file to write; standard output when none is named
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let filter = args.filters.expr(context)?;
    let Format::Json = args.format;
    match &args.out {
        None => each_line(&store, &filter, &mut |line| output::raw(line.as_bytes())),
        Some(path) => {
            let path = context.path(path);
            crate::sys::files::write_streaming(&path, &mut |file| {
                each_line(&store, &filter, &mut |line| Ok(file.write_all(line.as_bytes())?))
            })
            .with_context(|| format!("cannot write {}", path.display()))
        }
    }?;
    Ok(0)
}

/// Oldest first, so that an export of more of them begins with the same lines.
fn each_line(store: &dyn Store, filter: &crate::query::Expr, write: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    store.each(filter, Order::OldestFirst, Page::ALL, &mut |change| {
        write(&format!("{}\n", export::json_line(&change)))?;
        Ok(true)
    })
}
