//! Many writers at once, and writers that are killed: nothing acknowledged is lost, nothing is there twice.
//!
//! The gate runs a tenth; `SHIPNOTE_TEST_FULL=1` runs the counts of the promise.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shipnote::query::Expr;
use shipnote::store::{Page, Sort, SqliteStore, Store};
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

/// Calls that are killed before they end; every one is made again with its key until it was answered.
struct Killing {
    project: Project,
    /// Kills that are still to be delivered.
    left: AtomicUsize,
}

impl Killing {
    /// Records under a key, whatever is killed meanwhile; returns the id that was acknowledged.
    fn record(&self, key: &str, random: &mut u64) -> String {
        // A word of its own for each record, so that finding it proves the index.
        let args = ["log", key, "--key", key, "--reason", "killed at a random moment", "--tag", "kill", "--json"];
        let mut known: Option<String> = None;
        loop {
            let mut child = self.project.shipnote(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            if self.left.load(Ordering::SeqCst) > 0 {
                std::thread::sleep(Duration::from_micros(next(random, 3_000, 80_000)));
                child.kill().unwrap();
            }
            let output = child.wait_with_output().unwrap();
            // One that was killed when it had said what it recorded has acknowledged it.
            if let Ok(said) = serde_json::from_slice::<serde_json::Value>(&output.stdout) {
                let id = said["id"].as_str().unwrap().to_owned();
                assert_eq!(*known.get_or_insert_with(|| id.clone()), id, "{key} was recorded twice");
            }
            if output.status.success() {
                return known.expect("a call that ended well says what it recorded");
            }
            assert_eq!(output.status.signal(), Some(9), "{key}: {}", String::from_utf8_lossy(&output.stderr));
            let _ = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        }
    }
}

/// A number of a row that is the same in every run.
fn next(random: &mut u64, least: u64, most: u64) -> u64 {
    *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    least + (*random >> 33) % (most - least)
}

#[test]
fn a_killed_writer_loses_nothing_that_was_acknowledged() {
    let (each, kills) = if full() { (500, 1_000) } else { (50, 100) };
    let killing = Killing { project: Project::empty(), left: AtomicUsize::new(kills) };
    // No `init`: who makes the database is killed, too.
    killing.project.write("shipnote.toml", "");
    let acknowledged = Mutex::new(HashMap::new());
    std::thread::scope(|scope| {
        for writer in 0..16_u64 {
            let (killing, acknowledged) = (&killing, &acknowledged);
            scope.spawn(move || {
                let mut random = writer;
                for number in 0..each {
                    let key = format!("writer{writer}number{number}");
                    let id = killing.record(&key, &mut random);
                    acknowledged.lock().unwrap().insert(key, id);
                }
            });
        }
    });
    assert_eq!(killing.left.into_inner(), 0, "too few calls were killed in time: the test proves nothing");
    let store = SqliteStore::open(&killing.project.path(".shipnote/shipnote.db")).unwrap();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert_eq!(acknowledged.len(), 16 * each);
    assert_eq!(store.count(&Expr::Everything).unwrap(), 16 * each as u64);
    for (key, id) in &acknowledged {
        let found = store.search(&query(key), Sort::Relevance, Page { offset: 0, most: 2 }).unwrap();
        let ids: Vec<&str> = found.hits.iter().map(|hit| hit.change.id.as_str()).collect();
        assert_eq!(ids, [id], "{key}");
    }
    assert_eq!(store.drift().unwrap(), [""; 0]);
    drop(store);
    let doctor = killing.project.shipnote(["doctor"]).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
}

/// The system calls by which the main thread of a command makes something durable or says something, as strace writes them.
fn traced(project: &Project, args: &[&str]) -> String {
    // A file for each thread: in one file, calls of several threads interrupt each other.
    let folder = project.path("calls");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    let mut strace = project.program("strace");
    strace.args(["-ff", "-y", "-e", "trace=fsync,fdatasync,write", "-s", "16", "-o", "calls/of"]);
    let child = strace.arg(env!("CARGO_BIN_EXE_shipnote")).args(args).output();
    let output = child.unwrap_or_else(|error| panic!("strace cannot be run ({error}): apt-get install strace"));
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let threads =
        std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    threads.into_iter().find(|calls| calls.contains("write(1<") || calls.contains("write(2<")).unwrap()
}

#[test]
fn a_record_is_on_disk_before_it_is_acknowledged() {
    let calls = if full() { 200 } else { 20 };
    let project = Project::new();
    let id = project.json(["log", "First", "--json"])["id"].as_str().unwrap().to_owned();
    project.write("many.jsonl", &"{\"title\": \"imported\"}\n".repeat(30));
    let mut lines: Vec<String> = (0..calls).map(|number| format!("log number{number} --json")).collect();
    lines.push("import json many.jsonl".to_owned());
    lines.push(format!("edit {id} --owner oncall"));
    lines.push(format!("delete {id} --reason noise"));
    for line in lines {
        let args: Vec<&str> = line.split(' ').collect();
        let calls = traced(&project, &args);
        let silent = calls.lines().take_while(|call| !call.contains("write(1<") && !call.contains("write(2<"));
        let synced = |call: &&str| call.contains("sync(") && call.contains("/shipnote.db") && call.ends_with("= 0");
        assert!(silent.filter(synced).count() > 0, "{line}: acknowledged before it was on disk:\n{calls}");
    }
}
