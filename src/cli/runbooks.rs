//! A runbook in one line, for lists and searches.

use anyhow::Result;

use super::text::escape;
use super::view::{BAD, BOLD, DIM, ID};
use crate::model::Runbook;
use crate::store::{Store, stale_because};

/// Columns of the name.
const NAME: usize = 28;

/// Its name, title, service, and whether something speaks against it.
pub(super) fn row(store: &dyn Store, runbook: &Runbook) -> Result<String> {
    let service = runbook.service.as_ref().map(|service| format!("  {DIM}{}{DIM:#}", escape(service)));
    let stale = if stale_because(store, runbook)?.is_empty() { String::new() } else { format!("  {BAD}stale{BAD:#}") };
    let (name, title) = (&runbook.name, escape(&runbook.title));
    Ok(format!("{ID}{name:<NAME$}{ID:#}  {BOLD}{title}{BOLD:#}{}{stale}", service.unwrap_or_default()))
}
