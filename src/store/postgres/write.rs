//! Writing inside a transaction.
//!
//! One writer at a time: an advisory lock is taken where the transaction begins and held until it is committed. So numbers
//! are in the order of commits, what a writer read is still so when it writes, and no two wait for each other.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

use anyhow::{Context, Result};
use postgres::SimpleQueryMessage;

use super::super::tally::Tally;
use super::super::{Entry, Event, NewChange, StoreError, Tombstone, Writer, document};
use super::pending::{CHANGES, Pending};
use super::rows;
use super::session::{Session, Value, params};
use super::words::SharedWords;
use super::{bulk, derived, evidence, read, runbook};
use crate::model::{Change, ChangeId, Evidence, Runbook, Source, Subject};
use crate::query::is_cut;

/// The kind of lock that a writer holds.
const LOCK: i32 = 0x0053_4857;

/// How far each numbering came.
#[derive(Debug, Clone, Copy, Default)]
struct Counters {
    seq: i64,
    change: i64,
    event: i64,
    evidence: i64,
    runbook: i64,
}

/// The write side of a transaction.
pub(super) struct Write<'a> {
    session: &'a Session,
    counters: Counters,
    pending: RefCell<Pending>,
    known: SharedWords,
    tally: Tally,
    /// In a database that had nothing, what is there is what was written here: digests of ids and keys.
    fresh: Option<HashSet<u64>>,
    /// Statements that make the indexes again that were dropped.
    dropped: Vec<String>,
}

/// Begins a transaction and waits for its turn; returns the number of the transaction.
pub(super) fn begin(session: &Session) -> Result<String> {
    let (one, other) = session.address.lock(LOCK);
    let milliseconds = session.address.statement_timeout.as_millis();
    // The turn has a time of its own (`lock_timeout`).
    let sql = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0;
         SELECT pg_current_xact_id(), pg_advisory_xact_lock({one}, {other});
         SET LOCAL statement_timeout = {milliseconds}"
    );
    let messages = session.client().simple_query(&sql)?;
    let number = messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    number.context("the server gives no number to the transaction")
}

impl<'a> Write<'a> {
    pub(super) fn new(session: &'a Session, many: bool) -> Result<Self> {
        let mut counters = Counters::default();
        for row in session.rows("SELECT name, value FROM counter", &[])? {
            if let Some(counter) = counters.of(row.try_get(0)?) {
                *counter = row.try_get(1)?;
            }
        }
        // Nothing was ever recorded: there is nothing to look up.
        let fresh = (counters.seq == 0).then(HashSet::new);
        let dropped = if many && fresh.is_some() { bulk::drop_indexes(session)? } else { Vec::new() };
        Ok(Self {
            session,
            counters,
            pending: RefCell::default(),
            known: SharedWords::default(),
            tally: Tally::default(),
            fresh,
            dropped,
        })
    }

    /// Writes what waits, and how far the counters came.
    pub(super) fn finish(mut self) -> Result<()> {
        self.flush()?;
        derived::store_tally(self.session, &std::mem::take(&mut self.tally))?;
        let Counters { seq, change, event, evidence, runbook } = self.counters;
        let sql = "UPDATE counter SET value = n.value FROM unnest($1, $2) n(name, value) WHERE counter.name = n.name";
        let names = ["seq", "change", "event", "evidence", "runbook"].map(str::to_owned).to_vec();
        self.session.execute(sql, params![names, vec![seq, change, event, evidence, runbook]])?;
        bulk::create_indexes(self.session, &self.dropped)
    }

    fn flush(&self) -> Result<()> {
        self.pending.borrow_mut().send(self.session, &self.known)
    }

    /// Sends what waits, if the server is asked about something in it.
    fn settle(&self, key: &str) -> Result<()> {
        if self.pending.borrow().is_touched(key) { self.flush() } else { Ok(()) }
    }

    fn next_seq(&mut self) -> i64 {
        self.counters.seq += 1;
        self.counters.seq
    }

    /// Whether nothing of this id or key can be there.
    fn is_unknown(&self, key: &str) -> bool {
        self.fresh.as_ref().is_some_and(|fresh| !fresh.contains(&digest(key)))
    }

    fn remember(&mut self, key: &str) {
        self.pending.borrow_mut().touch(key);
        if let Some(fresh) = &mut self.fresh {
            fresh.insert(digest(key));
        }
    }

    fn stored(&self, id: &ChangeId) -> Result<Option<Stored>> {
        let sql = "SELECT num, revision, doc::text FROM change WHERE id = $1";
        let row = self.session.row(sql, params![id.as_str()])?;
        row.map(|row| Ok(Stored { num: row.try_get(0)?, revision: rows::number(&row, 1)?, doc: row.try_get(2)? }))
            .transpose()
    }

