//! The event log as it is read: what happened to changes, what happened to runbooks, and what was run. Each of the three is
//! written where it belongs; together they say who did what, and when.

use crate::model::{Actor, Subject, Timestamp};

use super::Page;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: the command, or `run` for a check or a step.
    pub action: String,
    /// To what.
    pub subject: Subject,
    /// The revision that it became; a run makes none.
    pub revision: Option<u64>,
    /// Why, where somebody said so; of a run, what came of it.
    pub detail: Option<String>,
}

/// The columns of a page in this order: when, the user, what, the kind of its subject, which one, revision, detail, the identity
/// of the user in git. Each part is cut by its own numbers, so that a page of the latest reads no more than that.
pub(super) fn sql(page: Page) -> String {
    let most = page.most.min(i64::MAX.unsigned_abs());
    let read = most.saturating_add(page.offset).min(i64::MAX.unsigned_abs());
    format!(
        "SELECT at, actor, action, kind, subject, revision, detail, git_identity FROM (
             SELECT * FROM (SELECT num AS place, 2 AS part, at, actor, action, 'change' AS kind, change_id AS subject,
                                revision, detail, git_identity FROM event ORDER BY num DESC LIMIT {read}) AS of_changes
             UNION ALL
             SELECT * FROM (SELECT seq, 1, at, actor, action, 'runbook', name, revision, detail, git_identity
                            FROM runbook_revision ORDER BY seq DESC LIMIT {read}) AS of_runbooks
             UNION ALL
             SELECT * FROM (SELECT num, 0, at, actor, 'run', subject_kind, subject, CAST(NULL AS bigint),
                                kind || ' ' || name || ': ' || conclusion, git_identity
                            FROM evidence ORDER BY num DESC LIMIT {read}) AS of_runs
         ) AS happened
         ORDER BY at DESC, part DESC, place DESC LIMIT {most} OFFSET {}",
        page.offset.min(i64::MAX.unsigned_abs())
    )
}

/// A subject by its kind and its name.
pub(super) fn subject(kind: &str, name: String) -> anyhow::Result<Subject> {
    Ok(if kind == "change" { Subject::Change(name.parse()?) } else { Subject::Runbook(name) })
}
