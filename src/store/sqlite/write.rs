//! Writing inside a transaction.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::super::document;
use super::super::tally::Tally;
use super::super::{Entry, Event, NewChange, StoreError, Tombstone, Writer};
use super::bulk::{self, Batch, Index};
use super::rows::{self, Column, SIDE_TABLES};
use super::{evidence, fts, load, read, runbook, tally};
use crate::model::{Change, ChangeId, Evidence, Runbook, Source, Subject};
use crate::query::{field_texts, is_cut};

/// The write side of a transaction.
pub(super) struct Write<'a> {
    transaction: &'a Transaction<'a>,
    /// The number of the last write. It is counted here and written once, by [`Write::finish`]: `UPDATE … RETURNING` opens a
    /// savepoint each time, and the full-text index writes what it gathered to disk at every savepoint.
    seq: Cell<i64>,
    index: RefCell<Index>,
    /// Words known to be in `word`.
    words: RefCell<HashSet<String>>,
    tally: Tally,
}

impl<'a> Write<'a> {
    pub(super) fn new(transaction: &'a Transaction<'a>) -> Result<Self> {
        let seq = read::last_seq(transaction)?.cast_signed();
        Ok(Self {
            transaction,
            seq: Cell::new(seq),
            index: RefCell::new(Index::Direct),
            words: RefCell::default(),
            tally: Tally::default(),
        })
    }

    /// Writes down how far the counter came, and what is still to be indexed. Returns true when the full-text index was
    /// exchanged: a connection that had looked at it before does not see that.
    pub(super) fn finish(mut self) -> Result<bool> {
        tally::store(&std::mem::take(&mut self.tally), self.transaction)?;
        let sql = "UPDATE counter SET value = ?1 WHERE name = 'seq'";
        self.transaction.prepare_cached(sql)?.execute([self.seq.get()])?;
        self.settle()
    }

    fn settle(&self) -> Result<bool> {
        self.index.borrow_mut().settle(self.transaction, &mut self.words.borrow_mut())
    }

    /// The same before the index is written to again, which this connection cannot do once it was exchanged.
    fn settle_here(&self) -> Result<()> {
        let beside = matches!(*self.index.borrow(), Index::Beside(_));
        if !beside {
            return self.settle().map(|_| ());
        }
        self.index.borrow_mut().restore(self.transaction)?;
        self.index.replace(Index::Direct);
        reindex(self.transaction)
    }

    fn next_seq(&self) -> i64 {
        self.seq.set(self.seq.get() + 1);
        self.seq.get()
    }

    fn stored(&self, id: &ChangeId) -> Result<Option<Stored>> {
        let sql = "SELECT num, revision, doc FROM change WHERE id = ?1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        let row = statement.query_row([id.as_str()], |row| {
            Ok(Stored { num: row.get(0)?, revision: row.get::<_, i64>(1)?.unsigned_abs(), doc: row.get(2)? })
        });
        Ok(row.optional()?)
    }

    fn keep_revision(&self, stored: &Stored) -> rusqlite::Result<()> {
        let sql = "INSERT OR IGNORE INTO revision (id, revision, doc, checksum)
                   SELECT id, revision, doc, checksum FROM change WHERE num = ?1";
        self.transaction.prepare_cached(sql)?.execute([stored.num])?;
        Ok(())
    }

    fn index(&self, num: i64, change: &Change, fingerprints: &[String]) -> Result<()> {
        rows::insert_places(self.transaction, num, change)?;
        let mut index = self.index.borrow_mut();
        match index.waiting() {
            Some(waiting) => waiting.take(self.transaction, num, change, fingerprints)?,
            None => rows::insert_values(self.transaction, num, change, fingerprints)?,
        }
        if index.take(self.transaction, num, change)? {
            return Ok(());
        }
        bulk::index(self.transaction, num, &field_texts(change), &mut self.words.borrow_mut())
    }
}

/// A change as it stands in the database.
struct Stored {
    num: i64,
    revision: u64,
    doc: String,
}

