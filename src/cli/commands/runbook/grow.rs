//! Growing a runbook from changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::Result;

use super::super::Context;
use super::edit;
use crate::cli::output;
use crate::markup::marks_around;
use crate::model::{Change, Check, RunbookDraft, Status};
use crate::query::fingerprints;

pub(super) fn from(ids: &[String], title: Option<String>, editor: bool, context: &Context) -> Result<u8> {
    let mut changes: Vec<Change> = Vec::new();
    {
        let store = context.open()?;
        for id in ids {
            let change = context.find(&store, id)?;
            if changes.iter().all(|known| known.id != change.id) {
                changes.push(change);
            }
        }
    }
    changes.sort_by_key(|change| std::cmp::Reverse(change.at()));
    if changes.len() > 1 && !have_something_in_common(&changes) {
        output::note("They share neither an error nor a file; look whether one runbook fits them all.");
    }
    let mut draft = grown(&changes, title);
    if editor {
        match edit::in_editor(&draft, context)? {
            Some(edited) => draft = edited,
            None => output::note("It was left as it is."),
        }
    }
    edit::store(draft, None, "from", context)
}

/// Whether every change shares an error or a file with another one.
fn have_something_in_common(changes: &[Change]) -> bool {
    let marks = |change: &Change| -> BTreeSet<String> {
        fingerprints(change).into_iter().chain(change.files.iter().cloned()).collect()
    };
    let all: Vec<_> = changes.iter().map(marks).collect();
    let shares = |n: usize| all.iter().enumerate().any(|(other, marks)| other != n && !marks.is_disjoint(&all[n]));
    (0..all.len()).all(shares)
}

/// The runbook of changes, newest first.
fn grown(changes: &[Change], title: Option<String>) -> RunbookDraft {
    let first = |field: fn(&Change) -> Option<&String>| changes.iter().find_map(field).cloned();
    let mut tags: Vec<String> = Vec::new();
    for tag in changes.iter().flat_map(|change| &change.tags) {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    // What was taken back shows no way to go.
    let in_force: Vec<&Change> = changes.iter().filter(|change| change.status != Status::RolledBack).collect();
    let mut body = String::new();
    push_meaning(&mut body, changes);
    push_blocks(
        &mut body,
        "Diagnosis",
        changes
            .iter()
            .filter_map(|change| change.baseline.command.as_ref().map(|run| (run.clone(), String::new(), change))),
    );
    push_blocks(
        &mut body,
        "Mitigation",
        in_force.iter().flat_map(|change| {
            change.commands.iter().map(|command| {
                let expect = command.expect.as_ref().filter(|expect| !expect.contains('\n'));
                let expect = expect.map(|expect| format!(" expect={}", quoted(expect))).unwrap_or_default();
                (command.run.clone(), expect, *change)
            })
        }),
    );
    push_checks(&mut body, &in_force);
    push_blocks(
        &mut body,
        "Rollback",
        in_force
            .iter()
            .filter_map(|change| change.rollback.command.as_ref().map(|run| (run.clone(), String::new(), *change))),
    );
    RunbookDraft {
        title: title.or_else(|| changes.first().map(|change| change.title.clone())),
        owner: first(|change| change.owner.as_ref()),
        service: first(|change| change.service.as_ref()),
        tags,
        changes: changes.iter().map(|change| change.id.to_string()).collect(),
        body,
        ..RunbookDraft::default()
    }
}

/// The symptoms, and how often and when they came.
fn push_meaning(body: &mut String, changes: &[Change]) {
    body.push_str("\n## Meaning\n\n");
    if let (Some(last), Some(first)) = (changes.first(), changes.last()) {
        let _ = match changes.len() {
            1 => writeln!(body, "Seen once, on {}.", last.at().day()),
            count => writeln!(body, "Seen {count} times, from {} to {}.", first.at().day(), last.at().day()),
        };
    }
    let mut symptoms: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        if let Some(symptom) = change.baseline.symptom.as_deref().or(change.baseline.route.as_deref()) {
            symptoms.entry(symptom).or_default().push(change);
        }
    }
    for (symptom, of) in symptoms {
        let ids: Vec<_> = of.iter().map(|change| format!("`{}`", change.id)).collect();
        let _ = write!(body, "\n{}\n\n({})\n", symptom.trim(), ids.join(", "));
    }
}

