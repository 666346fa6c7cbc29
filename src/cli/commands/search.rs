use anyhow::Result;

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::cli::text::{escape, highlight};
use crate::cli::view::{BOLD, DIM, ID, MATCH, status_style};
use crate::model::Status;
use crate::query::{Expr, parse, snippet, spans};
use crate::store::{Hit, Page, Store};

/// Search past changes: find the fix that worked
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    shipnote search ReadTimeout orders\n  \
    shipnote search '\"connection reset\" NOT staging'\n  \
    shipnote search 'retr*' --service orders --since 2026-10\n\n\
    Words must all match; \"quotes\" keep words together, NOT leaves out, * matches the rest of a word. Anything else is\n\
    searched as it stands. Exit code 1: nothing was found.")]
pub(in crate::cli) struct Args {
    /// Words, \"phrases\", NOT word, prefix*
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// How many at most
    #[arg(short = 'n', long = "limit", default_value_t = 10, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let mut filter = args.filters.filter(context)?;
    let expr = parse(&args.words.join(" "))?;
    filter.text = Some(expr.clone());
    let hits = store.search(&filter, Page::first(args.limit))?;
    if args.json {
        output::json(&json(&hits, &expr))?;
    } else if hits.is_empty() {
        output::note("Nothing was found. Try fewer words, or the beginning of one with a * behind it.");
    } else {
        let text: Vec<_> = hits.iter().map(|hit| entry(hit, &expr, output::prose_width())).collect();
        output::data(&text.join("\n\n"))?;
        if hits.len() as u64 == args.limit && !context.globals.quiet {
            let total = store.count(&filter)?;
            if total > args.limit {
                output::note(&format!("{} of {total} changes; -n {total} shows all", hits.len()));
            }
        }
    }
    Ok(u8::from(hits.is_empty()))
}

/// A hit: id, day, title, who and where, the best passage, and the way back.
fn entry(hit: &Hit, expr: &Expr, width: usize) -> String {
    let change = &hit.change;
    let title = highlight(&change.title, &spans(expr, &change.title), MATCH);
    let style = status_style(change.status);
    let mark = match change.status {
        Status::Shipped => String::new(),
        status => format!("{style}[{status}]{style:#} "),
    };
    let mut lines = vec![format!("{ID}{}{ID:#}  {mark}{BOLD}{title}{BOLD:#}", change.id)];
    let about = [Some(change.at().day()), Some(change.kind.to_string()), change.service.clone(), change.owner.clone()];
    let about: Vec<_> = about.iter().flatten().map(|text| escape(text)).collect();
    lines.push(format!("  {DIM}{}{DIM:#}", about.join(" · ")));
    let passage = snippet(expr, change, width.saturating_sub(2));
    if !passage.text.is_empty() {
        lines.push(format!("  {}", highlight(&passage.text, &passage.spans, MATCH)));
    }
    if let Some(back) = change.rollback.command.as_deref().and_then(|command| command.lines().next()) {
        lines.push(format!("  {DIM}back:{DIM:#} {}", escape(back)));
    }
    lines.join("\n")
}

fn json(hits: &[Hit], expr: &Expr) -> serde_json::Value {
    let hits: Vec<_> = hits
        .iter()
        .map(|hit| {
            let passage = snippet(expr, &hit.change, 160);
            let spans: Vec<_> = passage.spans.iter().map(|span| [span.start, span.end]).collect();
            serde_json::json!({
                "id": hit.change.id,
                "score": hit.score,
                "snippet": {"field": format!("{:?}", passage.field).to_lowercase(), "text": passage.text, "spans": spans},
                "why": null,
                "change": hit.change,
            })
        })
        .collect();
    serde_json::json!({"schema": "shipnote.hits/1", "hits": hits})
}
