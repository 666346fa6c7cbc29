//! The gate in a real repository: commits and their records, settings, waivers, formats, and the hook of the docs.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use serde_json::Value;
use support::project::{Project, transcript};

/// A repository with one commit before the ones that are looked at.
fn repository() -> Project {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    commit(&project, "src/first.py", "first");
    project.git(&["tag", "base"]);
    project
}

fn commit(project: &Project, path: &str, message: &str) {
    project.write(path, message);
    project.git(&["add", path]);
    project.git(&["commit", "--quiet", "-m", message]);
}

/// What `check` prints, with its exit code.
fn check<const N: usize>(project: &Project, args: [&str; N]) -> (Option<i32>, String) {
    let output = project.shipnote(["check"].into_iter().chain(args)).output().unwrap();
    (output.status.code(), transcript(&args, &output))
}

fn findings<const N: usize>(project: &Project, args: [&str; N]) -> Vec<(String, String)> {
    let output = project.shipnote(["check", "--json"].into_iter().chain(args)).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    found["findings"].as_array().unwrap().iter().map(|found| (text(&found["rule"]), text(&found["title"]))).collect()
}

fn log(project: &Project, title: &str, rest: &[&str]) -> String {
    let mut args = vec!["log", title, "--json", "--owner", "team-orders", "--expected", "it works"];
    args.extend(["--rollback", "git revert"].into_iter().chain(rest.iter().copied()));
    let output = project.shipnote(args).output().unwrap();
    let change: Value = serde_json::from_slice(&output.stdout).unwrap();
    change["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_commit_needs_a_record_by_trailer_hash_or_files() {
    let project = repository();
    commit(&project, "src/a.py", "fix: by nothing");
    commit(&project, "src/b.py", "fix: by hash");
    let hash = project.git(&["rev-parse", "HEAD"]);
    commit(&project, "src/c.py", "fix: by files");
    let id = log(&project, "One", &[]);
    commit(&project, "src/d.py", &format!("fix: by trailer\n\nBody.\n\nChange-Record: {id}"));
    assert_eq!(findings(&project, ["--since", "base"]).len(), 3);
    assert_eq!(findings(&project, ["--since", "base", "--until", "base~0"]), []);
    commit(&project, "src/e.py", &format!("fix: by a letter\n\nChange-Record: {}", &id[..1]));
    assert_eq!(findings(&project, ["--since", "HEAD~1"]).len(), 1, "a letter names no record");
    project.git(&["reset", "--quiet", "--hard", "HEAD~1"]);

    project.write("two.json", &format!("{{\"title\": \"Two\", \"owner\": \"o\", \"expected\": \"e\", \"rollback\": {{\"note\": \"n\"}}, \"commits\": [\"{hash}\"]}}"));
    project.ok(["log", "--from", "two.json"]);
    log(&project, "Three", &["--file", "src/c.py"]);
    let missing = ("commit-without-record".to_owned(), "by nothing".to_owned());
    assert_eq!(findings(&project, ["--since", "base"]), [missing]);
    let (code, said) = check(&project, ["--since", "base"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("1 error, 0 warnings in 4 commits, 3 records of them"), "{said}");
    assert!(said.contains("shipnote log --from-git"), "{said}");

    project.ok(["log", "--from-git", "HEAD~3", "--expected", "e", "--rollback", "r", "--symptom", "s"]);
    assert_eq!(check(&project, ["--since", "base"]).0, Some(0));
    assert_eq!(check(&project, ["--since", "HEAD"]).0, Some(0));
}

#[test]
fn what_is_staged_needs_a_draft_that_names_it() {
    let project = repository();
    assert_eq!(check(&project, ["--staged"]).0, Some(0), "nothing is staged");
    project.write("src/new.py", "x");
    project.git(&["add", "src/new.py"]);
    let (code, said) = check(&project, ["--staged"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("shipnote start"), "{said}");
    project.ok(["start", "New", "--file", "src/new.py", "--owner", "o", "--expected", "e"]);
    assert_eq!(check(&project, ["--staged"]).0, Some(0));
}

#[test]
fn the_settings_turn_rules_off_and_waivers_end() {
    let project = repository();
    let id = log(&project, "One", &[]);
    project.ok(["edit", &id, "--owner", ""]);
    let settings = |text: &str| project.write("shipnote.toml", text);
    assert_eq!(check(&project, [&id]).0, Some(1));
    settings("[check.rules]\nno-owner = \"warn\"\n");
    assert_eq!(check(&project, [&id]).0, Some(0));
    settings("[[check.except]]\nrules = [\"no-owner\"]\nlevel = \"off\"\nwhen = { kinds = [\"other\"] }\n");
    assert_eq!(findings(&project, [&id]), []);
    let waiver = |until: &str| {
        let text = format!("rule = \"no-owner\"\nsubject = \"{id}\"\nreason = \"agreed\"\nuntil = \"{until}\"\n");
        settings(&format!("[[check.waivers]]\n{text}"));
        check(&project, [&id])
    };
    let (code, said) = waiver("2026-11-20");
    assert!(code == Some(0) && said.contains("1 waived"), "{said}");
    let (code, said) = waiver("2026-11-19");
    assert!(code == Some(1) && said.contains("ended on 2026-11-19"), "{said}");
    settings("[[checklists.require]]\nname = \"security\"\nwhen = { kinds = [\"other\"] }\n");
    assert_eq!(findings(&project, [&id]).iter().filter(|(rule, _)| rule == "checklist-open").count(), 1);
    settings("[check.rules]\nno-ower = \"off\"\n");
    let (code, said) = check(&project, [&id]);
    assert!(code == Some(2) && said.contains("`no-ower` is not a rule"), "{said}");
}

#[test]
fn evidence_and_code_owners_are_looked_at() {
    let project = repository();
    let id = log(&project, "One", &["--check", "run false => 0"]);
    let rules = |project: &Project| findings(project, [&id]).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
    assert_eq!(rules(&project), ["check-stale"]);
    assert_eq!(project.shipnote(["verify", &id]).output().unwrap().status.code(), Some(1));
    assert_eq!(rules(&project), ["check-failing"]);
    project.write("CODEOWNERS", "* @shop/team-catalog\n");
    assert_eq!(rules(&project), ["owner-unknown", "check-failing"]);
}

#[test]
fn other_tools_read_what_was_found() {
    let project = repository();
    commit(&project, "src/100% a:b,c.py", "fix: retries");
    let output = project.shipnote(["check", "--since", "base", "--format", "sarif"]).output().unwrap();
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = &log["runs"][0];
    assert_eq!((&log["version"], &run["tool"]["driver"]["name"]), (&"2.1.0".into(), &"shipnote".into()));
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    assert_eq!((&result["ruleId"], &result["level"]), (&"commit-without-record".into(), &"error".into()));
    assert!(result["message"]["text"].as_str().unwrap().contains("no record tells of it"));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/100%25%20a%3Ab%2Cc.py");

    let output = project.shipnote(["check", "--since", "base", "--format", "github"]).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let begins = "::error file=src/100%25 a%3Ab%2Cc.py,line=1,title=commit-without-record::retries (";
    assert!(line.starts_with(begins) && line.lines().count() == 1, "{line}");
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let project = repository();
    for (args, said) in [
        (["--since", "no-such"], "git knows no revision `no-such`"),
        (["--since=--output=x", "--no-input"], "is not a revision"),
        (["--since=base", "--until=a..b"], "is not a revision"),
        (["--explain", "no-such"], "there is no rule `no-such`"),
    ] {
        let (code, text) = check(&project, args);
        assert!(code == Some(2) && text.contains(said) && !project.path("x").exists(), "{text}");
    }
    let (code, text) = check(&project, []);
    assert!(code == Some(2) && text.contains("the branch follows none"), "{text}");
    assert!(check(&project, ["--explain", "no-rollback"]).1.contains("way back"));
}

#[test]
fn the_hook_of_the_docs_stops_a_push_without_records() {
    let docs = include_str!("../docs/gate.md");
    let hook = docs.split("```sh\n").find(|block| block.starts_with("#!/bin/sh")).unwrap().split("```").next().unwrap();
    let project = repository();
    project.write(".git/hooks/pre-push", hook);
    project.git(&["init", "--quiet", "--bare", "other.git"]);
    project.git(&["remote", "add", "origin", "other.git"]);
    let made = project.program("chmod").args(["+x", ".git/hooks/pre-push"]).status().unwrap();
    assert!(made.success());
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_shipnote")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let push_branch = |branch: &str| {
        let output = project.program("git").args(["push", "origin", branch]).env("PATH", &path).output().unwrap();
        (output.status.success(), transcript(&["push"], &output))
    };
    let push = || push_branch("main");
    assert!(push().0, "the first push has nothing to compare with");
    commit(&project, "src/a.py", "fix: retries");
    let (pushed, said) = push();
    assert!(!pushed && said.contains("commit-without-record"), "{said}");
    project.ok(["log", "--from-git", "--expected", "e", "--rollback", "r", "--symptom", "s"]);
    let (pushed, said) = push();
    assert!(pushed, "{said}");

    // A new branch that is not checked out is looked at from where it left.
    project.git(&["checkout", "--quiet", "-b", "other"]);
    commit(&project, "src/b.py", "fix: on a branch");
    project.git(&["checkout", "--quiet", "main"]);
    let (pushed, said) = push_branch("other");
    assert!(!pushed && said.contains("on a branch") && said.contains("1 commit"), "{said}");
    project.ok(["log", "--from-git", "other", "--expected", "e", "--rollback", "r", "--symptom", "s"]);
    let (pushed, said) = push_branch("other");
    assert!(pushed, "{said}");
}
