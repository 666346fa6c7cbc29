//! `shipnote import markdown`: decision records, notes, runbooks, and our own form.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

const QUEUES: &str = "# 5. Use queues\n\nDate: 2024-01-31\n\n## Status\n\nAccepted\n\nSupersedes [2. Use cron](0002-use-cron.md)\n\n\
    ## Context\n\nJobs were lost.\n\n## Decision\n\nQueues.\n";
const CRON: &str = "---\nstatus: superseded by [ADR-5](0005-use-queues.md)\ndate: 2020-05-06\ndecision-makers: team-orders\n---\n\
    # Use cron\n\n## Context and Problem Statement\n\nWhen?\n\n## Decision Outcome\n\nCron.\n";
const RUNBOOK: &str =
    "# OrdersDown\n\n## Meaning\n\nIt is down.\n\n## Impact\n\nNo orders.\n\n## Mitigation\n\n```sh\ntrue\n```\n";

fn documents() -> Project {
    let project = Project::new();
    project.write("docs/adr/0005-use-queues.md", QUEUES);
    project.write("docs/adr/0002-use-cron.md", CRON);
    project.write("docs/notes/2024-03-04-disk-full.md", "The disk of the queue was full.\n");
    project.write("docs/OrdersDown.md", RUNBOOK);
    project
}

#[test]
fn each_document_becomes_what_it_is_once() {
    let project = documents();
    let preview = project.ok(["import", "markdown", "docs", "--dry-run"]);
    for line in [
        "OrdersDown.md                  runbook  OrdersDown  it has the sections of a runbook",
        "adr/0005-use-queues.md         change   Use queues  a decision record",
        "notes/2024-03-04-disk-full.md  change   disk full   a note",
    ] {
        assert!(preview.contains(line), "{preview}");
    }
    assert_eq!(project.ok(["export", "json"]), "");
    assert!(project.run(["import", "markdown", "docs"]).contains("4 imported, 0 unchanged, 0 left out"));
    assert!(project.run(["import", "markdown", "docs"]).contains("0 imported, 4 unchanged, 0 left out"));
    assert!(project.ok(["runbook", "list"]).contains("OrdersDown"));
    let found = project.json(["search", "queues tag:adr", "--json"]);
    let change = &found["hits"][0]["change"];
    assert_eq!((&change["title"], &change["shipped_at"]), (&"Use queues".into(), &"2024-01-31T00:00:00Z".into()));
    let cron = project.json(["search", "title:cron", "--json"])["hits"][0]["change"].clone();
    assert_eq!((&cron["status"], &cron["owner"]), (&"superseded".into(), &"team-orders".into()));
    assert_eq!(change["relations"], serde_json::json!([{"kind": "supersedes", "id": cron["id"]}]));

    // What a file says otherwise is taken over, what was edited here is not.
    project.write("docs/notes/2024-03-04-disk-full.md", "The disk of the queue was full again.\n");
    let said = project.run(["import", "markdown", "docs"]);
    assert!(said.contains("0 imported, 3 unchanged, 1 updated, 0 left out"), "{said}");
}

#[test]
fn our_own_form_comes_back_as_it_was() {
    let project = Project::new();
    project.ok(["log", "Retry reads", "--owner", "oncall", "--command", "deploy", "--rollback", "undo", "--quiet"]);
    let line = project.ok(["export", "json"]);
    let id = serde_json::from_str::<serde_json::Value>(&line).unwrap()["id"].as_str().unwrap().to_owned();
    let other = Project::new();
    other.write("change.md", &project.ok(["show", &id, "--format", "markdown"]));
    assert!(other.run(["import", "markdown", "change.md"]).contains("1 imported"));
    assert_eq!(other.ok(["export", "json"]), line);
}

#[test]
fn a_file_without_a_date_has_that_of_its_first_commit() {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.write("notes/größe.md", "How large it is.\n");
    project.git(&["add", "."]);
    let mut first = project.program("git");
    let dated = first.args(["commit", "--quiet", "-m", "Note"]).env("GIT_COMMITTER_DATE", "2022-02-03T04:05:06Z");
    assert!(dated.status().unwrap().success());
    project.write("notes/größe.md", "How large it is now.\n");
    project.git(&["commit", "--quiet", "-a", "-m", "Again"]);
    project.ok(["import", "markdown", "notes", "--quiet"]);
    let line = project.ok(["export", "json"]);
    assert!(line.contains("\"shipped_at\":\"2022-02-03T04:05:06Z\""), "{line}");
}

#[test]
fn what_is_refused_names_the_file_and_the_rest_can_be_kept() {
    let project = documents();
    project.write("docs/bomb.md", &format!("---\n{}\n---\nboom\n", bomb()));
    let said = project.refused(["import", "markdown", "docs"]);
    assert!(said.contains("bomb.md was refused, nothing was stored") && said.contains("line 2"), "{said}");
    assert_eq!(project.ok(["export", "json"]), "");
    let said = project.run(["import", "markdown", "docs", "--keep-going"]);
    assert!(said.contains("4 imported, 0 unchanged, 1 left out") && said.contains("bomb.md"), "{said}");
    assert!(project.refused(["import", "markdown", "nowhere.md"]).contains("nowhere.md"));
}

#[test]
fn a_record_that_is_refused_is_named_by_its_file_and_the_next_step_is_said() {
    let project = documents();
    // Each line is within the file's limit, the field is not.
    project.write("docs/notes/long.md", &"A long line of a long note.\n".repeat(45_000));
    let said = project.refused(["import", "markdown", "docs"]);
    assert!(said.contains("long.md") && !said.contains("record ") && said.contains("hint:"), "{said}");
    let said = project.run(["import", "markdown", "docs", "--keep-going"]);
    assert!(said.contains("long.md") && !said.contains("record ") && said.contains("hint: mend what"), "{said}");
    std::fs::remove_file(project.path("docs/notes/long.md")).unwrap();
    project.write("docs/huge.md", &"x".repeat(17 * 1024 * 1024));
    let said = project.refused(["import", "markdown", "docs"]);
    assert!(said.contains("huge.md was refused, nothing was stored") && said.contains("hint: split it"), "{said}");
}

/// YAML whose aliases stand for a billion words.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let refs = vec![format!("*a{}", n - 1); 10].join(", ");
        text += &format!("a{n}: &a{n} [{refs}]\n");
    }
    text
}
