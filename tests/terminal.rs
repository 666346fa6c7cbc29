//! What is asked on a terminal, in a real one.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;
use support::terminal::Terminal;

/// Records a change with two steps and a way back; returns its id.
fn record(project: &Project, first: &str, second: &str) -> String {
    let args = ["log", "Restart", "--json", "--owner", "team-orders", "--expected", "workers answer"];
    let back = ["--rollback-command", "echo undone > back.txt", "--command", first, "--command", second];
    let output = project.shipnote(args.into_iter().chain(back)).output().unwrap();
    let change: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    change["id"].as_str().unwrap().to_owned()
}

/// Imports a change somebody else wrote; returns its id.
fn import(project: &Project, command: &str) -> String {
    let record = serde_json::json!({
        "title": "Foreign", "commands": [{"run": command}], "source": {"kind": "json", "key": "k"},
    });
    project.write("foreign.jsonl", &record.to_string());
    project.ok(["import", "json", "foreign.jsonl"]);
    let hits = project.json(["search", "foreign", "--json"]);
    hits["hits"][0]["id"].as_str().unwrap().to_owned()
}

fn runs(project: &Project, id: &str) -> Vec<String> {
    let runs = project.json(["show", id, "--runs", "--json"]);
    let text = |run: &serde_json::Value, field: &str| run[field].as_str().unwrap().to_owned();
    let said = |run| format!("{} {}", text(run, "kind"), text(&run["outcome"], "conclusion"));
    let mut runs: Vec<_> = runs["evidence"].as_array().unwrap().iter().map(said).collect();
    runs.reverse();
    runs
}

#[test]
fn every_step_is_shown_with_owner_result_and_way_back_and_asked_for() {
    let project = Project::new();
    let id = record(&project, "echo one > one.txt", "echo two > two.txt");
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote run {id}"));
    let screen = terminal.wait_for("Run it?");
    for text in ["Step 1 of 2", "echo one > one.txt", "team-orders", "workers answer", "echo undone > back.txt"] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    terminal.enter("s");
    terminal.wait_for("Step 2 of 2");
    terminal.enter("y");
    terminal.wait_for("exit code 0");
    assert!(!project.path("one.txt").exists() && project.path("two.txt").exists());
    assert_eq!(runs(&project, &id), ["step passed"]);
}

#[test]
fn enter_runs_nothing_and_a_step_can_be_edited() {
    let project = Project::new();
    let id = record(&project, "echo one > one.txt", "true");
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote run {id}"));
    terminal.wait_for("Run it?");
    terminal.enter("x");
    terminal.wait_for("answer y, s, e or q");
    terminal.key("BSpace");
    terminal.enter("");
    terminal.wait_for("exit code 1");
    assert!(!project.path("one.txt").exists());

    terminal.start(&format!("shipnote run {id} --only 1"));
    terminal.wait_for("Run it?");
    terminal.enter("e");
    terminal.wait_for("Command:");
    "one.txt".chars().for_each(|_| terminal.key("BSpace"));
    terminal.enter("other.txt");
    terminal.wait_for("exit code 0");
    assert!(!project.path("one.txt").exists() && project.path("other.txt").exists());
}

#[test]
fn a_failure_stops_and_offers_the_way_back() {
    let project = Project::new();
    let id = record(&project, "echo broken; exit 3", "echo two > two.txt");
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote run {id}"));
    terminal.wait_for("Run it?");
    terminal.enter("y");
    let screen = terminal.wait_for("Run the rollback?");
    assert!(screen.contains("│ broken") && screen.contains("exit 3"), "{screen}");
    terminal.enter("y");
    terminal.wait_for("exit code 1");
    assert!(!project.path("two.txt").exists() && project.path("back.txt").exists());
    assert_eq!(runs(&project, &id), ["step failed", "rollback passed"]);
}

#[test]
fn ctrl_c_ends_the_command_with_all_it_started_and_not_the_walk() {
    let project = Project::new();
    let id = record(&project, "trap '' INT TERM; sleep 1000 & echo $! > pid.txt; echo started; wait", "true");
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote run {id}"));
    terminal.wait_for("Run it?");
    terminal.enter("y");
    terminal.wait_for("│ started");
    terminal.key("C-c");
    let screen = terminal.wait_for("Run the rollback?");
    assert!(screen.contains("interrupted"), "{screen}");
    let pid = project.read("pid.txt");
    assert!(!std::path::Path::new("/proc").join(pid.trim()).join("cwd").exists(), "{pid} is still there");
    terminal.enter("");
    terminal.wait_for("exit code 1");
    assert!(!project.path("back.txt").exists());
}

#[test]
fn a_command_that_takes_too_long_is_ended() {
    let project = Project::new();
    project.write("shipnote.toml", "[security]\ntimeout = \"1\"\n");
    let id = record(&project, "trap '' TERM; sleep 1000", "true");
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote run {id}"));
    terminal.wait_for("Run it?");
    terminal.enter("y");
    let screen = terminal.wait_for("Run the rollback?");
    assert!(screen.contains("took longer than 1 s and was ended"), "{screen}");
    terminal.key("C-c");
    terminal.wait_for("exit code 1");
}

