//! The changes that touched one file, whatever it was called.

use std::collections::HashSet;

use anyhow::Result;

use super::{Order, Page, Store, Summary};
use crate::query::{Condition, Expr, FilePattern};

/// The changes that touched a file by any of its names, newest first, each once. A name is a path, never a glob; records
/// may hold more in front of it.
///
/// # Errors
/// What the store reports.
pub fn touching(store: &dyn Store, names: &[String]) -> Result<Vec<Summary>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for name in names {
        let expr = Expr::Is(Condition::File(FilePattern::literal(name)));
        store.each_summary(&expr, Order::NewestFirst, Page::ALL, &mut |summary| {
            if seen.insert(summary.id.clone()) {
                found.push(summary);
            }
            Ok(true)
        })?;
    }
    found.sort_by_key(|summary| std::cmp::Reverse((summary.at, summary.seq)));
    Ok(found)
}
