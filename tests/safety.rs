//! Nothing lost, nothing leaked: secrets, backups, and the repair of what follows from records.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::path::Path;

use rusqlite::Connection;
use support::project::Project;

/// In pieces, so that no scanner takes it for a real one.
fn token() -> String {
    format!("ghp_{}", "a1B2".repeat(9))
}

/// The files below a folder that have these bytes.
fn with_bytes(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(with_bytes(&entry, bytes));
        } else if std::fs::read(&entry).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            found.push(entry.display().to_string());
        }
    }
    found
}

fn database(project: &Project) -> Connection {
    Connection::open(project.path(".shipnote/shipnote.db")).unwrap()
}

#[test]
fn a_secret_is_refused_masked_or_allowed() {
    let (project, token) = (Project::new(), token());
    let reason = format!("rotated {token} today");
    let said = project.refused(["log", "Rotate the token", "--reason", &reason]);
    assert!(said.contains("reason: looks like a GitHub token: rotated [masked] today"), "{said}");
    assert!(said.contains("--redact") && said.contains("--allow-secret REASON"), "{said}");
    assert!(!said.contains(&token));
    assert_eq!(with_bytes(&project.path(""), token.as_bytes()), [""; 0]);

    let masked = project.json(["log", "Rotate the token", "--reason", &reason, "--redact", "--json"]);
    assert_eq!(masked["reason"], "rotated [masked:github-token] today");
    assert_eq!(with_bytes(&project.path(""), token.as_bytes()), [""; 0]);

    let allowed = ["log", "Rotate", "--reason", &reason, "--allow-secret", "it is revoked", "--json"];
    let allowed = project.json(allowed);
    assert_eq!(allowed["reason"], reason.as_str());
    let detail: String =
        database(&project).query_row("SELECT detail FROM event ORDER BY num DESC", [], |row| row.get(0)).unwrap();
    assert_eq!(detail, "allowed: github-token in reason (it is revoked)");
    // What was allowed is no reason to refuse another edit.
    let id = allowed["id"].as_str().unwrap();
    project.ok(["edit", id, "--owner", "oncall"]);
    assert!(project.refused(["edit", id, "--expected", &format!("no {token}")]).contains("expected: looks like"));
}

#[test]
fn a_project_has_rules_of_its_own_and_switches_others_off() {
    let (project, token) = (Project::new(), token());
    let settings = std::fs::read_to_string(project.path("shipnote.toml")).unwrap();
    let with = |more: &str| std::fs::write(project.path("shipnote.toml"), format!("{settings}\n{more}")).unwrap();
    let rule = "[[secrets.rule]]\nid = 'orders-token'\ndescription = 'a token of the shop'\nliterals = ['ord_']\n\
                pattern = 'ord_[a-z]{8}'\nexamples = ['ord_abcdefgh']\n";
    with(&format!("[secrets]\noff = ['github-token']\n{rule}"));
    let said = project.refused(["log", "Rotate", "--reason", "from ord_zyxwvuts on"]);
    assert!(said.contains("reason: looks like a token of the shop: from [masked] on"), "{said}");
    project.ok(["log", "Rotate", "--reason", &format!("it was {token}")]);

    with("[secrets]\nof = ['github-token']\n");
    let said = project.refused(["list"]);
    assert!(said.contains("[secrets] in shipnote.toml: unknown field `of`, expected `off` or `rule`"), "{said}");

    with(&rule.replace("ord_abcdefgh", "ord_short"));
    let said = project.refused(["list"]);
    assert!(said.contains("[secrets] in shipnote.toml: rule `orders-token`: it does not find its example"), "{said}");
}

