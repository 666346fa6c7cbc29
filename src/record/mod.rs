//! The one way in: validate, redact, fingerprint, store, event.
//!
//! Every writer goes through a [`Recorder`]: `log`, `start`, `ship`, `edit`, `rollback`, `delete` and `import`. Nothing
//! else calls the write side of the store, so a record that is there was validated, holds no secret that the rules know,
//! and has its event. Imports `model`, `redact`, `query`, `store` and `sys`.

use std::fmt;

use anyhow::Result;

use crate::model::{Actor, Change, ChangeId, Draft, Invalid, RelationKind, Status, Timestamp};
use crate::query;
use crate::redact::{self, Finding};
use crate::store::{Event, NewChange, Store, StoreError, Tombstone, Writer};

mod evidence;
mod import;
mod purge;
mod runbook;
mod secrets;

pub use import::{ImportOptions, ImportReport, Names, RecordedAs, Skipped};
pub use purge::{KeptSecret, purge_database, scan_database};
pub use runbook::Saved;
pub use secrets::{OnSecrets, checked};

/// Writes to a store on behalf of somebody.
pub struct Recorder<'a> {
    store: &'a mut dyn Store,
    actor: Actor,
    now: Timestamp,
    on_secrets: OnSecrets,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// It is stored now.
    New(Change),
    /// It was recorded before, under the same key and with the same content.
    Existing(Change),
}

impl Recorded {
    /// The change as it is stored.
    pub fn change(&self) -> &Change {
        match self {
            Self::New(change) | Self::Existing(change) => change,
        }
    }
}

/// Why a record was refused.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It breaks rules of the model.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// It holds secrets.
    #[error("{}", Findings(.0))]
    Secrets(Vec<Finding>),
    /// The same key or id is taken by a record with other content.
    #[error("{what} is already recorded as {id} with other content ({differs})")]
    Conflict {
        /// The key or id that both have.
        what: String,
        /// The change that has it.
        id: ChangeId,
        /// The fields that differ.
        differs: String,
    },
    /// There was a record of this id or key, and it was deleted.
    #[error("{id} was deleted on {} by {}: {}", .tombstone.at.day(), .tombstone.actor, .tombstone.reason)]
    Deleted {
        /// The change.
        id: ChangeId,
        /// What is left of it.
        tombstone: Tombstone,
    },
}

struct Findings<'a>(&'a [Finding]);

