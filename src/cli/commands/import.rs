use anyhow::Result;
use serde_json::json;

use super::Context;
use crate::cli::output;
use crate::cli::progress::Progress;
use crate::cli::report::print_hint;
use crate::cli::text::escape;
use crate::model::Draft;
use crate::record::{ImportOptions, ImportReport, Names};
use crate::store::Store;

mod changelog;
mod csv;
mod fragments;
mod git;
mod input;
mod json;
mod markdown;

/// Takes a draft and its place.
type Each<'e> = dyn FnMut(u64, Draft) -> Result<()> + 'e;

/// Bring in what the team already knows
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote import git\n  shipnote import changelog CHANGELOG.md\n  shipnote import fragments newsfragments\n  shipnote import markdown docs/adr\n  shipnote import json changes.jsonl\n\n\
    All of it is stored or nothing. Importing the same again changes nothing; what somebody edited or deleted here stays as\n\
    it is, and is listed."
)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, clap::Subcommand)]
enum Source {
    Git(git::Args),
    Changelog(changelog::Args),
    Csv(csv::Args),
    Fragments(fragments::Args),
    #[command(alias = "jsonl")]
    Json(json::Args),
    Markdown(markdown::Args),
}

/// What every import can be told.
#[derive(Debug, clap::Args)]
struct Shared {
    /// Leave out records that are refused, list them, and store the rest
    #[arg(long)]
    keep_going: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    match &args.source {
        Source::Changelog(args) => changelog::run(args, context),
        Source::Csv(args) => csv::run(args, context),
        Source::Fragments(args) => fragments::run(args, context),
        Source::Git(args) => git::run(args, context),
        Source::Json(args) => json::run(args, context),
        Source::Markdown(args) => markdown::run(args, context),
    }
}

impl Shared {
    fn options(&self) -> ImportOptions<'static> {
        ImportOptions { keep_going: self.keep_going, ..ImportOptions::default() }
    }

    /// Imports what `read` hands over, with a bar for whoever watches; `total` says how many there are, by how many were
    /// done, and 0 where nobody knows; `names` what a record is called in a refusal, where that is not its number.
    fn import(
        &self,
        store: &mut dyn Store,
        total: &dyn Fn(u64) -> u64,
        read: &mut (dyn FnMut(&mut Each<'_>) -> Result<()> + Send),
        names: Option<&Names<'_>>,
        context: &Context,
    ) -> Result<ImportReport> {
        let progress = Progress::new("records", context.globals.quiet);
        let at = |done| progress.at(done, total(done));
        let options = ImportOptions { progress: Some(&at), names, ..self.options() };
        context.recorder(store).import(&options, read)
    }

    /// Says what became of an import.
    fn print(&self, report: &ImportReport, context: &Context) -> Result<()> {
        if self.json {
            let skipped: Vec<_> =
                report.skipped.iter().map(|skip| json!({"id": skip.id, "reason": skip.reason})).collect();
            return output::json(&json!({
                "imported": report.imported, "unchanged": report.unchanged, "updated": report.updated,
                "masked": report.masked, "skipped": skipped,
            }));
        }
        if context.globals.quiet {
            return Ok(());
        }
        let ImportReport { imported, unchanged, updated, masked, skipped } = report;
        let updated = if *updated > 0 { format!(", {updated} updated") } else { String::new() };
        output::note(&format!("{imported} imported, {unchanged} unchanged{updated}, {} left out", skipped.len()));
        if *masked > 0 {
            output::note(&format!("{masked} had secrets, which were masked"));
        }
        for skip in skipped {
            output::note(&format!("left out: {}", escape(&skip.reason)));
        }
        if self.keep_going && skipped.iter().any(|skip| skip.id.is_none()) {
            print_hint("mend what was refused and import again: what is stored already is left as it is");
        }
        Ok(())
    }
}
