use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use crate::cli::output;
use crate::cli::progress::Progress;
use crate::cli::report::{Hinted, print_hint};
use crate::cli::text::escape;
use crate::cli::theme;
use crate::publish::{self, Checked, Options, Protected};
use crate::render;
use crate::sys;

/// Write the site: a page per change, a runbook per service, and lists to browse
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  shipnote publish\n  shipnote publish --open\n  \
    shipnote publish --check\n  \
    shipnote publish --out docs/changes --format markdown\n  \
    shipnote publish --base-url https://runbooks.example.com/\n\n\
    The site works from a web server and from a folder. Publishing again costs what changed since, and a\n\
    file that did not change is not touched. What you put beside the pages (CNAME, .git) stays.\n\
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
    /// Make every page again, whatever the last publication made
    #[arg(long)]
    anew: bool,
    /// Follow every link of the site when it is written; exit 1 when one leads nowhere
    #[arg(long)]
    check: bool,
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
    let options = options(args, context)?;
    let store = context.open()?;
    let report = {
        let bar = Progress::new("changes", context.globals.quiet);
        publish::publish(&store, &options, &folder, &mut |done, total| bar.at(done, total))?
    };
    let shown = folder.strip_prefix(context.directory()).unwrap_or(&folder);
    let first = folder.join(if args.format == Format::Markdown { "index.md" } else { "index.html" });
    let written = report.written;
    let checked = args.check.then(|| check(&folder, context.globals.quiet)).transpose()?;
    if args.json {
        output::json(&serde_json::json!({
            "out": folder, "changes": report.changes, "files": written.files, "changed": written.changed,
            "removed": written.removed, "anew": report.anew,
            "links": checked.as_ref().map(|checked| checked.links),
            "broken": checked.as_ref().map(|checked| checked.total_broken),
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
    let broken = checked.as_ref().is_some_and(|checked| say(checked, context.globals.quiet || args.json));
    if broken {
        print_hint("mend the links of records; pages that somebody removed come back with shipnote publish --anew");
    }
    if args.open {
        sys::process::open(&first).map_err(|error| {
            Hinted::new(format!("no browser could be started: {error:#}"), format!("open {} yourself", first.display()))
        })?;
    }
    Ok(u8::from(broken))
}

/// How the site is made, by flags and settings.
fn options(args: &Args, context: &Context) -> Result<Options> {
    Ok(Options {
        title: context.config.get("site.title").unwrap_or_default().to_owned(),
        base_url: base_url(args.base_url.as_deref().or(context.config.get("site.base_url")))?,
        formats: args.format.formats(),
        templates: context.config.path("site.templates"),
        protected: Protected {
            home: sys::env::path_var("HOME"),
            project: context.config.project().map(Path::to_owned),
        },
        anew: args.anew,
        theme: theme::read(context)?,
    })
}

/// Follows the links of the site.
fn check(folder: &Path, quiet: bool) -> Result<Checked> {
    let bar = Progress::new("pages", quiet);
    publish::check(folder, &|done, total| bar.at(done, total))
}

/// Says what was found in the site; true when a link leads nowhere.
fn say(checked: &Checked, quiet: bool) -> bool {
    for broken in &checked.broken {
        output::note(&escape(broken));
    }
    let more = checked.total_broken - checked.broken.len() as u64;
    if more > 0 {
        output::note(&format!("… and {more} more"));
    }
    if !quiet {
        let (pages, links, broken) = (checked.pages, checked.links, checked.total_broken);
        let found =
            if broken == 0 { "all of them lead somewhere".to_owned() } else { format!("{broken} lead nowhere") };
        output::note(&format!("Followed {links} links on {pages} pages: {found}."));
    }
    checked.total_broken > 0
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
