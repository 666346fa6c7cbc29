//! Rows that wait to be written: gathered as text, and sent together.

use std::collections::HashSet;

use anyhow::Result;

use super::super::Event;
use super::rows::{SIDE_TABLES, TextRow, side_rows};
use super::runbook::insert_words;
use super::session::Session;
use super::table::Table;
use super::words::{self, Known};
use crate::model::Change;
use crate::query::field_texts;

/// Bytes that are gathered before they are sent.
const MOST_BYTES: usize = 4 << 20;

const EVENTS: (&str, &str) = ("event", "num, at, actor, action, change_id, revision, detail");
pub(super) const CHANGES: (&str, &str) = (
    "change",
    "num, id, seq, revision, title, status, kind, owner, service, environment, at, shipped_at, created_at, updated_at,
     source_kind, source_key, digest, cut, checks, doc",
);
const TEXTS: (&str, &str) = ("change_text", "num, words");

/// Rows by table.
#[derive(Default)]
pub(super) struct Pending {
    /// In the order in which they were first written to.
    tables: Vec<Table>,
    /// What was written of: ids, keys and commits that the server does not know yet.
    touched: HashSet<String>,
    words: HashSet<String>,
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
    pub(super) fn index(&mut self, num: i64, change: &Change, fingerprints: &[String], known: &Known) {
        for (table, rows) in SIDE_TABLES.iter().zip(side_rows(num, change, fingerprints)) {
            rows.iter().for_each(|row: &TextRow| self.row(*table, row));
        }
        change.commits.iter().for_each(|hash| self.touch(hash));
        let vector = words::vector(&field_texts(change), known, &mut self.words);
        self.row(TEXTS, &[Some(num.to_string()), Some(vector)]);
    }

    /// Takes an event.
    pub(super) fn event(&mut self, num: i64, event: &Event) {
        let values = [
            Some(num.to_string()),
            Some(event.at.to_string()),
            Some(event.actor.clone()),
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

    /// Sends everything.
    pub(super) fn send(&mut self, session: &Session, known: &mut Known) -> Result<()> {
        self.tables.drain(..).try_for_each(|table| table.send(session))?;
        self.touched.clear();
        self.bytes = 0;
        insert_words(session, std::mem::take(&mut self.words), known)
    }
}
