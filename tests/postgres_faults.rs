//! What goes wrong with a server: connections that are lost, restarts, a primary that is gone, and who is at the other end.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::{BTreeMap, HashSet};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shipnote::model::{Change, ChangeId, Defaults, Draft};
use shipnote::query::Expr;
use shipnote::store::{NewChange, Order, Page, PostgresStore, Store, StoreError};
use support::postgres::{Server, address, client, store};
use support::project::{Project, transcript};

fn change(title: &str) -> Change {
    let defaults = Defaults { id: ChangeId::from_key("test", title), now: "2026-11-20".parse().unwrap() };
    Draft { title: Some(title.to_owned()), ..Draft::default() }.validate(&defaults).unwrap()
}

fn insert(store: &mut dyn Store, change: &Change) -> anyhow::Result<()> {
    store.write(&mut |writer| writer.insert(&NewChange { change, json: None, digest: None, fingerprints: &[] }))
}

fn titles(store: &dyn Store) -> Vec<String> {
    let mut titles = Vec::new();
    let mut each = |summary: shipnote::store::Summary| {
        titles.push(summary.title);
        Ok(true)
    };
    store.each_summary(&Expr::Everything, Order::OldestFirst, Page::ALL, &mut each).unwrap();
    titles
}

/// Ends every other connection to the database of a URL.
fn cut_connections(url: &str) {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE application_name = 'shipnote' AND query LIKE '%' AND pid <> pg_backend_pid()";
    client(url).query_one(sql, &[]).unwrap();
}

#[test]
fn a_lost_connection_is_made_again_where_nothing_can_be_lost() {
    let server = Server::start(false);
    server.up();
    let url = server.url("shipnote");
    let mut store = PostgresStore::open_or_create(address(&url)).unwrap();
    insert(&mut store, &change("one")).unwrap();
    // A read, and a write that has not begun.
    cut_connections(&url);
    assert_eq!(titles(&store), ["one"]);
    cut_connections(&url);
    insert(&mut store, &change("two")).unwrap();
    // Amid a write: it is not stored, and said so.
    let lost = store.write(&mut |writer| {
        let change = change("three");
        writer.insert(&NewChange { change: &change, json: None, digest: None, fingerprints: &[] })?;
        cut_connections(&url);
        Ok(())
    });
    let lost = lost.unwrap_err();
    assert!(matches!(lost.downcast_ref(), Some(StoreError::Lost { .. })), "{lost:#}");
    assert!(lost.to_string().ends_with("was lost; nothing was stored"), "{lost}");
    assert_eq!(titles(&store), ["one", "two"]);
    // Amid a state that was to stay the same.
    let lost = store.snapshot(&mut || {
        store.count(&Expr::Everything)?;
        cut_connections(&url);
        store.count(&Expr::Everything).map(|_| ())
    });
    assert!(matches!(lost.unwrap_err().downcast_ref(), Some(StoreError::Lost { .. })));
    insert(&mut store, &change("three")).unwrap();
    assert_eq!((titles(&store).len(), store.drift().unwrap()), (3, Vec::new()));
}

#[test]
fn what_takes_too_long_is_ended() {
    let (mut writer, url) = store();
    insert(&mut writer, &change("one")).unwrap();
    let slow = PostgresStore::open(address(&format!("{url}&statement_timeout=50"))).unwrap();
    let mut other = client(&url);
    other.batch_execute("BEGIN; LOCK TABLE change").unwrap();
    let error = slow.count(&Expr::Everything).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(StoreError::Slow { .. })), "{error:#}");
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(slow.count(&Expr::Everything).unwrap(), 1);
}

