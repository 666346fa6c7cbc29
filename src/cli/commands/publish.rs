use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::Context;
use crate::cli::output;
use crate::cli::report::Hinted;
use crate::cli::theme;
use crate::publish::{self, Options};
use crate::render;
use crate::sys;

/// Write the site: a page per change, a runbook per service, and lists to browse
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote publish\n  shipnote publish --open\n  \
    shipnote publish --out docs/changes --format markdown\n  \
    shipnote publish --base-url https://runbooks.example.com/\n\n\
    The site works from a web server and from a folder. A file that did not change is not touched.\n\
    Templates of your own go into templates/ beside shipnote.toml: `shipnote templates export` begins one.")]
pub(in crate::cli) struct Args {
    /// The folder to write to: a new one, an empty one, or one that publish made [default: site]
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// The form of the pages
    #[arg(long, value_enum, default_value_t = Format::All)]
    format: Format,
    /// The address the site will be served at, for the feed
    #[arg(long, value_name = "URL", value_hint = clap::ValueHint::Url)]
    base_url: Option<String>,
    /// Open the first page when it is written
    #[arg(long)]
    open: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// HTML, and every page as Markdown beside it
    All,
    /// For browsers
    Html,
    /// For repositories and wikis
    Markdown,
}

impl Format {
    fn formats(self) -> Vec<render::Format> {
        match self {
            Self::All => vec![render::Format::Html, render::Format::Markdown],
            Self::Html => vec![render::Format::Html],
            Self::Markdown => vec![render::Format::Markdown],
        }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let folder = match &args.out {
        Some(out) => context.path(out),
        None => context.config.path("site.out").unwrap_or_else(|| context.path(Path::new("site"))),
    };
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let options = Options {
        title: context.config.get("site.title").unwrap_or_default().to_owned(),
        base_url: base_url(args.base_url.as_deref().or(context.config.get("site.base_url")))?,
        formats: args.format.formats(),
        templates: context.config.path("site.templates"),
        theme: theme::read(context)?,
    };
    let store = context.open()?;
    let bar = RefCell::new(None);
    let start = sys::clock::start();
    let report = publish::publish(&store, &options, &folder, &mut |done, total| {
        // Nothing to look at for what takes a second.
        if start.elapsed().as_millis() > 700 && !context.globals.quiet {
            bar.borrow_mut().get_or_insert_with(|| progress_bar(total)).set_position(done);
        }
    });
    if let Some(bar) = bar.take() {
        bar.finish_and_clear();
    }
    let report = report?;
    let shown = folder.strip_prefix(context.directory()).unwrap_or(&folder);
    let first = folder.join(if args.format == Format::Markdown { "index.md" } else { "index.html" });
    let written = report.written;
    if args.json {
        output::json(&serde_json::json!({
            "out": folder, "changes": report.changes, "files": written.files, "changed": written.changed,
            "removed": written.removed,
        }))?;
    } else {
        output::data(&shown.join(first.file_name().unwrap_or_default()).display().to_string())?;
    }
    if !context.globals.quiet && !args.json {
        let removed = if written.removed > 0 { format!(", {} removed", written.removed) } else { String::new() };
        output::note(&format!(
            "Published {} {}: {} files, {} of them new or changed{removed}.",
            report.changes,
            if report.changes == 1 { "change" } else { "changes" },
            written.files,
            written.changed
        ));
    }
    if args.open {
        sys::process::open(&first).map_err(|error| {
            Hinted::new(format!("no browser could be started: {error:#}"), format!("open {} yourself", first.display()))
        })?;
    }
    Ok(0)
}

/// The address with a slash at its end.
fn base_url(given: Option<&str>) -> Result<Option<String>> {
    let Some(url) = given else { return Ok(None) };
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let valid = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
        && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "?#\"<>".contains(c));
    if !valid {
        return Err(Hinted::new(
            format!("the base URL `{url}` is not the address of a site"),
            "give one like https://runbooks.example.com/",
        ));
    }
    Ok(Some(format!("{}/", url.trim_end_matches('/'))))
}

fn progress_bar(total: u64) -> ProgressBar {
    // Draws on standard error, and only where that is a terminal.
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} changes").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}
