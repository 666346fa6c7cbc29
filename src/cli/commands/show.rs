use anyhow::Result;
use clap_complete::engine::ArgValueCompleter;

use super::Context;
use crate::cli::text::{escape, escape_lines};
use crate::cli::view::{self, BOLD, Beside, DIM, ID};
use crate::cli::{complete, difference, output, walk};
use crate::form;
use crate::model::{Change, ChangeId, Evidence, Subject};
use crate::query::stale_before;
use crate::store::{Revision, Store, related, similar};

/// Changes like this one that are listed.
const SIMILAR: usize = 5;

/// Runs that `--runs` prints, the latest.
const RUNS: usize = 20;

/// Show a change: owner, expected result and rollback first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote show k7m2\n  shipnote show k7m2 --format markdown > change.md\n  shipnote show k7m2 --history"
)]
pub(in crate::cli) struct Args {
    /// The change, by the beginning of its id
    #[arg(add = ArgValueCompleter::new(complete::ids))]
    id: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Who changed what and when; also of a deleted change
    #[arg(long)]
    history: bool,
    /// What came of running its checks and commands, with their output
    #[arg(long, conflicts_with = "history")]
    runs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For reading in a terminal
    Text,
    /// The form that `edit` opens and `log --from` reads
    Markdown,
    /// The JSON form shipnote.change/1, with the evidence of each check
    Json,
}

/// A change and what came of its checks.
#[derive(serde::Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    change: &'a Change,
    /// Of each check, in their order, when it was last run; null where it was not.
    evidence: &'a [Option<Evidence>],
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let format = if args.json { Format::Json } else { args.format };
    if args.history {
        return history(args, format, &store, context);
    }
    let change = context.find(&store, &args.id)?;
    if args.runs {
        return runs(&change, format, &store);
    }
    match format {
        Format::Json => {
            let evidence = store.evidence_of_checks(&change)?;
            output::json(&Shown { change: &change, evidence: &evidence })?;
        }
        Format::Markdown => output::data(&escape_lines(form::write(&change).trim_end()))?,
        Format::Text => {
            let evidence = store.evidence_of_checks(&change)?;
            let related = related(&store, &change)?;
            let mut similar = similar(&store, &change, SIMILAR + related.len())?;
            similar.retain(|other| related.iter().all(|known| known.id != other.summary.id));
            similar.truncate(SIMILAR);
            output::data(&view::change(
                &change,
                &Beside { related, similar, evidence, stale_before: stale_before(context.now) },
                output::prose_width(),
            ))?;
        }
    }
    Ok(0)
}

fn history(args: &Args, format: Format, store: &dyn Store, context: &Context) -> Result<u8> {
    // A deleted change has no unique beginning any more, only its whole id.
    let deleted = args.id.parse::<ChangeId>().ok().filter(|id| store.tombstone(id).is_ok_and(|grave| grave.is_some()));
    let id = match deleted {
        Some(id) => id,
        None => context.find_id(store, &args.id)?,
    };
    let revisions = store.history(&id)?;
    if format == Format::Json {
        let changes: Vec<_> = revisions.iter().map(|revision| &revision.change).collect();
        output::json(&serde_json::json!({"schema": "shipnote.changes/1", "changes": changes}))?;
        return Ok(0);
    }
    let mut before = String::new();
    for revision in &revisions {
        let text = form::write(&revision.change);
        output::data(&head(revision))?;
        if !before.is_empty() {
            output::data(&difference::lines(&before, &text))?;
        }
        before = text;
    }
    if let Some(grave) = store.tombstone(&id)? {
        let (day, actor, reason) = (grave.at.day(), escape(&grave.actor), escape(&grave.reason));
        output::data(&format!("{BOLD}deleted{BOLD:#} on {day} by {actor}: {reason}"))?;
    }
    Ok(0)
}

fn runs(change: &Change, format: Format, store: &dyn Store) -> Result<u8> {
    let mut runs = store.evidence(&Subject::Change(change.id.clone()), RUNS)?;
    if format == Format::Json {
        output::json(&serde_json::json!({"schema": "shipnote.evidence/1", "evidence": runs}))?;
        return Ok(0);
    }
    if runs.is_empty() {
        output::note(&format!("Nothing was run yet: shipnote verify {0}, shipnote run {0}", change.id));
        return Ok(1);
    }
    // The latest stands last, where it is read first in a terminal.
    runs.reverse();
    for Evidence { kind, name, at, actor, outcome, .. } in &runs {
        let at = at.utc().format("%Y-%m-%d %H:%M UTC");
        output::data(&format!("{DIM}{at}  {kind} by {}{DIM:#}\n{}", escape(&actor.user), walk::said(name, outcome)))?;
        for line in outcome.output.lines() {
            output::data(&format!("  {DIM}│{DIM:#} {}", escape(line)))?;
        }
        if outcome.cut {
            output::data(&format!("  {DIM}│ … cut{DIM:#}"))?;
        }
    }
    Ok(0)
}

fn head(revision: &Revision) -> String {
    let Revision { change, event } = revision;
    let who = event.as_ref().map(|event| {
        let detail = event.detail.as_ref().map(|detail| format!(" ({})", escape(detail))).unwrap_or_default();
        format!(" {} by {}{detail}", escape(&event.action), escape(&event.actor.user))
    });
    let (number, at) = (change.revision, change.updated_at.utc().format("%Y-%m-%d %H:%M UTC"));
    format!("{ID}revision {number}{ID:#}  {at}{}  {}", who.unwrap_or_default(), escape(&change.title))
}