#[test]
fn what_others_wrote_runs_after_it_was_looked_at_and_only_unchanged() {
    let project = Project::new();
    let id = import(&project, "echo one > one.txt");
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote run {id}"));
    let screen = terminal.wait_for("exit code 2");
    assert!(screen.contains(&format!("shipnote trust {id}")), "{screen}");

    terminal.start(&format!("shipnote trust {id}"));
    let screen = terminal.wait_for("May these commands run on this machine?");
    assert!(screen.contains("echo one > one.txt"), "{screen}");
    terminal.enter("n");
    terminal.wait_for("exit code 1");
    terminal.start(&format!("shipnote trust {id}"));
    terminal.wait_for("May these commands run on this machine?");
    terminal.enter("y");
    terminal.wait_for("exit code 0");
    terminal.start(&format!("shipnote run {id}"));
    terminal.wait_for("Run it?");
    terminal.enter("y");
    terminal.wait_for("exit code 0");
    assert!(project.path("one.txt").exists());

    // Somebody else edits it on another machine: here it has to be looked at again.
    let mut edit = project.shipnote(["edit", &id, "--clear", "commands", "--command", "echo two > two.txt"]);
    assert!(edit.env("HOME", project.path("other-home")).output().unwrap().status.success());
    assert!(project.refused(["run", &id]).contains("nobody looked at"));
}

#[test]
fn without_a_terminal_the_hash_is_needed() {
    let project = Project::new();
    let id = import(&project, "echo one > one.txt");
    let printed = project.shipnote(["trust", &id]).output().unwrap();
    assert_eq!(printed.status.code(), Some(2));
    let text = String::from_utf8(printed.stdout).unwrap();
    let hash = text.lines().find_map(|line| line.trim().strip_prefix("hash")).unwrap().trim();
    assert!(project.refused(["run", &id, "--yes", "0123"]).contains("--yes is not the hash"));
    assert!(!project.path("one.txt").exists());
    project.ok(["run", &id, "--yes", hash]);
    assert!(project.path("one.txt").exists());
    assert!(project.refused(["run", &id]).contains("nobody looked at"), "--yes is for once");
    project.ok(["trust", &id, "--yes", hash]);
    assert!(project.refused(["run", &id]).contains("no terminal to ask on"));
    project.ok(["trust", &id, "--forget"]);
    assert!(project.refused(["run", &id]).contains("nobody looked at"));
}

#[test]
fn variables_are_handed_on_and_never_put_into_the_text() {
    let project = Project::new();
    let id = record(&project, "printf '%s|%s' \"$WHO\" '{{.Names}} $WHO' > out.txt", "true");
    let trusted = project.shipnote(["trust", &id]).output().unwrap();
    let text = String::from_utf8(trusted.stdout).unwrap();
    let hash = text.lines().find_map(|line| line.trim().strip_prefix("hash")).unwrap().trim();
    project.ok(["run", &id, "--yes", hash, "--set", "WHO=a'; \"b"]);
    assert_eq!(project.read("out.txt"), "a'; \"b|{{.Names}} $WHO");
    assert!(project.refused(["run", &id, "--yes", hash, "--set", "WHO"]).contains("is not NAME=value"));
    assert!(project.refused(["run", &id, "--yes", hash, "--set-env", "NO_SUCH"]).contains("it is not set"));
}

#[test]
fn the_way_back_is_run_after_later_changes_were_named() {
    let project = Project::new();
    let args = [
        "--file",
        "src/api.py",
        "--rollback-command",
        "echo undone > back.txt",
        "--shipped-at",
        "2026-11-18",
        "--json",
    ];
    let output = project.shipnote(["log", "First"].into_iter().chain(args)).output().unwrap();
    let change: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let id = change["id"].as_str().unwrap();
    project.ok(["log", "Second", "--file", "src/api.py", "--shipped-at", "2026-11-19"]);
    let terminal = Terminal::open(&project);
    terminal.start(&format!("shipnote rollback {id} -m broke --run"));
    let screen = terminal.wait_for("Run it?");
    assert!(screen.contains("Later changes touched the same files") && screen.contains("Second"), "{screen}");
    terminal.enter("");
    terminal.wait_for("exit code 1");
    assert_eq!(project.json(["show", id, "--json"])["status"], "shipped");
    terminal.start(&format!("shipnote rollback {id} -m broke --run"));
    terminal.wait_for("Run it?");
    terminal.enter("y");
    terminal.wait_for("exit code 0");
    assert!(project.path("back.txt").exists());
    assert_eq!(project.json(["show", id, "--json"])["status"], "rolled-back");
}

#[test]
fn a_checklist_is_gone_through_while_recording() {
    let project = Project::new();
    let own = "title = \"Launch\"\n[[items]]\nkey = \"pager\"\ntext = \"The pager is set\"\nhow = \"page yourself\"\n\
               [[items]]\nkey = \"docs\"\ntext = \"The docs are written\"\n[[items]]\nkey = \"flag\"\ntext = \"The flag is off\"\n";
    project.write("checklists/launch.toml", own);
    let terminal = Terminal::open(&project);
    terminal.start("shipnote log One --owner o --checklist launch");
    let screen = terminal.wait_for("page yourself");
    assert!(screen.contains("The pager is set"), "{screen}");
    terminal.enter("");
    terminal.wait_for("What was seen?");
    terminal.enter("it rang");
    terminal.wait_for("The docs are written");
    terminal.key("Down");
    terminal.key("Enter");
    terminal.wait_for("Why not?");
    terminal.enter("nothing to say");
    terminal.wait_for("The flag is off");
    terminal.key("Escape");
    terminal.wait_for("exit code 0");
    let list = project.json(["list", "--json"]);
    let items = &list["changes"][0]["checklists"]["launch"];
    let state = |key: &str| items[key]["state"].as_str().unwrap().to_owned();
    assert_eq!([state("pager"), state("docs"), state("flag")], ["done", "not-applicable", "open"]);
    assert_eq!((&items["pager"]["note"], &items["docs"]["note"]), (&"it rang".into(), &"nothing to say".into()));

    terminal.start("shipnote log Two --owner o --checklist launch");
    terminal.wait_for("The pager is set");
    terminal.key("C-c");
    let screen = terminal.wait_for("exit code 0");
    assert!(screen.contains("Nothing was recorded."), "{screen}");
}
