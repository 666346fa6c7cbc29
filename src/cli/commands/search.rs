use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::text::{escape, escape_lines, highlight, wrap};
use crate::cli::view::{BOLD, DIM, ID, MATCH, status_style};
use crate::cli::{output, runbooks};
use crate::model::{Change, Status};
use crate::query::{ErrorReader, ErrorText, Expr, Grammar, snippet, spans};
use crate::store::{ErrorHit, Found, Hit, Instead, Page, Search, Sort, Store, search_near};
use crate::sys;

/// Search past changes: find the fix that worked
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(in crate::cli) struct Args {
    /// Words, \"phrases\", NOT word, prefix*, OR, (…), field:value, @saved
    #[arg(required_unless_present = "error", value_name = "WORDS")]
    words: Vec<String>,
    /// Find who had this error before: a traceback, a log, what a compiler said; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["words", "sort", "exact"], value_hint = clap::ValueHint::FilePath)]
    error: Option<PathBuf>,
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

/// Runbooks that are shown.
const RUNBOOKS: usize = 5;

const HELP: &str = "Examples:\n  \
    shipnote search ReadTimeout orders\n  \
    shipnote search '\"connection reset\" NOT staging'\n  \
    shipnote search 'retr*' --service orders --since 2026-10\n  \
    shipnote search '(owner:oncall OR tag:incident) metric:p95<-20%'\n  \
    shipnote search 'service:orders (is:failing OR is:stale)'\n  \
    kubectl logs deploy/orders | shipnote search --error -\n\n\
    Words must all match; OR, NOT and parentheses combine them; \"quotes\" keep words together; * matches the rest of a\n\
    word. Fields: title reason error command file owner tag service env kind status id commit metric has is since until.\n\
    is:verified, is:failing and is:stale go by what the checks of a change said when they were last run.\n\
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
    if let Some(file) = &args.error {
        return error(file, args, context, &store);
    }
    let grammar = Grammar { now: context.now, saved: context.config.searches().clone() };
    let (text, conditions, page) = (args.words.join(" "), args.filters.expr(context)?, Page::first(args.limit));
    let search = search_near(&store, &grammar, &text, &conditions, args.sort.into(), page, args.exact)?;
    let Search { query, expr, found, instead } = search;
    // Runbooks first for what was typed: where they have it, nothing else was meant.
    let typed = grammar.read(&text).map(|query| query.expr.and(conditions)).unwrap_or_default();
    let mut procedures = store.search_runbooks(&typed, RUNBOOKS)?;
    if procedures.is_empty() && !instead.is_empty() {
        procedures = store.search_runbooks(&expr, RUNBOOKS)?;
    }
    if !query.notes.is_empty() {
        output::note(&format!("searched as it stands: {}", escape(&query.notes.join("; "))));
    }
    for Instead { word, others } in &instead {
        output::note(&format!("`{}` found nothing: searched instead for {}", escape(word), others.join(", ")));
    }
    if args.explain {
        explain(&expr, &found);
    }
    let hits = &found.hits;
    if args.json {
        let mut found = json(hits, &expr);
        found["runbooks"] = serde_json::to_value(&procedures)?;
        output::json(&found)?;
    } else if hits.is_empty() && procedures.is_empty() {
        output::note("Nothing was found. Try fewer words, or the beginning of one with a * behind it.");
    } else {
        let text: Vec<_> = hits.iter().map(|hit| entry(hit, &expr, output::prose_width())).collect();
        if !text.is_empty() {
            output::data(&text.join("\n\n"))?;
        }
        if !procedures.is_empty() {
            let gap = if text.is_empty() { "" } else { "\n" };
            output::data(&format!("{gap}{BOLD}Runbooks{BOLD:#}"))?;
            for runbook in &procedures {
                output::data(&format!("  {}", runbooks::row(&store, runbook)?))?;
            }
        }
        if !hits.is_empty() && !context.globals.quiet {
            more(&found);
        }
    }
    Ok(u8::from(hits.is_empty() && procedures.is_empty()))
}

