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

/// Rows by table.
#[derive(Default)]
pub(super) struct Pending {
    /// In the order in which they were first written to.
    tables: Vec<Table>,
    texts: Texts,
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
        let vector = words::vector(&field_texts(change), known, &mut self.words);
        self.bytes += self.texts.push(num, vector);
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

    /// Sends everything; a full load in the background.
    pub(super) fn send(&mut self, session: &Session, known: &mut Known) -> Result<()> {
        let is_full = self.is_full();
        let Self { tables, texts, words, .. } = std::mem::take(self);
        let words: Vec<String> = words.into_iter().collect();
        known.extend(words.iter().cloned());
        let send = move |client: &mut Client| {
            tables.into_iter().try_for_each(|table| table.send(client))?;
            texts.send(client)?;
            if !words.is_empty() {
                client.execute_typed(INSERT_WORDS, &[(&words, Type::TEXT_ARRAY)])?;
            }
            Ok(())
        };
        if is_full {
            return session.behind(send);
        }
        session.settle()?;
        send(&mut session.client())
    }
}
