use anyhow::Result;

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::cli::text::{escape, escape_lines, highlight};
use crate::cli::view::{BOLD, DIM, ID, MATCH, status_style};
use crate::model::Status;
use crate::query::{Expr, Grammar, snippet, spans};
use crate::store::{Found, Hit, Page, Search, Sort, search_near};

/// Search past changes: find the fix that worked
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Args {
    /// Words, \"phrases\", NOT word, prefix*, OR, (…), field:value, @saved
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    filters: Filters,
    /// How many at most
    #[arg(short = 'n', long = "limit", default_value_t = 10, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// What comes first
    #[arg(long, value_enum, default_value_t = SortBy::Relevance)]
    sort: SortBy,
    /// Search for the words as they are typed, even if that finds nothing
    #[arg(long)]
    exact: bool,
    /// Show how the query was understood
    #[arg(long)]
    explain: bool,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

const HELP: &str = "Examples:\n  \
    shipnote search ReadTimeout orders\n  \
    shipnote search '\"connection reset\" NOT staging'\n  \
    shipnote search 'retr*' --service orders --since 2026-10\n  \
    shipnote search '(owner:oncall OR tag:incident) metric:p95<-20%'\n\n\
    Words must all match; OR, NOT and parentheses combine them; \"quotes\" keep words together; * matches the rest of a\n\
    word. Fields: title reason error command file owner tag service env kind status id commit metric has is since until.\n\
    Anything else is searched as it stands. Exit code 1: nothing was found.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum SortBy {
    /// The best match, with a mild preference for what is recent and in force
    Relevance,
    /// The newest
    Recent,
    /// The largest improvement of a metric
    Metric,
}

impl From<SortBy> for Sort {
    fn from(sort: SortBy) -> Self {
        match sort {
            SortBy::Relevance => Self::Relevance,
            SortBy::Recent => Self::Recent,
            SortBy::Metric => Self::Metric,
        }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let grammar = Grammar { now: context.now, saved: context.config.searches().clone() };
    let (text, conditions, page) = (args.words.join(" "), args.filters.expr(context)?, Page::first(args.limit));
    let search = search_near(&store, &grammar, &text, &conditions, args.sort.into(), page, args.exact)?;
    let Search { query, expr, found, instead } = search;
    if !query.notes.is_empty() {
        output::note(&format!("searched as it stands: {}", escape(&query.notes.join("; "))));
    }
    for (word, others) in &instead {
        output::note(&format!(
            "nothing has `{}` with the rest: searched instead for {}",
            escape(word),
            others.join(", ")
        ));
    }
    if args.explain {
        explain(&expr, &found);
    }
    let hits = &found.hits;
    if args.json {
        output::json(&json(hits, &expr))?;
    } else if hits.is_empty() {
        output::note("Nothing was found. Try fewer words, or the beginning of one with a * behind it.");
    } else {
        let text: Vec<_> = hits.iter().map(|hit| entry(hit, &expr, output::prose_width())).collect();
        output::data(&text.join("\n\n"))?;
        if !context.globals.quiet {
            more(&found);
        }
    }
    Ok(u8::from(hits.is_empty()))
}

fn explain(expr: &Expr, found: &Found) {
    output::note(&format!("understood as\n{}", indented(&escape_lines(&expr.explain()))));
    output::note(&match (found.total, found.ranked) {
        (Some(total), 0) => format!("{total} match, newest first"),
        (Some(total), _) => format!("{total} match, all of them ranked"),
        (None, 0) => "more match than are shown, newest first".to_owned(),
        (None, ranked) => {
            format!("more than {ranked} match: those recorded last, and those with all words in the title, were ranked")
        }
    });
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Says how many more there are.
fn more(found: &Found) {
    let shown = found.hits.len() as u64;
    match found.total {
        Some(total) if total > shown => output::note(&format!("{shown} of {total} changes; -n {total} shows all")),
        None => output::note(&format!("the first {shown}; -n shows more, another word narrows it")),
        Some(_) => {}
    }
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