    fn keep_revision(&self, id: &ChangeId, stored: &Stored) -> Result<()> {
        let sql = "INSERT INTO revision (id, revision, doc) VALUES ($1, $2, CAST($3 AS json)) ON CONFLICT DO NOTHING";
        self.session.execute(sql, params![id.as_str(), stored.revision.cast_signed(), &stored.doc])?;
        Ok(())
    }

    fn unindex(&self, num: i64) -> Result<()> {
        let deletions: Vec<String> = rows::SIDE_TABLES
            .iter()
            .map(|(table, _)| format!("{table}_gone AS (DELETE FROM {table} WHERE num = $1)"))
            .collect();
        let sql = format!("WITH {} DELETE FROM change_text WHERE num = $1", deletions.join(", "));
        self.session.execute(&sql, params![num])?;
        Ok(())
    }
}

impl Counters {
    fn of(&mut self, name: &str) -> Option<&mut i64> {
        Some(match name {
            "seq" => &mut self.seq,
            "change" => &mut self.change,
            "event" => &mut self.event,
            "evidence" => &mut self.evidence,
            "runbook" => &mut self.runbook,
            _ => return None,
        })
    }
}

/// A few bytes that stand for an id or a key: of a million, two may meet once in a thousand thousand imports, and are then
/// looked up.
fn digest(key: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
    u64::from_be_bytes(first)
}

/// A source key as one text, which is no id.
fn key_of(source: &Source) -> String {
    format!("{}\t{}", source.kind, source.key.as_deref().unwrap_or_default())
}

/// A change as it stands in the database.
struct Stored {
    num: i64,
    revision: u64,
    doc: String,
}

