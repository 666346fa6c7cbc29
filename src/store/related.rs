//! What a change has to do with others, seen from both sides.

use anyhow::Result;

use super::Store;
use crate::model::{Change, ChangeId, RelationKind};

/// A change that another one is related to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// What the one does to the other: `fixes`, `superseded by`, …
    pub what: &'static str,
    /// The other change.
    pub id: ChangeId,
    /// Its title; absent when it is not in this database.
    pub title: Option<String>,
}

/// What `change` says of others, then what others say of it, newest first. Two that relate to each other say so once.
///
/// # Errors
/// What the store reports.
pub fn related(store: &dyn Store, change: &Change) -> Result<Vec<Related>> {
    let mut related = Vec::new();
    for relation in &change.relations {
        let found = store.find_prefix(relation.id.as_str(), 1)?.pop();
        let title = found.map(|found| found.title);
        related.push(Related { what: relation.kind.active(), id: relation.id.clone(), title });
    }
    for (kind, other) in store.referring(&change.id)? {
        let mutual = |own: &crate::model::Relation| own.kind == kind && own.id == other.id;
        if kind != RelationKind::Relates || !change.relations.iter().any(mutual) {
            related.push(Related { what: kind.passive(), id: other.id, title: Some(other.title) });
        }
    }
    Ok(related)
}
