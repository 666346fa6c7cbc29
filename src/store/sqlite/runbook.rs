//! Runbooks: documents, their revisions, and their own full-text index.

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OptionalExtension, Row};

use super::super::runbook::fulfils;
use super::super::words::{Match, divided};
use super::super::{Entry, RunbookRevision, document};
use super::fts::{self, RUNBOOKS};
use super::rows::read;
use crate::model::{Actor, Runbook, Source};
use crate::query::{Expr, runbook_texts};

pub(super) fn get(connection: &Connection, name: &str) -> Result<Option<Runbook>> {
    let sql = "SELECT doc FROM runbook WHERE name = ?1";
    let doc: Option<String> = connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?;
    doc.map(|doc| document::runbook(&doc)).transpose()
}

pub(super) fn by_key(connection: &Connection, source: &Source) -> Result<Option<Runbook>> {
    let sql = "SELECT doc FROM runbook WHERE source_kind = ?1 AND source_key = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let doc: Option<String> = statement.query_row((&source.kind, &source.key), |row| row.get(0)).optional()?;
    doc.map(|doc| document::runbook(&doc)).transpose()
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Runbook>> {
    let mut statement = connection.prepare_cached("SELECT doc FROM runbook ORDER BY name")?;
    let docs: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    docs.iter().map(|doc| document::runbook(doc)).collect()
}

pub(super) fn search(connection: &Connection, expr: &Expr, most: usize) -> Result<Vec<Runbook>> {
    let (words, others) = divided(expr);
    let found = match fts::compile(&words) {
        Match::These(query) => matching(connection, &query)?,
        Match::Everything if !others.is_empty() => all(connection)?,
        Match::Everything | Match::AllBut(_) | Match::Nothing => return Ok(Vec::new()),
    };
    Ok(found.into_iter().filter(|runbook| others.iter().all(|part| fulfils(part, runbook))).take(most).collect())
}

fn matching(connection: &Connection, query: &str) -> Result<Vec<Runbook>> {
    let rank = fts::ranking(RUNBOOKS);
    let sql = format!(
        "SELECT r.doc FROM {RUNBOOKS} JOIN runbook r ON r.num = {RUNBOOKS}.rowid
         WHERE {RUNBOOKS} MATCH ?1 ORDER BY {rank}, r.name"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let docs: Vec<String> = statement.query_map([query], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    docs.iter().map(|doc| document::runbook(doc)).collect()
}

const REVISION: &str = "name, at, actor, action, detail, doc,
    (SELECT doc FROM runbook_revision b WHERE b.name = r.name AND b.seq < r.seq AND b.doc IS NOT NULL
     ORDER BY b.seq DESC LIMIT 1), git_identity";

fn revision(row: &Row<'_>) -> rusqlite::Result<RunbookRevision> {
    let doc: String = match row.get::<_, Option<String>>(5)? {
        Some(doc) => doc,
        None => row.get(6)?,
    };
    let runbook = document::runbook(&doc).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, error.to_string().into())
    })?;
    Ok(RunbookRevision {
        name: row.get(0)?,
        at: read(row, 1)?,
        actor: Actor { user: row.get(2)?, git_identity: row.get(7)? },
        action: row.get(3)?,
        detail: row.get(4)?,
        runbook,
    })
}

