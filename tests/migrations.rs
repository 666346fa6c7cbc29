//! Databases of earlier schemas: they open, and say the same; a migration that is killed leaves the old schema or the new one.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;
use shipnote::store::{SqliteStore, Store};
use support::project::Project;

/// Later than all that was recorded.
const LATER: &str = "2026-12-01T00:00:00Z";

/// The latest schema: that of this build.
fn latest() -> u32 {
    u32::try_from(std::fs::read_dir("data/migrations/sqlite").unwrap().count()).unwrap()
}

/// A database that a build of that schema wrote, see `tests/fixtures/schema.sh`.
fn written_at(schema: u32) -> String {
    format!("tests/fixtures/schema-{schema}.db")
}

fn version(connection: &Connection) -> u32 {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// Every row of the tables that records are told by, as whoever knows no shipnote reads them.
fn said(path: &Path) -> BTreeSet<String> {
    let connection = Connection::open(path).unwrap();
    let mut said = BTreeSet::new();
    for (table, columns) in [
        ("change", "num, id, seq, revision, title, status, owner, service, at, source_kind, source_key, doc"),
        ("revision", "id, revision, doc"),
        ("tombstone", "id, seq, at, actor, reason, title"),
        ("event", "num, at, actor, action, change_id, revision, detail"),
        ("evidence", "num, subject_kind, subject, kind, name, digest, at, actor, conclusion, detail, code, output"),
        ("runbook", "num, name, seq, revision, title, owner, service, doc"),
        ("runbook_revision", "name, seq, revision, at, actor, action, detail, doc"),
    ] {
        // An earlier schema has no such table, and so no such row.
        let Ok(mut rows) = connection.prepare(&format!("SELECT json_array('{table}', {columns}) FROM {table}")) else {
            continue;
        };
        said.extend(rows.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap));
    }
    said
}

/// What a database is made of, as SQL.
fn made_of(path: &Path) -> BTreeSet<String> {
    let connection = Connection::open(path).unwrap();
    let mut rows =
        connection.prepare("SELECT type || ' ' || name || ' ' || ifnull(sql, '') FROM sqlite_schema").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_database_of_an_earlier_schema_opens_and_says_the_same() {
    let project = Project::new();
    let new = made_of(&project.path(".shipnote/shipnote.db"));
    for schema in 1..=latest() {
        // That of this build is kept once another one follows.
        if schema == latest() && !Path::new(&written_at(schema)).exists() {
            continue;
        }
        let path = project.path(&format!("{schema}.db"));
        std::fs::copy(written_at(schema), &path).unwrap();
        assert_eq!(version(&Connection::open(&path).unwrap()), schema);
        let before = said(&path);
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(said(&path), before, "schema {schema}");
        assert_eq!(made_of(&path), new, "schema {schema}");
        assert_eq!(store.drift().unwrap(), [""; 0], "schema {schema}");
        assert_eq!(store.damage().unwrap(), [""; 0], "schema {schema}");
        drop(store);
        says_what_was_recorded(&project, schema, &path);
        // As it was before is kept beside it, in its schema.
        let kept = path.with_file_name(format!("{schema}.db.schema-{schema}.backup"));
        assert_eq!(kept.exists(), schema < latest(), "schema {schema}");
        if schema < latest() {
            assert_eq!(said(&kept), before);
            assert_eq!(version(&Connection::open(kept).unwrap()), schema);
        }
    }
}

/// What `tests/fixtures/schema.sh` recorded, as a user sees it.
fn says_what_was_recorded(project: &Project, schema: u32, path: &Path) {
    let run = |args: &[&str]| {
        project.shipnote(args).env("SHIPNOTE_DATABASE", path).env("SHIPNOTE_NOW", LATER).output().unwrap()
    };
    let ok = |args: &[&str]| {
        let output = run(args);
        assert!(output.status.success(), "schema {schema}: {}", support::project::transcript(args, &output));
        String::from_utf8(output.stdout).unwrap()
    };
    let has = |args: &[&str], words: &[&str]| {
        let said = ok(args);
        for word in words {
            assert!(said.contains(word), "schema {schema}: {args:?} says no `{word}`:\n{said}");
        }
    };
    let titles: Vec<_> = ok(&["export", "json"])
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["title"].as_str().unwrap().to_owned())
        .collect();
    let all = [
        "Renew the certificate",
        "Add GET /health to orders",
        "Cache the order lookup",
        "Retry reads",
        "Export ends in 504",
        "Drop the old index",
        "Restart orders",
    ];
    assert_eq!(titles, all[..6 + usize::from(schema >= 4)], "schema {schema}");

    // Records and their history.
    has(&["list", "--status", "draft"], &["Export ends in 504"]);
    has(&["list", "--status", "rolled-back"], &["Drop the old index"]);
    has(&["show", "g4chvc76xg1t"], &["team-orders", "480 ms", "190 ms", "93.5", "latency", "ORDER_CACHE=off"]);
    let history = ["revision 1", "log by oncall", "-Clients retry after 500 ms", "revision 3", "cache hit rate"];
    has(&["show", "g4chvc76xg1t", "--history"], &history);
    let events = ["import", "rollback", "lists were slow", "delete    588ttzp879hp", "recorded twice"];
    has(&["list", "--events"], &events);
    assert_eq!(run(&["show", "588ttzp879hp"]).status.code(), Some(2), "schema {schema}");

    // Search by words, by an error, by fields, by files.
    has(&["search", "certificate"], &["Renew the certificate"]);
    project.write("error.txt", "ReadTimeout: HTTPConnectionPool(host='orders', port=8001): Read timed out.\n");
    has(&["search", "--error", "error.txt"], &["Retry reads"]);
    has(&["search", "tag:latency owner:team-orders"], &["Cache the order lookup"]);
    has(&["why", "orders/cache.py"], &["Cache the order lookup"]);

    // What came of runs, and runbooks, of the schemas that had them.
    let shown = ok(&["show", "6absymar1mzm"]);
    if schema < 3 {
        assert_eq!(shown.matches("not run yet").count(), 2, "schema {schema}: {shown}");
    } else {
        assert!(shown.contains("passed 2026-11-22 11:00 UTC by oncall"), "schema {schema}: {shown}");
        assert!(shown.contains("failed 2026-11-22 11:00 UTC by oncall") && shown.contains("exit 1, expected 0"));
        has(&["search", "is:failing"], &["Add GET /health to orders"]);
    }
    if schema < 4 {
        assert_eq!(run(&["runbook", "list"]).status.code(), Some(1), "schema {schema}");
    } else {
        has(&["runbook", "show", "restart-orders"], &["team-orders", "echo restarted", "Last run"]);
        has(&["runbook", "show", "restart-orders", "--history"], &["revision 2", "-owner = \"oncall\""]);
        has(&["search", "restart"], &["Restart orders"]);
    }

    // And it is written to as any other.
    ok(&["log", "One more", "--key", "one-more", "--quiet"]);
    ok(&["edit", "g4chvc76xg1t", "--tag", "later", "--quiet"]);
    has(&["search", "tag:later"], &["Cache the order lookup"]);
    ok(&["doctor"]);
}