/// Clients that log, are killed now and then, and meet a server that is killed and started again.
#[test]
fn of_many_clients_and_restarts_every_acknowledged_record_is_there_once() {
    let full = std::env::var_os("SHIPNOTE_TEST_FULL").is_some();
    let (clients, calls) = if full { (16, 500) } else { (8, 25) };
    let server = Server::start(true);
    server.up();
    let url = server.url("shipnote");
    let project = Project::empty();
    let acknowledged = Mutex::new(Vec::new());
    let (done, killed, refused) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let call = |number: usize, call: usize| {
        let title = format!("client {number} call {call}");
        // Some are killed, at another moment each. Who is refused tries again: the key keeps it from being stored twice.
        let is_killed = (number * 7 + call * 3).is_multiple_of(10);
        for _ in 0..500 {
            let mut command = project.shipnote(["log", &title, "--key", &title, "--quiet"]);
            command.env("SHIPNOTE_DATABASE", &url).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            if is_killed {
                std::thread::sleep(Duration::from_millis((call % 8) as u64 * 4));
                let _ = child.kill();
                killed.fetch_add(1, Ordering::Relaxed);
            }
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                acknowledged.lock().unwrap().push(title);
                break;
            }
            if is_killed {
                break;
            }
            refused.fetch_add(1, Ordering::Relaxed);
            let said = transcript(&["log"], &output);
            assert!(said.contains("was lost") || said.contains("cannot connect"), "{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
        done.fetch_add(1, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for number in 0..clients {
            let call = &call;
            scope.spawn(move || (0..calls).for_each(|place| call(number, place)));
        }
        for part in 1..=3 {
            while done.load(Ordering::Relaxed) < clients * calls * part / 4 {
                std::thread::sleep(Duration::from_millis(2));
            }
            server.stop("immediate");
            server.up();
        }
    });
    assert!(killed.load(Ordering::Relaxed) > 0 && refused.load(Ordering::Relaxed) > 0, "the test proves nothing");
    let store = PostgresStore::open(address(&url)).unwrap();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    titles(&store).into_iter().for_each(|title| *times.entry(title).or_default() += 1);
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let acknowledged = acknowledged.into_inner().unwrap();
    let missing: Vec<_> = acknowledged.iter().filter(|title| !times.contains_key(*title)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Whoever was not killed came to an end.
    let lived = clients * calls - killed.load(Ordering::Relaxed);
    assert!(acknowledged.len() >= lived, "{} of {lived}", acknowledged.len());
    assert_eq!(store.drift().unwrap(), [""; 0]);
}

#[test]
fn a_standby_serves_readers_and_takes_the_place_of_its_primary() {
    let primary = Server::start(true);
    primary.append("postgresql.conf", "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on\n");
    primary.append("pg_hba.conf", "local replication shipnote trust\n");
    primary.up();
    let standby = Server::copy_of(&primary);
    standby.up();
    primary.append("postgresql.conf", "synchronous_standby_names = '*'\nsynchronous_commit = remote_apply\n");
    primary.reload();
    let of = |servers: &[&Server], more: &str| {
        let list =
            |read: fn(&Server) -> String| servers.iter().map(|server| read(server)).collect::<Vec<_>>().join(",");
        let (hosts, ports) =
            (list(|server| server.folder().display().to_string()), list(|server| server.port.to_string()));
        format!("postgres://shipnote@/postgres?host={hosts}&port={ports}{more}")
    };
    let project = Project::empty();
    let shipnote = |url: &str, args: &[&str]| project.shipnote(args).env("SHIPNOTE_DATABASE", url).output().unwrap();
    let ok = |url: &str, args: &[&str]| {
        let output = shipnote(url, args);
        assert!(output.status.success(), "{}", transcript(args, &output));
        String::from_utf8(output.stdout).unwrap()
    };
    let both = of(&[&standby, &primary], "");
    let mut logged = HashSet::new();
    for number in 0..20 {
        let title = format!("before {number}");
        // Of two servers, the one that takes writes is found.
        ok(&both, &["log", &title, "--key", &title]);
        logged.insert(title);
    }
    let alone = of(&[&standby], "");
    assert!(ok(&alone, &["search", "before"]).contains("before 19"));
    let id = ok(&alone, &["list", "--json"]);
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    ok(&alone, &["show", id["changes"][0]["id"].as_str().unwrap()]);
    ok(&alone, &["publish", "--out", "site"]);
    ok(&of(&[&primary, &standby], "&target_session_attrs=standby"), &["list"]);
    let refused = shipnote(&alone, &["log", "on a standby"]);
    let said = transcript(&["log"], &refused);
    assert!(refused.status.code() == Some(2) && said.contains("cannot be written to"), "{said}");

    // A store that was open when its primary was lost finds the other one, too.
    let mut open = PostgresStore::open_or_create(address(&both)).unwrap();
    primary.stop("immediate");
    standby.promote();
    insert(&mut open, &change("by the one that was open")).unwrap();
    logged.insert("by the one that was open".to_owned());
    ok(&both, &["log", "after", "--key", "after"]);
    logged.insert("after".to_owned());
    let there: HashSet<String> = titles(&PostgresStore::open(address(&alone)).unwrap()).into_iter().collect();
    assert_eq!(there, logged);
}

#[test]
fn a_certificate_is_checked_as_strictly_as_is_asked() {
    let server = Server::start(false);
    let authority = server.certificates("db.example");
    server.append("postgresql.conf", "ssl = on\nlisten_addresses = '127.0.0.1'\n");
    server.replace("pg_hba.conf", "local all all trust\nhostssl all shipnote 127.0.0.1/32 trust\n");
    let server = server.with_free_port();
    server.up();
    let url = |host: &str, more: &str| format!("postgres://shipnote@{host}:{}/postgres?{more}", server.port);
    let try_it =
        |url: String| PostgresStore::open_or_create(address(&url)).map(|_| ()).map_err(|error| format!("{error:#}"));
    let trusted = format!("sslrootcert={authority}");
    for mode in ["require", "prefer"] {
        try_it(url("127.0.0.1", &format!("sslmode={mode}"))).unwrap();
    }
    try_it(url("127.0.0.1", &format!("sslmode=verify-ca&{trusted}"))).unwrap();
    let other_name = try_it(url("127.0.0.1", &format!("sslmode=verify-full&{trusted}"))).unwrap_err();
    assert!(other_name.contains("not valid for name"), "{other_name}");
    let unknown = try_it(url("127.0.0.1", "sslmode=verify-ca")).unwrap_err();
    assert!(unknown.contains("UnknownIssuer") || unknown.contains("certificate"), "{unknown}");
    // Where the server wants encryption, none is refused.
    assert!(try_it(url("127.0.0.1", "sslmode=disable")).unwrap_err().contains("no encryption"));
}
