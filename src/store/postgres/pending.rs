//! Rows that wait to be written: gathered as text, and sent together.

use std::collections::HashSet;

use anyhow::Result;
use postgres::Client;
use postgres::types::Type;

use super::super::Event;
use super::rows::{SIDE_TABLES, TextRow, side_rows};
use super::runbook::INSERT_WORDS;
use super::session::Session;
use super::table::{Table, Texts};
use super::words::{self, SharedWords};
use crate::model::Change;
use crate::query::field_texts;

/// Bytes that are gathered before they are sent.
const MOST_BYTES: usize = 4 << 20;

const EVENTS: (&str, &str) = ("event", "num, at, actor, git_identity, action, change_id, revision, detail");
pub(super) const CHANGES: (&str, &str) = (
    "change",
    "num, id, seq, revision, title, status, kind, owner, service, environment, at, shipped_at, created_at, updated_at,
     source_kind, source_key, digest, cut, checks, doc",
);

/// Rows by table.
#[derive(Default)]
pub(super) struct Pending {
    /// In the order in which they were first written to.
    tables: Vec<Table>,
    /// The changes whose words are to be indexed, by their rows.
    changes: Vec<(i64, Change)>,
    /// What was written of: ids, keys and commits that the server does not know yet.
    touched: HashSet<String>,
    bytes: usize,
}

impl Pending {
    /// Takes a row.
    pub(super) fn row(&mut self, (table, columns): (&'static str, &str), values: &[Option<String>]) {
        let place = self.tables.iter().position(|known| known.name == table).unwrap_or(self.tables.len());
        if place == self.tables.len() {
            self.tables.push(Table::new(table, columns));
        }
        self.bytes += self.tables[place].push(values);
    }

    /// Takes what is derived from a change: its side rows and its words.
    pub(super) fn index(&mut self, num: i64, change: &Change, fingerprints: &[String]) {
        for (table, rows) in SIDE_TABLES.iter().zip(side_rows(num, change, fingerprints)) {
            rows.iter().for_each(|row: &TextRow| self.row(*table, row));
        }
        self.changes.push((num, change.clone()));
    }

    /// Takes an event.
    pub(super) fn event(&mut self, num: i64, event: &Event) {
        let values = [
            Some(num.to_string()),
            Some(event.at.to_string()),
            Some(event.actor.user.clone()),
            event.actor.git_identity.clone(),
            Some(event.action.clone()),
            Some(event.change.to_string()),
            Some(event.revision.to_string()),
            event.detail.clone(),
        ];
        self.row(EVENTS, &values);
        self.touch(event.change.as_str());
    }

    /// Remembers that the server does not know all of `key` yet.
    pub(super) fn touch(&mut self, key: &str) {
        if !self.touched.contains(key) {
            self.touched.insert(key.to_owned());
        }
    }

    pub(super) fn is_touched(&self, key: &str) -> bool {
        self.touched.contains(key)
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= MOST_BYTES
    }

    /// Sends everything. Of a full load the words are looked for while its other rows are sent, and all of it while the next
    /// one is gathered.
    pub(super) fn send(&mut self, session: &Session, known: &SharedWords) -> Result<()> {
        let is_full = self.is_full();
        let Self { tables, changes, .. } = std::mem::take(self);
        let known = known.clone();
        let index = move || index_of(&changes, &known);
        if is_full {
            let thread = std::thread::Builder::new().spawn(index)?;
            let index = || thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            return session.behind(|client| send(client, tables, index));
        }
        session.settle()?;
        send(&mut session.client(), tables, index)
    }
}

/// The rows of the full-text index, and the words that are not stored yet.
fn index_of(changes: &[(i64, Change)], known: &SharedWords) -> (Texts, Vec<String>) {
    let mut known = known.lock();
    let (mut texts, mut new) = (Texts::default(), HashSet::new());
    for (num, change) in changes {
        texts.push(*num, words::vector(&field_texts(change), &known, &mut new));
    }
    let words: Vec<String> = new.into_iter().collect();
    known.extend(words.iter().cloned());
    (texts, words)
}

fn send(client: &mut Client, tables: Vec<Table>, index: impl FnOnce() -> (Texts, Vec<String>)) -> Result<()> {
    tables.into_iter().try_for_each(|table| table.send(client))?;
    let (texts, words) = index();
    texts.send(client)?;
    if !words.is_empty() {
        client.execute_typed(INSERT_WORDS, &[(&words, Type::TEXT_ARRAY)])?;
    }
    Ok(())
}