impl Writer for Write<'_> {
    fn get(&self, id: &ChangeId) -> Result<Option<Change>> {
        if self.is_unknown(id.as_str()) {
            return Ok(None);
        }
        self.settle(id.as_str())?;
        read::get(self.session, id)
    }

    fn by_key(&self, source: &Source) -> Result<Option<(Change, Option<String>)>> {
        let key = key_of(source);
        if self.is_unknown(&key) {
            return Ok(None);
        }
        self.settle(&key)?;
        let sql = "SELECT id, doc::text, digest FROM change WHERE source_kind = $1 AND source_key = $2";
        let row = self.session.row(sql, params![&source.kind, &source.key])?;
        row.map(|row| Ok((rows::change(&row)?, row.try_get(2)?))).transpose()
    }

    fn tombstone(&self, id: &ChangeId) -> Result<Option<Tombstone>> {
        if self.is_unknown(id.as_str()) {
            return Ok(None);
        }
        read::tombstone(self.session, id)
    }

    fn by_commit(&self, hash: &str) -> Result<Option<ChangeId>> {
        if self.is_unknown(hash) {
            return Ok(None);
        }
        self.settle(hash)?;
        let sql = "SELECT id FROM change_commit JOIN change USING (num) WHERE hash = $1 ORDER BY num LIMIT 1";
        self.session.row(sql, params![hash])?.map(|row| rows::read(&row, 0)).transpose()
    }

    fn is_as_imported(&self, id: &ChangeId) -> Result<bool> {
        self.settle(id.as_str())?;
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM event WHERE change_id = $1 AND action <> 'import')";
        Ok(self.session.one(sql, params![id.as_str()])?.unwrap_or_default())
    }

    fn set_digest(&mut self, id: &ChangeId, digest: &str) -> Result<()> {
        self.settle(id.as_str())?;
        self.session.execute("UPDATE change SET digest = $2 WHERE id = $1", params![id.as_str(), digest])?;
        Ok(())
    }

    fn set_mark(&mut self, name: &str, mark: &str) -> Result<()> {
        let sql = "INSERT INTO meta (name, value) VALUES ('import ' || $1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.session.execute(sql, params![name, mark])?;
        Ok(())
    }

    fn insert(&mut self, new: &NewChange<'_>) -> Result<()> {
        let change = new.change;
        let doc = new.json.map_or_else(|| serde_json::to_string(change).map(Cow::Owned), |json| Ok(json.into()))?;
        self.counters.change += 1;
        let num = self.counters.change;
        let values = change_row(num, self.next_seq(), change, new.digest, doc.into_owned());
        self.tally.add(change);
        let pending = self.pending.get_mut();
        pending.row(CHANGES, &values);
        pending.index(num, change, new.fingerprints);
        let is_full = pending.is_full();
        self.remember(change.id.as_str());
        change.commits.iter().for_each(|hash| self.remember(hash));
        if change.source.key.is_some() {
            self.remember(&key_of(&change.source));
        }
        if is_full { self.flush() } else { Ok(()) }
    }

    fn update(&mut self, change: &Change, fingerprints: &[String]) -> Result<()> {
        self.flush()?;
        let stored = self.stored(&change.id)?.with_context(|| format!("there is no change {}", change.id))?;
        let expected = change.revision - 1;
        if stored.revision != expected {
            let id = change.id.clone();
            return Err(StoreError::LostUpdate { id, found: stored.revision, expected }.into());
        }
        self.keep_revision(&change.id, &stored)?;
        let doc = document::merged(&stored.doc, change)?;
        let sql =
            "UPDATE change SET seq = $2, revision = $3, title = $4, status = $5, kind = $6, owner = $7, service = $8,
                 environment = $9, at = $10, shipped_at = $11, updated_at = $12, cut = $13, doc = CAST($14 AS json)
             WHERE num = $1";
        let values = [
            Value::from(stored.num),
            self.next_seq().into(),
            change.revision.cast_signed().into(),
            (&change.title).into(),
            change.status.as_str().into(),
            change.kind.as_str().into(),
            (&change.owner).into(),
            (&change.service).into(),
            (&change.environment).into(),
            change.at().to_string().into(),
            change.shipped_at.map(|at| at.to_string()).into(),
            change.updated_at.to_string().into(),
            is_cut(&change.files).into(),
            doc.into(),
        ];
        self.session.execute(sql, &values)?;
        evidence::refresh(self.session, stored.num, change)?;
        self.tally.remove(&document::change(change.id.as_str(), &stored.doc)?);
        self.tally.add(change);
        self.unindex(stored.num)?;
        self.pending.get_mut().index(stored.num, change, fingerprints);
        change.commits.iter().for_each(|hash| self.remember(hash));
        self.flush()
    }

    fn delete(&mut self, id: &ChangeId, tombstone: &Tombstone) -> Result<()> {
        self.flush()?;
        let stored = self.stored(id)?.with_context(|| format!("there is no change {id}"))?;
        self.keep_revision(id, &stored)?;
        self.tally.remove(&document::change(id.as_str(), &stored.doc)?);
        self.unindex(stored.num)?;
        self.session.execute("DELETE FROM change WHERE num = $1", params![stored.num])?;
        let Tombstone { at, actor, reason, title } = tombstone;
        let sql = "INSERT INTO tombstone (id, seq, at, actor, reason, title, num) VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (id) DO UPDATE SET seq = $2, at = $3, actor = $4, reason = $5, title = $6, num = $7";
        let seq = self.next_seq();
        self.session.execute(sql, params![id.as_str(), seq, at.to_string(), actor, reason, title, stored.num])?;
        Ok(())
    }

    fn add_evidence(&mut self, evidence: &Evidence) -> Result<()> {
        self.flush()?;
        self.counters.evidence += 1;
        evidence::insert(self.session, self.counters.evidence, evidence)?;
        let Subject::Change(id) = &evidence.subject else { return Ok(()) };
        let stored = self.stored(id)?.with_context(|| format!("there is no change {id}"))?;
        if evidence::is_of_check(evidence) {
            evidence::refresh(self.session, stored.num, &document::change(id.as_str(), &stored.doc)?)?;
        }
        let seq = self.next_seq();
        self.session.execute("UPDATE change SET seq = $2 WHERE num = $1", params![stored.num, seq])?;
        Ok(())
    }

    fn put_runbook(&mut self, runbook: &Runbook, by: &Entry<'_>) -> Result<()> {
        let numbers = (self.next_seq(), self.counters.runbook + 1);
        // Words that are being stored are known, and the transaction has them before it ends.
        self.session.settle()?;
        if runbook::put(self.session, numbers, runbook, by, &mut self.known.lock())? {
            self.counters.runbook += 1;
        }
        Ok(())
    }

    fn delete_runbook(&mut self, name: &str, by: &Entry<'_>) -> Result<()> {
        let seq = self.next_seq();
        runbook::delete(self.session, seq, name, by)
    }

    fn event(&mut self, event: &Event) -> Result<()> {
        self.counters.event += 1;
        self.pending.get_mut().event(self.counters.event, event);
        Ok(())
    }
}

/// The row of a new change, in the order of [`CHANGES`].
fn change_row(num: i64, seq: i64, change: &Change, digest: Option<&str>, doc: String) -> Vec<Option<String>> {
    vec![
        Some(num.to_string()),
        Some(change.id.to_string()),
        Some(seq.to_string()),
        Some(change.revision.to_string()),
        Some(change.title.clone()),
        Some(change.status.as_str().to_owned()),
        Some(change.kind.as_str().to_owned()),
        change.owner.clone(),
        change.service.clone(),
        change.environment.clone(),
        Some(change.at().to_string()),
        change.shipped_at.map(|at| at.to_string()),
        Some(change.created_at.to_string()),
        Some(change.updated_at.to_string()),
        Some(change.source.kind.clone()),
        change.source.key.clone(),
        digest.map(str::to_owned),
        Some(is_cut(&change.files).to_string()),
        Some(change.checks.len().to_string()),
        Some(doc),
    ]
}
