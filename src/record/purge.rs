//! Secrets that are in a database already: found in everything it keeps, and taken out of it.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use crate::model::{Actor, ChangeId, Timestamp};
use crate::redact::{self, Finding};
use crate::store::{Database, Event, Kept, Store, each_kept, rewrite};
use crate::sys;

/// A secret that a database keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSecret {
    /// What it stands in, for instance `changes`.
    pub what: &'static str,
    /// The id or the name of that.
    pub name: String,
    /// The field, and what it looks like.
    pub finding: Finding,
}

/// Looks for secrets in every record, revision, event and run.
///
/// # Errors
/// What the store reports.
pub fn scan_database(database: &Database) -> Result<Vec<KeptSecret>> {
    let mut found = Vec::new();
    each_kept(database, &mut |kept| {
        for mut finding in secrets_in(&kept) {
            if !kept.is_document() {
                finding.field = kept.column.to_owned();
            }
            found.push(KeptSecret { what: kept.what, name: kept.name.to_owned(), finding });
        }
        Ok(())
    })?;
    Ok(found)
}

fn secrets_in(kept: &Kept<'_>) -> Vec<Finding> {
    match document(kept) {
        Some(document) => redact::scan_any(&document),
        None => redact::scan_any(&kept.text),
    }
}

fn document(kept: &Kept<'_>) -> Option<Value> {
    if kept.is_document() { serde_json::from_str(kept.text).ok() } else { None }
}

/// The text with its secrets masked, if it has any.
fn masked(kept: &Kept<'_>) -> Result<Option<String>> {
    if secrets_in(kept).is_empty() {
        return Ok(None);
    }
    Ok(match document(kept) {
        Some(mut document) => {
            redact::mask_any(&mut document);
            Some(serde_json::to_string(&document)?)
        }
        None => redact::mask(kept.text),
    })
}

/// Masks every secret that [`scan_database`] finds, in all that is kept, and writes an event for each change that had one.
/// Nothing of them is left in the file. The database is another one afterwards for whoever keeps something of it: pages are
/// made anew. Returns what was masked.
///
/// # Errors
/// What the store reports; then nothing was changed.
pub fn purge_database(database: &mut Database, actor: Actor, now: Timestamp) -> Result<Vec<KeptSecret>> {
    let found = scan_database(database)?;
    if found.is_empty() {
        return Ok(found);
    }
    rewrite(database, Some(&sys::random::name()?), &masked)?;
    let mut rules: BTreeMap<ChangeId, Vec<&str>> = BTreeMap::new();
    for secret in &found {
        if let Ok(id) = secret.name.parse() {
            rules.entry(id).or_default().push(secret.finding.rule);
        }
    }
    let mut events = Vec::new();
    for (id, mut rules) in rules {
        rules.sort_unstable();
        rules.dedup();
        let revision = database.get(&id)?.map_or(0, |change| change.revision);
        let detail = Some(format!("masked: {}", rules.join(", ")));
        events.push(Event { at: now, actor: actor.clone(), action: "purge".to_owned(), change: id, revision, detail });
    }
    database.write(&mut |writer| events.iter().try_for_each(|event| writer.event(event)))?;
    Ok(found)
}
