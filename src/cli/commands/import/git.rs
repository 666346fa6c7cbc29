use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Context, Shared};
use crate::cli::fields::date;
use crate::cli::progress::Progress;
use crate::cli::report::Hinted;
use crate::config;
use crate::model::Draft;
use crate::record::{ImportOptions, ImportReport};
use crate::repo::{History, Selection};
use crate::store::Store;

/// The history of a repository: a change for each commit, or for each merged branch
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import git\n  shipnote import git ../orders --first-parent --since 2025-01-01\n  \
    shipnote import git --paths src --exclude 'src/generated/**'\n\n\
    Title and reason are the message, the owner is who owns most of the files by CODEOWNERS, else the author, and the\n\
    service is set by paths in shipnote.toml: [import.services] \"/services/orders/\" = \"orders\". Merge commits are left\n\
    out, their parts are there; with --first-parent it is the other way round. The next import reads what is new."
)]
pub(super) struct Args {
    /// A folder of the repository
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    path: PathBuf,
    /// Up to this commit, tag or branch
    #[arg(long, value_name = "REV", default_value = "HEAD", allow_hyphen_values = true)]
    rev: String,
    /// Only what was committed since then: 2026-11-20, 2026-11, 30d, "last monday"
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Only commits that touched this path: a file, a folder or a pattern; repeatable
    #[arg(long, value_name = "PATH")]
    paths: Vec<String>,
    /// Not commits that touched nothing but this; repeatable
    #[arg(long, value_name = "PATH")]
    exclude: Vec<String>,
    /// One change for each merged branch
    #[arg(long)]
    first_parent: bool,
    /// Look at every commit again, for instance after CODEOWNERS changed
    #[arg(long)]
    anew: bool,
    #[command(flatten)]
    shared: Shared,
}

/// `[import]` in shipnote.toml.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    /// The service of a path, by patterns as in CODEOWNERS.
    services: BTreeMap<String, String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    // A line of the table would be taken for one of the file.
    let settings: Settings = toml::from_str(context.config.table("import")).map_err(|error| {
        let hint = "write [import.services] \"/path/\" = \"service\"";
        Hinted::new(format!("[import] in {}: {}", config::PROJECT_FILE, error.message()), hint)
    })?;
    let selection = Selection {
        rev: args.rev.clone(),
        since: args.since.as_deref().map(|text| date("--since", text, context.now)).transpose()?,
        paths: args.paths.clone(),
        exclude: args.exclude.clone(),
        first_parent: args.first_parent,
    };
    let services: Vec<_> = settings.services.into_iter().collect();
    let history = History::open(&context.path(&args.path), selection, &services)?;
    let mut store = context.open_to_write()?;
    let mark = store.mark(history.name())?.filter(|_| !args.anew);
    let report = if mark.as_deref() == Some(history.tip()) {
        ImportReport::default()
    } else {
        read(&history, mark.as_deref(), args, &mut store, context)?
    };
    args.shared.print(&report, context)?;
    Ok(0)
}

fn read(
    history: &History,
    mark: Option<&str>,
    args: &Args,
    store: &mut dyn Store,
    context: &Context,
) -> Result<ImportReport> {
    // A history that was rewritten may have dropped the commit.
    let after = match mark {
        Some(mark) if history.knows(mark)? => Some(mark),
        _ => None,
    };
    let progress = Progress::new("commits", context.globals.quiet);
    let total = if progress.is_seen() { history.count(after)? } else { 0 };
    let at = |done| progress.at(done, total);
    let recorded_as = |draft: &Draft| history.recorded_as(draft);
    let options = ImportOptions {
        mark: Some((history.name(), history.tip())),
        recorded_as: Some(&recorded_as),
        progress: Some(&at),
        ..args.shared.options()
    };
    let report = context.recorder(store).import(&options, &mut |each| history.each(after, each));
    report.with_context(|| format!("{} was refused, nothing was stored", args.path.display()))
}
