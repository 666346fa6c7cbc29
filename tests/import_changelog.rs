//! `shipnote import changelog`: a change for each entry, once.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Soon\n\n## [1.1.0] - 2026-10-01\n\n### Fixed\n\n\
    - Retries of reads ([#7](https://git.example.com/shop/orders/pull/7))\n\n## 1.0.0\n\n- First\n";

#[test]
fn each_entry_becomes_a_change_once() {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.git(&["commit", "--quiet", "--allow-empty", "-m", "One"]);
    let mut tag = project.program("git");
    assert!(
        tag.args(["tag", "-m", "1", "v1.0.0"])
            .env("GIT_COMMITTER_DATE", "2026-09-01T10:00:00Z")
            .status()
            .unwrap()
            .success()
    );
    project.write("CHANGELOG.md", CHANGELOG);
    let import = ["import", "changelog", "CHANGELOG.md", "--service", "orders"];
    assert!(project.run(import).contains("3 imported, 0 unchanged, 0 left out"));
    assert!(project.run(import).contains("0 imported, 3 unchanged, 0 left out"));
    let lines = project.ok(["export", "json"]);
    let changes: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let field = |name: &str| changes.iter().map(|change| change[name].as_str().unwrap_or("none")).collect::<Vec<_>>();
    assert_eq!(field("title"), ["First", "Retries of reads (#7)", "Soon"]);
    assert_eq!(field("status"), ["shipped", "shipped", "draft"]);
    assert_eq!(field("shipped_at"), ["2026-09-01T10:00:00Z", "2026-10-01T00:00:00Z", "none"]);
    assert_eq!((field("kind")[1], field("service")[1]), ("fix", "orders"));
    assert_eq!(changes[1]["tags"], serde_json::json!(["1.1.0"]));

    // A new version above changes nothing of those below it.
    let more = CHANGELOG.replace("## [1.1.0]", "## [1.2.0] - 2026-11-01\n\n- More\n\n## [1.1.0]");
    assert!(project.run(["import", "changelog", "--service", "orders", "CHANGELOG.md"]).contains("3 unchanged"));
    project.write("CHANGELOG.md", &more);
    assert!(project.run(import).contains("1 imported, 3 unchanged"));
    assert!(project.refused(["import", "changelog", "missing.md"]).contains("missing.md"));
    let said = project.with_input(["import", "changelog", "-"], b"\xff## 1.0.0\n- a\n");
    assert_eq!(said.status.code(), Some(2));
}
