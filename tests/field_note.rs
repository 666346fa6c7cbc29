//! The story of the field note, from its first sentence to its last: a service is changed, the change is recorded with what
//! proves it, breaks, is seen to be broken, and is taken back.
//!
//! The service is a FastAPI application that runs. Its Python is made by `tests/run`; without it the test fails.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use support::project::{Project, transcript};

const GOOD: &str = r#"{"ok": true}"#;
const BAD: &str = r#"{"ok": false, "why": "the cache is full"}"#;

/// The Python that has FastAPI.
fn python() -> PathBuf {
    let python = std::env::var_os("SHIPNOTE_TEST_PYTHON")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/field-note/bin/python"), PathBuf::from);
    assert!(
        python.exists(),
        "{} is missing: tests/run makes it; SHIPNOTE_TEST_PYTHON names another one that has what \
         tests/field_note/requirements.txt asks for",
        python.display()
    );
    python
}

/// A running service, ended with the test.
struct Service {
    process: Child,
    url: String,
}

impl Service {
    /// Starts it in the folder of a project, on a port that is free.
    fn start(project: &Project) -> Self {
        project.write("app.py", include_str!("field_note/app.py"));
        project.write("health.json", GOOD);
        project.write("health.before.json", GOOD);
        let mut process = project
            .program(python())
            .args(["-B", "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "0", "--no-access-log"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It says where it listens when it does; at its end there is nothing more to read.
        let mut said = String::new();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            said += &format!("{line}\n");
            line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
        });
        let url = url.unwrap_or_else(|| panic!("the service did not start:\n{said}"));
        // Somebody has to read what it says, or it waits.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command line that ends with `code`; returns what it printed, on both.
fn ends(project: &Project, code: i32, args: &[&str]) -> String {
    let output: Output = project.shipnote(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", transcript(args, &output));
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

/// Records the change with what proves it and what takes it back.
fn log(project: &Project, service: &Service) -> String {
    let check = format!("http GET {}/health 200 {{\"ok\": true}} within 30s named health", service.url);
    let logged = project.json([
        "log",
        "Answer health checks from the cache",
        "--expected",
        "GET /health answers {\"ok\": true}",
        "--check",
        &check,
        "--rollback-command",
        "cp health.before.json health.json",
        "--owner",
        "team-orders",
        "--json",
    ]);
    logged["id"].as_str().unwrap().to_owned()
}

fn page(project: &Project, id: &str) -> String {
    project.ok(["publish", "--out", "site", "--quiet"]);
    project.read(&format!("site/changes/{id}.html"))
}

#[test]
fn a_change_is_proved_seen_to_break_and_taken_back() {
    let project = Project::new();
    let service = Service::start(&project);
    let id = log(&project, &service);
    it_is_proved(&project, &id);
    it_breaks(&project, &id);
    it_cannot_be_reached(&project, &id, &service);
    it_is_taken_back(&project, &id);
}

fn it_is_proved(project: &Project, id: &str) {
    let said = ends(project, 0, &["verify", id]);
    assert!(said.contains("✓ health") && said.contains("1 passed, 0 failed"), "{said}");
    let page = page(project, id);
    assert!(page.contains(">verified</span>") && page.contains("{&quot;ok&quot;:true}"), "{page}");
    assert!(ends(project, 0, &["search", "is:verified"]).contains(id));
}

fn it_breaks(project: &Project, id: &str) {
    project.write("health.json", BAD);
    let said = ends(project, 1, &["verify", "--all"]);
    let line = said.lines().find(|line| line.contains("✗ health")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("ok") && line.contains("false") && line.contains("true"), "it says what differed: {line}");
    let page = page(project, id);
    assert!(page.contains(">failing</span>") && page.contains("the cache is full"), "{page}");
    assert!(ends(project, 0, &["search", "is:failing"]).contains(id));
    assert!(ends(project, 0, &["show", id]).contains("✗ http GET"));
}

/// A check of something that is not there fails, and says so.
fn it_cannot_be_reached(project: &Project, id: &str, service: &Service) {
    project.ok(["edit", id, "--check", "http GET http://127.0.0.1:1/health 200 named gone", "--quiet"]);
    let evidence: serde_json::Value = serde_json::from_str(&ends(project, 1, &["verify", id, "--json"])).unwrap();
    let gone = &evidence["evidence"][1];
    assert_eq!((&gone["name"], &gone["outcome"]["conclusion"]), (&"gone".into(), &"error".into()));
    let check = format!("http GET {}/health 200 {{\"ok\": true}} within 30s named health", service.url);
    project.ok(["edit", id, "--clear", "checks", "--check", &check, "--quiet"]);
}

/// Without a terminal nothing runs before the hash of the commands is given.
fn it_is_taken_back(project: &Project, id: &str) {
    let back = ["rollback", id, "--reason", "the cache filled up", "--run"];
    let refused = ends(project, 2, &back);
    assert_eq!(project.read("health.json"), BAD, "nothing ran");
    let hash = refused.split_once("--yes ").and_then(|(_, rest)| rest.split_whitespace().next()).unwrap();
    let said = ends(project, 0, &[&back[..], &["--yes", hash]].concat());
    assert!(said.contains("is marked as rolled back"), "{said}");
    assert_eq!(project.read("health.json"), GOOD);
    let said = ends(project, 0, &["verify", id]);
    assert!(said.contains("✓ health"), "{said}");
    let page = page(project, id);
    assert!(page.contains(">verified</span>") && page.contains("rolled back"), "{page}");
}
