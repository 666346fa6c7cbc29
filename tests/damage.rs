//! A damaged database: every command ends with a correct answer or one clear error, and `doctor` sees what is wrong.
//! The gate flips twenty bits; `SHIPNOTE_TEST_FULL=1` flips two hundred.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::process::Output;

use support::project::Project;

/// A database with records of every sort, in one file.
fn filled() -> (Project, Vec<u8>) {
    let project = Project::new();
    for number in 0..40 {
        let title = format!("Cache the lookup of route {number}");
        let file = format!("src/route_{number}.py");
        let metric = format!("p95 latency: {} ms -> 190 ms", 400 + number);
        project.ok([
            "log",
            &title,
            "--reason",
            "Clients retry after 500 ms",
            "--file",
            &file,
            "--metric",
            &metric,
            "--owner",
            "team-orders",
            "--tag",
            "cache",
            "--quiet",
        ]);
    }
    project.ok(["db", "backup", "whole.db"]);
    let whole = std::fs::read(project.path("whole.db")).unwrap();
    (project, whole)
}

fn on(project: &Project, args: &[&str]) -> Output {
    project.shipnote(args).env("SHIPNOTE_DATABASE", project.path("spoilt.db")).output().unwrap()
}

/// Whether a command ended as it should: with an answer, or with one error that says what to do.
fn is_clear(output: &Output, what: &str) -> bool {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{what}: {said}");
    match output.status.code() {
        Some(0 | 1) => true,
        Some(2) => {
            assert_eq!(said.matches("error:").count(), 1, "{what}: {said}");
            assert_eq!(said.matches("hint:").count(), 1, "{what}: {said}");
            false
        }
        code => panic!("{what}: ended with {code:?}: {said}"),
    }
}

/// What is asked of a database that may be spoilt.
const QUESTIONS: [&[&str]; 6] = [
    &["export", "json"],
    &["list", "-n", "0"],
    &["list", "--events", "-n", "0"],
    &["search", "lookup"],
    &["why", "src/route_7.py"],
    &["scan"],
];

