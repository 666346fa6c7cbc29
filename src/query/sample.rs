//! Records for the tests of this room.

use serde_json::{Value, json};

use super::{Expr, Grammar};
use crate::model::{Change, ChangeId, Defaults, Draft};

/// The change of a draft in JSON.
pub(crate) fn change(draft: Value) -> Change {
    let draft: Draft = serde_json::from_value(draft).unwrap();
    let defaults = Defaults { id: ChangeId::from_bits(7), now: "2026-11-20T14:05:00Z".parse().unwrap() };
    draft.validate(&defaults).unwrap()
}

/// The expression of a query.
pub(crate) fn query(text: &str) -> Expr {
    Grammar::at("2026-11-20T14:05:00Z".parse().unwrap()).read(text).unwrap().expr
}

/// A change with every searched field set to a text of its own, each beginning with `word-`.
pub(crate) fn full() -> Change {
    change(json!({
        "title": "word-title",
        "kind": "performance",
        "reason": "word-reason",
        "expected": "word-expected",
        "baseline": {
            "route": "word-baseline-route", "input": "word-baseline-input", "command": "word-baseline-command",
            "symptom": "word-baseline-symptom", "location": "word-baseline-location",
        },
        "files": ["word-file"],
        "commands": [{"run": "word-run", "note": "word-command-note", "expect": "word-expect"}],
        "metrics": [{"name": "word-metric", "before": 1.0, "better": "lower"}],
        "owner": "word-owner",
        "rollback": {"command": "word-rollback-command", "note": "word-rollback-note"},
        "checks": [
            {"kind": "http", "name": "word-check-name", "url": "http://word-check.example"},
            {"kind": "command", "run": "word-check-run"},
        ],
        "checklists": {"list": {"item": {"state": "done", "note": "word-item-note"}}},
        "assumptions": ["word-assumption"],
        "service": "word-service",
        "environment": "word-environment",
        "tags": ["word-tag"],
        "links": [{"url": "https://word-link.example", "title": "word-link-title"}],
        "commits": ["9f2c1e7a"],
        "branch": "word-branch",
    }))
}

/// Every text of a record that begins with `word-`, but the name a check took from what it runs.
pub(crate) fn words(change: &Change) -> Vec<String> {
    let mut found = Vec::new();
    collect(&serde_json::to_value(change).unwrap(), &mut found);
    found.sort();
    found.dedup();
    assert!(found.len() > 20);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains("word-") => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}
