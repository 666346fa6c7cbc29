use std::path::Path;

use anyhow::{Context as _, Result};

use super::{Context, ToFile};
use crate::cli::output;
use crate::cli::report::Hinted;
use crate::export::changelog::{self, BEGIN, By, Changelog, END, MarkError};
use crate::model::limit;
use crate::store::{Order, Page, Store};
use crate::sys::files;

/// The sections of a CHANGELOG.md: Added, Changed, Deprecated, Removed, Fixed, Security
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote export changelog\n  shipnote export changelog --out CHANGELOG.md\n  \
    shipnote export changelog --service orders --by month\n\n\
    In a file that is there already, only what stands between these two lines is replaced:\n  \
    <!-- shipnote:begin -->\n  <!-- shipnote:end -->\n\
    A tag like v1.2.3 or 1.2.3 names the release of a change. The kind names its section, and so do the\n\
    tags `deprecated` and `removed`. Drafts are unreleased.")]
pub(super) struct Args {
    #[command(flatten)]
    to: ToFile,
    /// What stands under a heading [default: version where a change is tagged with one, else month]
    #[arg(long, value_enum)]
    by: Option<Grouping>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Grouping {
    /// A release, newest first; changes of none by month
    Version,
    /// A month, newest first
    Month,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    let by = args.by.map(|by| match by {
        Grouping::Version => By::Version,
        Grouping::Month => By::Month,
    });
    let mut changelog = Changelog::default();
    let filter = args.to.filters.expr(context)?;
    context.open()?.each(&filter, Order::NewestFirst, Page::ALL, &mut |change| {
        changelog.add(&change);
        Ok(true)
    })?;
    let sections = changelog.text(by);
    match &args.to.out {
        None => output::raw(changelog::new_file(&sections).as_bytes()),
        Some(path) => write_into(&context.path(path), &sections),
    }
}

/// A file that would stay the same is not touched.
fn write_into(path: &Path, sections: &str) -> Result<()> {
    if path.symlink_metadata().is_err() {
        return files::write_atomic(path, changelog::new_file(sections).as_bytes());
    }
    // Where a link leads is the file with the hand-written parts.
    let path = path.canonicalize().with_context(|| format!("cannot read {}", path.display()))?;
    let file = files::read_text(&path, limit::OWN_CHANGELOG)?;
    let text = changelog::placed(&file, sections).map_err(|error| refusal(&path, error))?;
    if text == file { Ok(()) } else { files::write_atomic(&path, text.as_bytes()) }
}

fn refusal(path: &Path, error: MarkError) -> anyhow::Error {
    let hint = match error {
        MarkError::Missing => format!("add these two lines where the entries should stand:\n{BEGIN}\n{END}"),
        MarkError::Unpaired => format!("leave one of each, on lines of their own, in this order:\n{BEGIN}\n{END}"),
    };
    Hinted::new(format!("cannot write into {}: {error}", path.display()), hint)
}