#[test]
fn a_purge_leaves_nothing_of_a_secret() {
    let (project, token) = (Project::new(), token());
    let allow = ["--allow-secret", "a test"];
    let log = |args: &[&str]| {
        let output = project.shipnote([&["log", "--json"], args, &allow].concat()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let change: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        change["id"].as_str().unwrap().to_owned()
    };
    let edited = log(&["Rotate the token", "--reason", &format!("it was {token}"), "--tag", "rotation"]);
    project.ok(["edit", &edited, "--reason", "it was leaked"]);
    let deleted = log(&[&format!("Drop {token}")]);
    project.ok(["delete", &deleted, "--reason", "noise"]);
    let other = log(&["Use the vault", "--command", &format!("deploy --token {token}"), "--file", "src/vault.rs"]);
    project.ok(["log", "Something else"]);

    let scan = project.run(["scan"]);
    assert!(scan.contains(&edited) && scan.contains(&deleted) && scan.contains("commands[0].run"), "{scan}");
    assert!(!scan.contains(&token));
    assert_eq!(project.shipnote(["scan"]).output().unwrap().status.code(), Some(1));
    assert!(project.refused(["db", "purge"]).contains("db purge --yes"));
    let before = project.ok(["export", "json"]);

    let said = project.run(["db", "purge", "--yes"]);
    assert!(said.contains("secrets were masked"), "{said}");
    assert_eq!(with_bytes(&project.path(""), token.as_bytes()), [""; 0]);
    assert_eq!(with_bytes(&project.path(""), token.to_lowercase().as_bytes()), [""; 0], "nor in the search index");
    assert!(project.run(["scan"]).contains("No secrets were found."));
    assert!(project.run(["db", "purge", "--yes"]).contains("nothing was changed"));
    assert_eq!(project.ok(["export", "json"]), before.replace(&token, "[masked:github-token]"));
    assert!(project.ok(["search", "masked vault"]).contains(&other));
    let events = project.ok(["list", "--events"]);
    assert!(
        events.contains("purge") && events.contains("masked: github-token") && !events.contains(&token),
        "{events}"
    );
    assert_eq!(project.json(["list", "--events", "-n", "1", "--json"])["events"][0]["action"], "purge");
    assert!(project.shipnote(["doctor"]).output().unwrap().status.success());
    // It goes on as any other database.
    project.ok(["log", "After the purge", "--reason", "vault"]);
    assert_eq!(project.ok(["list"]).lines().count(), 4);
}

#[test]
fn what_drifted_is_found_and_repaired_and_records_are_not_touched() {
    let project = Project::new();
    let path = project.path(".shipnote/shipnote.db");
    let on = |args: &[&str]| project.shipnote(args).output().unwrap();
    let text = |args: &[&str]| String::from_utf8(on(args).stdout).unwrap();
    on(&["log", "Cache the lookup", "--tag", "cache", "--file", "src/a.rs", "--owner", "oncall"]);
    on(&["log", "Retry", "--reason", "`ReadTimeout: timed out`", "--metric", "p95: 480 ms -> 190 ms"]);
    let before = text(&["export", "json"]);
    let connection = Connection::open(&path).unwrap();
    let spoil = "INSERT INTO change_text (change_text) VALUES ('delete-all'); DELETE FROM change_tag; DELETE FROM word;
                 UPDATE change SET title = 'other', owner = NULL; DELETE FROM tally;";
    connection.execute_batch(spoil).unwrap();
    drop(connection);
    let found = on(&["doctor"]);
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    assert!(String::from_utf8_lossy(&found.stderr).contains("doctor --repair"), "{found:?}");
    let repaired = on(&["doctor", "--repair"]);
    assert!(repaired.status.success(), "{repaired:?}");
    assert_eq!(text(&["export", "json"]), before);
    assert!(on(&["doctor"]).status.success());
    assert!(String::from_utf8_lossy(&on(&["doctor", "--repair"]).stderr).contains("There is nothing to repair."));
}

#[test]
fn a_backup_is_whole_and_the_way_back() {
    let project = Project::new();
    project.ok(["log", "First", "--reason", "because"]);
    assert!(project.run(["db", "backup", "one.db"]).contains("backed up to"));
    let first = project.ok(["export", "json"]);
    assert!(project.refused(["db", "backup", "one.db"]).contains("one.db exists already"));
    assert!(project.refused(["db", "backup", "missing/one.db"]).contains("missing"));
    project.ok(["log", "Second"]);
    let both = project.ok(["export", "json"]);
    assert!(project.refused(["db", "restore", "one.db"]).contains("--yes"));
    let said = project.run(["db", "restore", "one.db", "--yes"]);
    assert!(said.contains("what was there before is in [PROJECT]/.shipnote/shipnote.db.before-restore-1"), "{said}");
    assert_eq!(project.ok(["export", "json"]), first);
    assert!(project.ok(["search", "because"]).contains("First"));
    project.ok(["log", "Third"]);
    // What was kept aside is a backup, too.
    project.ok(["db", "restore", ".shipnote/shipnote.db.before-restore-1", "--yes"]);
    assert_eq!(project.ok(["export", "json"]), both);
    assert!(project.shipnote(["doctor"]).output().unwrap().status.success());

    // Damaged, newer, foreign: refused, and nothing is changed.
    let whole = std::fs::read(project.path("one.db")).unwrap();
    std::fs::write(project.path("cut.db"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(project.path("foreign.db"), "not a database").unwrap();
    std::fs::write(project.path("newer.db"), &whole).unwrap();
    Connection::open(project.path("newer.db")).unwrap().pragma_update(None, "user_version", 999).unwrap();
    for (name, expected) in
        [("cut.db", "cut.db"), ("foreign.db", "foreign.db"), ("newer.db", "newer"), ("no.db", "no file")]
    {
        let said = project.refused(["db", "restore", name, "--yes"]);
        assert!(said.contains(expected) && said.contains("hint:"), "{said}");
    }
    assert_eq!(project.ok(["export", "json"]), both);
    // A database that is damaged itself is kept as it is.
    std::fs::write(project.path(".shipnote/shipnote.db"), &whole[..5000]).unwrap();
    project.ok(["db", "restore", "one.db", "--yes"]);
    assert_eq!(project.ok(["export", "json"]), first);
    // A log without its database is not taken for one of the backup.
    std::fs::remove_file(project.path(".shipnote/shipnote.db")).unwrap();
    std::fs::write(project.path(".shipnote/shipnote.db-wal"), "left over").unwrap();
    project.ok(["db", "restore", "one.db"]);
    assert_eq!(project.ok(["export", "json"]), first);
    let names: Vec<String> = std::fs::read_dir(project.path(".shipnote"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".restore-") || name.starts_with(".rewrite-"))
        .collect();
    assert_eq!(names, [""; 0], "no temporary folder is left");
}

#[test]
fn an_event_says_who_wrote_and_who_that_is_to_git() {
    let project = Project::new();
    project.write("restart.md", "# Restart orders\n\n```sh\ntrue\n```\n");
    let run = |args: &[&str], unset: &[&str]| {
        let mut command = project.shipnote(args);
        for name in unset {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let as_user = |args: &[&str]| run(args, &["SHIPNOTE_ACTOR"]);
    let logged = as_user(&["log", "Cache the order lookup", "--check", "run true", "--json"]);
    let logged: serde_json::Value = serde_json::from_str(&logged).unwrap();
    let id = logged["id"].as_str().unwrap();
    as_user(&["edit", id, "--owner", "oncall"]);
    as_user(&["verify", id]);
    as_user(&["runbook", "new", "--file", "restart.md"]);
    as_user(&["delete", id, "--reason", "recorded twice"]);
    let events = |most: usize| -> Vec<(String, serde_json::Value)> {
        let events = project.json(["list", "--events", "-n", "0", "--json"]);
        let event = |event: &serde_json::Value| {
            assert!(!event["actor"].as_str().unwrap().is_empty());
            (event["action"].as_str().unwrap().to_owned(), event["git_identity"].clone())
        };
        events["events"].as_array().unwrap().iter().take(most).map(event).collect()
    };
    let mut all = events(9);
    all.sort_by(|one, other| one.0.cmp(&other.0));
    let identity = serde_json::json!("Team Orders <team-orders@example.com>");
    let expected = ["delete", "edit", "log", "new", "run"].map(|action| (action.to_owned(), identity.clone()));
    assert_eq!(all, expected);
    let said = project.ok(["list", "--events"]);
    assert!(said.contains(" (Team Orders)  delete  "), "{said}");

    // Git was told nothing, and makes nothing up; whoever a service writes for is not who git knows.
    run(&["log", "No name"], &["SHIPNOTE_ACTOR", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]);
    assert_eq!(events(1), [("log".to_owned(), serde_json::Value::Null)]);
    run(&["log", "For another"], &[]);
    assert_eq!(events(1), [("log".to_owned(), serde_json::Value::Null)]);
}