pub(super) fn history(connection: &Connection, name: &str) -> Result<Vec<RunbookRevision>> {
    let sql = format!("SELECT {REVISION} FROM runbook_revision r WHERE name = ?1 ORDER BY seq");
    let mut statement = connection.prepare(&sql)?;
    let found = statement.query_map([name], revision)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn newer(connection: &Connection, seq: u64) -> Result<Vec<RunbookRevision>> {
    let sql = format!("SELECT {REVISION} FROM runbook_revision r WHERE seq > ?1 ORDER BY seq");
    let mut statement = connection.prepare(&sql)?;
    let found = statement.query_map([seq.cast_signed()], revision)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put(
    connection: &Connection,
    seq: i64,
    runbook: &Runbook,
    by: &Entry<'_>,
    known: &mut HashSet<String>,
) -> Result<()> {
    let doc = serde_json::to_string(runbook)?;
    let present: Option<(i64, i64)> = connection
        .prepare_cached("SELECT num, revision FROM runbook WHERE name = ?1")?
        .query_row([&runbook.name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let found = present.map_or(0, |(_, revision)| revision.unsigned_abs());
    let is_copy = found == 0 && by.action == "import";
    ensure!(runbook.revision > 1 || found == 0, "there is a runbook of the name {} already", runbook.name);
    ensure!(
        is_copy || found + 1 == runbook.revision,
        "the runbook {} was changed by somebody else in between: it is at revision {found} now",
        runbook.name
    );
    let num = match present {
        Some((num, _)) => num,
        None => connection.query_row("SELECT ifnull(max(num), 0) + 1 FROM runbook", [], |row| row.get(0))?,
    };
    for table in ["runbook_alert", "runbook_tag"] {
        connection.execute(&format!("DELETE FROM {table} WHERE num = ?1"), [num])?;
    }
    let sql = "INSERT INTO runbook (num, name, seq, revision, title, owner, service, updated_at, source_kind, source_key, doc,
                                    checksum)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, checksum(?11))
               ON CONFLICT (name) DO UPDATE SET seq = ?3, revision = ?4, title = ?5, owner = ?6, service = ?7,
                   updated_at = ?8, source_kind = ?9, source_key = ?10, doc = ?11, checksum = checksum(?11)";
    connection.execute(
        sql,
        rusqlite::params![
            num,
            runbook.name,
            seq,
            runbook.revision.cast_signed(),
            runbook.title,
            runbook.owner,
            runbook.service,
            runbook.updated_at.to_string(),
            runbook.source.kind,
            runbook.source.key,
            doc,
        ],
    )?;
    keep(connection, seq, &runbook.name, runbook.revision, by, Some(&doc))?;
    derive(connection, num, runbook, known)
}

/// Makes what follows from a runbook.
pub(super) fn derive(connection: &Connection, num: i64, runbook: &Runbook, known: &mut HashSet<String>) -> Result<()> {
    for alert in &runbook.alerts {
        connection.execute("INSERT OR IGNORE INTO runbook_alert (num, alert) VALUES (?1, ?2)", (num, alert))?;
    }
    for tag in &runbook.tags {
        connection.execute("INSERT OR IGNORE INTO runbook_tag (num, tag) VALUES (?1, ?2)", (num, tag))?;
    }
    index(connection, num, runbook, known)
}

fn keep(connection: &Connection, seq: i64, name: &str, revision: u64, by: &Entry<'_>, doc: Option<&str>) -> Result<()> {
    let sql =
        "INSERT INTO runbook_revision (name, seq, revision, at, actor, git_identity, action, detail, doc, checksum)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, checksum(?9))";
    let Entry { at, actor, action, detail } = by;
    let (user, identity) = (&actor.user, &actor.git_identity);
    connection
        .execute(sql, (name, seq, revision.cast_signed(), at.to_string(), user, identity, action, detail, doc))?;
    Ok(())
}

fn index(connection: &Connection, num: i64, runbook: &Runbook, known: &mut HashSet<String>) -> Result<()> {
    let indexed = fts::indexed(&runbook_texts(runbook), known);
    fts::delete(connection, RUNBOOKS, num)?;
    fts::insert_words(connection, indexed.words, known)?;
    Ok(fts::insert(connection, RUNBOOKS, num, &indexed.texts)?)
}

pub(super) fn delete(connection: &Connection, seq: i64, name: &str, by: &Entry<'_>) -> Result<()> {
    let (num, revision): (i64, i64) = connection
        .query_row("SELECT num, revision FROM runbook WHERE name = ?1", [name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .with_context(|| format!("there is no runbook {name}"))?;
    fts::delete(connection, RUNBOOKS, num)?;
    connection.execute("DELETE FROM runbook WHERE num = ?1", [num])?;
    keep(connection, seq, name, revision.unsigned_abs(), by, None)
}

/// Makes the full-text index of every runbook again.
pub(super) fn reindex(connection: &Connection, known: &mut HashSet<String>) -> Result<()> {
    let mut statement = connection.prepare("SELECT num, doc FROM runbook")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        index(connection, row.get(0)?, &document::runbook(row.get_ref(1)?.as_str()?)?, known)?;
    }
    Ok(())
}