impl Writer for Write<'_> {
    fn get(&self, id: &ChangeId) -> Result<Option<Change>> {
        read::get(self.transaction, id)
    }

    fn by_key(&self, source: &Source) -> Result<Option<(Change, Option<String>)>> {
        let sql = "SELECT id, doc, digest FROM change WHERE source_kind = ?1 AND source_key = ?2";
        let found = self
            .transaction
            .prepare_cached(sql)?
            .query_row((&source.kind, &source.key), |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
            })
            .optional()?;
        found.map(|(id, doc, digest)| Ok((document::change(&id, &doc)?, digest))).transpose()
    }

    fn tombstone(&self, id: &ChangeId) -> Result<Option<Tombstone>> {
        read::tombstone(self.transaction, id)
    }

    fn by_commit(&self, hash: &str) -> Result<Option<ChangeId>> {
        if let Some(waiting) = self.index.borrow_mut().waiting() {
            waiting.store(self.transaction, Column::Commit)?;
        }
        let sql = "SELECT id FROM change_commit JOIN change USING (num) WHERE hash = ?1 ORDER BY num LIMIT 1";
        let mut statement = self.transaction.prepare_cached(sql)?;
        Ok(statement.query_row([hash], |row| rows::read(row, 0)).optional()?)
    }

    fn is_as_imported(&self, id: &ChangeId) -> Result<bool> {
        self.index.borrow_mut().restore(self.transaction)?;
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM event WHERE change_id = ?1 AND action <> 'import')";
        Ok(self.transaction.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0))?)
    }

    fn set_digest(&mut self, id: &ChangeId, digest: &str) -> Result<()> {
        let sql = "UPDATE change SET digest = ?2 WHERE id = ?1";
        self.transaction.prepare_cached(sql)?.execute((id.as_str(), digest))?;
        Ok(())
    }

    fn set_mark(&mut self, name: &str, mark: &str) -> Result<()> {
        let sql = "INSERT INTO meta (name, value) VALUES ('import ' || ?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.transaction.execute(sql, (name, mark))?;
        Ok(())
    }

    fn insert(&mut self, new: &NewChange<'_>) -> Result<()> {
        let change = new.change;
        let doc = new.json.map_or_else(|| serde_json::to_string(change).map(Cow::Owned), |json| Ok(json.into()))?;
        let sql =
            "INSERT INTO change (id, seq, revision, title, status, kind, owner, service, environment, at, shipped_at,
                       created_at, updated_at, source_kind, source_key, digest, cut, doc, checks, checksum)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                           checksum(?18))";
        self.transaction.prepare_cached(sql)?.execute(rusqlite::params![
            change.id.as_str(),
            self.next_seq(),
            change.revision.cast_signed(),
            change.title,
            change.status.as_str(),
            change.kind.as_str(),
            change.owner,
            change.service,
            change.environment,
            change.at().to_string(),
            change.shipped_at.map(|at| at.to_string()),
            change.created_at.to_string(),
            change.updated_at.to_string(),
            change.source.kind,
            change.source.key,
            new.digest,
            is_cut(&change.files),
            doc,
            change.checks.len() as i64,
        ])?;
        self.tally.add(change);
        let num = self.transaction.last_insert_rowid();
        if matches!(*self.index.borrow(), Index::Beside(_)) {
            load::reached(self.transaction, num)?;
        }
        if num == 1 {
            // The first of a database: many may follow.
            self.index.replace(Index::Gathering(Batch::default()));
        }
        self.index(num, change, new.fingerprints)
    }

    fn update(&mut self, change: &Change, fingerprints: &[String]) -> Result<()> {
        let stored = self.stored(&change.id)?.with_context(|| format!("there is no change {}", change.id))?;
        let expected = change.revision - 1;
        if stored.revision != expected {
            let id = change.id.clone();
            return Err(StoreError::LostUpdate { id, found: stored.revision, expected }.into());
        }
        self.settle_here()?;
        self.keep_revision(&stored)?;
        let doc = document::merged(&stored.doc, change)?;
        let sql =
            "UPDATE change SET seq = ?2, revision = ?3, title = ?4, status = ?5, kind = ?6, owner = ?7, service = ?8,
                       environment = ?9, at = ?10, shipped_at = ?11, updated_at = ?12, cut = ?13, doc = ?14, checksum = checksum(?14)
                   WHERE num = ?1";
        self.transaction.prepare_cached(sql)?.execute(rusqlite::params![
            stored.num,
            self.next_seq(),
            change.revision.cast_signed(),
            change.title,
            change.status.as_str(),
            change.kind.as_str(),
            change.owner,
            change.service,
            change.environment,
            change.at().to_string(),
            change.shipped_at.map(|at| at.to_string()),
            change.updated_at.to_string(),
            is_cut(&change.files),
            doc,
        ])?;
        evidence::refresh(self.transaction, stored.num, change)?;
        self.tally.remove(&document::change(change.id.as_str(), &stored.doc)?);
        self.tally.add(change);
        unindex(self.transaction, stored.num)?;
        self.index(stored.num, change, fingerprints)
    }

    fn delete(&mut self, id: &ChangeId, tombstone: &Tombstone) -> Result<()> {
        let stored = self.stored(id)?.with_context(|| format!("there is no change {id}"))?;
        self.settle_here()?;
        self.keep_revision(&stored)?;
        self.tally.remove(&document::change(id.as_str(), &stored.doc)?);
        unindex(self.transaction, stored.num)?;
        self.transaction.execute("DELETE FROM change WHERE num = ?1", [stored.num])?;
        let Tombstone { at, actor, reason, title } = tombstone;
        let sql = "INSERT OR REPLACE INTO tombstone (id, seq, at, actor, reason, title, num)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.transaction
            .execute(sql, (id.as_str(), self.next_seq(), at.to_string(), actor, reason, title, stored.num))?;
        Ok(())
    }

    fn add_evidence(&mut self, evidence: &Evidence) -> Result<()> {
        evidence::insert(self.transaction, evidence)?;
        let Subject::Change(id) = &evidence.subject else { return Ok(()) };
        let stored = self.stored(id)?.with_context(|| format!("there is no change {id}"))?;
        if evidence::is_of_check(evidence) {
            evidence::refresh(self.transaction, stored.num, &document::change(id.as_str(), &stored.doc)?)?;
        }
        let sql = "UPDATE change SET seq = ?2 WHERE num = ?1";
        self.transaction.prepare_cached(sql)?.execute((stored.num, self.next_seq()))?;
        Ok(())
    }

    fn put_runbook(&mut self, runbook: &Runbook, by: &Entry<'_>) -> Result<()> {
        let seq = self.next_seq();
        runbook::put(self.transaction, seq, runbook, by, &mut self.words.borrow_mut())
    }

    fn delete_runbook(&mut self, name: &str, by: &Entry<'_>) -> Result<()> {
        runbook::delete(self.transaction, self.next_seq(), name, by)
    }

    fn event(&mut self, event: &Event) -> Result<()> {
        let sql = "INSERT INTO event (at, actor, git_identity, action, change_id, revision, detail)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.transaction.prepare_cached(sql)?.execute((
            event.at.to_string(),
            &event.actor.user,
            &event.actor.git_identity,
            &event.action,
            event.change.as_str(),
            event.revision.cast_signed(),
            &event.detail,
        ))?;
        Ok(())
    }
}

fn unindex(connection: &Connection, num: i64) -> rusqlite::Result<()> {
    for table in SIDE_TABLES {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE num = ?1"))?.execute([num])?;
    }
    fts::delete(connection, fts::CHANGES, num)
}

/// Makes the full-text index of every change again.
pub(super) fn reindex(transaction: &Transaction<'_>) -> Result<()> {
    let mut known = HashSet::new();
    let mut documents = transaction.prepare("SELECT num, id, doc FROM change ORDER BY num")?;
    let mut rows = documents.query([])?;
    while let Some(row) = rows.next()? {
        let (num, id, doc): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let change = document::change(&id, &doc)?;
        fts::delete(transaction, fts::CHANGES, num)?;
        bulk::index(transaction, num, &field_texts(&change), &mut known)?;
    }
    runbook::reindex(transaction, &mut known)
}
