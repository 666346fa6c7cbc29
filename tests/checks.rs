//! Checks in one line, and what came of running them: `log --check`, `verify`, `show`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

/// The id of a change that was logged with these checks.
fn logged(project: &Project, checks: &[&str]) -> String {
    let mut args = vec!["log", "Add the health route", "--json"];
    checks.iter().for_each(|check| args.extend(["--check", check]));
    let output = project.shipnote(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_check_is_logged_in_one_line() {
    let project = Project::new();
    let id = logged(
        &project,
        &[
            "http GET http://127.0.0.1:8000/health 200 {\"ok\":true}",
            "run pytest -q => 0 contains passed",
            "run pytest -q => 0 contains passed",
        ],
    );
    let checks = project.json(["show", &id, "--json"])["checks"].clone();
    assert_eq!(checks.as_array().unwrap().len(), 2, "the same twice is one");
    assert_eq!((&checks[0]["kind"], &checks[0]["status"]), (&"http".into(), &200.into()));
    assert_eq!((&checks[1]["run"], &checks[1]["contains"]), (&"pytest -q".into(), &"passed".into()));
    project.ok(["edit", &id, "--check", "run true", "--json"]);
    assert!(project.ok(["show", &id]).contains("run true => 0"));
}

#[test]
fn a_check_that_is_none_says_which_word_and_shows_one() {
    let project = Project::new();
    let said = project.refused(["log", "x", "--check", "http GET http://127.0.0.1/ 200 quickly"]);
    assert!(said.contains("`quickly` was not understood"), "{said}");
    assert!(said.contains("hint: for instance: --check 'http GET http://127.0.0.1:8000/health 200"), "{said}");
    let said = project.refused(["log", "x", "--check", "run x => p95 < fast"]);
    assert!(said.contains("`fast` is no number") && said.contains("--check 'run pytest"), "{said}");
    assert_eq!(project.shipnote(["list"]).output().unwrap().status.code(), Some(1), "nothing was recorded");
}
