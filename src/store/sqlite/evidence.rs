//! What came of running checks and commands, and what that says of a change.

use std::collections::HashMap;

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::{KEPT_RUNS, Page};
use super::rows::read;
use crate::model::{self, Change, Conclusion, Evidence, Outcome, RunKind, Subject, Timestamp};

/// The columns [`evidence`] reads, in its order.
const EVIDENCE: &str = "kind, name, digest, at, actor, conclusion, detail, code, seconds, output, cut";

/// The latest first; of one second, the one stored last.
const LATEST: &str = "ORDER BY at DESC, num DESC";

/// The column that names a subject, and its value there.
fn place(subject: &Subject) -> (&'static str, &str) {
    match subject {
        Subject::Change(id) => ("change_id", id.as_str()),
        Subject::Runbook(name) => ("runbook", name),
    }
}

fn evidence(subject: &Subject, row: &Row<'_>) -> rusqlite::Result<Evidence> {
    Ok(Evidence {
        subject: subject.clone(),
        kind: read(row, 0)?,
        name: row.get(1)?,
        digest: row.get(2)?,
        at: read(row, 3)?,
        actor: row.get(4)?,
        outcome: Outcome {
            conclusion: read(row, 5)?,
            detail: row.get(6)?,
            code: row.get(7)?,
            seconds: row.get(8)?,
            output: row.get(9)?,
            cut: row.get(10)?,
        },
    })
}

pub(super) fn of(connection: &Connection, subject: &Subject, page: Page) -> Result<Vec<Evidence>> {
    let (column, name) = place(subject);
    let sql = format!("SELECT {EVIDENCE} FROM evidence WHERE {column} = ?1 {LATEST} LIMIT ?2 OFFSET ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let parameters = params![name, page.most.cast_signed(), page.offset.cast_signed()];
    let rows = statement.query_map(parameters, |row| evidence(subject, row))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn latest(connection: &Connection, subject: &Subject) -> Result<Vec<Evidence>> {
    let (column, name) = place(subject);
    let same = format!("{column} = e.{column} AND kind = e.kind AND digest = e.digest");
    let sql = format!(
        "SELECT {EVIDENCE} FROM evidence e
         WHERE {column} = ?1 AND num = (SELECT num FROM evidence WHERE {same} {LATEST} LIMIT 1) {LATEST}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([name], |row| evidence(subject, row))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the latest runs say of a change's checks.
pub(super) fn conclusion(connection: &Connection, change: &Change) -> Result<Option<(Conclusion, Timestamp)>> {
    if change.checks.is_empty() {
        return Ok(None);
    }
    let subject = Subject::Change(change.id.clone());
    // Without what came back, which may be long.
    let columns = EVIDENCE.replace("output", "''");
    let sql = format!(
        "SELECT {columns} FROM evidence WHERE change_id = ?1 AND kind = '{}' AND digest = ?2 {LATEST} LIMIT 1",
        RunKind::Check
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = HashMap::new();
    for check in &change.checks {
        let digest = check.digest();
        let run = statement.query_row((change.id.as_str(), &digest), |row| evidence(&subject, row)).optional()?;
        found.extend(run.map(|run| (digest, run)));
    }
    Ok(model::conclusion(change, |digest| found.get(digest)))
}

pub(super) fn insert(connection: &Connection, run: &Evidence) -> Result<()> {
    let (column, name) = place(&run.subject);
    let sql = format!(
        "INSERT INTO evidence ({column}, {EVIDENCE})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    );
    let outcome = &run.outcome;
    connection
        .prepare_cached(&sql)?
        .execute(params![
            name,
            run.kind.as_str(),
            run.name,
            run.digest,
            run.at.to_string(),
            run.actor,
            outcome.conclusion.as_str(),
            outcome.detail,
            outcome.code,
            outcome.seconds,
            outcome.output,
            outcome.cut,
        ])
        .with_context(|| format!("what came of `{}` could not be stored", run.name))?;
    if run.kind != RunKind::Check {
        return Ok(());
    }
    // Checks are run by the hour; what a person ran by hand stays.
    let sql = format!(
        "DELETE FROM evidence WHERE num IN (
             SELECT num FROM evidence WHERE {column} = ?1 AND kind = ?2 AND digest = ?3 {LATEST} LIMIT -1 OFFSET ?4)"
    );
    connection.prepare_cached(&sql)?.execute(params![name, run.kind.as_str(), run.digest, KEPT_RUNS.cast_signed()])?;
    Ok(())
}
