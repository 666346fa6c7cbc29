//! Where records are kept: the [`Store`] port and its engines.
//!
//! The port speaks of changes and filters, never of SQL. A record is one JSON document; every field that is filtered,
//! sorted or joined on is a column or a side table written in the same transaction. SQL, row mapping and migrations are
//! private to each engine (`sqlite`, `postgres`). Only `record` writes. Imports `model` and `query`.

use std::ops::Range;

use anyhow::Result;

use crate::model::{Actor, Change, ChangeId, Evidence, Metric, RelationKind, Runbook, Source, Subject, Timestamp};
use crate::query::{ErrorText, Expr};

mod best;
mod database;
mod document;
mod failure;
mod in_common;
mod journal;
mod moving;
mod near;
#[cfg(feature = "postgres")]
mod postgres;
mod related;
mod rewrite;
mod runbook;
mod similar;
mod sqlite;
mod stale;
mod summary;
mod tally;
mod touching;
mod words;

pub use database::{Database, Place, without_password};
pub use failure::StoreError;
pub use journal::Happening;
pub use moving::{Moved, move_all};
pub use near::{Instead, Search, search_near};
#[cfg(feature = "postgres")]
pub use postgres::{Address, Environment, PostgresStore, is_url};
pub use related::{Related, related};
pub use rewrite::{ChangeText, Kept, each_kept, rewrite};
pub use runbook::{Entry, RunbookRevision};
pub use similar::{Shared, Similar, similar};
pub use sqlite::SqliteStore;
pub use stale::stale_because;
pub use summary::{Facet, FolderEntry, Newer, Order, Page, Sort, Span, Summary};
pub use touching::{Touching, touching};

/// Digits of a commit hash that name the commit; fewer could mean another one.
pub const COMMIT_DIGITS: usize = 7;

/// Runs of the same check or step that are kept, the latest.
pub const KEPT_RUNS: u64 = 50;

/// What can be read from a database of records. Every method returns what was committed when it began.
pub trait Store {
    /// The change with this id.
    fn get(&self, id: &ChangeId) -> Result<Option<Change>>;

    /// Changes whose id begins with `prefix` (folded, see [`ChangeId::fold_prefix`]), at most `most`, by id.
    fn find_prefix(&self, prefix: &str, most: usize) -> Result<Vec<Summary>>;

    /// Runs `work` on the records as they are now: every method called inside sees the same state, whatever is written
    /// meanwhile.
    fn snapshot(&self, work: &mut dyn FnMut() -> Result<()>) -> Result<()>;

    /// How far the last import of a source came; `None` before the first.
    fn mark(&self, name: &str) -> Result<Option<String>>;

    /// Tells that what is read from here on stands here and there in a large database, and is little of it: an engine may
    /// spend address space on that, which would count as memory where all of it is read.
    fn expect_little(&self) -> Result<()>;

    /// Calls `each` with every change the expression matches, in `order`, until it returns false. Reads as it goes: memory
    /// does not grow with the number of changes. `each` may call the other methods.
    fn each(&self, expr: &Expr, order: Order, page: Page, each: &mut dyn FnMut(Change) -> Result<bool>) -> Result<()>;

    /// The same without reading the documents.
    fn each_summary(
        &self,
        expr: &Expr,
        order: Order,
        page: Page,
        each: &mut dyn FnMut(Summary) -> Result<bool>,
    ) -> Result<()>;

    /// How many changes the expression matches.
    fn count(&self, expr: &Expr) -> Result<u64>;

    /// The changes that match, best first. Of very many matches those recorded last are ranked, see
    /// [`crate::query::ranking`]; without words, or by [`Sort::Recent`], all of them, newest first.
    fn search(&self, expr: &Expr, sort: Sort, page: Page) -> Result<Found>;

    /// The changes that share most with an error, among those that `conditions` select: its lines, up to what varies, and
    /// what names it, the rarer the better. Best first, at most `most`.
    fn search_error(&self, error: &ErrorText, conditions: &Expr, most: usize) -> Result<Vec<ErrorHit>>;

    /// Changes that tell of an error with one of these fingerprints, those recorded last first, at most `most`.
    fn by_fingerprint(&self, fingerprints: &[String], most: usize) -> Result<Vec<Summary>>;

    /// Changes that have one of these values, exactly, with how many of them; most first, at most `most`. Of a value that
    /// very many have, those recorded last are looked at.
    fn sharing(&self, what: Shared, values: &[String], most: usize) -> Result<Vec<(Summary, u64)>>;

