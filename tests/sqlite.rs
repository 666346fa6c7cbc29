//! What only the embedded engine promises: how files are opened and refused, and that drift is seen.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use shipnote::model::{Change, ChangeId, Defaults, Draft};
use shipnote::query::Expr;
use shipnote::store::{NewChange, SqliteStore, Store, StoreError, Writer};
use support::project::Project;
use support::query;
use tempfile::TempDir;

fn database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shipnote.db");
    (folder, path)
}

fn change(title: &str) -> Change {
    let defaults = Defaults { id: ChangeId::from_key("test", title), now: "2026-11-20".parse().unwrap() };
    Draft { title: Some(title.to_owned()), ..Draft::default() }.validate(&defaults).unwrap()
}

fn insert(store: &mut dyn Store, change: &Change) {
    store
        .write(&mut |writer| writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] }))
        .unwrap();
}

fn refusal(path: &Path) -> String {
    let before = std::fs::read(path).unwrap();
    let error = SqliteStore::open(path).unwrap_err();
    assert_eq!(std::fs::read(path).unwrap(), before, "the file was touched");
    let beside: Vec<_> =
        std::fs::read_dir(path.parent().unwrap()).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(beside, [path], "something was left beside the file");
    error.to_string()
}

#[test]
fn a_newer_schema_is_refused_and_the_file_left_as_it_is() {
    let (_folder, path) = database();
    drop(SqliteStore::open_or_create(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    assert!(refusal(&path).contains("was written by a newer shipnote (schema 999, this version knows 5)"));
}

#[test]
fn a_newer_schema_that_stands_in_the_log_only_is_refused_too() {
    let (_folder, path) = database();
    drop(SqliteStore::open_or_create(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 999).unwrap();
    // The other process still has it open: its change is in the write-ahead log, the header is the old one.
    let before = std::fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(StoreError::NewerSchema { found: 999, .. })), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_of_ours_is_refused() {
    let (_folder, path) = database();
    for content in [&b"not a database"[..], &[0; 5000], b"SQLite format 3\0"] {
        std::fs::write(&path, content).unwrap();
        assert!(refusal(&path).contains("is not a shipnote database"));
    }
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1").unwrap();
    assert!(refusal(&path).contains("is not a shipnote database"));
}

#[test]
fn a_missing_database_is_not_made_by_reading() {
    let (_folder, path) = database();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(StoreError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn the_write_ahead_log_is_used() {
    let (_folder, path) = database();
    drop(SqliteStore::open_or_create(&path).unwrap());
    let mode: String = Connection::open(&path).unwrap().query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn fields_of_a_newer_version_survive_an_edit() {
    let (_folder, path) = database();
    let one = change("one");
    insert(&mut SqliteStore::open_or_create(&path).unwrap(), &one);
    let other = Connection::open(&path).unwrap();
    other.execute("UPDATE change SET doc = json_set(doc, '$.mood', 'calm', '$.baseline.hue', 7)", []).unwrap();
    let mut store = SqliteStore::open(&path).unwrap();
    let edited = Change { title: "two".into(), revision: 2, ..store.get(&one.id).unwrap().unwrap() };
    store.write(&mut |writer| writer.update(&edited, &[])).unwrap();
    let sql = "SELECT doc ->> '$.mood', doc ->> '$.baseline.hue', doc ->> '$.title' FROM change";
    let row = other.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    assert_eq!(row, ("calm".to_owned(), 7, "two".to_owned()));
}

#[test]
fn drift_is_seen_where_sqlite_sees_none() {
    let harm = [
        ("DELETE FROM change_text WHERE rowid = 1", "the search index does not say what the record says"),
        ("INSERT INTO change_text (rowid, title) VALUES (77, 'ghost')", "in the search index without a record"),
        ("UPDATE change SET doc = replace(doc, 'one', 'other')", "the search index does not say what the record says"),
        ("UPDATE change SET verified = 'passed'", "the columns do not say what the record says"),
        ("UPDATE change SET owner = 'nobody'", "the columns do not say what the record says"),
        ("INSERT INTO change_tag VALUES (1, 'ghost')", "the side tables do not say what the record says"),
    ];
    for (sql, expected) in harm {
        let (_folder, path) = database();
        let mut store = SqliteStore::open_or_create(&path).unwrap();
        insert(&mut store, &change("one"));
        assert_eq!(store.drift().unwrap(), [""; 0]);
        let other = Connection::open(&path).unwrap();
        other.execute_batch(sql).unwrap();
        other.execute_batch("INSERT INTO change_text(change_text, rank) VALUES ('integrity-check', 0)").unwrap();
        let drift = store.drift().unwrap().join("\n");
        assert!(drift.contains(expected), "{sql}: {drift}");
    }
}

#[test]
fn reading_works_where_nothing_can_be_written_to() {
    let project = Project::new();
    project.ok(["log", "Cache the lookup", "--quiet"]);
    let folder = project.path(".shipnote");
    let run = |writable: bool| {
        use std::os::unix::fs::PermissionsExt;
        let mode = if writable { 0o755 } else { 0o555 };
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::set_permissions(folder.join("shipnote.db"), std::fs::Permissions::from_mode(mode & 0o666)).unwrap();
    };
    run(false);
    // The tests may run as root, who may write anywhere: only somebody else proves it.
    let as_nobody = |args: &[&str]| {
        use std::os::unix::process::CommandExt;
        let mut command = project.shipnote(args);
        if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
            std::fs::set_permissions(project.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            command.uid(65534).gid(65534);
        }
        command.output().unwrap()
    };
    let list = as_nobody(&["list"]);
    let log = as_nobody(&["log", "another"]);
    run(true);
    assert!(String::from_utf8_lossy(&list.stdout).contains("Cache the lookup"), "{list:?}");
    assert_eq!(log.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&log.stderr).contains("hint:"), "{log:?}");
}

#[test]
fn a_large_write_that_never_ended_leaves_nothing() {
    let (folder, path) = database();
    let crashed = folder.path().join("crashed");
    std::fs::create_dir(&crashed).unwrap();
    let mut store = SqliteStore::open_or_create(&path).unwrap();
    let many: Vec<Change> = (0..2_000).map(|number| change(&format!("Change number {number}"))).collect();
    let fill = |writer: &mut dyn Writer| {
        let mut insert = |change| writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] });
        many.iter().try_for_each(&mut insert)
    };
    let refused = store.write_many(&mut |writer| fill(writer).and_then(|()| anyhow::bail!("no")));
    assert_eq!(refused.unwrap_err().to_string(), "no");
    assert_eq!(store.count(&Expr::Everything).unwrap(), 0);
    store
        .write_many(&mut |writer| {
            fill(writer)?;
            // What a process that is killed now leaves behind.
            for name in ["shipnote.db", "shipnote.db-journal"] {
                std::fs::copy(folder.path().join(name), crashed.join(name))?;
            }
            Ok(())
        })
        .unwrap();
    let rest = SqliteStore::open(&crashed.join("shipnote.db")).unwrap();
    for (store, expected) in [(&store, 2_000), (&rest, 0)] {
        assert_eq!(store.count(&Expr::Everything).unwrap(), expected);
        assert_eq!(store.count(&query("number")).unwrap(), expected);
        assert_eq!(store.drift().unwrap(), [""; 0]);
        let mode = Connection::open(store.path()).unwrap();
        let mode: String = mode.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal", "a large import takes the database out of it and back");
    }
}

/// What a large first import drops and defers is there for whoever asks meanwhile, and all of it at the end.
#[test]
fn a_large_write_is_whole_in_between_and_afterwards() {
    let (_folder, path) = database();
    let indexes = |path: &Path| -> Vec<(String, String)> {
        let connection = Connection::open(path).unwrap();
        let sql = "SELECT name, sql FROM sqlite_schema WHERE sql LIKE 'CREATE INDEX%' ORDER BY name";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut store = SqliteStore::open_or_create(&path).unwrap();
    let before = indexes(&path);
    let many: Vec<Change> = (0..2_000_u64)
        .map(|number| Change {
            files: vec![format!("src/{}.rs", number % 100)],
            tags: vec!["slow".into(), format!("tag-{}", number * 7 % 2_000)],
            commits: vec![format!("{:040x}", number * 0x9e37_79b9)],
            ..change(&format!("Change number {number}"))
        })
        .collect();
    store
        .write_many(&mut |writer| {
            for (place, change) in many.iter().enumerate() {
                writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &["f".into()] })?;
                if place == 1_500 {
                    assert_eq!(writer.by_commit(&many[1_400].commits[0])?.as_ref(), Some(&many[1_400].id));
                    assert!(writer.is_as_imported(&many[1_400].id)?);
                }
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(indexes(&path), before);
    assert_eq!(store.drift().unwrap(), [""; 0]);
    assert_eq!(store.by_fingerprint(&["f".into()], 5_000).unwrap().len(), 2_000);
    assert_eq!(store.count(&query("file:src/7.rs tag:slow")).unwrap(), 20);
    let sound: String =
        Connection::open(&path).unwrap().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn a_large_write_works_beside_somebody_who_has_it_open() {
    let (_folder, path) = database();
    let mut store = SqliteStore::open_or_create(&path).unwrap();
    let reader = SqliteStore::open(&path).unwrap();
    assert_eq!(reader.count(&Expr::Everything).unwrap(), 0);
    let many: Vec<Change> = (0..1_500).map(|number| change(&format!("Change number {number}"))).collect();
    store
        .write_many(&mut |writer| {
            assert_eq!(reader.count(&Expr::Everything).unwrap(), 0);
            let mut insert = |change| writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] });
            many.iter().try_for_each(&mut insert)
        })
        .unwrap();
    for store in [&store, &reader] {
        assert_eq!(store.count(&Expr::Everything).unwrap(), 1_500);
    }
    assert_eq!(store.drift().unwrap(), [""; 0]);
}
