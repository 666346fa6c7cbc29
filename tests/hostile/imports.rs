//! What other tools' files and commits say is text, too.

use serde_json::{Value, json};

use crate::looked_at::looked_at;
use crate::support::project::Project;
use crate::{ids, pages, texts};

/// Looks at what an import made of it, in the terminal and on pages.
fn took(project: &Project, args: &[&str], least: usize) {
    let output = looked_at(project, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let ids = ids(project);
    assert!(ids.len() >= least, "{args:?}: {} of {least}", ids.len());
    for id in ids.iter().step_by(5) {
        looked_at(project, &["show", id]);
    }
    for args in [&["list", "-n", "0"][..], &["list", "--json"], &["scan"], &["doctor"], &["search", "alert"]] {
        looked_at(project, args);
    }
    project.ok(["publish"]);
    pages::check(&project.path("site"));
    let mut outside = std::fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(outside.all(|name| !name.to_string_lossy().contains("shipnote-hostile")));
}

/// One line of each text.
fn lines() -> Vec<String> {
    texts().iter().map(|text| text.replace(['\n', '\r'], " ")).collect()
}

#[test]
fn every_import_takes_it_for_text() {
    let project = Project::new();
    let rows: String = lines().iter().map(|text| format!("\"{0}\",\"{0}\"\r\n", text.replace('"', "\"\""))).collect();
    project.write("table.csv", &format!("name,who\r\n{rows}"));
    took(&project, &["import", "csv", "table.csv", "--map", "title=name,owner=who,tags=who,files=who"], texts().len());

    let project = Project::new();
    let records: Vec<Value> =
        texts().iter().map(|text| json!({"n": text.replace(['\n', '\r'], " "), "b": text})).collect();
    project.write("records.json", &json!(records).to_string());
    took(&project, &["import", "json", "records.json", "--map", "title=n,reason=b,service=n"], texts().len());

    let project = Project::new();
    let entries: String = lines().iter().map(|text| format!("- {text}\n")).collect();
    project.write(
        "CHANGELOG.md",
        &format!("# Changelog\n\n## [1.0.0] - 2026-10-01\n\n### <script>alert(1)</script>\n\n{entries}"),
    );
    took(&project, &["import", "changelog", "CHANGELOG.md", "--service", "../../x"], texts().len() / 2);
}

#[test]
fn every_document_is_taken_for_text() {
    let project = Project::new();
    for (n, text) in texts().iter().enumerate() {
        let line = serde_json::to_string(&lines()[n]).unwrap();
        project.write(
            &format!("docs/{n}.md"),
            &format!("---\ntitle: {line}\nowner: {line}\ntags: [{line}]\n---\n\n{text}\n"),
        );
        let runbook = format!("# {text}\n\n## Meaning\n\n{text}\n\n## Mitigation\n\n```sh\n{text}\n```\n");
        project.write(&format!("docs/runbooks/r{n}.md"), &runbook);
        project.write(&format!("newsfragments/{n}.misc.md"), text);
        project.write(&format!("changes/{n}.yaml"), &format!("kind: {line}\nbody: {line}\ncomponent: {line}\n"));
    }
    looked_at(&project, &["import", "markdown", "docs", "--dry-run"]);
    took(&project, &["import", "markdown", "docs", "--keep-going"], texts().len() / 2);
    looked_at(&project, &["runbook", "list"]);
    looked_at(&project, &["import", "fragments", "newsfragments", "--dry-run"]);
    looked_at(&project, &["import", "fragments", "changes", "--dry-run"]);
    looked_at(&project, &["import", "fragments", "newsfragments"]);
    // YAML has no place for some of these characters.
    took(&project, &["import", "fragments", "changes", "--keep-going"], texts().len());
}

#[test]
fn every_commit_is_taken_for_text() {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    for (n, text) in texts().iter().enumerate() {
        let name = format!("a\u{1b}]0;owned\u{7}{n}\u{202e}=cmd|'<script>.txt");
        project.write(&name, text);
        project.git(&["add", "--", &name]);
        let author = format!("{} <a@example.com>", lines()[n].replace(['<', '>'], "_"));
        project.git(&["commit", "--quiet", "--cleanup=verbatim", "--author", &author, "-m", text]);
    }
    took(&project, &["import", "git"], texts().len());
    looked_at(&project, &["log", "--from-git", "--dry-run"]);
    looked_at(&project, &["why", "a\u{1b}]0;owned\u{7}0\u{202e}=cmd|'<script>.txt:1"]);
}
