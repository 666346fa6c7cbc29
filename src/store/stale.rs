//! Whether a runbook still says what holds.

use anyhow::Result;

use super::Store;
use crate::model::{Conclusion, Runbook, Status, conclusion};

/// Why a runbook is stale, each a sentence without its full stop: a change it builds on was replaced or taken back, or its
/// checks fail. Empty where nothing speaks against it.
///
/// # Errors
/// What the store reports.
pub fn stale_because(store: &dyn Store, runbook: &Runbook) -> Result<Vec<String>> {
    let mut reasons = Vec::new();
    for id in &runbook.changes {
        let Some(change) = store.get(id)? else { continue };
        match change.status {
            Status::RolledBack => reasons.push(format!("{id} was rolled back")),
            Status::Superseded => reasons.push(format!("{id} was superseded")),
            Status::Draft | Status::Shipped => {}
        }
        let verified = if change.checks.is_empty() { None } else { conclusion(&store.evidence_of_checks(&change)?) };
        if verified.is_some_and(|verified| verified.conclusion != Conclusion::Passed) {
            reasons.push(format!("the checks of {id} fail"));
        }
    }
    Ok(reasons)
}
