//! `export`, as a person uses it: what is chosen comes out, and what somebody wrote by hand stays.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use insta::assert_snapshot;
use shipnote::export::changelog::{BEGIN, END};
use support::files;
use support::project::Project;

const TIMEOUT: &str = "k7m2xq9dwv4p";
const EXPORT: &str = "g1xs4pf9dm7k";
const CACHE: &str = "p4w9c2m6xtr8";

/// Three changes: a fix of a release, a feature of the one before, a draft.
fn recorded() -> Project {
    let project = Project::new();
    let records = [
        format!(
            r#"{{"id": "{TIMEOUT}", "title": "=HYPERLINK(\"x\"), \"quoted\"", "kind": "fix", "owner": "team-orders",
                "service": "orders", "shipped_at": "2026-11-02", "tags": ["v1.10.0", "-1+1"], "reason": "one\ntwo",
                "commits": ["4be1d07c2f6a9835e01b7c4d8a2f6e9b3c5d7081"], "files": ["@api.py", "client.py"]}}"#
        ),
        format!(
            r#"{{"id": "{CACHE}", "title": "Cache the *order* lookup", "kind": "feature", "owner": "team-orders",
                "shipped_at": "2026-10-05", "tags": ["1.9.0"],
                "links": [{{"url": "https://example.com/pull/231", "title": "pull request"}}]}}"#
        ),
        format!(r#"{{"id": "{EXPORT}", "title": "Export in parts", "status": "draft", "owner": "team-billing"}}"#),
    ];
    for record in records {
        let output = project.with_input(["log", "--from", "-"], record.as_bytes());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    project
}

fn rows(text: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text.as_bytes()).records().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_spreadsheet_gets_a_row_a_change_and_no_formula() {
    let project = recorded();
    let text = project.ok(["export", "csv"]);
    assert_snapshot!(text.replace('\r', ""));
    assert!(text.lines().next().unwrap().starts_with("id,title,status,kind,owner,"));
    let rows = rows(&text);
    let ids: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(ids, [CACHE, TIMEOUT, EXPORT]);
    assert_eq!(&rows[1][1], "'=HYPERLINK(\"x\"), \"quoted\"");
    assert!(
        rows[1].iter().any(|cell| cell == "v1.10.0\n'-1+1") && rows[1].iter().any(|cell| cell == "'@api.py\nclient.py")
    );

    assert!(project.ok(["export", "csv", "--out", "changes.csv"]).is_empty());
    assert_eq!(project.read("changes.csv"), text);
    assert_eq!(rows_of(&project, ["export", "csv", "--owner", "team-billing"]), 1);
    assert_eq!(rows_of(&project, ["export", "csv", "--owner", "nobody"]), 0);
}

fn rows_of<const N: usize>(project: &Project, args: [&str; N]) -> usize {
    rows(&project.ok(args)).len()
}

#[test]
fn a_changelog_is_grouped_by_release_or_month() {
    let project = recorded();
    assert_snapshot!(project.run(["export", "changelog"]) + &project.run(["export", "changelog", "--by", "month"]));
    let billing = project.ok(["export", "changelog", "--owner", "team-billing"]);
    assert!(billing.contains("[Unreleased]") && !billing.contains("1.10.0"), "{billing}");
}

#[test]
fn a_changelog_keeps_what_was_written_by_hand() {
    let project = recorded();
    let export = || project.ok(["export", "changelog", "--out", "CHANGELOG.md"]);
    export();
    let new = project.read("CHANGELOG.md");
    assert_eq!(new, project.ok(["export", "changelog"]));
    export();
    assert_eq!(project.read("CHANGELOG.md"), new);

    project.write("CHANGELOG.md", &format!("# Ours\r\n\r\nBy hand.\r\n{BEGIN}\r\nold\r\n{END}\r\n## 0.1\r\nfirst"));
    export();
    let merged = project.read("CHANGELOG.md");
    assert!(merged.starts_with(&format!("# Ours\r\n\r\nBy hand.\r\n{BEGIN}\r\n\r\n## [Unreleased]\r\n")), "{merged}");
    assert!(merged.ends_with(&format!("\r\n\r\n{END}\r\n## 0.1\r\nfirst")) && !merged.contains("old"), "{merged}");
    let before = project.path("CHANGELOG.md").metadata().unwrap();
    export();
    assert_eq!(project.read("CHANGELOG.md"), merged);
    // The same file, not one that took its place.
    #[cfg(unix)]
    assert_eq!(inode(&project.path("CHANGELOG.md").metadata().unwrap()), inode(&before));

    project.ok(["delete", EXPORT, "--reason", "never shipped"]);
    export();
    assert!(!project.read("CHANGELOG.md").contains("[Unreleased]"));
}

