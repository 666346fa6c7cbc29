//! Reading by id, and the small lists.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension};

use super::super::near::Nearest;
use super::super::{COMMIT_DIGITS, Happening, Page, Revision, Summary, Tombstone};
use super::super::{document, journal};
use super::rows::{self, EVENT, SUMMARY};
use crate::model::{Actor, Change, ChangeId, RelationKind, Timestamp};
use crate::query::Near;

pub(super) fn get(connection: &Connection, id: &ChangeId) -> Result<Option<Change>> {
    let mut statement = connection.prepare_cached("SELECT doc FROM change WHERE id = ?1")?;
    let doc: Option<String> = statement.query_row([id.as_str()], |row| row.get(0)).optional()?;
    doc.map(|doc| document::change(id.as_str(), &doc)).transpose()
}

pub(super) fn find_prefix(connection: &Connection, prefix: &str, most: usize) -> Result<Vec<Summary>> {
    // `~` is behind every character of an id, so the two bounds hold exactly the ids that begin with the prefix.
    let sql = format!("SELECT {SUMMARY} FROM change c WHERE c.id >= ?1 AND c.id < ?1 || '~' ORDER BY c.id LIMIT ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((prefix, most.cast_signed()), rows::summary)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn near_words(connection: &Connection, word: &str, most: usize) -> Result<Vec<String>> {
    let Some(near) = Near::new(word) else { return Ok(Vec::new()) };
    let mut statement = connection.prepare("SELECT surface FROM word")?;
    let mut rows = statement.query([])?;
    let mut nearest = Nearest::new(near, word);
    while let Some(row) = rows.next()? {
        nearest.take(row.get_ref(0)?.as_str()?);
    }
    Ok(nearest.words(most))
}

pub(super) fn referring(connection: &Connection, id: &ChangeId) -> Result<Vec<(RelationKind, Summary)>> {
    let sql = format!(
        "SELECT {SUMMARY}, r.kind FROM change_relation r JOIN change c ON c.num = r.num
         WHERE r.target = ?1 ORDER BY c.at DESC, c.num DESC"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([id.as_str()], |row| Ok((row.get::<_, String>(8)?, rows::summary(row)?)))?;
    rows.map(|row| {
        let (kind, summary) = row?;
        Ok((kind.parse().map_err(anyhow::Error::msg)?, summary))
    })
    .collect()
}

pub(super) fn by_commit(connection: &Connection, hash: &str) -> Result<Vec<Summary>> {
    let hash = hash.to_ascii_lowercase();
    if hash.len() < COMMIT_DIGITS || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    // `g` is behind every hexadecimal digit, so the two bounds hold exactly the hashes that begin with this one; the
    // abbreviations of this one are looked up one by one. Both use the primary key.
    let shorter: Vec<_> = (COMMIT_DIGITS..hash.len()).map(|digits| format!("substr(?1, 1, {digits})")).collect();
    let sql = format!(
        "SELECT {SUMMARY} FROM change c WHERE c.num IN (
             SELECT num FROM change_commit WHERE hash >= ?1 AND hash < ?1 || 'g'
             UNION SELECT num FROM change_commit WHERE hash IN ({}))
         ORDER BY c.at DESC, c.num DESC",
        shorter.join(", ")
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([&hash], rows::summary)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn touching_all(
    connection: &Connection,
    first: &str,
    files: &[String],
    since: Timestamp,
) -> Result<Option<ChangeId>> {
    // Along the index of paths, backwards: it ends with the first that fits.
    let sql = "SELECT c.id FROM change_file f JOIN change c ON c.num = f.num
               WHERE f.path = ?1 AND c.at >= ?3
                 AND NOT EXISTS (SELECT 1 FROM json_each(?2) wanted
                                 WHERE NOT EXISTS (SELECT 1 FROM change_file o WHERE o.path = wanted.value AND o.num = f.num))
               ORDER BY f.num DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let parameters = (first, serde_json::to_string(files)?, since.to_string());
    let id: Option<String> = statement.query_row(parameters, |row| row.get(0)).optional()?;
    id.map(|id| id.parse().map_err(anyhow::Error::msg)).transpose()
}

pub(super) fn history(connection: &Connection, id: &ChangeId) -> Result<Vec<Revision>> {
    let sql = "SELECT revision, doc FROM revision WHERE id = ?1
               UNION SELECT revision, doc FROM change WHERE id = ?1 ORDER BY 1";
    let mut statement = connection.prepare(sql)?;
    let documents: Vec<(i64, String)> =
        statement.query_map([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    // A deletion is no revision: it would hide who wrote the last one.
    let sql = format!(
        "SELECT {EVENT} FROM event WHERE change_id = ?1 AND revision = ?2 AND action <> 'delete' ORDER BY num LIMIT 1"
    );
    let mut events = connection.prepare(&sql)?;
    documents
        .iter()
        .map(|(revision, doc)| {
            let event = events.query_row((id.as_str(), revision), rows::event).optional()?;
            Ok(Revision { change: document::change(id.as_str(), doc)?, event })
        })
        .collect()
}

pub(super) fn tombstone(connection: &Connection, id: &ChangeId) -> Result<Option<Tombstone>> {
    let sql = "SELECT at, actor, reason, title FROM tombstone WHERE id = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([id.as_str()], rows::tombstone).optional()?)
}

pub(super) fn events(connection: &Connection, page: Page) -> Result<Vec<Happening>> {
    let mut statement = connection.prepare(&journal::sql(page))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Happening {
            at: rows::read(row, 0)?,
            actor: Actor { user: row.get(1)?, git_identity: row.get(7)? },
            action: row.get(2)?,
            subject: journal::subject(&row.get::<_, String>(3)?, row.get(4)?)?,
            revision: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
            detail: row.get(6)?,
        });
    }
    Ok(found)
}

pub(super) fn last_seq(connection: &Connection) -> Result<u64> {
    let seq: i64 = connection.query_row("SELECT value FROM counter WHERE name = 'seq'", [], |row| row.get(0))?;
    Ok(seq.unsigned_abs())
}

pub(super) fn mark(connection: &Connection, name: &str) -> Result<Option<String>> {
    let sql = "SELECT value FROM meta WHERE name = 'import ' || ?1";
    Ok(connection.query_row(sql, [name], |row| row.get(0)).optional()?)
}
