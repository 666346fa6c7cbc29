//! Records that somebody wrote to do harm (`tests/browser/hostile.jsonl`), through every command: no terminal is steered, no
//! file is made elsewhere, no page runs anything, and nothing of them is lost. `tests/browser/smoke.mjs` opens their pages in a
//! browser.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

#[path = "fuzz/html.rs"]
mod html;
#[path = "hostile/imports.rs"]
mod imports;
#[path = "hostile/looked_at.rs"]
mod looked_at;
#[path = "hostile/pages.rs"]
mod pages;
mod support;

use std::collections::BTreeSet;
use std::path::Path;

use looked_at::{assert_steers_nothing, looked_at, looked_at_input};
use serde_json::{Value, json};
use support::project::Project;
use support::terminal::Terminal;

const RECORDS: &str = include_str!("browser/hostile.jsonl");

/// The records as JSON.
fn records() -> Vec<Value> {
    RECORDS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every text that the records are made of.
fn texts() -> Vec<String> {
    let texts = records().into_iter().filter_map(|record| record["reason"].as_str().map(str::to_owned));
    let texts: Vec<_> = texts.collect();
    assert!(texts.len() > 30, "the records are there");
    texts
}

/// A project with all of them.
fn project() -> Project {
    let project = Project::new();
    project.write("hostile.jsonl", RECORDS);
    project.ok(["import", "json", "hostile.jsonl"]);
    project
}

fn ids(project: &Project) -> Vec<String> {
    let found = project.json(["list", "-n", "0", "--json"]);
    found["changes"].as_array().unwrap().iter().map(|change| change["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_command_that_reads_steers_the_terminal() {
    let project = project();
    for args in [
        &["list", "-n", "0"][..],
        &["list", "-n", "0", "--json"],
        &["list", "--events"],
        &["list", "--events", "--json"],
        &["search", "alert", "-n", "0"],
        &["search", "alert", "--explain"],
        &["search", "owned OR hostile OR cmd", "--json"],
        &["why", "src/../../../../tmp/shipnote-hostile"],
        &["runbook", "list"],
        &["runbook", "list", "--json"],
        &["runbook", "show", "con"],
        &["runbook", "show", "hostile"],
        &["runbook", "show", "hostile", "--json"],
        &["run", "hostile", "--dry-run"],
        &["scan"],
        &["scan", "--json"],
        &["doctor"],
        &["doctor", "--json"],
        &["config"],
        &["verify", "--all"],
        &["trust", "--list"],
    ] {
        looked_at(&project, args);
    }
    for id in ids(&project) {
        for args in [
            &["show", &id][..],
            &["show", &id, "--json"],
            &["show", &id, "--history"],
            &["show", &id, "--runs"],
            &["trust", &id],
            &["run", &id, "--dry-run"],
            &["verify", &id],
            &["checklist", "show", &id],
            &["runbook", "from", &id, "--help"],
        ] {
            looked_at(&project, args);
        }
    }
}

#[test]
fn no_command_that_writes_steers_the_terminal() {
    let project = project();
    for (n, id) in ids(&project).iter().enumerate() {
        let text = &texts()[n % texts().len()];
        for args in [
            &["edit", id, "--reason", text][..],
            &["edit", id, "--title", text, "--json"],
            &["checklist", "add", id, "security"],
            &["checklist", "tick", id, "secrets", "--note", text],
            &["rollback", id, "--reason", text],
            &["delete", id, "--reason", text],
            &["show", id],
        ] {
            looked_at(&project, args);
        }
    }
    looked_at(&project, &["list", "--events"]);
    looked_at(&project, &["runbook", "delete", "con", "--reason", &texts()[14]]);
}

/// What was typed is said again in errors, notes and hints.
#[test]
fn no_argument_steers_the_terminal() {
    let project = project();
    for text in &texts() {
        let metric = format!("{text}: 1 ms -> 2 ms");
        for args in [
            &["log", "--", text][..],
            &["log", "--dry-run", "--json", "--owner", text, "--", text],
            &["log", "t", "--owner", text, "--tag", text, "--file", text, "--service", text, "--metric", &metric],
            &["log", "t", "--check", text],
            &["log", "t", "--link", text],
            &["log", "t", "--relation", text],
            &["log", "t", "--shipped-at", text],
            &["log", "--from", text],
            &["show", text],
            &["search", "--", text],
            &["search", "--explain", "--", text],
            &["search", "--owner", text],
            &["search", "--since", text, "a"],
            &["list", "--tag", text],
            &["list", "--kind", text],
            &["why", text],
            &["runbook", "show", text],
            &["runbook", "new", text, "--file", text],
            &["import", "json", text],
            &["import", "csv", text, "--map", text],
            &["import", "git", "--rev", text],
            &["check", "--since", text],
            &["check", text],
            &["check", "--explain", text],
            &["export", "json", "--owner", text, "--out", "out.jsonl"],
            &["templates", "export", text, "--help"],
            &["checklist", "show", text],
        ] {
            looked_at(&project, args);
        }
        looked_at_input(&project, &["search", "--error", "-"], text.as_bytes());
        looked_at_input(&project, &["import", "json", "-"], text.as_bytes());
    }
}

/// An export is bytes for a file; one that is shown in a terminal is text like any other.
#[test]
fn an_export_in_a_terminal_does_not_steer_it() {
    let project = project();
    let terminal = Terminal::open(&project);
    terminal.start("shipnote export csv --tag '../../../../tmp/shipnote-hostile'; shipnote export csv | grep -c owned");
    let screen = terminal.wait_for("exit code 0");
    assert!(screen.contains("shipnote-hostile"), "{screen}");
    for format in ["csv", "changelog", "json"] {
        terminal.start(&format!("shipnote export {format} | tail -c 1; shipnote export {format}"));
        let screen = terminal.wait_for("exit code 0");
        assert_steers_nothing(format, screen.as_bytes());
        let title = terminal.title();
        assert!(!title.contains("owned"), "{title}");
    }
}

#[test]
fn the_gate_says_it_in_every_format_and_each_is_well_formed() {
    let project = project();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.git(&["commit", "--quiet", "--allow-empty", "-m", "first"]);
    project.git(&["tag", "base"]);
    for text in &texts() {
        project.git(&["commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", text]);
    }
    let all: Vec<String> = ids(&project);
    for format in ["text", "json", "sarif", "github"] {
        let mut args = vec!["check", "--format", format];
        looked_at(&project, &[&args[..], &["--since", "base"]].concat());
        args.extend(all.iter().map(String::as_str));
        let output = looked_at(&project, &args);
        let text = String::from_utf8(output.stdout).unwrap();
        match format {
            "json" | "sarif" => {
                let found: Value = serde_json::from_str(&text).unwrap();
                let results = found.pointer("/runs/0/results").or_else(|| found.get("findings")).unwrap();
                assert!(!results.as_array().unwrap().is_empty());
            }
            "github" => {
                // A line is one command of ours: no text begins another.
                for line in text.lines() {
                    assert!(
                        ["::error ", "::warning ", "::notice "].iter().any(|begin| line.starts_with(begin)),
                        "{line}"
                    );
                }
            }
            _ => assert!(text.lines().count() > 30),
        }
    }
}

/// The files below a folder, relative to it.
fn files(folder: &Path, below: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let kind = std::fs::symlink_metadata(&entry).unwrap();
        assert!(!kind.is_symlink(), "{}", entry.display());
        if kind.is_dir() {
            files(&entry, below, found);
        } else {
            found.insert(entry.strip_prefix(below).unwrap().to_str().unwrap().to_owned());
        }
    }
}

#[test]
fn files_are_made_where_they_belong_under_names_of_our_own() {
    let project = project();
    project.ok(["publish"]);
    project.ok(["export", "markdown", "--out", "records"]);
    project.ok(["export", "csv", "--out", "changes.csv"]);
    project.ok(["export", "json", "--out", "changes.jsonl"]);
    project.ok(["export", "changelog", "--out", "CHANGES.md"]);
    let mut found = BTreeSet::new();
    files(&project.path(""), &project.path(""), &mut found);
    let own = ["CHANGES.md", "changes.csv", "changes.jsonl", "hostile.jsonl", "shipnote.toml", ".gitignore"];
    for name in &found {
        let known =
            own.contains(&name.as_str()) || name.starts_with(".shipnote/") || name == "records/.shipnote-records";
        let plain = |part: &str| {
            let stem = part.split('.').next().unwrap_or_default();
            let device = ["con", "prn", "aux", "nul", "com1", "lpt1"].contains(&stem);
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
            part.chars().all(letters) && !part.starts_with('.') && !part.ends_with('.') && !device && part.len() < 100
        };
        let own_name = name.split_once('/').is_some_and(|(folder, rest)| {
            ["site", "records"].contains(&folder) && (rest.starts_with('.') || rest.split('/').all(plain))
        });
        assert!(known || own_name, "{name}");
    }
    let outside = [Path::new("/tmp/shipnote-hostile").to_owned(), project.path("../shipnote-hostile")];
    assert!(outside.iter().all(|path| !path.exists()));
}

#[test]
fn pages_hold_text_and_run_nothing() {
    let project = project();
    project.ok(["publish", "--check"]);
    let checked = pages::check(&project.path("site"));
    assert!(checked > 300, "{checked} pages");
}

#[test]
fn a_spreadsheet_gets_no_formula() {
    let project = project();
    let text = project.ok(["export", "csv"]);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), texts().len());
    for cell in rows.iter().flatten() {
        for line in cell.split('\n').chain([cell]) {
            let acts = line.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
            // The line of a text may begin like that: the cell does not.
            assert!(!acts || line != cell && !cell.starts_with(line), "{cell:?}");
            assert!(!cell.starts_with(['\t', '\r', '\n']), "{cell:?}");
        }
    }
}

