//! Checklists: those that come with shipnote, a project's own, on changes, ticked.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

fn log(project: &Project, args: &[&str]) -> String {
    let all = ["log", "One", "--json", "--owner", "o"].into_iter().chain(args.iter().copied());
    let output = project.shipnote(all).output().unwrap();
    let change: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    change["id"].as_str().unwrap().to_owned()
}

fn code<const N: usize>(project: &Project, args: [&str; N]) -> Option<i32> {
    project.shipnote(args).output().unwrap().status.code()
}

#[test]
fn items_are_ticked_with_a_reason_where_they_do_not_apply() {
    let project = Project::new();
    let id = log(&project, &["--checklist", "security"]);
    assert_eq!(code(&project, ["checklist", "show", &id]), Some(1), "items are open");
    assert!(project.refused(["checklist", "tick", &id, "no-such"]).contains("there are headers, logging, permissions"));
    project.ok(["checklist", "tick", &id, "secrets", "--note", "none in the diff"]);
    project.ok(["checklist", "tick", &id, "upload-limits", "--not-applicable", "it takes no uploads"]);
    let change = project.json(["show", &id, "--json"]);
    assert_eq!(change["checklists"]["security"]["secrets"]["state"], "done");
    assert_eq!(change["checklists"]["security"]["upload-limits"]["note"], "it takes no uploads");
    assert_eq!(change["revision"], 3);
    for item in ["headers", "logging", "permissions"] {
        project.ok(["checklist", "tick", &id, item]);
    }
    assert_eq!(code(&project, ["checklist", "show", &id]), Some(0));
    project.ok(["checklist", "tick", &id, "logging", "--open"]);
    assert_eq!(code(&project, ["checklist", "show", &id]), Some(1));
}

#[test]
fn a_project_has_lists_of_its_own() {
    let project = Project::new();
    let own = "title = \"Ours\"\n[[items]]\nkey = \"pager\"\ntext = \"The pager is set\"\n";
    project.write("checklists/security.toml", own);
    project.write("checklists/launch.toml", own);
    let lists = project.json(["checklist", "list", "--json"]);
    let names: Vec<_> = lists["checklists"].as_array().unwrap().iter().map(|list| list["name"].clone()).collect();
    assert_eq!(names, ["api-client-stability", "baseline", "implementation", "launch", "rollback", "security"]);
    let id = log(&project, &[]);
    project.ok(["checklist", "add", &id, "security"]);
    assert_eq!(project.json(["show", &id, "--json"])["checklists"]["security"]["pager"]["state"], "open");
    assert!(project.refused(["checklist", "add", &id, "lunch"]).contains("checklists/lunch.toml adds one"));
    project.write("checklists/launch.toml", "title = 1");
    assert!(project.refused(["checklist", "list"]).contains("launch.toml"));
}

#[test]
fn the_same_item_of_two_lists_is_named_by_its_list() {
    let project = Project::new();
    project.write("checklists/mine.toml", "title = \"Mine\"\n[[items]]\nkey = \"secrets\"\ntext = \"t\"\n");
    let id = log(&project, &["--checklist", "security", "--checklist", "mine"]);
    assert!(project.refused(["checklist", "tick", &id, "secrets"]).contains("--list mine"));
    project.ok(["checklist", "tick", &id, "secrets", "--list", "mine"]);
    let change = project.json(["show", &id, "--json"]);
    assert_eq!(change["checklists"]["security"]["secrets"]["state"], "open");
}