/// The answers, `None` where there was an error instead.
fn answers(project: &Project, what: &str) -> Vec<Option<String>> {
    let answer = |args: &&[&str]| {
        let output = on(project, args);
        is_clear(&output, what).then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    QUESTIONS.iter().map(answer).collect()
}

/// Whether `doctor` finds all well. Where it does not, it names what is wrong and what to type, of each thing it looked at.
fn doctor_finds_all_well(project: &Project, what: &str) -> bool {
    let output = on(project, &["doctor", "--json"]);
    let in_lines = on(project, &["doctor"]);
    assert_eq!(in_lines.status.code(), output.status.code(), "{what}");
    if !is_clear(&output, what) {
        is_clear(&in_lines, what);
        return false;
    }
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let (said, hinted) = (String::from_utf8_lossy(&in_lines.stdout), String::from_utf8_lossy(&in_lines.stderr));
    let wrong: Vec<_> = found["lines"].as_array().unwrap().iter().filter(|line| line["well"] == false).collect();
    assert_eq!(wrong.is_empty(), output.status.success(), "{what}: {found}");
    assert_eq!(said.matches('✗').count(), wrong.len(), "{what}: {said}");
    for line in wrong {
        let (value, hint) = (line["value"].as_str().unwrap(), line["hint"].as_str().unwrap_or_default());
        let expected = [
            ("what the record", "shipnote doctor --repair"),
            ("without a record", "shipnote doctor --repair"),
            ("cannot be read", "shipnote db restore FILE"),
            ("is damaged", "shipnote db restore FILE"),
            ("is not a shipnote database", "shipnote db restore FILE"),
            ("was written by a newer shipnote", "install the newer shipnote"),
            ("is later than now", "set the clock"),
        ];
        // Of the file, SQLite says what is wrong in words of its own.
        let next = match expected.iter().find(|(problem, _)| value.contains(problem)) {
            Some((_, next)) => next,
            None if line["name"] == "file" => "shipnote db restore FILE",
            None => panic!("{what}: doctor does not say what is wrong: {line}"),
        };
        assert!(hint.contains(next), "{what}: doctor says nothing that helps: {line}");
        assert!(hinted.contains(&format!("hint: {hint}")), "{what}: {hint} is not printed: {hinted}");
    }
    output.status.success()
}

/// What is spoilt shows: an answer is right to the letter, or a command or `doctor` says that something is wrong.
fn is_right_or_said(project: &Project, bytes: &[u8], expected: &[Option<String>], what: &str) {
    for beside in ["spoilt.db", "spoilt.db-wal", "spoilt.db-shm", "spoilt.db-journal"] {
        let _ = std::fs::remove_file(project.path(beside));
    }
    std::fs::write(project.path("spoilt.db"), bytes).unwrap();
    let given = answers(project, what);
    if doctor_finds_all_well(project, what) {
        for ((given, expected), args) in given.iter().zip(expected).zip(QUESTIONS) {
            // Of events nothing is promised, see docs/reliability.md.
            let same = args.get(1) == Some(&"--events") || given == expected;
            assert!(same, "{what}: {args:?} is wrong, and doctor says all is well");
        }
    }
}

/// The answers of the database as it was.
fn right_answers(project: &Project, whole: &[u8]) -> Vec<Option<String>> {
    std::fs::write(project.path("spoilt.db"), whole).unwrap();
    let right = answers(project, "whole");
    assert!(right.iter().all(Option::is_some) && doctor_finds_all_well(project, "whole"));
    right
}

#[test]
fn a_flipped_bit_is_seen_or_changes_nothing() {
    let flips = if std::env::var_os("SHIPNOTE_TEST_FULL").is_some() { 200 } else { 20 };
    let (project, whole) = filled();
    let expected = right_answers(&project, &whole);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..flips {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (place, bit) = ((random >> 20) as usize % whole.len(), random >> 61);
        let mut spoilt = whole.clone();
        spoilt[place] ^= 1 << bit;
        is_right_or_said(&project, &spoilt, &expected, &format!("bit {bit} of byte {place}"));
    }
}

/// Most of a file is empty space: these bits are of what is not.
#[test]
fn a_flipped_bit_of_a_record_is_seen() {
    let flips = if std::env::var_os("SHIPNOTE_TEST_FULL").is_some() { 200 } else { 10 };
    let (project, whole) = filled();
    let expected = right_answers(&project, &whole);
    let begins = |at: &usize| whole[*at..].starts_with(b"{\"schema\":\"shipnote.change/1\"");
    let records: Vec<usize> = (0..whole.len()).filter(begins).collect();
    // And their earlier revisions.
    assert!(records.len() >= 40, "{}", records.len());
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..flips {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (record, bit) = (records[(random >> 20) as usize % records.len()], random >> 61);
        let place = record + (random >> 32) as usize % 760;
        let mut spoilt = whole.clone();
        spoilt[place] ^= 1 << bit;
        is_right_or_said(&project, &spoilt, &expected, &format!("bit {bit} of byte {} of a record", place - record));
    }
}

#[test]
fn a_file_that_was_cut_is_seen() {
    let (project, whole) = filled();
    let expected = right_answers(&project, &whole);
    for length in [1, 50, 99, 100, 4_096, 8_192, 20_000, whole.len() / 2, whole.len() - 8_192, whole.len() - 1] {
        is_right_or_said(&project, &whole[..length], &expected, &format!("the first {length} bytes"));
    }
}

/// The index of the write-ahead log is made anew by whoever may write; whoever may not says so, or answers rightly.
#[test]
fn without_the_index_of_its_log_a_database_is_read_or_refused() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let project = Project::new();
    for title in ["Cache the lookup", "Retry reads"] {
        project.ok(["log", title, "--quiet"]);
    }
    let shm = project.path(".shipnote/shipnote.db-shm");
    assert!(project.path(".shipnote/shipnote.db-wal").metadata().unwrap().len() > 0, "records stand in the log");
    std::fs::remove_file(&shm).unwrap();
    let mode = |folder: u32, file: u32| {
        for (name, mode) in [("", 0o755), (".shipnote", folder), (".shipnote/shipnote.db", file)] {
            std::fs::set_permissions(project.path(name), PermissionsExt::from_mode(mode)).unwrap();
        }
    };
    // The tests may run as root, who may write anywhere: only somebody else proves it.
    let as_nobody = |args: &[&str]| {
        let mut command = project.shipnote(args);
        if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
            command.uid(65534).gid(65534);
        }
        command.output().unwrap()
    };
    for (folder, file, what) in [(0o555, 0o644, "a read-only folder"), (0o755, 0o444, "a read-only file")] {
        mode(folder, file);
        let (list, log, doctor) = (as_nobody(&["list"]), as_nobody(&["log", "another"]), as_nobody(&["doctor"]));
        mode(0o755, 0o644);
        if is_clear(&list, what) {
            assert_eq!(String::from_utf8_lossy(&list.stdout).lines().count(), 2, "{what}: {list:?}");
        } else {
            assert!(String::from_utf8_lossy(&list.stderr).contains("hint:"), "{what}: {list:?}");
            assert!(!is_clear(&doctor, what) || doctor.status.code() == Some(1), "{what}: {doctor:?}");
        }
        assert!(!is_clear(&log, what) && String::from_utf8_lossy(&log.stderr).contains("hint:"), "{what}: {log:?}");
    }
    assert_eq!(project.ok(["list"]).lines().count(), 2);
    assert!(project.shipnote(["doctor"]).output().unwrap().status.success());
}

#[test]
fn doctor_names_a_newer_schema_and_an_index_that_drifted() {
    let (project, whole) = filled();
    let path = project.path("spoilt.db");
    let newer = "PRAGMA user_version = 999";
    let drifted = "DELETE FROM change_text WHERE rowid = 3";
    for (sql, expected) in [(newer, "written by a newer shipnote"), (drifted, "the search index")] {
        std::fs::write(&path, &whole).unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let doctor = on(&project, &["doctor"]);
        is_clear(&doctor, sql);
        let said = String::from_utf8_lossy(&[doctor.stdout, doctor.stderr].concat()).into_owned();
        assert_ne!(doctor.status.code(), Some(0), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