/// Searches for a pasted error, and shows what was done about it.
fn error(file: &Path, args: &Args, context: &Context, store: &dyn Store) -> Result<u8> {
    let path = (file.as_os_str() != "-").then(|| context.path(file));
    let mut reader = ErrorReader::default();
    sys::files::each_line(path.as_deref(), &mut |line| reader.line(line))?;
    let pasted = reader.finish();
    if args.explain {
        output::note(&escape_lines(&error_explained(&pasted)));
    }
    let most = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let hits = store.search_error(&pasted, &args.filters.expr(context)?, most)?;
    if args.json {
        output::json(&error_json(&hits))?;
    } else if pasted.headlines.is_empty() && pasted.features.is_empty() {
        output::note("No error was found in it. Paste the traceback or the line that says what went wrong.");
    } else if hits.is_empty() {
        output::note("Nothing like it was recorded. Once it is mended: shipnote log --symptom \"the error\"");
    } else {
        let text: Vec<_> = hits.iter().map(|hit| error_entry(hit, output::prose_width())).collect();
        output::data(&text.join("\n\n"))?;
    }
    Ok(u8::from(hits.is_empty()))
}

fn error_explained(pasted: &ErrorText) -> String {
    let lines = pasted.headlines.iter().map(|headline| format!("  {}", headline.template));
    let features =
        pasted.features.iter().map(|feature| format!("  {:?}: {}", feature.kind, feature.text).to_lowercase());
    let lines: Vec<_> = ["lines".to_owned()].into_iter().chain(lines).collect();
    let features: Vec<_> = ["what names it".to_owned()].into_iter().chain(features).collect();
    format!("{}\n{}", lines.join("\n"), features.join("\n"))
}

/// A past fix: what it was, why it matched, what was run and the way back.
fn error_entry(hit: &ErrorHit, width: usize) -> String {
    let change = &hit.change;
    let mut lines = head(change, escape(&change.title));
    for (n, why) in wrap(&escape(&hit.why.join("; ")), width.saturating_sub(8).max(20)).iter().enumerate() {
        lines.push(format!("  {DIM}{:<5}{DIM:#} {why}", if n == 0 { "why:" } else { "" }));
    }
    for (n, command) in change.commands.iter().flat_map(|command| command.run.lines()).enumerate() {
        lines.push(format!("  {DIM}{:<5}{DIM:#} {}", if n == 0 { "fix:" } else { "" }, escape(command)));
    }
    lines.extend(back(change));
    lines.join("\n")
}

fn error_json(hits: &[ErrorHit]) -> serde_json::Value {
    let hits: Vec<_> = hits
        .iter()
        .map(|hit| {
            serde_json::json!({
                "id": hit.change.id, "score": hit.score, "snippet": null, "why": hit.why, "change": hit.change,
            })
        })
        .collect();
    serde_json::json!({"schema": "shipnote.hits/1", "hits": hits})
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
    let mut lines = head(change, highlight(&change.title, &spans(expr, &change.title), MATCH));
    let passage = snippet(expr, change, width.saturating_sub(2));
    if !passage.text.is_empty() {
        lines.push(format!("  {}", highlight(&passage.text, &passage.spans, MATCH)));
    }
    lines.extend(back(change));
    lines.join("\n")
}

/// The first lines of a hit: `title` was escaped.
fn head(change: &Change, title: String) -> Vec<String> {
    let style = status_style(change.status);
    let mark = match change.status {
        Status::Shipped => String::new(),
        status => format!("{style}[{status}]{style:#} "),
    };
    let about = [Some(change.at().day()), Some(change.kind.to_string()), change.service.clone(), change.owner.clone()];
    let about: Vec<_> = about.iter().flatten().map(|text| escape(text)).collect();
    vec![
        format!("{ID}{}{ID:#}  {mark}{BOLD}{title}{BOLD:#}", change.id),
        format!("  {DIM}{}{DIM:#}", about.join(" · ")),
    ]
}

fn back(change: &Change) -> Option<String> {
    let command = change.rollback.command.as_deref().and_then(|command| command.lines().next())?;
    Some(format!("  {DIM}back:{DIM:#} {}", escape(command)))
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
