//! What is taken out of a database makes an equal one, by the commands: JSON Lines and the folder of Markdown files.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::HashSet;

use proptest::prelude::*;
use shipnote::model::Change;
use support::arbitrary::arb_change;
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

fn imported(lines: &str) -> Project {
    let project = Project::new();
    let import = project.with_input(["import", "json", "--quiet", "-"], lines.as_bytes());
    assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
    project
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_equal_database_comes_of_what_was_exported(changes in arb_changes()) {
        let lines: String = changes.iter().map(shipnote::export::json::line).collect();
        let project = imported(&lines);
        let exported = project.ok(["export", "json"]);
        prop_assert_eq!(exported.lines().count(), changes.len());
        prop_assert_eq!(imported(&exported).ok(["export", "json"]), exported.clone());

        project.ok(["export", "markdown", "--out", "records"]);
        let other = Project::new();
        let folder = project.path("records").display().to_string();
        other.ok(["import", "markdown", "--quiet", &folder]);
        prop_assert_eq!(other.ok(["export", "json"]), exported);
        // The same again writes nothing.
        let again = project.run(["export", "markdown", "--out", "records"]);
        prop_assert!(again.contains("0 written"), "{again}");
    }
}
