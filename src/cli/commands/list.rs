use anyhow::Result;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::Context;
use crate::cli::filters::Filters;
use crate::cli::output;
use crate::cli::report::Hinted;
use crate::cli::text::escape;
use crate::cli::view::{DIM, ID, status_style};
use crate::model::{Change, Status, Subject};
use crate::query::Expr;
use crate::store::{Happening, Order, Page, Store, Summary};

/// List changes, newest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  shipnote list\n  shipnote list --service orders --since 30d\n  shipnote list --status draft --json\n  shipnote list --events"
)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    filters: Filters,
    /// How many at most; 0 for all
    #[arg(short = 'n', long = "limit", default_value_t = 20, value_name = "COUNT")]
    limit: u64,
    /// List what was done instead, the latest first: when, by whom, to which change, and why
    #[arg(long)]
    events: bool,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let filter = args.filters.expr(context)?;
    let most = if args.limit == 0 { Page::ALL.most } else { args.limit };
    if args.events {
        if filter != Expr::Everything {
            return Err(Hinted::new("--events lists every event", "leave the filters out"));
        }
        return events(&store.events(Page::first(most))?, args.json);
    }
    if args.json {
        let mut changes: Vec<Change> = Vec::new();
        store.each(&filter, Order::NewestFirst, Page::first(most), &mut |change| {
            changes.push(change);
            Ok(true)
        })?;
        output::json(&serde_json::json!({"schema": "shipnote.changes/1", "changes": changes}))?;
        return Ok(u8::from(changes.is_empty()));
    }
    let mut rows: Vec<Summary> = Vec::new();
    let mut more = false;
    // Counting all of them would take longer than listing these: one more tells that there are more.
    store.each_summary(&filter, Order::NewestFirst, Page::first(most.saturating_add(1)), &mut |summary| {
        more = rows.len() as u64 == most;
        if !more {
            rows.push(summary);
        }
        Ok(!more)
    })?;
    if rows.is_empty() {
        output::note("No change matches.");
        return Ok(1);
    }
    output::data(&table(&rows, output::width()))?;
    if more && !context.globals.quiet {
        output::note("there are more; -n 0 lists all");
    }
    Ok(0)
}

/// One line an event.
fn events(events: &[Happening], json: bool) -> Result<u8> {
    if json {
        let events: Vec<_> = events
            .iter()
            .map(|Happening { at, actor, action, subject, revision, detail }| {
                let mut event = serde_json::json!({
                    "at": at, "actor": actor.user, "git_identity": actor.git_identity,
                    "action": action, "revision": revision, "detail": detail,
                });
                match subject {
                    Subject::Change(id) => event["change"] = id.as_str().into(),
                    Subject::Runbook(name) => event["runbook"] = name.as_str().into(),
                }
                event
            })
            .collect();
        output::json(&serde_json::json!({"schema": "shipnote.events/1", "events": events}))?;
    } else if events.is_empty() {
        output::note("There are no events yet.");
    } else {
        let rows = events.iter().map(|event| {
            let detail = event.detail.as_deref().unwrap_or_default();
            [
                event.at.to_string(),
                escape(&event.actor.to_string()),
                escape(&event.action),
                match &event.subject {
                    Subject::Change(id) => id.to_string(),
                    Subject::Runbook(name) => format!("runbook {}", escape(name)),
                },
                event.revision.map(|revision| format!("revision {revision}")).unwrap_or_default(),
                escape(detail),
            ]
        });
        output::data(&output::columns(rows))?;
    }
    Ok(u8::from(events.is_empty()))
}

/// One line a change where the terminal is wide enough; ids and days are never broken.
pub(super) fn table(rows: &[Summary], width: Option<usize>) -> String {
    let narrow = width.is_some_and(|width| width < 72);
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    match width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.try_into().unwrap_or(u16::MAX))
        }
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    for row in rows {
        let mut title = escape(&row.title);
        if row.status != Status::Shipped {
            let style = status_style(row.status);
            title = format!("{style}[{}]{style:#} {title}", row.status);
        }
        let mut cells = vec![
            Cell::new(format!("{ID}{}{ID:#}", row.id)),
            Cell::new(format!("{DIM}{}{DIM:#}", row.at.day())),
            Cell::new(title),
        ];
        if !narrow {
            cells.push(Cell::new(row.service.as_deref().map(escape).unwrap_or_default()));
            cells.push(Cell::new(row.owner.as_deref().map(escape).unwrap_or_default()));
        }
        table.add_row(cells);
    }
    for (column, columns) in [(0, 12), (1, 10)] {
        if let Some(column) = table.column_mut(column) {
            column.set_padding((0, 2)).set_constraint(ColumnConstraint::Absolute(Width::Fixed(columns + 2)));
        }
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_padding((0, 2));
    }
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