#[cfg(unix)]
fn inode(file: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[test]
fn a_changelog_without_marks_is_refused_as_it_is() {
    let project = recorded();
    let mut said = String::new();
    for text in ["# Ours\n".to_owned(), format!("{END}\n{BEGIN}\n")] {
        project.write("CHANGELOG.md", &text);
        said += &project.run(["export", "changelog", "--out", "CHANGELOG.md"]);
        assert_eq!(project.read("CHANGELOG.md"), text);
    }
    assert_snapshot!(said);
}

#[test]
fn a_folder_of_records_reads_back_and_follows_what_is_chosen() {
    let project = recorded();
    let export = ["export", "markdown", "--out", "docs/records"];
    let first = project.run(export);
    assert!(first.contains("3 written, 0 unchanged, 0 removed"), "{first}");
    let names: Vec<_> = files(&project.path("docs/records")).into_keys().collect();
    assert_eq!(names, [".shipnote-records", &format!("{EXPORT}.md"), &format!("{TIMEOUT}.md"), &format!("{CACHE}.md")]);

    let other = Project::new();
    for id in [CACHE, TIMEOUT, EXPORT] {
        other.write("record.md", &project.read(&format!("docs/records/{id}.md")));
        other.ok(["log", "--from", "record.md"]);
    }
    assert_eq!(other.ok(["export", "json"]), project.ok(["export", "json"]));

    let by_hand = "abcdefghjkmn.md";
    project.write(&format!("docs/records/{by_hand}"), "# A note of ours\n");
    project.write("docs/records/README.md", "ours too\n");
    project.ok(["edit", CACHE, "--owner", "oncall"]);
    let again = project.run(export);
    assert!(again.contains("1 written, 2 unchanged, 0 removed"), "{again}");
    let chosen = project.run(["export", "markdown", "--out", "docs/records/", "--owner", "team-orders"]);
    assert!(chosen.contains("0 written, 1 unchanged, 2 removed"), "{chosen}");
    let names: Vec<_> = files(&project.path("docs/records")).into_keys().collect();
    assert_eq!(names, [".shipnote-records", "README.md", by_hand, &format!("{TIMEOUT}.md")]);
    assert!(project.run(["export", "markdown", "--out", "docs/records", "-q"]).ends_with("-q\nexit 0\n"));
}

#[test]
fn a_folder_that_is_not_ours_is_refused_untouched() {
    let project = recorded();
    project.write("notes/todo.md", "ours\n");
    project.write("file", "ours\n");
    let mut said = project.run(["export", "markdown", "--out", "notes"]);
    said += &project.run(["export", "markdown", "--out", "."]);
    said += &project.run(["export", "markdown", "--out", "file"]);
    said += &project.run(["export", "markdown"]);
    assert_snapshot!(said);
    assert_eq!(files(&project.path("notes")).len(), 1);
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_out_of_the_folder() {
    use std::os::unix::fs::symlink;
    let project = recorded();
    std::fs::create_dir(project.path("empty")).unwrap();
    symlink("empty", project.path("link")).unwrap();
    for out in ["link", "link/", "link/."] {
        let said = project.refused(["export", "markdown", "--out", out]);
        assert!(said.contains("is a symbolic link"), "{said}");
    }
    assert!(files(&project.path("empty")).is_empty());

    project.write("outside.md", "ours\n");
    project.ok(["export", "markdown", "--out", "records"]);
    let file = project.path(&format!("records/{CACHE}.md"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    symlink("../outside.md", &file).unwrap();
    project.ok(["export", "markdown", "--out", "records"]);
    assert_eq!((std::fs::read_to_string(&file).unwrap(), project.read("outside.md").as_str()), (text, "ours\n"));
}

#[test]
fn a_spreadsheet_is_imported_by_the_names_of_its_columns() {
    let project = Project::new();
    project.ok(["log", "Retry reads", "--tag", "v1.1.0", "--owner", "team-orders", "--quiet"]);
    project.ok(["export", "csv", "--out", "changes.csv"]);
    let other = Project::new();
    other.write("changes.csv", &project.read("changes.csv"));
    let map = "title=title,owner=owner,tags=tags,key=id";
    let import = ["import", "csv", "changes.csv", "--map", map, "--source", "sheet"];
    assert!(other.run(import).contains("1 imported"));
    assert!(other.run(import).contains("0 imported, 1 unchanged"));
    assert!(other.ok(["export", "json"]).contains("\"owner\":\"team-orders\""));
    let missing = other.refused(["import", "csv", "changes.csv", "--map", "title=Titel"]);
    assert!(missing.contains("there is no column `Titel`"), "{missing}");
}

#[test]
fn a_folder_of_records_comes_back_as_it_was() {
    let project = Project::new();
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let mut files: Vec<_> = std::fs::read_dir(demo).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let records: Vec<_> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    project.write("demo.json", &records.join("\n"));
    project.ok(["import", "json", "demo.json", "--quiet"]);
    project.ok(["export", "markdown", "--out", "changes"]);
    let other = Project::new();
    let folder = project.path("changes").display().to_string();
    assert!(other.run(["import", "markdown", &folder]).contains(&format!("{} imported", files.len())));
    assert_eq!(other.ok(["export", "json"]), project.ok(["export", "json"]));
    other.ok(["export", "markdown", "--out", "changes"]);
    for entry in std::fs::read_dir(project.path("changes")).unwrap() {
        let name = format!("changes/{}", entry.unwrap().file_name().to_str().unwrap());
        assert_eq!(other.read(&name), project.read(&name), "{name}");
    }
}