/// A section of shell blocks, each command once, with the changes it comes from.
fn push_blocks<'a>(body: &mut String, title: &str, commands: impl Iterator<Item = (String, String, &'a Change)>) {
    let mut known: Vec<String> = Vec::new();
    for (run, attributes, change) in commands {
        if known.contains(&run) {
            continue;
        }
        if known.is_empty() {
            let _ = write!(body, "\n## {title}\n");
        }
        let marks = marks_around(&run);
        let (id, day) = (&change.id, change.at().day());
        let _ = write!(body, "\nFrom `{id}`, {day}:\n\n{marks}sh{attributes}\n{}\n{marks}\n", run.trim_end());
        known.push(run);
    }
}

fn push_checks(body: &mut String, changes: &[&Change]) {
    let checks: BTreeSet<(String, String)> = changes
        .iter()
        .flat_map(|change| change.checks.iter().map(|check: &Check| (check.to_string(), change.id.to_string())))
        .collect();
    if checks.is_empty() {
        return;
    }
    body.push_str("\n## Verification\n\n");
    for (check, id) in checks {
        let _ = writeln!(body, "- `shipnote verify {id}`: {}", crate::markup::code_span(&check));
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;
    use crate::model::{ChangeId, Defaults, Draft};

    fn change(n: u64, day: &str, fill: impl FnOnce(&mut Draft)) -> Change {
        let mut draft: Draft = serde_json::from_value(serde_json::json!({
            "title": format!("Fix {n}"), "owner": "team-orders", "service": "orders", "files": ["src/api.py"],
            "shipped_at": format!("2026-11-{day}"),
            "baseline": {"symptom": "ReadTimeout", "command": "curl -s localhost/health"},
            "commands": [{"run": "kubectl rollout restart deploy/orders", "expect": "restarted"}],
            "checks": [{"kind": "http", "url": "http://127.0.0.1/health"}],
            "rollback": {"command": format!("kubectl rollout undo --to-revision={n}")},
        }))
        .unwrap();
        fill(&mut draft);
        draft.validate(&Defaults { id: ChangeId::from_bits(n), now: "2026-11-20".parse().unwrap() }).unwrap()
    }

    #[test]
    fn what_changes_say_becomes_sections_and_steps() {
        let undone = |draft: &mut Draft| draft.status = Some(Status::RolledBack);
        let changes = [change(3, "19", |_| {}), change(2, "12", |_| {}), change(1, "02", undone)];
        let draft = grown(&changes, Some("Orders time out".into()));
        assert!(draft.body.contains("Seen 3 times, from 2026-11-02 to 2026-11-19."), "{}", draft.body);
        assert_eq!(draft.changes.len(), 3);
        let steps = form::runbook_steps(&draft.body);
        let runs: Vec<_> = steps.iter().map(|step| (step.back, step.run.as_str())).collect();
        assert_eq!(
            runs,
            [
                (false, "curl -s localhost/health"),
                (false, "kubectl rollout restart deploy/orders"),
                (true, "kubectl rollout undo --to-revision=3"),
                (true, "kubectl rollout undo --to-revision=2"),
            ]
        );
        assert_eq!(steps[1].expect.as_deref(), Some("restarted"));
        assert!(draft.body.contains(&format!("shipnote verify {}", changes[0].id)));
        assert!(have_something_in_common(&changes));
        let other = change(4, "01", |draft| (draft.files, draft.baseline.symptom) = (vec!["b".into()], None));
        assert!(!have_something_in_common(&[changes[0].clone(), other]));
    }
}
