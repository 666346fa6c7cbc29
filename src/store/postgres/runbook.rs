//! Runbooks: documents, their revisions, and their own full-text index.

use std::collections::{BTreeSet, HashSet};

use anyhow::{Context, Result, ensure};
use postgres::Row;

use super::super::runbook::fulfils;
use super::super::words::{Match, divided};
use super::super::{Entry, RunbookRevision, document};
use super::rows::{self, read};
use super::session::{Session, Value, params};
use super::words::{self, Known};
use crate::model::{Actor, Runbook, Source};
use crate::query::{Expr, Field, runbook_texts};

pub(super) fn get(session: &Session, name: &str) -> Result<Option<Runbook>> {
    let doc: Option<String> = session.one("SELECT doc::text FROM runbook WHERE name = $1", params![name])?;
    doc.map(|doc| document::runbook(&doc)).transpose()
}

pub(super) fn by_key(session: &Session, source: &Source) -> Result<Option<Runbook>> {
    let sql = "SELECT doc::text FROM runbook WHERE source_kind = $1 AND source_key = $2";
    let doc: Option<String> = session.one(sql, params![&source.kind, &source.key])?;
    doc.map(|doc| document::runbook(&doc)).transpose()
}

pub(super) fn all(session: &Session) -> Result<Vec<Runbook>> {
    let docs: Vec<String> = session.column("SELECT doc::text FROM runbook ORDER BY name", &[])?;
    docs.iter().map(|doc| document::runbook(doc)).collect()
}

pub(super) fn search(session: &Session, expr: &Expr, most: usize) -> Result<Vec<Runbook>> {
    let (words, others) = divided(expr);
    let found = match words::compile(&words) {
        Match::These(query) => matching(session, &query)?,
        Match::Everything if !others.is_empty() => all(session)?,
        Match::Everything | Match::AllBut(_) | Match::Nothing => return Ok(Vec::new()),
    };
    Ok(found.into_iter().filter(|runbook| others.iter().all(|part| fulfils(part, runbook))).take(most).collect())
}

fn matching(session: &Session, query: &str) -> Result<Vec<Runbook>> {
    // In the order of the letters D, C, B, A, and none above 1.
    let weights = [Field::Reason, Field::Command, Field::Error, Field::Title].map(crate::query::weight);
    let most = weights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let weights = weights.map(|weight| (weight / most).to_string()).join(", ");
    let sql = format!(
        "SELECT r.doc::text FROM runbook_text t JOIN runbook r ON r.num = t.num
         WHERE t.words @@ CAST($1 AS tsquery)
         ORDER BY ts_rank('{{{weights}}}', t.words, CAST($1 AS tsquery), 1) DESC, r.name"
    );
    let docs: Vec<String> = session.column(&sql, params![query])?;
    docs.iter().map(|doc| document::runbook(doc)).collect()
}

const REVISION: &str = "name, at, actor, action, detail, coalesce(doc::text,
    (SELECT doc::text FROM runbook_revision b WHERE b.name = r.name AND b.seq < r.seq AND b.doc IS NOT NULL
     ORDER BY b.seq DESC LIMIT 1)), git_identity";

fn revision(row: &Row) -> Result<RunbookRevision> {
    Ok(RunbookRevision {
        name: row.try_get(0)?,
        at: read(row, 1)?,
        actor: Actor { user: row.try_get(2)?, git_identity: row.try_get(6)? },
        action: row.try_get(3)?,
        detail: row.try_get(4)?,
        runbook: document::runbook(row.try_get(5)?)?,
    })
}

pub(super) fn history(session: &Session, name: &str) -> Result<Vec<RunbookRevision>> {
    let sql = format!("SELECT {REVISION} FROM runbook_revision r WHERE name = $1 ORDER BY seq");
    session.rows(&sql, params![name])?.iter().map(revision).collect()
}

pub(super) fn newer(session: &Session, seq: u64) -> Result<Vec<RunbookRevision>> {
    let sql = format!("SELECT {REVISION} FROM runbook_revision r WHERE seq > $1 ORDER BY seq");
    session.rows(&sql, params![seq.cast_signed()])?.iter().map(revision).collect()
}

