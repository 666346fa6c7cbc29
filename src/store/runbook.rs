//! Who writes a runbook, and what is kept of it.

use crate::model::{Actor, Runbook, Timestamp};
use crate::query::{Condition, Expr};

/// Who does something to a runbook, when, and why.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a Actor,
    /// What: `new`, `edit`, `import`, `delete`.
    pub action: &'a str,
    /// Why, where somebody said so.
    pub detail: Option<&'a str>,
}

/// One revision of a runbook, or its deletion.
#[derive(Debug, Clone, PartialEq)]
pub struct RunbookRevision {
    /// Its name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: `new`, `edit`, `import`, `delete`.
    pub action: String,
    /// Why, where somebody said so.
    pub detail: Option<String>,
    /// As it was then; for a deletion as it was before.
    pub runbook: Runbook,
}

/// Whether a runbook is as a condition asks; those that are asked of changes alone, none is.
pub(super) fn fulfils(part: &Expr, runbook: &Runbook) -> bool {
    match part {
        Expr::Is(Condition::Owner(name)) => runbook.owner.as_ref() == Some(name),
        Expr::Is(Condition::Service(name)) => runbook.service.as_ref() == Some(name),
        Expr::Is(Condition::Tag(name)) => runbook.tags.contains(name),
        _ => false,
    }
}
