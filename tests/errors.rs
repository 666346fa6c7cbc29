//! A record is stored with the fingerprints of the errors it tells of, however it comes in.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use shipnote::query::read_error;
use support::project::Project;

const SYMPTOM: &str = r#"```text
Traceback (most recent call last):
  File "/app/sync.py", line 88, in pull_order
    order = client.orders.get(order_id)
  File "/app/.venv/lib/python3.12/site-packages/orders_sdk/http.py", line 61, in get
    return self._session.get(url, timeout=30)
requests.exceptions.ReadTimeout: HTTPConnectionPool(host='orders', port=8000): Read timed out. (read timeout=30)
```"#;

const PASTED: &str = "sync-1  | 2026-12-01 03:12:44,901 ERROR [worker-7] orders.sync: ReadTimeout: \
                      HTTPConnectionPool(host='orders', port=31999): Read timed out. (read timeout=0.5)\n";

/// The titles of the changes that have one of the fingerprints of a text.
fn found(project: &Project, text: &str) -> Vec<String> {
    let database = rusqlite::Connection::open(project.path(".shipnote/shipnote.db")).unwrap();
    let mut statement = database
        .prepare(
            "SELECT json_extract(change.doc, '$.title') FROM change_fingerprint JOIN change USING (num) WHERE fingerprint = ?1",
        )
        .unwrap();
    let mut titles = Vec::new();
    for headline in read_error(text).headlines {
        let rows = statement.query_map([&headline.fingerprint], |row| row.get(0)).unwrap();
        titles.extend(rows.map(Result::unwrap));
    }
    titles
}

#[test]
fn a_change_is_stored_with_the_fingerprints_of_its_errors() {
    let project = Project::new();
    project.ok(["log", "Raise the pool size", "--symptom", SYMPTOM]);
    project.ok(["log", "Another change", "--symptom", "KeyError: 'next_page'", "-m", "A page had no next one."]);
    assert_eq!(found(&project, PASTED), ["Raise the pool size"]);
    assert_eq!(found(&project, "E       KeyError: 'next_page'"), ["Another change"]);
    assert!(found(&project, "KeyError: 'last_page'").is_empty());
}

#[test]
fn an_edit_and_a_rollback_keep_the_fingerprints_true() {
    let project = Project::new();
    let id =
        project.json(["log", "Raise the pool size", "--symptom", SYMPTOM, "--json"])["id"].as_str().unwrap().to_owned();
    project.ok(["log", "Take it back", "--relation", &format!("reverts:{id}"), "-m", "It ran out of connections."]);
    assert_eq!(found(&project, PASTED), ["Raise the pool size"], "a status that another change sets");
    project.ok([
        "edit",
        &id,
        "--symptom",
        "IntegrityError: duplicate key value violates unique constraint \"orders_pkey\"",
    ]);
    assert!(found(&project, PASTED).is_empty());
    assert_eq!(
        found(
            &project,
            "sqlalchemy.exc.IntegrityError: duplicate key value violates unique constraint \"orders_pkey\""
        ),
        ["Raise the pool size"]
    );
}

#[test]
fn an_import_has_them_too() {
    let project = Project::new();
    project.ok(["log", "Raise the pool size", "--symptom", SYMPTOM]);
    project.write("changes.jsonl", &project.ok(["export", "json"]));
    let other = Project::new();
    other.write("changes.jsonl", &project.read("changes.jsonl"));
    other.ok(["import", "json", "changes.jsonl"]);
    assert_eq!(found(&other, PASTED), ["Raise the pool size"]);
}
