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

#[test]
fn what_came_of_the_checks_is_shown_and_listed() {
    let project = Project::new();
    let id = logged(&project, &["run true", "run sh -c 'echo 3 failed; exit 1' => 0 contains passed"]);
    assert!(project.ok(["show", &id]).contains("not run yet"));
    assert!(project.ok(["list", "--is", "stale"]).contains(&id), "never verified");

    let verified = project.shipnote(["verify", &id, "--json"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(1), "{}", String::from_utf8_lossy(&verified.stderr));
    let shown = project.ok(["show", &id]);
    assert!(shown.contains("✓ run true => 0") && shown.contains("passed 2026-11-20 14:05 UTC by oncall"), "{shown}");
    let failed = shown.lines().find(|line| line.contains("failed 2026-11-20")).unwrap();
    assert!(failed.contains("exit"), "it says what differed: {failed}");
    let shown = project.json(["show", &id, "--json"]);
    let evidence = shown["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 2);
    assert_eq!(evidence[0]["outcome"]["conclusion"], "passed");
    assert!(evidence[1]["outcome"]["output"].as_str().unwrap().contains("3 failed"));
    assert!(project.ok(["list", "--is", "failing"]).contains(&id));
    assert!(project.ok(["search", "is:failing"]).contains(&id));
    assert_eq!(project.shipnote(["list", "--is", "verified"]).output().unwrap().status.code(), Some(1));

    // Forty days later nobody knows.
    let later = |args: &[&str]| {
        let output = project.shipnote(args).env("SHIPNOTE_NOW", "2026-12-30T14:05:00Z").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(later(&["list", "--is", "stale"]).contains(&id));
    assert!(later(&["show", &id]).contains(", stale"));
}

#[test]
fn what_show_prints_as_json_can_be_logged_again() {
    let project = Project::new();
    let id = logged(&project, &["run true"]);
    project.ok(["verify", &id, "--quiet"]);
    let shown = project.ok(["show", &id, "--json"]);
    let other = Project::new();
    let output = other.with_input(["log", "--from", "-", "--json"], shown.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown = other.json(["show", &id, "--json"]);
    assert_eq!(shown["evidence"], serde_json::json!([null]), "what was run elsewhere was not run here");
}

#[test]
fn an_edited_check_was_not_run_yet() {
    let project = Project::new();
    let id = logged(&project, &["run true"]);
    project.ok(["verify", &id, "--quiet"]);
    assert!(project.ok(["list", "--is", "verified"]).contains(&id));
    project.ok(["edit", &id, "--clear", "checks", "--check", "run true => 0 timeout 5s"]);
    assert!(project.ok(["show", &id]).contains("not run yet"));
    assert_eq!(project.shipnote(["list", "--is", "verified"]).output().unwrap().status.code(), Some(1));
}

#[test]
fn the_page_says_what_came_of_it_and_when() {
    let project = Project::new();
    let id = logged(&project, &["run sh -c 'echo \"<b>3</b> failed\"; exit 1'"]);
    project.ok(["publish", "--out", "site", "--quiet"]);
    let page = format!("site/changes/{id}.html");
    assert!(!project.read(&page).contains("data-verified"));
    assert_eq!(project.shipnote(["verify", &id, "--quiet"]).output().unwrap().status.code(), Some(1));
    project.ok(["publish", "--out", "site", "--quiet"]);
    let page = project.read(&page);
    assert!(page.contains("data-verified=\"2026-11-20T14:05:00Z\" data-stale-days=\"30\""), "{page}");
    assert!(page.contains(">failing</span>") && page.contains("&lt;b&gt;3&lt;/b&gt; failed"), "{page}");
    let text = project.read(&format!("site/changes/{id}.md"));
    assert!(text.contains("Failing on 2026-11-20.") && text.contains("run by oncall"), "{text}");
}

#[test]
#[cfg(unix)]
fn a_request_to_end_is_heard_after_a_command_was_run() {
    let project = Project::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let check = format!("http GET http://{}/ 200", silent.local_addr().unwrap());
    let id = logged(&project, &["run true", &check]);
    let mut verify = project.shipnote(["verify", &id, "--json"]).spawn().unwrap();
    // Held open and never answered: it is ended by the signal, or by the time that a request may take.
    let _asked = silent.accept().unwrap();
    assert!(project.program("kill").arg(verify.id().to_string()).status().unwrap().success());
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&verify.wait().unwrap()), Some(15));
}
