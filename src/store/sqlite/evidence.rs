//! Evidence: what came of running checks and steps.

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, Row};

use super::super::KEPT_RUNS;
use super::rows::read;
use crate::model::{Actor, Change, Evidence, Outcome, RunKind, Subject, Verified, conclusion};

const COLUMNS: &str =
    "subject_kind, subject, kind, name, digest, at, actor, conclusion, detail, code, seconds, output, cut,
     git_identity";

fn place(subject: &Subject) -> (&'static str, &str) {
    match subject {
        Subject::Change(id) => ("change", id.as_str()),
        Subject::Runbook(name) => ("runbook", name),
    }
}

fn evidence(row: &Row<'_>) -> rusqlite::Result<Evidence> {
    let subject = match row.get_ref(0)?.as_str()? {
        "change" => Subject::Change(read(row, 1)?),
        _ => Subject::Runbook(row.get(1)?),
    };
    let outcome = Outcome {
        conclusion: read(row, 7)?,
        detail: row.get(8)?,
        code: row.get(9)?,
        seconds: row.get(10)?,
        output: row.get(11)?,
        cut: row.get(12)?,
    };
    Ok(Evidence {
        subject,
        kind: read(row, 2)?,
        name: row.get(3)?,
        digest: row.get(4)?,
        at: read(row, 5)?,
        actor: Actor { user: row.get(6)?, git_identity: row.get(13)? },
        outcome,
    })
}

pub(super) fn latest(connection: &Connection, subject: &Subject, most: usize) -> Result<Vec<Evidence>> {
    let (kind, name) = place(subject);
    let sql =
        format!("SELECT {COLUMNS} FROM evidence WHERE subject_kind = ?1 AND subject = ?2 ORDER BY num DESC LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map((kind, name, most as i64), evidence)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn of_checks(connection: &Connection, change: &Change) -> Result<Vec<Option<Evidence>>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM evidence WHERE subject_kind = 'change' AND subject = ?1 AND digest = ?2
         ORDER BY num DESC LIMIT 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = Vec::with_capacity(change.checks.len());
    for check in &change.checks {
        found.push(statement.query_row((change.id.as_str(), check.digest()), evidence).optional()?);
    }
    Ok(found)
}

/// What the evidence says of a change as it is now.
pub(super) fn verified(connection: &Connection, change: &Change) -> Result<Option<Verified>> {
    if change.checks.is_empty() {
        return Ok(None);
    }
    Ok(conclusion(&of_checks(connection, change)?))
}

/// Writes down what the evidence says of a change as it is now.
pub(super) fn refresh(connection: &Connection, num: i64, change: &Change) -> Result<()> {
    let verified = verified(connection, change)?;
    let sql = "UPDATE change SET checks = ?2, verified = ?3, verified_at = ?4 WHERE num = ?1";
    connection.prepare_cached(sql)?.execute((
        num,
        change.checks.len() as i64,
        verified.map(|verified| verified.conclusion.as_str()),
        verified.map(|verified| verified.at.to_string()),
    ))?;
    Ok(())
}

pub(super) fn insert(connection: &Connection, evidence: &Evidence) -> Result<()> {
    let Evidence { subject, kind, name, digest, at, actor, outcome } = evidence;
    let (subject_kind, subject) = place(subject);
    let sql = format!(
        "INSERT INTO evidence ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    );
    connection.prepare_cached(&sql)?.execute(rusqlite::params![
        subject_kind,
        subject,
        kind.as_str(),
        name,
        digest,
        at.to_string(),
        actor.user,
        outcome.conclusion.as_str(),
        outcome.detail,
        outcome.code,
        outcome.seconds,
        outcome.output,
        outcome.cut,
        actor.git_identity,
    ])?;
    let sql = "DELETE FROM evidence WHERE num IN (SELECT num FROM evidence
               WHERE subject_kind = ?1 AND subject = ?2 AND digest = ?3 ORDER BY num DESC LIMIT -1 OFFSET ?4)";
    connection.prepare_cached(sql)?.execute((subject_kind, subject, digest, KEPT_RUNS.cast_signed()))?;
    Ok(())
}

/// Whether evidence tells of a check, which says something of its change.
pub(super) fn is_of_check(evidence: &Evidence) -> bool {
    evidence.kind == RunKind::Check
}