    /// The words of records that are nearest to a misspelt one, at most `most`, nearest first; the word itself if it is one.
    fn near_words(&self, word: &str, most: usize) -> Result<Vec<String>>;

    /// Every value of a facet with how many changes have it, by value.
    fn facet(&self, facet: Facet) -> Result<Vec<(String, u64)>>;

    /// The months in which changes have a value of a facet, with how many, newest first.
    fn months(&self, facet: Facet, name: &str) -> Result<Vec<(String, u64)>>;

    /// Calls `each` with the changes that have a value of a facet, newest first, until it returns false.
    fn each_in(
        &self,
        facet: Facet,
        name: &str,
        span: Span<'_>,
        each: &mut dyn FnMut(Summary) -> Result<bool>,
    ) -> Result<()>;

    /// The row numbers (see [`Newer::number`]) of the changes that have a value of a facet, in no particular order.
    fn numbers_in(&self, facet: Facet, name: &str) -> Result<Vec<u64>>;

    /// Calls `each` with every change and its row number, newest first, until it returns false.
    fn each_numbered(&self, each: &mut dyn FnMut(u64, Summary) -> Result<bool>) -> Result<()>;

    /// The metrics of a change that have this name.
    fn measured(&self, id: &ChangeId, name: &str) -> Result<Vec<Metric>>;

    /// What changes touched directly in a folder, by name. `folder` is empty or ends with `/`.
    fn folder(&self, folder: &str) -> Result<Vec<FolderEntry>>;

    /// Changes that name `id` in their relations, newest first.
    fn referring(&self, id: &ChangeId) -> Result<Vec<(RelationKind, Summary)>>;

    /// Changes that hold a commit, newest first. `hash` and the hashes in records may be whole or abbreviated: one is the
    /// beginning of the other, and the shorter has at least [`COMMIT_DIGITS`] digits.
    fn by_commit(&self, hash: &str) -> Result<Vec<Summary>>;

    /// Of the changes that touched every one of `files`, `first` among them, at this time or later: the one recorded last.
    fn touching_all(&self, first: &str, files: &[String], since: Timestamp) -> Result<Option<ChangeId>>;

    /// Every revision of a change, oldest first, the present one included; also of a deleted one.
    fn history(&self, id: &ChangeId) -> Result<Vec<Revision>>;

    /// What came of running the checks and steps of a change or a runbook, the latest first, at most `most`.
    fn evidence(&self, subject: &Subject, most: usize) -> Result<Vec<Evidence>>;

    /// The latest evidence of each check of a change as it is now, in their order; `None` for one that was not run yet.
    fn evidence_of_checks(&self, change: &Change) -> Result<Vec<Option<Evidence>>>;

    /// The runbook of this name.
    fn runbook(&self, name: &str) -> Result<Option<Runbook>>;

    /// The runbook that was recorded under this source key.
    fn runbook_by_key(&self, source: &Source) -> Result<Option<Runbook>>;

    /// Every runbook, by name.
    fn runbooks(&self) -> Result<Vec<Runbook>>;

    /// The runbooks that have these words, best first, at most `most`. Of conditions, those on owner, service and tag are
    /// asked of a runbook; with any other there is none.
    fn search_runbooks(&self, expr: &Expr, most: usize) -> Result<Vec<Runbook>>;

    /// Every revision of a runbook, oldest first, and its deletion; also of a deleted one.
    fn runbook_history(&self, name: &str) -> Result<Vec<RunbookRevision>>;

    /// What was written of runbooks after the write `seq`, oldest first.
    fn newer_runbooks(&self, seq: u64) -> Result<Vec<RunbookRevision>>;

    /// What is left of a deleted change.
    fn tombstone(&self, id: &ChangeId) -> Result<Option<Tombstone>>;

    /// What happened, the latest first.
    fn events(&self, page: Page) -> Result<Vec<Happening>>;

    /// The number of the last write; everything newer than a number has a larger one.
    fn last_seq(&self) -> Result<u64>;

    /// What was written after the write `seq`, at most `most`, each change once.
    fn newer(&self, seq: u64, most: usize) -> Result<Vec<Newer>>;

    /// Calls `each` with the changes whose row numbers are in `numbers` (see [`Newer::number`]), in the order they were
    /// recorded, until it returns false.
    fn each_recorded(&self, numbers: Range<u64>, each: &mut dyn FnMut(u64, Change) -> Result<bool>) -> Result<()>;

    /// What tells this database from every other.
    fn identity(&self) -> Result<String>;

    /// Compares the full-text index and the side tables with the documents, row by row; returns what differs, one line
    /// each. SQLite's own check cannot see a contentless index that drifted.
    fn drift(&self) -> Result<Vec<String>>;

