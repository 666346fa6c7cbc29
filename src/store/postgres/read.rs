//! Reading by id, and the small lists.

use anyhow::Result;
use postgres::Row;

use super::super::near::Nearest;
use super::super::{COMMIT_DIGITS, Event, Happening, Page, Revision, Summary, Tombstone, document, journal};
use super::rows::{self, SUMMARY, TOMBSTONE};
use super::session::{Session, params};
use crate::model::{Actor, Change, ChangeId, RelationKind, Timestamp};
use crate::query::Near;

pub(super) fn get(session: &Session, id: &ChangeId) -> Result<Option<Change>> {
    let doc: Option<String> = session.one("SELECT doc::text FROM change WHERE id = $1", params![id.as_str()])?;
    doc.map(|doc| document::change(id.as_str(), &doc)).transpose()
}

pub(super) fn find_prefix(session: &Session, prefix: &str, most: usize) -> Result<Vec<Summary>> {
    // `~` is behind every character of an id, so the two bounds hold exactly the ids that begin with the prefix.
    let sql = format!("SELECT {SUMMARY} FROM change c WHERE c.id >= $1 AND c.id < $1 || '~' ORDER BY c.id LIMIT $2");
    session.rows(&sql, params![prefix, most.cast_signed() as i64])?.iter().map(rows::summary).collect()
}

pub(super) fn near_words(session: &Session, word: &str, most: usize) -> Result<Vec<String>> {
    let Some(near) = Near::new(word) else { return Ok(Vec::new()) };
    let mut nearest = Nearest::new(near, word);
    // No near word is longer or shorter by more than two letters.
    let sql = "SELECT surface FROM word WHERE length(surface) BETWEEN length($1) - 2 AND length($1) + 2";
    session.each(sql, params![word], u64::MAX, &mut |row| {
        nearest.take(row.try_get(0)?);
        Ok(true)
    })?;
    Ok(nearest.words(most))
}

pub(super) fn referring(session: &Session, id: &ChangeId) -> Result<Vec<(RelationKind, Summary)>> {
    let sql = format!(
        "SELECT {SUMMARY}, r.kind FROM change_relation r JOIN change c ON c.num = r.num
         WHERE r.target = $1 ORDER BY c.at DESC, c.num DESC"
    );
    let rows = session.rows(&sql, params![id.as_str()])?;
    rows.iter().map(|row| Ok((rows::read(row, 8)?, rows::summary(row)?))).collect()
}

pub(super) fn by_commit(session: &Session, hash: &str) -> Result<Vec<Summary>> {
    let hash = hash.to_ascii_lowercase();
    if hash.len() < COMMIT_DIGITS || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    // `g` is behind every hexadecimal digit, so the two bounds hold exactly the hashes that begin with this one; the
    // abbreviations of this one are looked up one by one.
    let shorter: Vec<String> = (COMMIT_DIGITS..hash.len()).map(|digits| hash[..digits].to_owned()).collect();
    let sql = format!(
        "SELECT {SUMMARY} FROM change c WHERE c.num IN (
             SELECT num FROM change_commit WHERE hash >= $1 AND hash < $1 || 'g'
             UNION SELECT num FROM change_commit WHERE hash = ANY($2))
         ORDER BY c.at DESC, c.num DESC"
    );
    session.rows(&sql, params![hash, shorter])?.iter().map(rows::summary).collect()
}

pub(super) fn touching_all(
    session: &Session,
    first: &str,
    files: &[String],
    since: Timestamp,
) -> Result<Option<ChangeId>> {
    // Along the index of paths, backwards: it ends with the first that fits.
    let sql = "SELECT c.id FROM change_file f JOIN change c ON c.num = f.num
               WHERE f.path = $1 AND c.at >= $3
                 AND NOT EXISTS (SELECT 1 FROM unnest($2) wanted(path)
                                 WHERE NOT EXISTS (SELECT 1 FROM change_file o WHERE o.path = wanted.path AND o.num = f.num))
               ORDER BY f.num DESC LIMIT 1";
    let row = session.row(sql, params![first, files, since.to_string()])?;
    row.map(|row| rows::read(&row, 0)).transpose()
}

pub(super) fn history(session: &Session, id: &ChangeId) -> Result<Vec<Revision>> {
    // A deletion is no revision: it would hide who wrote the last one.
    let sql = "SELECT d.doc, e.at, e.actor, e.action, e.change_id, e.revision, e.detail,
                      e.git_identity
               FROM (SELECT revision, doc::text FROM revision WHERE id = $1
                     UNION SELECT revision, doc::text FROM change WHERE id = $1) d
               LEFT JOIN LATERAL (SELECT * FROM event WHERE change_id = $1 AND revision = d.revision
                                  AND action <> 'delete' ORDER BY num LIMIT 1) e ON true
               ORDER BY d.revision";
    let rows = session.rows(sql, params![id.as_str()])?;
    rows.iter()
        .map(|row| {
            let is_told = row.try_get::<_, Option<&str>>(1)?.is_some();
            let event = || -> Result<Event> {
                Ok(Event {
                    at: rows::read(row, 1)?,
                    actor: Actor { user: row.try_get(2)?, git_identity: row.try_get(7)? },
                    action: row.try_get(3)?,
                    change: rows::read(row, 4)?,
                    revision: rows::number(row, 5)?,
                    detail: row.try_get(6)?,
                })
            };
            let event = is_told.then(event).transpose()?;
            Ok(Revision { change: document::change(id.as_str(), row.try_get(0)?)?, event })
        })
        .collect()
}

pub(super) fn tombstone(session: &Session, id: &ChangeId) -> Result<Option<Tombstone>> {
    let sql = format!("SELECT {TOMBSTONE} FROM tombstone WHERE id = $1");
    session.row(&sql, params![id.as_str()])?.map(|row| rows::tombstone(&row)).transpose()
}

pub(super) fn events(session: &Session, page: Page) -> Result<Vec<Happening>> {
    let happening = |row: &Row| {
        Ok(Happening {
            at: rows::read(row, 0)?,
            actor: Actor { user: row.try_get(1)?, git_identity: row.try_get(7)? },
            action: row.try_get(2)?,
            subject: journal::subject(row.try_get(3)?, row.try_get(4)?)?,
            revision: row.try_get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
            detail: row.try_get(6)?,
        })
    };
    session.rows(&journal::sql(page), &[])?.iter().map(happening).collect()
}

pub(super) fn last_seq(session: &Session) -> Result<u64> {
    let seq: Option<i64> = session.one("SELECT value FROM counter WHERE name = 'seq'", &[])?;
    Ok(seq.unwrap_or_default().unsigned_abs())
}

pub(super) fn mark(session: &Session, name: &str) -> Result<Option<String>> {
    session.one("SELECT value FROM meta WHERE name = 'import ' || $1", params![name])
}