/// All records as JSON, by their ids and names: they were made at the same time.
fn exported(project: &Project) -> Vec<Value> {
    let text = project.ok(["export", "json"]);
    let mut all: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    all.sort_by_key(|one| (one["id"].to_string(), one["name"].to_string()));
    all
}

#[test]
fn what_goes_out_comes_back_the_same() {
    let project = project();
    let whole = exported(&project);
    assert_eq!(whole.len(), records().len());
    let back = Project::new();
    back.write("changes.jsonl", &project.ok(["export", "json"]));
    back.ok(["import", "json", "changes.jsonl"]);
    assert_eq!(exported(&back), whole);

    project.ok(["export", "markdown", "--out", "records"]);
    let back = Project::new();
    let folder = project.path("records");
    back.ok(["import", "markdown", folder.to_str().unwrap()]);
    let changes = |all: &[Value]| -> Vec<Value> {
        all.iter().filter(|one| one["schema"] == "shipnote.change/1").cloned().collect()
    };
    assert_eq!(changes(&exported(&back)), changes(&whole));

    // What is printed shows what cannot be seen as marks; all else can be handed in again.
    for change in
        changes(&whole).into_iter().filter(|change| !change["reason"].as_str().unwrap().contains(looked_at::steers))
    {
        let id = change["id"].as_str().unwrap();
        let form = project.ok(["show", id, "--format", "markdown"]);
        project.write("form.md", &form);
        let back = Project::new();
        let path = project.path("form.md");
        back.ok(["log", "--quiet", "--from", path.to_str().unwrap()]);
        assert_eq!(exported(&back), [change]);
    }
}

