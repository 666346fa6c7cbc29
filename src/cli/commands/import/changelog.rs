use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{Context, Each, Shared};
use crate::cli::markdown_files;
use crate::import::changelog::{self, Origin};
use crate::model::limit;
use crate::{repo, sys};

/// A changelog: a change for each entry, with its version as a tag
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote import changelog CHANGELOG.md\n  \
    shipnote import changelog CHANGELOG.md --service orders\n\n\
    Read are Keep a Changelog, what conventional-changelog, changesets, towncrier and changie write, and plain lists below\n\
    headings of versions; one without a date has that of its tag. What is unreleased becomes a draft. An entry that is worded otherwise later is another one.")]
pub(super) struct Args {
    /// The file; - is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// The service it is of
    #[arg(long)]
    service: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let path = context.path(&args.file);
    let (text, key) = if args.file.as_os_str() == "-" {
        (sys::files::read_stdin(limit::CHANGELOG)?, "CHANGELOG.md".to_owned())
    } else {
        (
            sys::files::read_text(&path, limit::CHANGELOG)?,
            markdown_files::key(&path, path.parent().unwrap_or(&path), context),
        )
    };
    // Where there is no repository, dates stand in the file alone.
    let dates = repo::tag_dates(path.parent().unwrap_or(context.directory())).unwrap_or_default();
    let origin = Origin { key: &key, service: args.service.as_deref(), dates: &dates };
    let mut store = context.open_to_write()?;
    let read = &mut |each: &mut Each<'_>| changelog::read(&text, &origin, each);
    let report = args
        .shared
        .import(&mut store, &|_| 0, read, Some(&|line| format!("line {line}")), context)
        .with_context(|| format!("{} was refused, nothing was stored", args.file.display()))?;
    args.shared.print(&report, context)?;
    Ok(0)
}
