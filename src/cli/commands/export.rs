use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::export::{self, Changelog, Grouping};
use crate::model::Change;
use crate::query::Expr;
use crate::store::{Order, Page, Store};
use crate::sys::files;

mod folder;

/// Bytes of a changelog that is brought up to date.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Write changes for other tools
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote export json > changes.jsonl\n  shipnote export csv --service orders --out orders.csv\n  \
    shipnote export changelog --out CHANGELOG.md\n  shipnote export markdown --out changes\n\n\
    An existing changelog keeps what stands outside of the lines <!-- shipnote:begin --> and <!-- shipnote:end -->."
)]
pub(in crate::cli) struct Args {
    /// json: JSON Lines, which `shipnote import json` reads back; csv: a spreadsheet; changelog: Keep a
    /// Changelog; markdown: a file for each change, which `shipnote import markdown` reads back
    #[arg(value_enum)]
    format: Format,
    /// The file to write, for markdown the folder; standard output when none is named
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// How a changelog is grouped: by version where a tag is one, else by month
    #[arg(long, value_enum)]
    by: Option<By>,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    #[value(alias = "jsonl")]
    Json,
    Csv,
    Changelog,
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Version,
    Month,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let filter = args.filters.expr(context)?;
    let out = args.out.as_ref().map(|path| context.path(path));
    if args.format == Format::Changelog {
        changelog(&store, &filter, args.by, out.as_deref())?;
        return Ok(0);
    }
    if args.format == Format::Markdown {
        let out = out.context("a file for each change needs a folder: add --out FOLDER")?;
        folder::write(&store, &filter, &out)?;
        return Ok(0);
    }
    anyhow::ensure!(args.by.is_none(), "--by is for a changelog: leave it out, or write `shipnote export changelog`");
    match out {
        None => each_line(&store, &filter, args.format, &mut |line| output::raw(line.as_bytes())),
        Some(path) => files::write_streaming(&path, &mut |file| {
            each_line(&store, &filter, args.format, &mut |line| Ok(file.write_all(line.as_bytes())?))
        })
        .with_context(|| format!("cannot write {}", path.display())),
    }?;
    Ok(0)
}

fn each_line(
    store: &dyn Store,
    filter: &Expr,
    format: Format,
    write: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<()> {
    if format == Format::Csv {
        write(&export::csv_header()?)?;
    }
    each(store, filter, &mut |change| match format {
        Format::Csv => write(&export::csv_row(change)?),
        _ => write(&format!("{}\n", export::json_line(change))),
    })
}

/// Oldest first, so that an export of more of them begins with the same lines.
fn each(store: &dyn Store, filter: &Expr, each: &mut dyn FnMut(&Change) -> Result<()>) -> Result<()> {
    store.each(filter, Order::OldestFirst, Page::ALL, &mut |change| each(&change).map(|()| true))
}

fn changelog(store: &dyn Store, filter: &Expr, by: Option<By>, out: Option<&Path>) -> Result<()> {
    let mut changelog = Changelog::default();
    each(store, filter, &mut |change| {
        changelog.add(change);
        Ok(())
    })?;
    let grouping = match by {
        Some(By::Version) => Grouping::Version,
        None if changelog.has_versions() => Grouping::Version,
        Some(By::Month) | None => Grouping::Month,
    };
    let made = changelog.write(grouping);
    let Some(path) = out else { return output::raw(made.as_bytes()) };
    let existing = if path.exists() { Some(files::read_text(path, MOST_BYTES)?) } else { None };
    let text = export::between_marks(existing.as_deref(), &made)
        .map_err(|rule| anyhow!("{} was left as it is: {rule}", path.display()))?;
    if existing.as_ref() == Some(&text) {
        return Ok(());
    }
    files::write_atomic(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
