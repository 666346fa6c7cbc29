//! `shipnote import git`: a record for each commit, once, with what its message and paths say.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use support::project::Project;

fn repository() -> Project {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project
}

fn commit(project: &Project, file: &str, message: &str) -> String {
    project.write(file, message);
    project.git(&["add", "--", file]);
    project.git(&["commit", "--quiet", "--message", message]);
    project.git(&["rev-parse", "HEAD"])
}

fn report(project: &Project, more: &[&str]) -> (u64, u64, u64, u64) {
    let args = [&["import", "git", "--json"], more].concat();
    let output = project.shipnote(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let number = |name: &str| report[name].as_u64().unwrap();
    let skipped = report["skipped"].as_array().unwrap().len() as u64;
    (number("imported"), number("unchanged"), number("updated"), skipped)
}

/// The record of a commit.
fn record(project: &Project, hash: &str) -> Value {
    let lines = project.ok(["export", "json"]);
    let changes = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    changes.into_iter().find(|change| change["commits"][0] == *hash).unwrap_or_default()
}

#[test]
fn a_record_holds_what_the_commit_says() {
    let project = repository();
    project.git(&["remote", "add", "origin", "git@git.example.com:shop/orders.git"]);
    project.write("CODEOWNERS", "/services/orders/ @shop/team-orders\n");
    project.write("shipnote.toml", "[import.services]\n\"/services/orders/\" = \"orders\"\n");
    let first = commit(&project, "services/orders/api.py", "Add the order endpoint");
    project.git(&["mv", "services/orders/api.py", "services/orders/routes.py"]);
    let message = format!(
        "perf(orders): cache the lookup (#7)\n\nIt was slow.\n\np95 latency: 480 ms -> 190 ms\n\n\
         Fixes: {} (\"Add the order endpoint\")\nCloses: #12\nReviewed-by: Team Orders <team-orders@example.com>",
        &first[..12]
    );
    let second = commit(&project, "services/orders/cache.py", &message);
    assert_eq!(report(&project, &[]), (2, 0, 0, 0));
    let change = record(&project, &second);
    assert_eq!(change["title"], "cache the lookup (#7)");
    assert_eq!(change["kind"], "performance");
    assert_eq!(change["reason"], "It was slow.\n\np95 latency: 480 ms -> 190 ms\n\nReviewed-by: Team Orders");
    let files = ["services/orders/api.py", "services/orders/cache.py", "services/orders/routes.py"];
    assert_eq!(change["files"], serde_json::json!(files));
    assert_eq!((&change["owner"], &change["service"]), (&"team-orders".into(), &"orders".into()));
    assert_eq!(change["tags"], serde_json::json!(["orders"]));
    assert_eq!(change["metrics"][0]["after"], 190.0);
    let links: Vec<_> = change["links"].as_array().unwrap().iter().map(|link| link["url"].as_str().unwrap()).collect();
    let web = "https://git.example.com/shop/orders";
    assert_eq!(links, [format!("{web}/pull/7"), format!("{web}/issues/12")]);
    let fixed = &record(&project, &first)["id"];
    assert_eq!(change["relations"], serde_json::json!([{"kind": "fixes", "id": fixed}]));
    assert_eq!(record(&project, &first)["kind"], "feature");
}

#[test]
fn the_next_import_reads_what_is_new() {
    let project = repository();
    let first = commit(&project, "a.py", "Add a");
    assert_eq!(report(&project, &[]), (1, 0, 0, 0));
    assert_eq!(report(&project, &[]), (0, 0, 0, 0));
    let by_hand = commit(&project, "b.py", "Add b");
    project.ok(["log", "--from-git", "--quiet"]);
    commit(&project, "c.py", "Add c");
    assert_eq!(report(&project, &[]), (1, 1, 0, 0), "the one in the middle was logged by hand");
    assert_eq!(record(&project, &by_hand)["source"]["kind"], "log");
    assert_eq!(report(&project, &["--anew"]), (0, 3, 0, 0));

    // What the source says otherwise is taken over, unless somebody edited or deleted the record.
    project.write("CODEOWNERS", "* @team-orders\n");
    let id = record(&project, &first)["id"].as_str().unwrap().to_owned();
    project.ok(["edit", &id, "--expected", "a answers"]);
    let (imported, unchanged, updated, skipped) = report(&project, &["--anew"]);
    assert_eq!((imported, unchanged, updated, skipped), (0, 1, 1, 1));
    assert!(project.run(["import", "git", "--anew"]).contains("was edited here and differs now in"));
    project.ok(["delete", &id, "--reason", "noise"]);
    assert_eq!(report(&project, &["--anew"]), (0, 2, 0, 1));

    // A history that was rewritten.
    project.git(&["commit", "--quiet", "--amend", "--message", "Add c, better"]);
    project.git(&["reflog", "expire", "--expire=now", "--all"]);
    project.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(report(&project, &[]), (1, 1, 0, 1));
}

#[test]
fn a_commit_that_names_its_record_is_known_already() {
    let project = repository();
    let id = project.json(["log", "Cache the lookup", "--json"])["id"].as_str().unwrap().to_owned();
    commit(&project, "a.py", &format!("Cache the lookup\n\nIt was slow.\n\nChange-Record: {id}"));
    let other = commit(&project, "b.py", "Add b\n\nChange-Record: zzzzzzzzzzzz");
    assert_eq!(report(&project, &[]), (1, 1, 0, 0), "the other names none that there is");
    assert_eq!(record(&project, &other)["title"], "Add b");
    assert_eq!(report(&project, &["--anew"]), (0, 2, 0, 0));
}

/// Killed wherever it stands, an import leaves the database sound, and the next one brings in every commit once. The gate
/// kills it ten times, `SHIPNOTE_TEST_FULL=1` a hundred times.
#[test]
fn an_import_that_is_killed_is_completed_by_the_next() {
    const COMMITS: usize = 3_000;
    let kills = if std::env::var_os("SHIPNOTE_TEST_FULL").is_some() { 100 } else { 10 };
    let project = repository();
    let mut history = String::new();
    for n in 0..COMMITS {
        let (message, text) = (format!("Change number {n}\n\nBecause of {}.", n % 97), format!("{n}\n"));
        let at = 1_700_000_000 + n;
        writeln!(history, "commit refs/heads/main\ncommitter Team Orders <team-orders@example.com> {at} +0000")
            .unwrap();
        writeln!(history, "data {}\n{message}", message.len()).unwrap();
        writeln!(history, "M 100644 inline src/{}.py\ndata {}\n{text}", n % 50, text.len()).unwrap();
    }
    let mut git = project.program("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    git.stdin.take().unwrap().write_all(history.as_bytes()).unwrap();
    assert!(git.wait().unwrap().success());
    let on = |database: &str, args: &[&str]| {
        let mut command = project.shipnote(args);
        command.env("SHIPNOTE_DATABASE", project.path(database)).stdout(Stdio::piped());
        command
    };
    let import = ["import", "git", "--quiet"];
    let began = std::time::Instant::now();
    assert!(on("whole.db", &import).status().unwrap().success());
    let whole = began.elapsed();
    let mut interrupted = 0;
    for kill in 0..kills {
        let database = format!("{kill}.db");
        let mut child = on(&database, &import).spawn().unwrap();
        std::thread::sleep(whole * kill / kills);
        child.kill().unwrap();
        interrupted += u32::from(!child.wait().unwrap().success());
        assert!(on(&database, &import).status().unwrap().success());
        let sound = on(&database, &["doctor"]).output().unwrap();
        assert!(sound.status.success(), "{}", String::from_utf8_lossy(&sound.stdout));
        let records = String::from_utf8(on(&database, &["export", "json"]).output().unwrap().stdout).unwrap();
        let key = |line| serde_json::from_str::<Value>(line).unwrap()["source"]["key"].as_str().unwrap().to_owned();
        let keys: std::collections::HashSet<_> = records.lines().map(key).collect();
        assert_eq!((records.lines().count(), keys.len()), (COMMITS, COMMITS));
    }
    assert!(interrupted > kills / 2, "{interrupted} of {kills} were still at work");
}

#[test]
fn reverts_roll_back_and_reverts_of_reverts_do_not() {
    let project = repository();
    let kept = commit(&project, "a.py", "Add a");
    let taken = commit(&project, "b.py", "Add b");
    project.git(&["revert", "--no-edit", &taken]);
    let revert = project.git(&["rev-parse", "HEAD"]);
    let status = |hash: &str| record(&project, hash)["status"].as_str().unwrap().to_owned();
    assert_eq!(report(&project, &[]), (3, 0, 0, 0));
    assert_eq!((status(&kept), status(&taken)), ("shipped".into(), "rolled-back".into()));
    assert_eq!(record(&project, &revert)["kind"], "revert");
    assert_eq!(record(&project, &revert)["relations"][0]["kind"], "reverts");
    // In a later import, too.
    project.git(&["revert", "--no-edit", &kept]);
    assert_eq!(report(&project, &[]), (1, 0, 0, 0));
    assert_eq!(status(&kept), "rolled-back");
    // Read at once, what came back is in force.
    project.git(&["revert", "--no-edit", &revert]);
    let other = Project::new();
    let path = project.path("").display().to_string();
    assert_eq!(report(&other, &[&path]), (5, 0, 0, 0));
    let status = |hash: &str| record(&other, hash)["status"].as_str().unwrap().to_owned();
    assert_eq!((status(&taken), status(&revert)), ("shipped".into(), "rolled-back".into()));
}

#[test]
fn merges_paths_and_dates_are_selected() {
    let project = repository();
    commit(&project, "a.py", "Add a");
    project.git(&["checkout", "--quiet", "-b", "side"]);
    commit(&project, "docs/one.md", "Describe one");
    commit(&project, "b.py", "Add b");
    project.git(&["checkout", "--quiet", "main"]);
    commit(&project, "c.py", "Add c");
    project.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-m",
        "Merge pull request #4 from side\n\nAdd b and its page",
        "side",
    ]);
    let merge = project.git(&["rev-parse", "HEAD"]);
    for (args, expected) in [
        (&["--first-parent"][..], 3),
        (&[][..], 4),
        (&["--paths", "docs"], 1),
        (&["--exclude", "docs/**"], 3),
        (&["--paths", "*.py", "--exclude", "b.py"], 2),
        (&["--rev", "main~1"], 2),
        (&["--since", "2026-11-21"], 0),
        (&["--since", "2026-11-19"], 4),
    ] {
        let other = Project::new();
        let path = project.path("").display().to_string();
        let (imported, ..) = report(&other, &[&[path.as_str()], args].concat());
        assert_eq!(imported, expected, "{args:?}");
        if args.contains(&"--first-parent") {
            let change = record(&other, &merge);
            assert_eq!(change["title"], "Add b and its page");
            assert_eq!(change["files"], serde_json::json!(["b.py", "docs/one.md"]));
        }
    }
    for (rev, expected) in [("--output=stolen", "is not a revision"), ("nonsense", "git knows no revision")] {
        let said = project.refused(["import", "git", "--rev", rev]);
        assert!(said.contains(expected), "{said}");
    }
    assert!(Project::new().refused(["import", "git"]).contains("there is no git repository"));
    assert!(!project.path("stolen").exists());
}

