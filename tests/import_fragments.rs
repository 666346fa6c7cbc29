//! `shipnote import fragments`: a draft for each fragment of changie, changesets and towncrier, once.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use serde_json::Value;
use support::project::Project;

fn changes(project: &Project) -> Vec<Value> {
    project.ok(["export", "json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn one<'c>(changes: &'c [Value], title: &str) -> &'c Value {
    changes.iter().find(|change| change["title"] == title).unwrap()
}

#[test]
fn each_fragment_becomes_a_draft_once() {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.git(&["remote", "add", "origin", "https://git.example.com/shop/orders.git"]);
    project.write(".changie.yaml", "kinds:\n  - label: Bug fixes\n    key: cure\n");
    project.write(
        ".changes/unreleased/api-cure-1.yaml",
        "component: api\nkind: cure\nbody: Retries of reads end\ntime: 2026-10-01T10:00:00Z\ncustom:\n  Issue: 7\n",
    );
    project.write(".changes/v1.0.0.md", "## 1.0.0\n- First\n");
    project.write(".changeset/config.json", "{}");
    project.write(".changeset/README.md", "# Changesets\n");
    project.write(".changeset/brave-cats.md", "---\n\"@shop/orders\": minor\n---\n\nA lookup in memory\n");
    project.write("pyproject.toml", "[[tool.towncrier.type]]\ndirectory = \"perk\"\nname = \"New perks\"\n");
    project.write("newsfragments/12.perk.md", "Pages are searched without a network.\n");
    project.write("newsfragments/+quiet.misc.rst", "The log says less.\n");
    project.git(&["add", "--all"]);
    project.git(&["commit", "--quiet", "-m", "Fragments"]);

    let preview = project.ok(["import", "fragments", "newsfragments", "--dry-run"]);
    assert!(preview.contains("12.perk.md       towncrier  Pages are searched without a network."), "{preview}");
    assert!(changes(&project).is_empty());
    for (folder, expected) in [
        (".changes", "1 imported, 0 unchanged, 1 left out"),
        (".changeset", "1 imported, 0 unchanged, 2 left out"),
        ("newsfragments", "2 imported, 0 unchanged, 0 left out"),
    ] {
        let said = project.run(["import", "fragments", folder, "--service", "orders"]);
        assert!(said.contains(expected), "{said}");
        let again = expected.replace(" imported, 0 unchanged", " unchanged").replacen("", "0 imported, ", 1);
        let said = project.run(["import", "fragments", folder, "--service", "orders"]);
        assert!(said.contains(&again), "{said}");
    }
    let changes = changes(&project);
    let retries = one(&changes, "Retries of reads end");
    assert_eq!((&retries["kind"], &retries["created_at"]), (&"fix".into(), &"2026-10-01T10:00:00Z".into()));
    assert_eq!(retries["links"][0]["url"], "https://git.example.com/shop/orders/issues/7");
    let cache = one(&changes, "A lookup in memory");
    assert_eq!((&cache["kind"], &cache["tags"]), (&"feature".into(), &serde_json::json!(["@shop/orders"])));
    let perk = one(&changes, "Pages are searched without a network.");
    assert_eq!((&perk["kind"], &perk["links"][0]["url"]), (&"feature".into(), &retries_page(12)));
    assert_eq!(perk["created_at"], "2026-11-20T14:05:00Z", "that of the commit");
    for change in &changes {
        assert_eq!((&change["status"], &change["service"]), (&"draft".into(), &"orders".into()));
    }
    // It is found, and shipped like any other draft.
    let id = cache["id"].as_str().unwrap();
    project.ok(["ship", id]);
    assert!(
        project.run(["import", "fragments", ".changeset", "--service", "orders"]).contains("0 imported, 1 unchanged")
    );
}

fn retries_page(number: u32) -> Value {
    format!("https://git.example.com/shop/orders/issues/{number}").into()
}

#[test]
fn what_is_refused_names_the_file_and_the_rest_can_be_kept() {
    let project = Project::new();
    project.write("news/1.feature.md", "One\n");
    std::fs::write(project.path("news/logo.png"), [0x89, 0xff]).unwrap();
    project.write("news/bad.yaml", "kind: Added\nbody: Text\ntime: yesterday\n");
    let refused = project.refused(["import", "fragments", "news"]);
    assert!(
        refused.contains("bad.yaml was refused, nothing was stored") && refused.contains("time `yesterday`"),
        "{refused}"
    );
    assert!(changes(&project).is_empty());
    let kept = project.run(["import", "fragments", "news", "--keep-going"]);
    assert!(kept.contains("1 imported, 0 unchanged, 2 left out") && kept.contains("left out: bad.yaml:"), "{kept}");
    std::fs::write(project.path("news/2.feature.md"), [0xff, 0xfe]).unwrap();
    std::fs::write(project.path("news/3.feature.md"), vec![b'x'; 9 << 20]).unwrap();
    let kept = project.run(["import", "fragments", "news", "--keep-going"]);
    assert!(kept.contains("0 imported, 1 unchanged, 4 left out"), "{kept}");
    assert!(project.refused(["import", "fragments", "missing"]).contains("missing is no folder"));
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_left_out() {
    let project = Project::new();
    project.write("news/1.feature.md", "Good\n");
    project.write("secret", "secret\n");
    std::os::unix::fs::symlink(project.path("secret"), project.path("news/2.feature.md")).unwrap();
    assert!(project.program("mkfifo").arg("news/3.feature.md").status().unwrap().success());
    let said = project.run(["import", "fragments", "news"]);
    assert!(said.contains("1 imported, 0 unchanged, 1 left out") && said.contains("no plain file"), "{said}");
}
