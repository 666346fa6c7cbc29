//! What only the second engine promises: how a server is found and refused, who may do what, and writing by many at once.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::HashSet;
use std::process::Output;
use std::sync::mpsc::channel;
use std::time::Duration;

use shipnote::model::{Change, ChangeId, Defaults, Draft};
use shipnote::query::{Expr, matches};
use shipnote::store::{NewChange, Page, PostgresStore, Sort, SqliteStore, Store, StoreError, Writer};
use support::postgres::{address, client, store, url};
use support::project::{Project, transcript};
use support::query;

fn change(title: &str) -> Change {
    let defaults = Defaults { id: ChangeId::from_key("test", title), now: "2026-11-20".parse().unwrap() };
    Draft { title: Some(title.to_owned()), ..Draft::default() }.validate(&defaults).unwrap()
}

fn insert_one(writer: &mut dyn Writer, change: &Change) -> anyhow::Result<()> {
    writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] })
}

fn insert(store: &mut dyn Store, change: &Change) {
    store.write(&mut |writer| insert_one(writer, change)).unwrap();
}

/// Runs `shipnote` on a database of the server.
fn shipnote(project: &Project, url: &str, args: &[&str]) -> Output {
    project.shipnote(args).env("SHIPNOTE_DATABASE", url).output().unwrap()
}