#[test]
fn odd_commits_are_kept_with_a_mark() {
    let project = repository();
    let message = b"caf\xe9 \x1b[31m and\rmore\n\nbody \xff";
    let mut stream = b"feature done\n".to_vec();
    let paths: [&[u8]; 4] = [b"\"a\\nb.txt\"", b"\"\\377.txt\"", b"d/e f.txt", "ü/ñ.txt".as_bytes()];
    for (n, message) in [&message[..], b"", b"/looks/like/a/path"].into_iter().enumerate() {
        writeln!(stream, "commit refs/heads/main\ncommitter /Téam <t@example.com> {} +0200", 1_700_000_000 + n)
            .unwrap();
        writeln!(stream, "data {}", message.len()).unwrap();
        stream.extend([message, b"\n"].concat());
        for path in paths {
            stream.extend([b"M 100644 inline ", path, b"\ndata 1\n"].concat());
            writeln!(stream, "{n}").unwrap();
        }
    }
    stream.extend(b"done\n");
    let mut import = project.program("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(&stream).unwrap();
    assert!(import.wait().unwrap().success());
    assert_eq!(report(&project, &[]), (3, 0, 0, 0));
    let first = record(&project, &project.git(&["rev-parse", "main~2"]));
    assert_eq!(first["title"], "caf\u{fffd} \u{1b}[31m and more");
    assert_eq!(first["files"], serde_json::json!(["a\\nb.txt", "d/e f.txt", "ü/ñ.txt", "\u{fffd}.txt"]));
    let empty = project.git(&["rev-parse", "main~1"]);
    assert_eq!(record(&project, &empty)["title"], format!("Commit {}", &empty[..12]));
    let path = record(&project, &project.git(&["rev-parse", "main"]));
    assert_eq!((&path["title"], path["files"].as_array().unwrap().len()), (&"/looks/like/a/path".into(), 4));
}

#[test]
fn a_hostile_repository_executes_nothing() {
    let project = repository();
    project.write("spy.sh", "#!/bin/sh\ntouch \"$SPY\"\ncat\n");
    let spy = format!("sh {}", project.path("spy.sh").display());
    project.write(".gitattributes", "*.txt diff=spy filter=spy\n");
    commit(&project, "a.txt", "First");
    for name in
        ["gpg.program", "diff.spy.textconv", "diff.spy.command", "diff.external", "core.fsmonitor", "core.pager"]
    {
        project.git(&["config", name, &spy]);
    }
    project.git(&["config", "log.showSignature", "true"]);
    project.git(&["config", "log.diffMerges", "on"]);
    let spied = project.path("spied");
    let output = project.shipnote(["import", "git", "--json"]).env("SPY", &spied).output().unwrap();
    assert!(output.status.success() && !spied.exists());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["imported"], 1);
}
