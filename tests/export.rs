//! `shipnote export`: a spreadsheet and a changelog.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

fn recorded() -> Project {
    let project = Project::new();
    for (title, kind, tag) in [("=1+1 endpoint", "feature", "v1.0.0"), ("Retry *reads*", "fix", "v1.1.0")] {
        project.ok(["log", title, "--kind", kind, "--tag", tag, "--owner", "team-orders", "--quiet"]);
    }
    project
}

#[test]
fn a_spreadsheet_holds_every_change_and_no_formula() {
    let project = recorded();
    let table = project.ok(["export", "csv"]);
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("id,title,status,kind,owner,service,"));
    assert!(lines.next().unwrap().contains(",'=1+1 endpoint,shipped,feature,team-orders,"));
    assert_eq!(lines.count(), 1);
    project.ok(["export", "csv", "--kind", "fix", "--out", "fixes.csv"]);
    assert_eq!(project.read("fixes.csv").lines().count(), 2);
    // It is read back by the names of its columns.
    let other = Project::new();
    other.write("fixes.csv", &project.read("fixes.csv"));
    let import =
        ["import", "csv", "fixes.csv", "--map", "title=title,owner=owner,tags=tags,key=id", "--source", "sheet"];
    assert!(other.run(import).contains("1 imported"));
    assert!(other.run(import).contains("0 imported, 1 unchanged"));
    assert!(
        other.refused(["import", "csv", "fixes.csv", "--map", "title=Titel"]).contains("there is no column `Titel`")
    );
}

#[test]
fn a_changelog_is_brought_up_to_date_between_its_marks() {
    let project = recorded();
    let export = ["export", "changelog", "--out", "CHANGELOG.md"];
    project.ok(export);
    let first = project.read("CHANGELOG.md");
    assert!(first.contains("## 1.1.0 - 2026-11-20\n\n### Fixed\n\n- Retry \\*reads\\* `"), "{first}");
    assert!(first.find("## 1.1.0").unwrap() < first.find("## 1.0.0").unwrap());
    let edited = format!("# What changed\n\nBy hand.\n{}\nOlder.\n", first.strip_prefix("# Changelog\n").unwrap());
    project.write("CHANGELOG.md", &edited);
    project.ok(export);
    assert_eq!(project.read("CHANGELOG.md"), edited);
    project.write("CHANGELOG.md", "# Changelog\n");
    assert!(project.refused(export).contains("it has no lines <!-- shipnote:begin -->"));
    assert_eq!(project.read("CHANGELOG.md"), "# Changelog\n");
    assert!(project.ok(["export", "changelog", "--by", "month"]).starts_with("## 2026-11\n"));
    assert!(project.refused(["export", "csv", "--by", "month"]).contains("--by is for a changelog"));
}

#[test]
fn a_folder_of_markdown_comes_back_as_it_was() {
    let project = Project::new();
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let mut files: Vec<_> = std::fs::read_dir(demo).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let records: Vec<_> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    project.write("demo.json", &records.join("\n"));
    project.ok(["import", "json", "demo.json", "--quiet"]);
    project.ok(["export", "markdown", "--out", "changes"]);
    let lines = project.ok(["export", "json"]);
    let other = Project::new();
    let folder = project.path("changes").display().to_string();
    assert!(other.run(["import", "markdown", &folder]).contains(&format!("{} imported", files.len())));
    assert_eq!(other.ok(["export", "json"]), lines);
    other.ok(["export", "markdown", "--out", "changes"]);
    let names = |project: &Project| {
        let entries = std::fs::read_dir(project.path("changes")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&other), names(&project));
    for name in names(&project) {
        assert_eq!(other.read(&format!("changes/{name}")), project.read(&format!("changes/{name}")), "{name}");
    }

    // Fewer of them: the others go, what somebody put there stays.
    project.write("changes/README.md", "mine");
    project.ok(["export", "markdown", "--out", "changes", "--kind", "fix"]);
    let fixes = project.ok(["export", "json", "--kind", "fix"]).lines().count();
    assert_eq!(names(&project).len(), fixes + 2);
    assert_eq!(project.read("changes/README.md"), "mine");
    project.write("foreign/notes.txt", "mine");
    assert!(project.refused(["export", "markdown", "--out", "foreign"]).contains("holds other files"));
    assert!(project.refused(["export", "markdown"]).contains("add --out FOLDER"));
}