/// Stores a runbook; `next` is the row number of a new one. Returns whether it was new.
pub(super) fn put(
    session: &Session,
    (seq, next): (i64, i64),
    runbook: &Runbook,
    by: &Entry<'_>,
    known: &mut Known,
) -> Result<bool> {
    let doc = serde_json::to_string(runbook)?;
    let present = session.row("SELECT num, revision FROM runbook WHERE name = $1", params![&runbook.name])?;
    let found = present.as_ref().map_or(Ok(0), |row| rows::number(row, 1))?;
    let is_copy = found == 0 && by.action == "import";
    ensure!(runbook.revision > 1 || found == 0, "there is a runbook of the name {} already", runbook.name);
    ensure!(
        is_copy || found + 1 == runbook.revision,
        "the runbook {} was changed by somebody else in between: it is at revision {found} now",
        runbook.name
    );
    let num: i64 = present.as_ref().map_or(Ok(next), |row| row.try_get(0))?;
    for table in ["runbook_alert", "runbook_tag"] {
        session.execute(&format!("DELETE FROM {table} WHERE num = $1"), params![num])?;
    }
    let sql =
        "INSERT INTO runbook (num, name, seq, revision, title, owner, service, updated_at, source_kind, source_key, doc)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CAST($11 AS json))
         ON CONFLICT (name) DO UPDATE SET seq = $3, revision = $4, title = $5, owner = $6, service = $7,
             updated_at = $8, source_kind = $9, source_key = $10, doc = CAST($11 AS json)";
    let values = [
        Value::from(num),
        (&runbook.name).into(),
        seq.into(),
        runbook.revision.cast_signed().into(),
        (&runbook.title).into(),
        (&runbook.owner).into(),
        (&runbook.service).into(),
        runbook.updated_at.to_string().into(),
        (&runbook.source.kind).into(),
        (&runbook.source.key).into(),
        (&doc).into(),
    ];
    session.execute(sql, &values)?;
    keep(session, seq, &runbook.name, runbook.revision, by, Some(&doc))?;
    derive(session, num, runbook, known)?;
    Ok(present.is_none())
}

/// Makes what follows from a runbook.
pub(super) fn derive(session: &Session, num: i64, runbook: &Runbook, known: &mut Known) -> Result<()> {
    for (table, column, listed) in [("runbook_alert", "alert", &runbook.alerts), ("runbook_tag", "tag", &runbook.tags)]
    {
        let distinct: Vec<String> = listed.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        session
            .execute(&format!("INSERT INTO {table} ({column}, num) SELECT unnest($2), $1"), params![num, distinct])?;
    }
    index(session, num, runbook, known)
}

fn keep(session: &Session, seq: i64, name: &str, revision: u64, by: &Entry<'_>, doc: Option<&str>) -> Result<()> {
    let sql = "INSERT INTO runbook_revision (name, seq, revision, at, actor, git_identity, action, detail, doc)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS json))";
    let Entry { at, actor, action, detail } = by;
    let (detail, doc) = (detail.map(str::to_owned), doc.map(str::to_owned));
    let (user, identity) = (&actor.user, &actor.git_identity);
    let values = params![name, seq, revision.cast_signed(), at.to_string(), user, identity, *action, detail, doc];
    session.execute(sql, values)?;
    Ok(())
}

fn index(session: &Session, num: i64, runbook: &Runbook, known: &mut Known) -> Result<()> {
    let mut new = HashSet::new();
    let vector = words::vector(&runbook_texts(runbook), known, &mut new);
    let sql = "INSERT INTO runbook_text (num, words) SELECT * FROM unnest($1, $2)
               ON CONFLICT (num) DO UPDATE SET words = excluded.words";
    session.execute(sql, params![vec![num], vec![vector]])?;
    insert_words(session, new, known)
}

/// Adds words to the ones that records have.
pub(super) const INSERT_WORDS: &str = "INSERT INTO word (surface) SELECT unnest($1) ON CONFLICT DO NOTHING";

/// Adds words to the ones that records have.
pub(super) fn insert_words(session: &Session, new: HashSet<String>, known: &mut Known) -> Result<()> {
    let words: Vec<String> = new.into_iter().collect();
    if !words.is_empty() {
        session.execute(INSERT_WORDS, params![words.as_slice()])?;
        known.extend(words);
    }
    Ok(())
}

pub(super) fn delete(session: &Session, seq: i64, name: &str, by: &Entry<'_>) -> Result<()> {
    let row = session.row("SELECT num, revision FROM runbook WHERE name = $1", params![name])?;
    let row = row.with_context(|| format!("there is no runbook {name}"))?;
    let num: i64 = row.try_get(0)?;
    for table in ["runbook", "runbook_alert", "runbook_tag", "runbook_text"] {
        session.execute(&format!("DELETE FROM {table} WHERE num = $1"), params![num])?;
    }
    keep(session, seq, name, rows::number(&row, 1)?, by, None)
}

/// Makes the full-text index of every runbook again.
pub(super) fn reindex(session: &Session, known: &mut Known) -> Result<()> {
    for row in session.rows("SELECT num, doc::text FROM runbook", &[])? {
        index(session, row.try_get(0)?, &document::runbook(row.try_get(1)?)?, known)?;
    }
    Ok(())
}