impl fmt::Display for Findings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, finding) in self.0.iter().enumerate() {
            let Finding { field, description, masked, .. } = finding;
            write!(f, "{}{field}: looks like {description}: {masked}", if n == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl<'a> Recorder<'a> {
    /// A recorder for `actor`, at `now`.
    pub fn new(store: &'a mut dyn Store, actor: Actor, now: Timestamp) -> Self {
        Self { store, actor, now, on_secrets: OnSecrets::default() }
    }

    /// The same, which does this where a record holds secrets.
    #[must_use]
    pub fn on_secrets(self, on_secrets: OnSecrets) -> Self {
        Self { on_secrets, ..self }
    }

    /// Records a draft; `action` names the command for the event log. With a source key it is idempotent: the same key
    /// and content again returns the change that is there. A change that supersedes or reverts another one marks it.
    ///
    /// # Errors
    /// [`RecordError`], and what the store reports.
    pub fn log(&mut self, draft: Draft, action: &str) -> Result<Recorded> {
        let digest = draft.digest();
        let has_id = draft.id.is_some();
        let idempotent = has_id || draft.source.as_ref().is_some_and(|source| source.key.is_some());
        let (change, detail) = secrets::judged(draft, None, self.now, &self.on_secrets)?;
        let fingerprints = query::fingerprints(&change);
        let (actor, now) = (self.actor.clone(), self.now);
        let mut recorded = None;
        self.write(idempotent, &mut |writer| {
            if let Some(existing) = existing(writer, &change, &digest, has_id)? {
                recorded = Some(Recorded::Existing(existing));
                return Ok(());
            }
            let digest = idempotent.then_some(digest.as_str());
            writer.insert(&NewChange { change: &change, json: None, digest, fingerprints: &fingerprints })?;
            writer.event(&event(&actor, now, action, &change, detail.as_deref()))?;
            mark_replaced(writer, &change, &actor, now)?;
            recorded = Some(Recorded::New(change.clone()));
            Ok(())
        })?;
        recorded.ok_or_else(|| anyhow::anyhow!("the record was not stored"))
    }

    /// Writes; where the same may be written `twice` it is tried again, once, after the connection was lost.
    fn write(&mut self, twice: bool, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()> {
        match self.store.write(work) {
            Err(error) if twice && error.downcast_ref().is_some_and(StoreError::is_lost) => self.store.write(work),
            other => other,
        }
    }

    /// Stores `draft` as the next revision of `base`. Who recorded it first, when, and from where stay as they are.
    /// Returns the change and whether anything differed; an edit that changes nothing stores nothing.
    ///
    /// # Errors
    /// [`RecordError`]; [`crate::store::StoreError::LostUpdate`] when somebody edited it in between.
    pub fn edit(&mut self, base: &Change, draft: Draft, action: &str, detail: Option<&str>) -> Result<(Change, bool)> {
        let (mut change, secrets) = secrets::judged(draft_over(base, draft), Some(base), self.now, &self.on_secrets)?;
        if change == *base {
            return Ok((change, false));
        }
        change.updated_at = self.now;
        change.revision = base.revision + 1;
        let event = event(&self.actor, self.now, action, &change, detail.or(secrets.as_deref()));
        let fingerprints = query::fingerprints(&change);
        let (actor, now) = (self.actor.clone(), self.now);
        self.store.write(&mut |writer| {
            writer.update(&change, &fingerprints)?;
            writer.event(&event)?;
            if change.relations != base.relations {
                mark_replaced(writer, &change, &actor, now)?;
            }
            Ok(())
        })?;
        Ok((change, true))
    }

    /// Deletes a change. Its revisions stay in the database, and a tombstone says who deleted it and why.
    ///
    /// # Errors
    /// When there is no such change.
    pub fn delete(&mut self, base: &Change, reason: &str) -> Result<()> {
        let tombstone = Tombstone {
            at: self.now,
            actor: self.actor.user.clone(),
            reason: reason.to_owned(),
            title: base.title.clone(),
        };
        let event = event(&self.actor, self.now, "delete", base, Some(reason));
        self.store.write(&mut |writer| {
            writer.delete(&base.id, &tombstone)?;
            writer.event(&event)
        })
    }
}

/// Reads the rules that recording needs, which it would otherwise do when it comes to them: worth half a millisecond while
/// a database is opened.
pub fn prepare() {
    redact::prepare();
    query::prepare_errors();
}

fn draft_over(base: &Change, draft: Draft) -> Draft {
    Draft {
        id: Some(base.id.to_string()),
        created_at: Some(base.created_at),
        updated_at: Some(base.updated_at),
        revision: Some(base.revision),
        source: Some(base.source.clone()),
        ..draft
    }
}

fn event(actor: &Actor, at: Timestamp, action: &str, change: &Change, detail: Option<&str>) -> Event {
    Event {
        at,
        actor: actor.clone(),
        action: action.to_owned(),
        change: change.id.clone(),
        revision: change.revision,
        detail: detail.map(str::to_owned),
    }
}

/// The change that has the key or the id already, when it says the same. An id that was made just now is nobody else's.
fn existing(writer: &dyn Writer, change: &Change, digest: &str, has_id: bool) -> Result<Option<Change>> {
    let by_key = match &change.source.key {
        Some(_) => writer.by_key(&change.source)?,
        None => None,
    };
    let found = match by_key {
        Some(found) => Some(found),
        None if !has_id && change.source.key.is_none() => return Ok(None),
        None => writer.get(&change.id)?.map(|found| (found, None)),
    };
    let Some((found, known)) = found else {
        return match writer.tombstone(&change.id)? {
            Some(tombstone) => Err(RecordError::Deleted { id: change.id.clone(), tombstone }.into()),
            None => Ok(None),
        };
    };
    if known.as_deref() == Some(digest) || found == *change {
        return Ok(Some(found));
    }
    let what = match &change.source.key {
        Some(key) => format!("the key `{key}`"),
        None => format!("the id {}", change.id),
    };
    let differs = differing_fields(&found, change)?;
    Err(RecordError::Conflict { what, id: found.id, differs }.into())
}

/// The names of the fields in which two changes differ; times of recording left out, they always do.
fn differing_fields(one: &Change, other: &Change) -> Result<String> {
    let (one, other) = (serde_json::to_value(one)?, serde_json::to_value(other)?);
    let ignored = ["created_at", "updated_at", "revision"];
    let names: Vec<&str> = one
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, value)| !ignored.contains(&name.as_str()) && other.get(name.as_str()) != Some(value))
        .map(|(name, _)| name.as_str())
        .collect();
    Ok(if names.is_empty() { "times".to_owned() } else { names.join(", ") })
}

/// Marks the shipped changes that this one supersedes or reverts, in the same transaction. One that was taken back itself
/// replaces nothing.
fn mark_replaced(writer: &mut dyn Writer, change: &Change, actor: &Actor, now: Timestamp) -> Result<()> {
    if matches!(change.status, Status::Draft | Status::RolledBack) {
        return Ok(());
    }
    for relation in &change.relations {
        let status = match relation.kind {
            RelationKind::Supersedes => Status::Superseded,
            RelationKind::Reverts => Status::RolledBack,
            RelationKind::Fixes | RelationKind::Relates => continue,
        };
        let Some(mut other) = writer.get(&relation.id)? else { continue };
        if other.status != Status::Shipped {
            continue;
        }
        other.status = status;
        other.updated_at = now;
        other.revision += 1;
        writer.update(&other, &query::fingerprints(&other))?;
        let detail = format!("by {}", change.id);
        writer.event(&event(actor, now, status.as_str(), &other, Some(&detail)))?;
    }
    Ok(())
}
