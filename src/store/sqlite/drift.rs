//! Whether what is derived still agrees with the documents.
//!
//! SQLite's own integrity check passes on a contentless index that has drifted: it has nothing to compare it with. So the
//! terms are read back (fts5vocab) and compared with what the analyzer makes of the documents now.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use rusqlite::Connection;

use super::super::document;
use super::super::tally::Tally;
use super::rows::{self, SIDE_TABLES};
use super::{evidence, fts, tally};
use crate::model::Change;
use crate::query::field_texts;

/// A change without its row, or a row without its change, and what is in it.
type Digests = HashMap<i64, u64>;

pub(super) fn drift(connection: &Connection) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut indexed = indexed_terms(connection)?;
    let side = Connection::open_in_memory()?;
    for table in SIDE_TABLES {
        let sql: String =
            connection.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))?;
        side.execute_batch(&sql.replace("REFERENCES change ON DELETE CASCADE", ""))?;
    }
    let sql: String =
        connection.query_row("SELECT sql FROM sqlite_schema WHERE name = 'tally'", [], |row| row.get(0))?;
    side.execute_batch(&sql)?;
    let mut counted = Tally::default();
    let mut documents = connection.prepare("SELECT num, id, doc FROM change ORDER BY num")?;
    let mut rows = documents.query([])?;
    while let Some(row) = rows.next()? {
        let (num, id): (i64, String) = (row.get(0)?, row.get(1)?);
        // A text that is none is said with the record it is of.
        let doc = row.get_ref(2)?.as_bytes().map_err(|why| document::unreadable(&id, &why))?;
        let doc = std::str::from_utf8(doc).map_err(|why| document::unreadable(&id, &why))?;
        let change = document::change(&id, doc)?;
        counted.add(&change);
        if indexed.remove(&num).unwrap_or(0) != expected_terms(&change) {
            found.push(format!("{id}: the search index does not say what the record says"));
        }
        if !columns_agree(connection, num, &change)? {
            found.push(format!("{id}: the columns do not say what the record says"));
        }
        if side_rows(connection, num)? != expected_side_rows(&side, num, &change)? {
            found.push(format!("{id}: the side tables do not say what the record says"));
        }
    }
    found.extend(indexed.keys().map(|num| format!("row {num}: in the search index without a record")));
    tally::store(&counted, &side)?;
    if tally::lines(connection)? != tally::lines(&side)? {
        found.push("the counts by facet and month do not say what the records say".to_owned());
    }
    Ok(found)
}

/// A sum over (term, column, position): the order in which they are read does not matter.
fn mix(sum: u64, column: &str, position: i64, term: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(column.as_bytes());
    hasher.update(&position.to_be_bytes());
    hasher.update(term.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    sum.wrapping_add(u64::from_be_bytes(first))
}

fn indexed_terms(connection: &Connection) -> Result<Digests> {
    connection.execute_batch(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.change_terms USING fts5vocab('main', 'change_text', 'instance')",
    )?;
    let mut digests = Digests::new();
    let mut statement = connection.prepare("SELECT doc, col, offset, term FROM temp.change_terms")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (num, position): (i64, i64) = (row.get(0)?, row.get(2)?);
        let sum = digests.entry(num).or_default();
        *sum = mix(*sum, row.get_ref(1)?.as_str()?, position, row.get_ref(3)?.as_str()?);
    }
    Ok(digests)
}

fn expected_terms(change: &Change) -> u64 {
    let columns = ["title", "reason", "error", "command", "file", "context"];
    let mut sum = 0;
    for (column, text) in columns.iter().zip(fts::indexed(&field_texts(change), &HashSet::new()).texts) {
        for (position, term) in (0..).zip(text.split_ascii_whitespace()) {
            sum = mix(sum, column, position, term);
        }
    }
    sum
}

fn columns_agree(connection: &Connection, num: i64, change: &Change) -> Result<bool> {
    let sql =
        "SELECT id, revision, title, status, kind, owner, service, environment, at, shipped_at, created_at, updated_at,
                   source_kind, source_key, cut, checks, verified, verified_at
               FROM change WHERE num = ?1";
    let stored = connection.prepare_cached(sql)?.query_row([num], |row| {
        (0..18).map(|column| row.get::<_, rusqlite::types::Value>(column)).collect::<rusqlite::Result<Vec<_>>>()
    })?;
    let verified = evidence::verified(connection, change)?;
    let text = |text: &str| rusqlite::types::Value::from(text.to_owned());
    let expected = vec![
        text(change.id.as_str()),
        change.revision.cast_signed().into(),
        text(&change.title),
        text(change.status.as_str()),
        text(change.kind.as_str()),
        change.owner.clone().into(),
        change.service.clone().into(),
        change.environment.clone().into(),
        text(&change.at().to_string()),
        change.shipped_at.map(|at| at.to_string()).into(),
        text(&change.created_at.to_string()),
        text(&change.updated_at.to_string()),
        text(&change.source.kind),
        change.source.key.clone().into(),
        crate::query::is_cut(&change.files).into(),
        (change.checks.len() as i64).into(),
        verified.map(|verified| verified.conclusion.to_string()).into(),
        verified.map(|verified| verified.at.to_string()).into(),
    ];
    Ok(stored == expected)
}

/// The rows of one change in every side table that follows from its document alone, as text.
fn side_rows(connection: &Connection, num: i64) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for table in SIDE_TABLES.iter().filter(|table| **table != "change_fingerprint") {
        let mut statement = connection.prepare_cached(&format!("SELECT * FROM {table} WHERE num = ?1"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([num])?;
        while let Some(row) = rows.next()? {
            let values: Vec<rusqlite::types::Value> =
                (0..columns).map(|column| row.get(column)).collect::<rusqlite::Result<_>>()?;
            all.push(format!("{table} {values:?}"));
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// The same rows made again, in an empty database beside it.
fn expected_side_rows(side: &Connection, num: i64, change: &Change) -> Result<Vec<String>> {
    rows::insert_values(side, num, change, &[])?;
    rows::insert_places(side, num, change)?;
    let expected = side_rows(side, num)?;
    for table in SIDE_TABLES {
        side.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(expected)
}
