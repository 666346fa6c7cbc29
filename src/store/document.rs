//! Stored documents: read tolerantly, and written without losing what this version does not know.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::model::{Change, Runbook, carry_unknown};

/// Reads a stored change; fields of a newer version are passed over.
pub(super) fn change(id: &str, doc: &str) -> Result<Change> {
    serde_json::from_str(doc).with_context(|| format!("the stored record {id} cannot be read"))
}

/// Reads a stored runbook.
pub(super) fn runbook(doc: &str) -> Result<Runbook> {
    serde_json::from_str(doc).context("a stored runbook cannot be read")
}

/// The next document: the change, and what the stored one holds beyond what this version knows.
pub(super) fn merged(stored: &str, change: &Change) -> Result<String> {
    let old: Value = serde_json::from_str(stored)?;
    let known = serde_json::to_value(self::change(change.id.as_str(), stored)?)?;
    let mut new = serde_json::to_value(change)?;
    carry_unknown(&old, &known, &mut new);
    Ok(serde_json::to_string(&new)?)
}
