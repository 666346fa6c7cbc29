//! Many writers at once, and writers that are killed: nothing acknowledged is lost, nothing is there twice.
//!
//! The gate runs a tenth; `SHIPNOTE_TEST_FULL=1` runs the counts of the promise.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use shipnote::query::Expr;
use shipnote::store::{Page, SqliteStore, Store};
use support::project::Project;
use support::query;

fn full() -> bool {
    std::env::var_os("SHIPNOTE_TEST_FULL").is_some()
}

#[test]
fn sixteen_processes_write_at_once_and_nothing_is_lost_or_double() {
    let each = if full() { 250 } else { 25 };
    let project = Project::empty();
    // No `init`: the first writers also race to make the database.
    project.write("shipnote.toml", "");
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (project, failures) = (&project, &failures);
            scope.spawn(move || {
                for number in 0..each {
                    let title = format!("writer{writer} number{number}");
                    let output = project.shipnote(["log", &title, "--tag", "race"]).output().unwrap();
                    if !output.status.success() {
                        failures.lock().unwrap().push(String::from_utf8_lossy(&output.stderr).into_owned());
                    }
                }
            });
        }
    });
    assert_eq!(failures.into_inner().unwrap(), [""; 0]);
    let store = SqliteStore::open(&project.path(".shipnote/shipnote.db")).unwrap();
    let mut titles = HashSet::new();
    let mut twice = Vec::new();
    let mut each_change = |change: shipnote::store::Summary| {
        if !titles.insert(change.title.clone()) {
            twice.push(change.title);
        }
        Ok(true)
    };
    store.each_summary(&Expr::Everything, shipnote::store::Order::Id, Page::ALL, &mut each_change).unwrap();
    assert_eq!(twice, [""; 0]);
    assert_eq!(titles.len(), 16 * each);
    assert_eq!(store.drift().unwrap(), [""; 0]);
}

#[test]
fn a_killed_writer_loses_nothing_that_was_acknowledged() {
    let calls = if full() { 300 } else { 60 };
    let project = Project::new();
    let mut acknowledged = Vec::new();
    let mut killed = 0;
    for call in 0..calls {
        let key = format!("call{call}");
        // A word of its own for each record, so that finding it proves the index.
        let args = ["log", &key, "--key", &key, "--reason", "killed at a random moment", "--tag", "kill"];
        let mut child = project.shipnote(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Spread over the life of such a process; the exact moment is the machine's.
        std::thread::sleep(Duration::from_micros(u64::from(call as u32 * 7919 % 97) * 150));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).contains(&key);
        if said {
            acknowledged.push(key);
        } else {
            killed += 1;
            // Whoever got no answer asks again, with the same key.
            if call % 2 == 0 {
                project.ok(["log", &key, "--key", &key, "--reason", "killed at a random moment", "--tag", "kill"]);
                acknowledged.push(key);
            }
        }
    }
    assert!(killed > 0, "no call was killed in time: the test proves nothing");
    let store = SqliteStore::open(&project.path(".shipnote/shipnote.db")).unwrap();
    for key in &acknowledged {
        let expr = query(key);
        assert_eq!(store.count(&expr).unwrap(), 1, "{key}");
    }
    let all = store.count(&Expr::Everything).unwrap();
    assert!(all >= acknowledged.len() as u64 && all <= calls as u64, "{all} of {calls}");
    assert_eq!(store.drift().unwrap(), [""; 0]);
}