/// Killed wherever it stands, a migration leaves the old schema or the new one. The gate kills it ten times,
/// `SHIPNOTE_TEST_FULL=1` a hundred times.
#[test]
fn a_migration_that_is_killed_leaves_the_old_schema_or_the_new_one() {
    let kills = if std::env::var_os("SHIPNOTE_TEST_FULL").is_some() { 100 } else { 10 };
    let project = Project::new();
    let on = |path: &Path, args: &[&str]| {
        let mut command = project.shipnote(args);
        command.env("SHIPNOTE_DATABASE", path).env("SHIPNOTE_NOW", LATER).stdout(std::process::Stdio::piped());
        command
    };
    let fixture = |name: &str| {
        let path = project.path(name);
        std::fs::copy("tests/fixtures/schema-1.db", &path).unwrap();
        // Words that no record has, so that the copy takes a while.
        let many = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
                    INSERT INTO word SELECT 'filler' || n FROM n";
        Connection::open(&path).unwrap().execute_batch(many).unwrap();
        path
    };
    let whole = fixture("whole.db");
    let before = said(&whole);
    let began = std::time::Instant::now();
    let expected = on(&whole, &["export", "json"]).output().unwrap().stdout;
    let took = began.elapsed();
    let mut old = 0;
    for kill in 0..kills {
        let path = fixture(&format!("{kill}.db"));
        let mut child = on(&path, &["list"]).spawn().unwrap();
        std::thread::sleep(took * kill / kills);
        child.kill().unwrap();
        child.wait().unwrap();
        let connection = Connection::open(&path).unwrap();
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        let new: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name IN ('tally', 'evidence', 'runbook')", [], |row| {
                row.get(0)
            })
            .unwrap();
        drop(connection);
        assert!(
            [(1, 0), (i64::from(latest()), 3)].contains(&(version, new)),
            "kill {kill}: schema {version} with {new} of its tables"
        );
        assert_eq!(sound, "ok", "kill {kill}");
        assert_eq!(said(&path), before, "kill {kill}");
        old += u32::from(version == 1);
        let export = on(&path, &["export", "json"]).output().unwrap();
        assert!(export.status.success() && export.stdout == expected, "kill {kill}");
        assert!(on(&path, &["doctor"]).output().unwrap().status.success(), "kill {kill}");
        let backup = project.path(&format!("{kill}.db.schema-1.backup"));
        assert_eq!(said(&backup), before, "kill {kill}: the copy of what was there before");
    }
    assert!(old > 0, "no migration was killed in time: the test proves nothing");
}
