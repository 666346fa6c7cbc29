//! A change that every rule passes, to be spoilt one way at a time.

use super::super::{Commit, Facts, Finding, Judged, Options, judge};
use crate::model::{Change, ChangeId, Defaults, Draft, Timestamp, Verified};

/// What a rule is told beside the change.
pub(in crate::policy) struct Beside {
    pub(in crate::policy) verified: Option<Verified>,
    pub(in crate::policy) lost: Vec<ChangeId>,
    pub(in crate::policy) owners: Vec<&'static str>,
    /// The settings `[checklists]`.
    pub(in crate::policy) checklists: &'static str,
}

impl Default for Beside {
    fn default() -> Self {
        let verified = Verified { conclusion: crate::model::Conclusion::Passed, at: now() };
        Self { verified: Some(verified), lost: Vec::new(), owners: vec!["team-orders"], checklists: "" }
    }
}

pub(in crate::policy) fn now() -> Timestamp {
    "2026-11-20T14:05:00Z".parse().unwrap()
}

/// A complete change after `spoil` was at it.
pub(in crate::policy) fn change(spoil: impl FnOnce(&mut Draft)) -> Change {
    let mut draft: Draft = serde_json::from_value(serde_json::json!({
        "title": "Cache the order lookup",
        "kind": "performance",
        "owner": "team-orders",
        "expected": "the page opens at once",
        "reason": "Clients gave up; the error rate rises with what is cached.",
        "rollback": {"command": "kubectl rollout undo deploy/orders"},
        "baseline": {"symptom": "p95 of 480 ms"},
        "metrics": [{"name": "p95", "unit": "ms", "before": 480, "after": 190, "better": "lower"}],
        "checks": [{"kind": "http", "url": "http://127.0.0.1:8000/health"}],
        "files": ["src/orders/api.py"],
    }))
    .unwrap();
    spoil(&mut draft);
    draft.validate(&Defaults { id: ChangeId::from_bits(7), now: now() }).unwrap()
}

/// What the rules find in a change.
pub(in crate::policy) fn found(change: &Change, beside: &Beside) -> Vec<Finding> {
    let options = Options::read("", beside.checklists).unwrap();
    let judged = Judged { change, verified: beside.verified, lost: beside.lost.clone() };
    let owners = Some(beside.owners.iter().map(|name| (*name).to_owned()).collect());
    judge(&Facts { commits: Vec::new(), changes: vec![judged], now: now(), owners, options: &options })
}

/// What a rule finds in a complete change after `spoil` was at it, as one text; no other rule may find anything.
pub(in crate::policy) fn said(rule: &str, spoil: impl FnOnce(&mut Draft), beside: &Beside) -> String {
    let found = found(&change(spoil), beside);
    assert!(found.iter().all(|finding| finding.rule == rule), "{found:?}");
    found.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>().join("; ")
}

/// What the rules find in a commit.
pub(in crate::policy) fn found_in(commit: Commit) -> Vec<Finding> {
    let options = Options::default();
    judge(&Facts { commits: vec![commit], changes: Vec::new(), now: now(), owners: None, options: &options })
}
