//! Changes written for other tools, one file a format.

mod changelog;
mod csv;
mod folder;
mod json;
mod markdown;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::model::Change;
use crate::query::Expr;
use crate::store::{Order, Page, Store};
use crate::sys;

/// Write changes for other tools
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote export json > changes.jsonl\n  shipnote export csv --since 2026-01 --out changes.csv\n  \
    shipnote export changelog --out CHANGELOG.md\n  shipnote export markdown --out docs/records"
)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    format: Format,
}

#[derive(Debug, clap::Subcommand)]
enum Format {
    Json(json::Args),
    Csv(csv::Args),
    Changelog(changelog::Args),
    Markdown(markdown::Args),
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    match &args.format {
        Format::Json(args) => json::run(args, context),
        Format::Csv(args) => csv::run(args, context),
        Format::Changelog(args) => changelog::run(args, context),
        Format::Markdown(args) => markdown::run(args, context),
    }?;
    Ok(0)
}

/// What stands behind the changes that a filter selects.
type Behind<'b> = dyn Fn(&dyn Store, &Expr) -> Result<String> + 'b;

/// Which changes, and where to: what the formats of one file have in common.
#[derive(Debug, clap::Args)]
struct ToFile {
    /// The file to write; standard output when none is named
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
    #[command(flatten)]
    filters: Filters,
}

impl ToFile {
    /// Writes `head`, then what `text` makes of each change, reading as it writes, and what stands behind them. Oldest first,
    /// so that an export of more of them begins with the same lines.
    fn write(&self, context: &Context, head: &str, text: fn(&Change) -> String, behind: &Behind<'_>) -> Result<()> {
        let store = context.open()?;
        let filter = self.filters.expr(context)?;
        let all = |write: &mut dyn FnMut(&str) -> Result<()>| {
            write(head)?;
            store.each(&filter, Order::OldestFirst, Page::ALL, &mut |change| {
                write(&text(&change))?;
                Ok(true)
            })?;
            write(&behind(&store, &filter)?)
        };
        let Some(path) = &self.out else {
            return all(&mut |text| output::raw(text.as_bytes()));
        };
        let path = context.path(path);
        sys::files::write_streaming(&path, &mut |file| all(&mut |text| Ok(file.write_all(text.as_bytes())?)))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}