fn ok(project: &Project, url: &str, args: &[&str]) -> String {
    let output = shipnote(project, url, args);
    assert!(output.status.success(), "{}", transcript(args, &output));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(project: &Project, url: &str, args: &[&str]) -> String {
    let output = shipnote(project, url, args);
    assert_eq!(output.status.code(), Some(2), "{}", transcript(args, &output));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_same_commands_say_the_same() {
    let (embedded, served) = (Project::empty(), Project::empty());
    let url = url();
    let both = |args: &[&str]| {
        let file = ok(&embedded, "records.db", args);
        assert_eq!(file, ok(&served, &url, args), "{args:?}");
        file
    };
    let titles = ["Cache the order lookup", "Retry the order lookup", "Close idle connections"];
    for title in titles {
        let log = ["log", title, "--key", title, "--owner", "team-orders", "--file", "src/orders/api.py"];
        ok(&embedded, "records.db", &log);
        ok(&served, &url, &log);
    }
    let listed = both(&["list", "--json"]);
    assert_eq!(listed.matches("\"id\"").count(), titles.len());
    both(&["list"]);
    both(&["search", "order lookups"]);
    both(&["search", "conections"]);
    both(&["search", "owner:team-orders file:api.py", "--json"]);
    both(&["export", "json"]);
    both(&["export", "csv"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let id = listed["changes"][0]["id"].as_str().unwrap();
    both(&["edit", id, "--owner", "oncall", "--json"]);
    both(&["show", id]);
    both(&["show", id, "--history"]);
    both(&["delete", id, "--reason", "twice"]);
    assert!(refused(&served, &url, &["show", id]).contains("was deleted on 2026-11-20 by oncall: twice"));
    ok(&served, &url, &["publish", "--out", "site"]);
    ok(&embedded, "records.db", &["publish", "--out", "site"]);
    let sites = [&served, &embedded].map(|project| support::files(&project.path("site")));
    let differing: Vec<_> = sites[0].iter().filter(|(path, text)| sites[1].get(*path) != Some(text)).collect();
    assert!(sites[0].len() == sites[1].len() && differing.is_empty(), "{:?}", differing.first());
}

#[test]
fn a_command_says_where_records_are_and_never_the_password() {
    let project = Project::empty();
    let with_password = url().replace("shipnote@", "shipnote:s3cret@");
    let made = shipnote(&project, &with_password, &["init"]);
    assert!(String::from_utf8_lossy(&made.stderr).contains("records are kept at postgres://shipnote@"), "{made:?}");
    assert!(!project.path(".shipnote/shipnote.db").exists());
    let nowhere = "postgres://me:s3cret@127.0.0.1:1/records?connect_timeout=2";
    for (url, args) in [
        (with_password.as_str(), &["config"][..]),
        (&with_password, &["config", "--json"]),
        (&with_password, &["doctor"]),
        (&with_password, &["search", "lookup", "--explain"]),
        (nowhere, &["list"]),
        (nowhere, &["doctor"]),
        ("postgres://me:s3cret@host/records?sslmode=perhaps", &["list"]),
        ("mysql://me:s3cret@host/records", &["list"]),
    ] {
        let said = transcript(args, &shipnote(&project, url, args));
        assert!(!said.contains("s3cret"), "{said}");
    }
    let error = refused(&project, nowhere, &["list"]);
    assert!(error.contains("cannot connect to postgres://me@127.0.0.1:1/records: 127.0.0.1:1: "), "{error}");
    assert!(error.contains("Connection refused") && error.contains("hint: "), "{error}");
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_reading() {
    let address = address(&url());
    let error = PostgresStore::open(address.clone()).err().unwrap();
    assert!(matches!(error.downcast_ref(), Some(StoreError::Missing { .. })), "{error:#}");
    drop(PostgresStore::open_or_create(address.clone()).unwrap());
    drop(PostgresStore::open(address).unwrap());
}

#[test]
fn many_that_come_at_once_make_the_schema_once() {
    let url = url();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let url = &url;
            scope.spawn(move || {
                let mut store = PostgresStore::open_or_create(address(url)).unwrap();
                insert(&mut store, &change(&format!("number {number}")));
            });
        }
    });
    assert_eq!(PostgresStore::open(address(&url)).unwrap().count(&Expr::Everything).unwrap(), 8);
}

#[test]
fn a_newer_schema_and_another_table_are_refused() {
    let (_, url) = store();
    client(&url).batch_execute("UPDATE meta SET value = '999' WHERE name = 'schema'").unwrap();
    let error = PostgresStore::open_or_create(address(&url)).err().unwrap();
    assert!(matches!(error.downcast_ref(), Some(StoreError::NewerSchema { found: 999, .. })), "{error:#}");
    client(&url).batch_execute("DROP TABLE meta; CREATE TABLE meta (x int)").unwrap();
    let error = PostgresStore::open_or_create(address(&url)).err().unwrap();
    assert!(matches!(error.downcast_ref(), Some(StoreError::Foreign { .. })), "{error:#}");
}

#[test]
fn what_is_newer_is_never_committed_late() {
    let (mut first, url) = store();
    let (went_in, goes_in) = channel();
    let (may_go, waits) = channel::<()>();
    let other_url = url.clone();
    let reader = PostgresStore::open(address(&url)).unwrap();
    let mut seen = HashSet::new();
    let mut number = reader.last_seq().unwrap();
    let mut look = |reader: &PostgresStore| {
        for newer in reader.newer(number, 100).unwrap() {
            seen.insert(newer.change.unwrap().title);
        }
        number = reader.last_seq().unwrap();
        seen.len()
    };
    let slow = std::thread::spawn(move || {
        first
            .write(&mut |writer| {
                insert_one(writer, &change("began first, committed last"))?;
                went_in.send(()).unwrap();
                waits.recv().unwrap();
                Ok(())
            })
            .unwrap();
    });
    goes_in.recv().unwrap();
    let quick = std::thread::spawn(move || {
        let mut second = PostgresStore::open_or_create(address(&other_url)).unwrap();
        insert(&mut second, &change("began last"));
    });
    // The second writer comes as far as it can: it waits for its turn, or it is done already.
    let mut watch = client(&url);
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while !quick.is_finished() && watch.query_one(waiting, &[]).unwrap().get::<_, i64>(0) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    // A reader that looks now, and goes on from the number it is told, misses neither.
    look(&reader);
    may_go.send(()).unwrap();
    slow.join().unwrap();
    look(&reader);
    quick.join().unwrap();
    assert_eq!(look(&reader), 2);
}

#[test]
fn drift_is_seen_and_repaired() {
    let project = Project::new();
    let harm = [
        ("UPDATE change_text SET words = ''", "the search index does not say what the record says"),
        ("INSERT INTO change_text (num, words) VALUES (77, 'ghost')", "in the search index without a record"),
        ("UPDATE change SET verified = 'passed'", "the columns do not say what the record says"),
        ("UPDATE change SET owner = 'nobody'", "the columns do not say what the record says"),
        ("INSERT INTO change_tag (num, tag) VALUES (1, 'ghost')", "the side tables do not say what the record says"),
        ("UPDATE tally SET changes = 7", "the counts by facet and month do not say what the records say"),
    ];
    for (sql, expected) in harm {
        let (mut store, url) = store();
        insert(&mut store, &change("one"));
        assert_eq!(store.drift().unwrap(), [""; 0]);
        client(&url).batch_execute(sql).unwrap();
        let drift = store.drift().unwrap().join("\n");
        assert!(drift.contains(expected), "{sql}: {drift}");
        ok(&project, &url, &["doctor", "--repair"]);
        assert_eq!(store.drift().unwrap(), [""; 0], "{sql}");
        assert_eq!(store.count(&query("one")).unwrap(), 1, "{sql}");
    }
}

#[test]
fn a_purge_leaves_nothing_of_a_secret_in_the_tables() {
    let (project, url) = (Project::empty(), url());
    let token = format!("ghp_{}", "a1B2".repeat(9));
    let reason = format!("The vault rotated {token} today");
    let log =
        ["log", "Rotate", "--key", "k", "--check", "run true", "--reason", &reason, "--allow-secret", "x", "--json"];
    let logged: serde_json::Value = serde_json::from_str(&ok(&project, &url, &log)).unwrap();
    let id = logged["id"].as_str().unwrap();
    ok(&project, &url, &["verify", id]);
    ok(&project, &url, &["edit", id, "--reason", "The vault rotated it"]);
    ok(&project, &url, &["log", "Untouched", "--reason", "vault", "--tag", "kept"]);
    ok(&project, &url, &["delete", id, "--reason", "twice"]);
    let folder: String = client(&url).query_one("SHOW data_directory", &[]).unwrap().get(0);
    let with_token = || {
        client(&url).batch_execute("CHECKPOINT").unwrap();
        let output = std::process::Command::new("grep").args(["-rlaF", &token]).arg(format!("{folder}/base")).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert_ne!(with_token(), "", "it is looked for where it would be");
    ok(&project, &url, &["db", "purge", "--yes"]);
    assert_eq!(with_token(), "");
    assert!(ok(&project, &url, &["scan"]).is_empty());
    let events = ok(&project, &url, &["list", "--events"]);
    assert!(events.contains("masked: github-token") && events.contains("check true: passed"), "{events}");
    assert!(ok(&project, &url, &["search", "vault", "tag:kept"]).contains("Untouched"));
    ok(&project, &url, &["log", "After the purge", "--reason", "vault"]);
    assert_eq!(PostgresStore::open_or_create(address(&url)).unwrap().drift().unwrap(), [""; 0]);
}

#[test]
fn a_file_that_thousands_touch_is_looked_for_among_the_latest() {
    let (mut store, _) = store();
    let many: Vec<Change> = (0..5_300)
        .map(|number| {
            let files =
                if number % 53 == 7 { vec!["docs/a.md".into()] } else { vec!["src/api.py".into(), "src/b.py".into()] };
            Change { files, ..change(&format!("Change number {number}")) }
        })
        .collect();
    store.write_many(&mut |writer| many.iter().try_for_each(|change| insert_one(writer, change))).unwrap();
    for (text, expected) in [
        ("file:api.py", 5_200),
        ("file:src", 5_200),
        ("file:src/*.py", 5_200),
        ("file:src/{api,b}.py", 5_200),
        ("NOT file:api.py", 100),
        ("file:docs/", 100),
        ("file:pi.py", 0),
    ] {
        let expr = query(text);
        assert_eq!(store.count(&expr).unwrap(), expected, "{text}");
        let found = store.search(&expr, Sort::Recent, Page::first(400)).unwrap().hits;
        assert_eq!(found.len() as u64, expected.min(400), "{text}");
        assert!(found.iter().all(|hit| matches(&expr, &hit.change, None)), "{text}");
        let ranked = store.search(&expr.and(query("number")), Sort::Relevance, Page::first(10)).unwrap().hits;
        assert_eq!(ranked.len() as u64, expected.min(10), "{text}");
    }
}

#[test]
fn another_version_of_the_analyzer_indexes_anew() {
    let (mut store, url) = store();
    let many: Vec<Change> = (0..700).map(|number| change(&format!("Change number {number}"))).collect();
    store.write(&mut |writer| many.iter().try_for_each(|change| insert_one(writer, change))).unwrap();
    client(&url)
        .batch_execute("UPDATE change_text SET words = ''; UPDATE meta SET value = '0' WHERE name = 'analyzer'")
        .unwrap();
    assert_eq!(store.count(&query("number")).unwrap(), 0);
    let again = PostgresStore::open_or_create(address(&url)).unwrap();
    assert_eq!((again.count(&query("number")).unwrap(), again.drift().unwrap()), (700, Vec::new()));
}

#[test]
fn fields_of_a_newer_version_survive_an_edit() {
    let (mut store, url) = store();
    let one = change("one");
    insert(&mut store, &one);
    let mut other = client(&url);
    other.batch_execute(r#"UPDATE change SET doc = jsonb_set(doc::jsonb, '{mood}', '"calm"')::json"#).unwrap();
    let edited = Change { title: "two".into(), revision: 2, ..store.get(&one.id).unwrap().unwrap() };
    store.write(&mut |writer| writer.update(&edited, &[])).unwrap();
    let row = other.query_one("SELECT doc ->> 'mood', doc ->> 'title' FROM change", &[]).unwrap();
    assert_eq!((row.get(0), row.get(1)), ("calm", "two"));
}

#[test]
fn more_than_a_vector_holds_is_stored_and_found_by_its_words() {
    let (mut store, _) = store();
    let words: String = (0..5_000).map(|number| format!("word{number}{} ", "x".repeat(180))).collect();
    let long = Change { reason: Some(format!("{words} the end")), ..change("much") };
    insert(&mut store, &long);
    let often = Change { reason: Some("again and again ".repeat(3_000)), ..change("often") };
    insert(&mut store, &often);
    for (text, expected) in [("much", 1), ("reason:again", 1), ("title:again", 0), ("agai*", 1), ("\"again and\"", 1)] {
        assert_eq!(store.count(&query(text)).unwrap(), expected, "{text}");
    }
    assert_eq!(store.drift().unwrap(), [""; 0]);
}

#[test]
fn a_large_import_makes_the_indexes_again_and_finds_the_same() {
    let (mut store, url) = store();
    let indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema()";
    let before: i64 = client(&url).query_one(indexes, &[]).unwrap().get(0);
    let many: Vec<Change> = (0..1_500).map(|number| change(&format!("Change number {number}"))).collect();
    let fill = |writer: &mut dyn Writer| many.iter().try_for_each(|change| insert_one(writer, change));
    let failed = store.write_many(&mut |writer| fill(writer).and_then(|()| anyhow::bail!("no")));
    assert_eq!(failed.unwrap_err().to_string(), "no");
    assert_eq!(store.count(&Expr::Everything).unwrap(), 0);
    store.write_many(&mut |writer| fill(writer)).unwrap();
    assert_eq!(store.count(&query("number")).unwrap(), 1_500);
    assert_eq!(store.drift().unwrap(), [""; 0]);
    assert_eq!(client(&url).query_one(indexes, &[]).unwrap().get::<_, i64>(0), before);
}

#[test]
fn a_database_moves_there_and_back_with_all_that_is_in_it() {
    let project = Project::empty();
    let (there, back) = (url(), "back.db");
    let from = |args: &[&str]| ok(&project, "records.db", args);
    for title in ["Cache the order lookup", "Retry the order lookup"] {
        from(&[
            "log",
            title,
            "--key",
            title,
            "--check",
            "run true",
            "--metric",
            "p95: 480 -> 190 ms",
            "--tag",
            "orders",
        ]);
    }
    let listed: serde_json::Value = serde_json::from_str(&from(&["list", "--json"])).unwrap();
    let ids: Vec<&str> = (0..2).map(|place| listed["changes"][place]["id"].as_str().unwrap()).collect();
    from(&["edit", ids[0], "--owner", "oncall"]);
    from(&["verify", ids[0]]);
    project.write("restart.md", "# Restart\n\n```sh\ntrue\n```\n");
    from(&["runbook", "new", "Restart orders", "--file", "restart.md"]);
    from(&["log", "Recorded twice", "--key", "twice"]);
    let twice: serde_json::Value = serde_json::from_str(&from(&["list", "--json"])).unwrap();
    let twice = twice["changes"].as_array().unwrap().iter().find(|change| change["title"] == "Recorded twice").unwrap();
    from(&["delete", twice["id"].as_str().unwrap(), "--reason", "twice"]);

    let moved = shipnote(&project, "records.db", &["db", "move", "--from", "records.db", "--to", &there]);
    let said = String::from_utf8_lossy(&moved.stderr).into_owned();
    assert!(moved.status.success() && said.contains("moved and compared: 2 changes, 2 earlier revisions"), "{said}");
    ok(&project, "records.db", &["db", "move", "--from", &there, "--to", &format!("sqlite:{back}")]);
    for args in [
        &["export", "json"][..],
        &["show", ids[0], "--history"],
        &["show", ids[0]],
        &["runbook", "list"],
        &["runbook", "show", "restart-orders", "--history"],
        &["search", "lookup metric:p95 tag:orders is:verified"],
        &["search", "restart"],
    ] {
        let expected = from(args);
        assert!(!expected.is_empty(), "{args:?}");
        assert_eq!(ok(&project, &there, args), expected, "{args:?}");
        assert_eq!(ok(&project, back, args), expected, "{args:?}");
    }
    let store = PostgresStore::open(address(&there)).unwrap();
    assert_eq!(store.drift().unwrap(), [""; 0]);
    let again = refused(&project, "records.db", &["db", "move", "--from", "records.db", "--to", &there]);
    assert!(again.contains("is not empty"), "{again}");
    // Numbers go on where they were.
    ok(&project, &there, &["log", "After the move"]);
    assert_eq!(store.count(&Expr::Everything).unwrap(), 3);
}

#[test]
fn a_move_that_was_interrupted_goes_on_and_one_of_another_state_is_refused() {
    let project = Project::empty();
    let mut source = SqliteStore::open_or_create(&project.path("records.db")).unwrap();
    let many: Vec<Change> = (0..2_300).map(|number| change(&format!("Change number {number}"))).collect();
    source.write(&mut |writer| many.iter().try_for_each(|change| insert_one(writer, change))).unwrap();
    let (there, other) = (url(), url());
    let arguments = |to: &str| ["db", "move", "--from", "records.db", "--to", to].map(str::to_owned);
    let moved =
        |to: &str| shipnote(&project, "records.db", &arguments(to).iter().map(String::as_str).collect::<Vec<_>>());
    for url in [&there, &other] {
        drop(PostgresStore::open_or_create(address(url)).unwrap());
        // The third batch of changes cannot be stored.
        let mut client = client(url);
        client.batch_execute("ALTER TABLE change ADD CONSTRAINT few CHECK (num <= 2000)").unwrap();
        let failed = moved(url);
        assert_eq!(failed.status.code(), Some(2), "{failed:?}");
        assert_eq!(client.query_one("SELECT count(*) FROM change", &[]).unwrap().get::<_, i64>(0), 2_000);
        client.batch_execute("ALTER TABLE change DROP CONSTRAINT few").unwrap();
    }
    let done = moved(&there);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("going on with a move that was interrupted: 2300 changes"), "{said}");
    let store = PostgresStore::open(address(&there)).unwrap();
    assert_eq!((store.count(&query("number")).unwrap(), store.drift().unwrap()), (2_300, Vec::new()));
    insert(&mut source, &change("written since"));
    let refused = moved(&other);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("an earlier state of it"), "{said}");
}

#[test]
fn a_role_that_may_make_no_tables_is_told_what_to_run() {
    let project = Project::empty();
    let address_of_owner = url();
    let schema = address_of_owner.split("schema=").nth(1).unwrap().to_owned();
    let mut owner = client(&address_of_owner);
    owner.batch_execute(&format!("CREATE ROLE writer_{schema} LOGIN; CREATE ROLE reader_{schema} LOGIN")).unwrap();
    let as_role = |role: &str| address_of_owner.replace("shipnote@", &format!("{role}_{schema}@"));
    let (writer, reader) = (as_role("writer"), as_role("reader"));
    let error = refused(&project, &writer, &["log", "first"]);
    assert!(error.contains("this role may not change it") && error.contains("shipnote db migrate --print"), "{error}");
    let sql = ok(&project, &writer, &["db", "migrate", "--print"]);
    owner.batch_execute(&sql).unwrap();
    owner
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO writer_{schema}, reader_{schema};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO writer_{schema};
             GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema}"
        ))
        .unwrap();
    assert_eq!(ok(&project, &writer, &["db", "migrate", "--print"]), "");
    ok(&project, &writer, &["log", "Cache the lookup"]);
    assert!(ok(&project, &reader, &["search", "lookup"]).contains("Cache the lookup"));
    let error = refused(&project, &reader, &["log", "second"]);
    assert!(error.contains("permission denied for table") && error.contains("docs/postgres.md"), "{error}");
}
