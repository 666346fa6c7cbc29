//! Printing runbooks.

use anyhow::Result;

use super::super::Context;
use crate::cli::report::Hinted;
use crate::cli::text::{escape, escape_lines};
use crate::cli::view::{BAD, BOLD, DIM, ID};
use crate::cli::{output, runbooks};
use crate::form;
use crate::model::{Runbook, Subject};
use crate::store::{Store, stale_because};

/// Runs that are counted.
const RUNS: usize = 50;

pub(super) fn show(name: &str, markdown: bool, json: bool, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let runbook = super::find(&store, name)?;
    if json {
        output::json(&runbook)?;
    } else if markdown {
        output::data(&escape_lines(&form::write_runbook(&runbook)))?;
    } else {
        output::data(&card(&runbook, &store)?)?;
    }
    Ok(0)
}

/// What it is, what speaks against it, and its text.
fn card(runbook: &Runbook, store: &dyn Store) -> Result<String> {
    let mut text = format!("{ID}{}{ID:#}  {BOLD}{}{BOLD:#}", runbook.name, escape(&runbook.title));
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text += &format!("\n{DIM}{name:<9}{DIM:#}{}", escape(&value));
        }
    };
    field("Owner", Some(runbook.owner.clone().unwrap_or_else(|| "nobody".to_owned())));
    field("Service", runbook.service.clone());
    field("Alerts", Some(runbook.alerts.join(" ")));
    field("Tags", Some(runbook.tags.join(" ")));
    field("Changes", Some(runbook.changes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")));
    let steps = form::runbook_steps(&runbook.body).into_iter().filter(|step| !step.back).count();
    field("Steps", Some(format!("{steps}, shipnote run {}", runbook.name)));
    if let Some(last) = store.evidence(&Subject::Runbook(runbook.name.clone()), RUNS)?.first() {
        field(
            "Last run",
            Some(format!("{} by {}, {} {}", last.at.day(), last.actor.user, last.name, last.outcome.conclusion)),
        );
    }
    for reason in stale_because(store, runbook)? {
        text += &format!("\n{BAD}stale{BAD:#}    {}", escape(&reason));
    }
    Ok(format!("{text}\n\n{}", escape_lines(runbook.body.trim())))
}

pub(super) fn list(service: Option<&str>, json: bool, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let mut found = store.runbooks()?;
    found.retain(|runbook| service.is_none_or(|service| runbook.service.as_deref() == Some(service)));
    if json {
        output::json(&serde_json::json!({"schema": "shipnote.runbooks/1", "runbooks": found}))?;
        return Ok(0);
    }
    for runbook in &found {
        output::data(&runbooks::row(&store, runbook)?)?;
    }
    if found.is_empty() {
        output::note("There is no runbook yet: shipnote runbook new \"Restart orders\"");
        return Ok(1);
    }
    Ok(0)
}

pub(super) fn history(name: &str, json: bool, context: &Context) -> Result<u8> {
    let store = context.open()?;
    let revisions = store.runbook_history(name)?;
    if revisions.is_empty() {
        return Err(Hinted::new(
            format!("there is no runbook `{name}`, and there was none"),
            "shipnote runbook list shows those there are",
        ));
    }
    if json {
        let runbooks: Vec<_> = revisions.iter().map(|revision| &revision.runbook).collect();
        output::json(&serde_json::json!({"schema": "shipnote.runbooks/1", "runbooks": runbooks}))?;
        return Ok(0);
    }
    let mut before = String::new();
    for revision in &revisions {
        let at = revision.at.utc().format("%Y-%m-%d %H:%M UTC");
        let detail = revision.detail.as_ref().map(|detail| format!(": {}", escape(detail))).unwrap_or_default();
        let (action, actor, number) = (&revision.action, escape(&revision.actor.user), revision.runbook.revision);
        output::data(&format!("{ID}revision {number}{ID:#}  {at}  {} by {actor}{detail}", escape(action)))?;
        let text = form::write_runbook(&revision.runbook);
        if !before.is_empty() && revision.action != "delete" {
            output::data(&crate::cli::difference::lines(&before, &text))?;
        }
        before = text;
    }
    Ok(0)
}
