//! What `doctor` looks at.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use serde_json::Value;
use support::project::{Project, transcript};

fn doctor(project: &Project, args: &[&str]) -> (Option<i32>, String) {
    let output = project.shipnote(["doctor"].into_iter().chain(args.iter().copied())).output().unwrap();
    (output.status.code(), transcript(args, &output))
}

fn line(project: &Project, args: &[&str], name: &str) -> Value {
    let output = project.shipnote(["doctor", "--json"].into_iter().chain(args.iter().copied())).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines = found["lines"].as_array().unwrap();
    lines.iter().find(|line| line["name"] == name).unwrap_or_else(|| panic!("{name}: {found}")).clone()
}

#[test]
fn a_project_that_is_well_says_so() {
    let project = Project::new();
    project.ok(["log", "One", "--owner", "o"]);
    let (code, said) = doctor(&project, &[]);
    assert!(code == Some(0) && said.contains("1 changes, 0 runbooks"), "{said}");
}

#[test]
fn what_is_wrong_is_named_with_what_to_type() {
    let project = Project::empty();
    let (code, said) = doctor(&project, &[]);
    assert!(code == Some(1) && said.contains("hint: ") && said.contains("shipnote init"), "{said}");
    let project = Project::new();
    project.ok(["log", "One", "--owner", "o"]);
    project.write("checklists/bad.toml", "title = 1");
    project.write("shipnote.toml", "[check.rules]\nno-ower = \"off\"\n[security]\nloopback = \"maybe\"\n");
    let (code, said) = doctor(&project, &[]);
    assert_eq!(code, Some(1), "{said}");
    for text in ["bad.toml", "`no-ower` is not a rule", "must be true or false"] {
        assert!(said.contains(text), "{text}\n{said}");
    }
}

#[test]
fn security_says_what_is_on_and_where_it_was_set() {
    let project = Project::new();
    project.ok(["log", "One", "--owner", "o", "--command", "true"]);
    project.write("shipnote.toml", "[security]\nhosts = [\"shop.example.com\"]\nloopback = \"false\"\n");
    let (code, said) = doctor(&project, &["--security"]);
    assert_eq!(code, Some(0), "{said}");
    let of = |name: &str| line(&project, &["--security"], name);
    assert_eq!(of("hosts")["value"], "shop.example.com");
    assert!(of("hosts")["origin"].as_str().unwrap().ends_with("shipnote.toml"));
    assert_eq!((&of("this machine")["value"], &of("redirects")["origin"]), (&"off".into(), &"default".into()));
    assert_eq!(of("trusted")["well"], true);

    let file = project.path(".shipnote/shipnote.db");
    assert!(project.program("chmod").arg("o+w").arg(&file).status().unwrap().success());
    let (code, said) = doctor(&project, &["--security"]);
    assert!(code == Some(1) && said.contains("chmod go-w"), "{said}");
}
