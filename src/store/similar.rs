//! Changes that are like another one: the same error, the same files, the same metric.

use anyhow::Result;

use super::{Store, Summary};
use crate::model::Change;
use crate::query::fingerprints;

/// Changes looked at for each thing they may share.
const LOOKED_AT: usize = 50;

/// Files of a change that are compared: one that touched thousands is like everything.
const FILES: usize = 100;

/// What changes can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The path of a file.
    File,
    /// The name of a metric.
    Metric,
}

/// A change that is like another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The change.
    pub summary: Summary,
    /// What they share, in a few words.
    pub why: Vec<String>,
    /// Whether they tell of the same error.
    pub same_error: bool,
    score: u64,
}

/// Changes that are like `change`, at most `most`: those with the same error first, then those with the most files in
/// common, then those with a metric of the same name. Not itself.
///
/// # Errors
/// What the store reports.
pub fn similar(store: &dyn Store, change: &Change, most: usize) -> Result<Vec<Similar>> {
    let mut found: Vec<Similar> = Vec::new();
    let mut add = |summary: Summary, score, why: String, same_error| {
        if summary.id == change.id {
            return;
        }
        let place = found.iter().position(|known| known.summary.id == summary.id).unwrap_or(found.len());
        if place == found.len() {
            found.push(Similar { summary, why: Vec::new(), same_error: false, score: 0 });
        }
        let similar = &mut found[place];
        similar.score += score;
        similar.same_error |= same_error;
        similar.why.push(why);
    };
    let errors = fingerprints(change);
    if !errors.is_empty() {
        for summary in store.by_fingerprint(&errors, LOOKED_AT)? {
            add(summary, 1_000, "the same error".to_owned(), true);
        }
    }
    let files = &change.files[..change.files.len().min(FILES)];
    for (summary, shared) in store.sharing(Shared::File, files, LOOKED_AT)? {
        let files = if shared == 1 { "a file".to_owned() } else { format!("{shared} files") };
        add(summary, 10 * shared, format!("{files} in common"), false);
    }
    let metrics: Vec<String> = change.metrics.iter().map(|metric| metric.name.clone()).collect();
    for (summary, shared) in store.sharing(Shared::Metric, &metrics, LOOKED_AT)? {
        add(summary, shared, "the same metric".to_owned(), false);
    }
    found.sort_by_key(|similar| std::cmp::Reverse((similar.score, similar.summary.at, similar.summary.seq)));
    found.truncate(most);
    Ok(found)
}
