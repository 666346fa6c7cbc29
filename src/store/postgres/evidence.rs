//! Evidence: what came of running checks and steps.

use anyhow::Result;
use postgres::Row;

use super::super::KEPT_RUNS;
use super::rows::read;
use super::session::{Session, Value, params};
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

fn evidence(row: &Row) -> Result<Evidence> {
    let subject = match row.try_get(0)? {
        "change" => Subject::Change(read(row, 1)?),
        _ => Subject::Runbook(row.try_get(1)?),
    };
    let outcome = Outcome {
        conclusion: read(row, 7)?,
        detail: row.try_get(8)?,
        code: row.try_get(9)?,
        seconds: row.try_get(10)?,
        output: row.try_get(11)?,
        cut: row.try_get(12)?,
    };
    Ok(Evidence {
        subject,
        kind: read(row, 2)?,
        name: row.try_get(3)?,
        digest: row.try_get(4)?,
        at: read(row, 5)?,
        actor: Actor { user: row.try_get(6)?, git_identity: row.try_get(13)? },
        outcome,
    })
}

pub(super) fn latest(session: &Session, subject: &Subject, most: usize) -> Result<Vec<Evidence>> {
    let (kind, name) = place(subject);
    let sql =
        format!("SELECT {COLUMNS} FROM evidence WHERE subject_kind = $1 AND subject = $2 ORDER BY num DESC LIMIT $3");
    session.rows(&sql, params![kind, name, most as i64])?.iter().map(evidence).collect()
}

pub(super) fn of_checks(session: &Session, change: &Change) -> Result<Vec<Option<Evidence>>> {
    let mut found: Vec<Option<Evidence>> = vec![None; change.checks.len()];
    if found.is_empty() {
        return Ok(found);
    }
    let digests: Vec<String> = change.checks.iter().map(|check| check.digest()).collect();
    let sql = format!(
        "SELECT DISTINCT ON (digest) {COLUMNS} FROM evidence
         WHERE subject_kind = 'change' AND subject = $1 AND digest = ANY($2) ORDER BY digest, num DESC"
    );
    for row in session.rows(&sql, params![change.id.as_str(), digests.as_slice()])? {
        let evidence = evidence(&row)?;
        for (place, _) in digests.iter().enumerate().filter(|(_, digest)| **digest == evidence.digest) {
            found[place] = Some(evidence.clone());
        }
    }
    Ok(found)
}

/// What the evidence says of a change as it is now.
pub(super) fn verified(session: &Session, change: &Change) -> Result<Option<Verified>> {
    if change.checks.is_empty() {
        return Ok(None);
    }
    Ok(conclusion(&of_checks(session, change)?))
}

/// Writes down what the evidence says of a change as it is now.
pub(super) fn refresh(session: &Session, num: i64, change: &Change) -> Result<()> {
    let verified = verified(session, change)?;
    let (said, at) = (verified.map(|said| said.conclusion.to_string()), verified.map(|said| said.at.to_string()));
    let sql = "UPDATE change SET checks = $2, verified = $3, verified_at = $4 WHERE num = $1";
    session.execute(sql, params![num, change.checks.len() as i64, said, at])?;
    Ok(())
}

pub(super) fn insert(session: &Session, num: i64, evidence: &Evidence) -> Result<()> {
    let Evidence { subject, kind, name, digest, at, actor, outcome } = evidence;
    let (subject_kind, subject) = place(subject);
    let sql = format!(
        "INSERT INTO evidence (num, {COLUMNS})
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CAST($11 AS integer), $12, $13, $14, $15)"
    );
    let values = [
        Value::from(num),
        subject_kind.into(),
        subject.into(),
        kind.as_str().into(),
        name.into(),
        digest.into(),
        at.to_string().into(),
        (&actor.user).into(),
        outcome.conclusion.as_str().into(),
        (&outcome.detail).into(),
        outcome.code.map(i64::from).into(),
        outcome.seconds.into(),
        (&outcome.output).into(),
        outcome.cut.into(),
        (&actor.git_identity).into(),
    ];
    session.execute(&sql, &values)?;
    let sql = "DELETE FROM evidence WHERE num IN (SELECT num FROM evidence
               WHERE subject_kind = $1 AND subject = $2 AND digest = $3 ORDER BY num DESC OFFSET $4)";
    session.execute(sql, params![subject_kind, subject, digest, KEPT_RUNS.cast_signed()])?;
    Ok(())
}

/// Whether evidence tells of a check, which says something of its change.
pub(super) fn is_of_check(evidence: &Evidence) -> bool {
    evidence.kind == RunKind::Check
}
