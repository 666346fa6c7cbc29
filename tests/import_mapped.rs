//! `shipnote import json --map`: the export of another tool.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

/// What `GET /repos/{owner}/{repo}/releases` of GitHub returns, as far as it matters here.
const RELEASES: &str = r#"[
  {"url": "https://api.example.com/releases/1", "html_url": "https://git.example.com/shop/orders/releases/v1.1.0",
   "id": 11, "author": {"login": "oncall", "id": 1}, "tag_name": "v1.1.0", "name": "Retries", "draft": false,
   "created_at": "2026-10-01T08:00:00Z", "published_at": "2026-10-01T09:30:00Z", "assets": [],
   "body": "Reads are tried again.\r\n\r\n* once"},
  {"html_url": "https://git.example.com/shop/orders/releases/v1.0.0", "id": 10, "author": {"login": "team-orders"},
   "tag_name": "v1.0.0", "name": "First", "published_at": "2026-09-01T09:30:00Z", "body": null}
]"#;

const MAP: &str =
    "title=name,reason=body,owner=author.login,tags=tag_name,shipped_at=published_at,links=html_url,key=id";

#[test]
fn releases_of_github_become_changes_once() {
    let project = Project::new();
    project.write("releases.json", RELEASES);
    let import = ["import", "json", "releases.json", "--map", MAP, "--source", "github-releases"];
    assert!(project.run(import).contains("2 imported, 0 unchanged, 0 left out"));
    assert!(project.run(import).contains("0 imported, 2 unchanged"));
    let changes = project.json(["list", "--json"]);
    let newest = &changes["changes"][0];
    assert_eq!((&newest["title"], &newest["owner"]), (&"Retries".into(), &"oncall".into()));
    let id = newest["id"].as_str().unwrap();
    let change = project.json(["show", id, "--json"]);
    assert_eq!(change["reason"], "Reads are tried again.\n\n* once");
    assert_eq!(change["links"][0]["url"], "https://git.example.com/shop/orders/releases/v1.1.0");
    assert_eq!((&change["tags"][0], &change["shipped_at"]), (&"v1.1.0".into(), &"2026-10-01T09:30:00Z".into()));
    // A release that says something else later is the same change, unless somebody edited it here.
    project.write("releases.json", &RELEASES.replace("\"Retries\"", "\"Retries of reads\""));
    assert!(project.run(import).contains("0 imported, 1 unchanged, 1 updated"));
    assert!(project.ok(["show", id]).contains("Retries of reads"));
    project.ok(["edit", id, "--owner", "team-orders"]);
    project.write("releases.json", RELEASES);
    let said = project.run(import);
    assert!(said.contains("0 imported, 1 unchanged, 1 left out") && said.contains("was edited here"), "{said}");
}

#[test]
fn what_is_refused_names_record_and_field_and_the_rest_can_be_kept() {
    let project = Project::new();
    project.write("a.jsonl", "{\"t\": \"one\"}\n{\"t\": \"two\", \"c\": \"zz\"}\n{\"t\": \"three\"}\n");
    let refused = project.refused(["import", "json", "a.jsonl", "--map", "title=t,commits=c"]);
    assert!(refused.contains("record 2") && refused.contains("commits[0]"), "{refused}");
    assert_eq!(project.ok(["export", "json"]), "");
    let kept = project.run(["import", "jsonl", "a.jsonl", "--map", "title=t,commits=c", "--keep-going"]);
    assert!(kept.contains("2 imported") && kept.contains("left out: record 2: commits[0]"), "{kept}");
    assert!(project.refused(["import", "json", "a.jsonl", "--map", "titel=t"]).contains("`titel` is not a field"));
}