    /// Runs `work` in one write transaction: all of it is stored and durable when this returns, or none of it.
    fn write(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()>;

    /// The same for thousands of changes, in the way that is quickest for those; readers may have to wait.
    fn write_many(&mut self, work: &mut dyn FnMut(&mut dyn Writer) -> Result<()>) -> Result<()>;
}

/// What can be done inside a write transaction. Only `record` calls these.
pub trait Writer {
    /// The change with this id.
    fn get(&self, id: &ChangeId) -> Result<Option<Change>>;

    /// The change that was recorded under this source key, and the digest of the draft it came from.
    fn by_key(&self, source: &Source) -> Result<Option<(Change, Option<String>)>>;

    /// What is left of a deleted change.
    fn tombstone(&self, id: &ChangeId) -> Result<Option<Tombstone>>;

    /// A change that shipped this commit, by its whole hash.
    fn by_commit(&self, hash: &str) -> Result<Option<ChangeId>>;

    /// Whether nobody but imports has written the change, by the event log.
    fn is_as_imported(&self, id: &ChangeId) -> Result<bool>;

    /// Stores a new change.
    fn insert(&mut self, new: &NewChange<'_>) -> Result<()>;

    /// Stores the next revision of a change and keeps the one before; fields of the stored document that this version
    /// does not know are carried over.
    ///
    /// # Errors
    /// [`StoreError::LostUpdate`] unless the stored revision is `change.revision - 1`.
    fn update(&mut self, change: &Change, fingerprints: &[String]) -> Result<()>;

    /// Keeps the digest of the draft that the stored revision of a change came from.
    fn set_digest(&mut self, id: &ChangeId, digest: &str) -> Result<()>;

    /// Keeps how far an import of a source came, see [`Store::mark`].
    fn set_mark(&mut self, name: &str, mark: &str) -> Result<()>;

    /// Deletes a change; its revisions stay, and so does a tombstone.
    fn delete(&mut self, id: &ChangeId, tombstone: &Tombstone) -> Result<()>;

    /// Stores what came of a run, and what that says of its change. It moves the change's number of the last write and
    /// leaves its revision as it is. Of the same check or step the latest runs are kept.
    fn add_evidence(&mut self, evidence: &Evidence) -> Result<()>;

    /// Stores a new runbook, or the next revision of one; every revision stays. One that is imported may come with the
    /// revision that it had elsewhere.
    ///
    /// # Errors
    /// When the stored revision is not the one before, or there is one where this is the first.
    fn put_runbook(&mut self, runbook: &Runbook, by: &Entry<'_>) -> Result<()>;

    /// Deletes a runbook; its revisions stay.
    fn delete_runbook(&mut self, name: &str, by: &Entry<'_>) -> Result<()>;

    /// Appends to the event log.
    fn event(&mut self, event: &Event) -> Result<()>;
}

/// A change to be stored for the first time.
#[derive(Debug)]
pub struct NewChange<'a> {
    /// The change.
    pub change: &'a Change,
    /// Its JSON form, by those who have it already.
    pub json: Option<&'a str>,
    /// The digest of the draft it came from, where a source key makes recording idempotent.
    pub digest: Option<&'a str>,
    /// Fingerprints of the error texts in it.
    pub fingerprints: &'a [String],
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The page that was asked for.
    pub hits: Vec<Hit>,
    /// How many changes match; absent when that was not counted, because there are more than are ranked.
    pub total: Option<u64>,
    /// How many matches were ranked; 0 when they are in order of time.
    pub ranked: u64,
}

/// A change that tells of an error.
#[derive(Debug, Clone)]
pub struct ErrorHit {
    /// The change.
    pub change: Change,
    /// How much it shares with the error, higher is better.
    pub score: f64,
    /// What it shares, each in a few words, the most telling first.
    pub why: Vec<String>,
}

/// A change found by a search.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The change.
    pub change: Change,
    /// How well it matches, higher is better; 0 in order of time, and the improvement in percent by metric.
    pub score: f64,
}

/// One revision of a change.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The change as it was then.
    pub change: Change,
    /// Who recorded it and when; absent where the event log does not say.
    pub event: Option<Event>,
}

/// What is left of a deleted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// When it was deleted.
    pub at: Timestamp,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Its title then.
    pub title: String,
}

/// One entry of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: `log`, `edit`, `ship`, `rollback`, `delete`, `import`.
    pub action: String,
    /// Which change.
    pub change: ChangeId,
    /// The revision it became.
    pub revision: u64,
    /// Why, where somebody said so.
    pub detail: Option<String>,
}
