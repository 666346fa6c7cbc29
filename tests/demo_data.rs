//! The demo records are records: every file reads strictly, validates, and the set shows what a newcomer should see.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::PathBuf;

use shipnote::model::{Change, ChangeId, Defaults, Draft, RelationKind, Status, read_strict};
use shipnote::query::matches;
use support::query;

mod support;

fn drafts() -> Vec<(String, Draft)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let draft = read_strict(&fs::read_to_string(&file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, draft)
    };
    files.into_iter().map(read).collect()
}

fn changes() -> Vec<Change> {
    let defaults = Defaults { id: ChangeId::from_bits(0), now: "2026-11-21".parse().unwrap() };
    let valid = |(name, draft): (String, Draft)| draft.validate(&defaults).unwrap_or_else(|e| panic!("{name}: {e}"));
    drafts().into_iter().map(valid).collect()
}

#[test]
fn every_file_is_a_record_with_a_key_of_its_own() {
    let mut keys = BTreeSet::new();
    for (n, (name, draft)) in drafts().into_iter().enumerate() {
        let source = draft.source.clone().unwrap();
        let key = source.key.unwrap();
        assert_eq!(source.kind, "demo", "{name}");
        assert_eq!(name, format!("{:02}-{key}.json", n + 1));
        assert!(keys.insert(key), "{name}: a key twice");
        assert!(draft.created_at.is_some(), "{name}: would be recorded as of today");
    }
    assert_eq!(keys.len(), 12);
}

#[test]
fn the_set_shows_every_state_and_its_relations_lead_somewhere() {
    let changes = changes();
    let by_id: HashMap<&ChangeId, &Change> = changes.iter().map(|change| (&change.id, change)).collect();
    assert_eq!(by_id.len(), changes.len(), "an id twice");
    for status in Status::ALL {
        assert!(changes.iter().any(|change| change.status == *status), "no change is {status}");
    }
    for change in &changes {
        for relation in &change.relations {
            let other =
                by_id.get(&relation.id).unwrap_or_else(|| panic!("{}: {} is missing", change.title, relation.id));
            if relation.kind == RelationKind::Supersedes {
                assert_eq!(other.status, Status::Superseded, "{}", other.title);
            }
        }
        let text = serde_json::to_string(change).unwrap();
        assert!(!text.contains("/home/") && !text.contains("TODO"), "{}", change.title);
    }
    let shipped: Vec<_> = changes.iter().filter(|change| change.status == Status::Shipped).collect();
    for change in shipped {
        assert!(change.owner.is_some() && !change.rollback.is_empty() && change.expected.is_some(), "{}", change.title);
        assert!(!change.metrics.is_empty() && !change.checks.is_empty(), "{}", change.title);
    }
}

#[test]
fn what_a_newcomer_searches_is_found() {
    let changes = changes();
    for (text, key) in [
        ("health", "health-endpoint"),
        ("fastapi probe 404", "health-endpoint"),
        ("ReadTimeout 30 HTTPConnectionPool", "read-timeouts"),
        ("\"connection reset by peer\"", "keep-alive-reset"),
        ("services/billing/queries.py", "invoice-n-plus-one"),
        ("CERTIFICATE_VERIFY_FAILED", "certificate-renewal"),
        ("retry-after 429", "retry-after"),
        ("pydanti* validationerror", "pydantic-v2"),
    ] {
        let expr = query(text);
        let found: Vec<_> = changes.iter().filter(|change| matches(&expr, change, None)).collect();
        let keys: Vec<_> = found.iter().filter_map(|change| change.source.key.as_deref()).collect();
        assert!(keys.contains(&key) && keys.len() <= 4, "{text}: {keys:?}");
    }
}

#[test]
fn the_runbooks_have_steps_and_build_on_records_that_are_there() {
    let ids: BTreeSet<String> = changes().into_iter().map(|change| change.id.to_string()).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/runbooks");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let draft = shipnote::form::read_runbook(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(draft.changes.iter().all(|id| ids.contains(id)), "{}", path.display());
        let runbook = draft.validate("2026-11-21".parse().unwrap()).unwrap();
        assert_eq!(path.file_stem().unwrap().to_str(), Some(runbook.name.as_str()));
        assert!(shipnote::form::runbook_steps(&runbook.body).len() > 2 && !runbook.alerts.is_empty());
    }
}
