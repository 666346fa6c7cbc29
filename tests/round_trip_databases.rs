//! What is taken out of a database makes an equal one, by the commands: JSON Lines and the folder of Markdown files.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::HashSet;

use proptest::prelude::*;
use shipnote::export::json;
use shipnote::model::{Change, Runbook, RunbookDraft};
use support::arbitrary::{arb_change, arb_line, arb_text, defaults};
use support::project::Project;

/// Changes that may stand in one database: no id and no source key twice.
fn arb_changes() -> impl Strategy<Value = Vec<Change>> {
    proptest::collection::vec(arb_change(), 0..8).prop_map(|mut changes| {
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        changes.retain(|change| {
            let key = change.source.key.clone().map(|key| (change.source.kind.clone(), key));
            ids.insert(change.id.clone()) && key.is_none_or(|key| keys.insert(key))
        });
        changes
    })
}

/// Runbooks as they may stand beside them, edited now and then.
fn arb_runbooks() -> impl Strategy<Value = Vec<Runbook>> {
    let one = (arb_line(), arb_text(), arb_line(), 1..4_u64);
    proptest::collection::vec(one, 0..4).prop_map(|many| {
        let valid = many.into_iter().enumerate().filter_map(|(n, (title, body, tag, revision))| {
            let name = Some(format!("runbook-{n}"));
            let draft = RunbookDraft { name, title: Some(title), body, tags: vec![tag], ..RunbookDraft::default() };
            Some(Runbook { revision, ..draft.validate(defaults().now).ok()? })
        });
        valid.collect()
    })
}

fn imported(lines: &str) -> Project {
    let project = Project::new();
    let import = project.with_input(["import", "json", "--quiet", "-"], lines.as_bytes());
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    project
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_equal_database_comes_of_what_was_exported(changes in arb_changes(), runbooks in arb_runbooks()) {
        let lines: String = changes.iter().map(json::line).chain(runbooks.iter().map(json::runbook_line)).collect();
        let project = imported(&lines);
        let exported = project.ok(["export", "json"]);
        prop_assert_eq!(exported.lines().count(), changes.len() + runbooks.len());
        let copy = imported(&exported);
        prop_assert_eq!(&copy.ok(["export", "json"]), &exported);
        let again = copy.with_input(["import", "json", "-"], exported.as_bytes());
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        prop_assert!(said.contains(&format!("0 imported, {} unchanged, 0 left out", exported.lines().count())), "{said}");
        prop_assert!(copy.shipnote(["doctor"]).output().unwrap().status.success());

        project.ok(["export", "markdown", "--out", "records"]);
        let other = Project::new();
        let folder = project.path("records").display().to_string();
        other.ok(["import", "markdown", "--quiet", &folder]);
        let changes: String = exported.split_inclusive('\n').take(changes.len()).collect();
        prop_assert_eq!(other.ok(["export", "json"]), changes);
        // The same again writes nothing.
        let again = project.run(["export", "markdown", "--out", "records"]);
        prop_assert!(again.contains("0 written"), "{again}");
    }
}