#[test]
fn lines_of_a_mebibyte_are_kept_shown_and_found() {
    let project = Project::new();
    let line = |text: &str| text.repeat((1 << 20) / text.len());
    // The gate takes a few of them.
    let each = if std::env::var_os("SHIPNOTE_TEST_FULL").is_some() { 1 } else { 4 };
    let texts = ["<", "a", "[", "é ", "`*_", "javascript:", "=\t", "\u{202e}", "\u{1b}[2J"];
    let texts: Vec<_> = texts.iter().step_by(each).collect();
    for (n, text) in texts.iter().enumerate() {
        let record =
            json!({"title": format!("Mebibyte {n}"), "reason": line(text), "rollback": {"command": line(text)}});
        project.write("big.json", &record.to_string());
        project.ok(["log", "--quiet", "--from", "big.json"]);
    }
    let record = json!({"title": "Too long", "reason": format!("{}b", line("a"))});
    project.write("big.json", &record.to_string());
    assert!(project.refused(["log", "--from", "big.json"]).contains("1048577 bytes"));
    for args in [&["list"][..], &["search", "mebibyte"], &["search", "mebibyte", "--json"], &["scan"], &["doctor"]] {
        looked_at(&project, args);
    }
    for id in ids(&project) {
        looked_at(&project, &["show", &id]);
        looked_at(&project, &["show", &id, "--json"]);
    }
    project.ok(["publish"]);
    assert!(pages::check(&project.path("site")) > texts.len());
    let whole = exported(&project);
    let back = Project::new();
    back.write("changes.jsonl", &project.ok(["export", "json"]));
    back.ok(["import", "json", "changes.jsonl"]);
    assert_eq!(exported(&back), whole);
    assert_eq!(project.ok(["export", "csv"]).matches("\r\n").count(), 1 + texts.len());
}
