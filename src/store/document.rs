//! Stored documents: read tolerantly, and written without losing what this version does not know.

use anyhow::Result;
use serde_json::Value;

use super::StoreError;
use crate::model::{Change, Runbook, carry_unknown};

/// Reads a stored change; fields of a newer version are passed over.
pub(super) fn change(id: &str, doc: &str) -> Result<Change> {
    serde_json::from_str(doc).map_err(|error| unreadable(id, &error))
}

/// Reads a stored runbook.
pub(super) fn runbook(doc: &str) -> Result<Runbook> {
    let why = |error: serde_json::Error| error.to_string();
    let failed = |why| StoreError::Unreadable { record: "a stored runbook".to_owned(), why };
    Ok(serde_json::from_str(doc).map_err(why).map_err(failed)?)
}

/// What is said of a stored change that is not what was written.
pub(super) fn unreadable(id: &str, why: &dyn std::fmt::Display) -> anyhow::Error {
    StoreError::Unreadable { record: format!("the stored record {id}"), why: why.to_string() }.into()
}

/// The next document: the change, and what the stored one holds beyond what this version knows.
pub(super) fn merged(stored: &str, change: &Change) -> Result<String> {
    let old: Value = serde_json::from_str(stored)?;
    let known = serde_json::to_value(self::change(change.id.as_str(), stored)?)?;
    let mut new = serde_json::to_value(change)?;
    carry_unknown(&old, &known, &mut new);
    Ok(serde_json::to_string(&new)?)
}
