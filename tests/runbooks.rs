//! Runbooks as a team uses them: written, edited, imported, grown, found, followed, published, taken away.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use support::project::Project;

const RESTART: &str = "+++\ntitle = \"Restart orders\"\nowner = \"oncall\"\nservice = \"orders\"\nalerts = [\"OrdersDown\"]\n\
    [[variables]]\nname = \"WHO\"\ndefault = \"nobody\"\n+++\n\n## Mitigation\n\n```sh name=\"Write it\"\necho \"$WHO\" > out.txt\n```\n\n\
    ```console name=\"Say it\"\n$ echo said >> out.txt\nsaid\n```\n\n## Rollback\n\n```sh\nrm out.txt\n```\n";

fn hash(project: &Project, name: &str) -> String {
    let printed = project.shipnote(["trust", name]).output().unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    text.lines().find_map(|line| line.trim().strip_prefix("hash")).unwrap().trim().to_owned()
}

fn log(project: &Project, title: &str, rest: &[&str]) -> String {
    let args = ["log", title, "--json", "--owner", "team-orders", "--service", "orders"];
    let output = project.shipnote(args.into_iter().chain(rest.iter().copied())).output().unwrap();
    let change: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    change["id"].as_str().unwrap().to_owned()
}

#[test]
fn it_is_written_edited_followed_and_taken_away() {
    let project = Project::new();
    project.write("restart.md", RESTART);
    assert!(project.ok(["runbook", "new", "--file", "restart.md"]).contains("ordersdown"));
    assert!(project.refused(["runbook", "new", "--file", "restart.md"]).contains("of the name ordersdown already"));
    assert_eq!(project.ok(["runbook", "show", "ordersdown", "--markdown"]).matches("title = ").count(), 1);

    let hash = hash(&project, "ordersdown");
    project.ok(["run", "ordersdown", "--yes", &hash]);
    assert_eq!(project.read("out.txt"), "nobody\nsaid\n");
    project.ok(["run", "ordersdown", "--yes", &hash, "--only", "Write it", "--set", "WHO=us"]);
    assert_eq!(project.read("out.txt"), "us\n");
    assert!(project.ok(["runbook", "show", "ordersdown"]).contains("Last run"));

    project.write("edited.md", &RESTART.replace("oncall", "team-orders"));
    project.ok(["runbook", "edit", "ordersdown", "--file", "edited.md"]);
    let history = project.ok(["runbook", "show", "ordersdown", "--history"]);
    assert!(history.contains("revision 2") && history.contains("+owner = \"team-orders\""), "{history}");
    project.write("renamed.md", &RESTART.replace("owner", "name = \"other\"\nowner"));
    assert!(project.refused(["runbook", "edit", "ordersdown", "--file", "renamed.md"]).contains("name: must stay"));

    project.ok(["runbook", "delete", "ordersdown", "--reason", "gone"]);
    assert!(project.refused(["runbook", "show", "ordersdown"]).contains("there is no runbook"));
    assert!(project.ok(["runbook", "show", "ordersdown", "--history"]).contains("gone"));
}

#[test]
fn files_are_imported_once_without_loss_and_run_after_trust() {
    let project = Project::new();
    let body = "\n# KubeAPIDown\n\n## Meaning\n\nIt is *down*.  \n\n```shell\n$ echo up > out.txt\nup\n```\n\r\nend";
    project.write("docs/kubernetes/KubeAPIDown.md", &format!("---\ntitle: Kube API Down\nweight: 20\n---\n{body}"));
    project.write("docs/_index.md", "---\ntitle: all\n---\n");
    project.write("docs/broken.md", "---\ntitle: [\n---\n");
    let said = project.ok(["runbook", "import", "docs", "--service", "kubernetes"]);
    assert_eq!(said, "1 imported, 0 unchanged, 1 left out\n");
    let runbook = project.json(["runbook", "show", "kubeapidown", "--json"]);
    assert_eq!((&runbook["body"], &runbook["extra"]["weight"]), (&body.into(), &20.into()));
    assert_eq!((&runbook["alerts"][0], &runbook["service"]), (&"KubeAPIDown".into(), &"kubernetes".into()));
    assert_eq!(project.ok(["runbook", "import", "docs"]), "0 imported, 1 unchanged, 1 left out\n");

    assert!(project.refused(["run", "kubeapidown"]).contains("nobody looked at"));
    let hash = hash(&project, "kubeapidown");
    project.ok(["run", "kubeapidown", "--yes", &hash]);
    assert_eq!(project.read("out.txt"), "up\n");

    let there = |more: &str| {
        let text = format!("---\ntitle: Kube API Down\n---\n{body}\n{more}");
        project.write("docs/kubernetes/KubeAPIDown.md", &text);
    };
    there("more");
    assert_eq!(project.ok(["runbook", "import", "docs"]), "1 imported, 0 unchanged, 1 left out\n");
    assert_eq!(project.json(["runbook", "show", "kubeapidown", "--json"])["revision"], 2);

    // An edit here stays until somebody decides, and what was deleted here stays away.
    project.write("mine.md", "+++\ntitle = \"Mine\"\n+++\nmine\n");
    project.ok(["runbook", "edit", "kubeapidown", "--file", "mine.md"]);
    assert_eq!(project.ok(["runbook", "import", "docs"]), "0 imported, 1 unchanged, 1 left out\n");
    there("still more");
    let import = || project.shipnote(["runbook", "import", "docs"]).output().unwrap();
    assert!(String::from_utf8(import().stderr).unwrap().contains("was edited here and changed there"));
    assert_eq!(project.json(["runbook", "show", "kubeapidown", "--json"])["title"], "Mine");
    project.ok(["runbook", "delete", "kubeapidown", "--reason", "gone"]);
    assert!(String::from_utf8(import().stderr).unwrap().contains("kubeapidown was deleted on"));
}

#[test]
fn it_is_grown_from_changes_and_stale_when_they_are_taken_back() {
    let project = Project::new();
    let symptom = ["--symptom", "ReadTimeout: timed out", "--file", "src/api.py", "--rollback-command", "echo back"];
    let one = log(&project, "Raise the timeout", &[&symptom[..], &["--command", "echo raise"]].concat());
    let two = log(&project, "Cache the lookup", &[&symptom[..], &["--command", "echo cache"]].concat());
    project.ok(["runbook", "from", &one, &two, "--title", "Orders time out"]);
    let text = project.ok(["runbook", "show", "orders-time-out"]);
    for part in ["Seen 2 times", "ReadTimeout: timed out", "echo raise", "echo cache", "## Rollback", &one, &two] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("stale"));
    project.ok(["rollback", &one, "--reason", "worse"]);
    assert!(project.ok(["runbook", "show", "orders-time-out"]).contains(&format!("{one} was rolled back")));
    assert!(project.ok(["runbook", "list"]).contains("stale"));
}

#[test]
fn it_is_found_and_published_by_service_and_alert() {
    let project = Project::new();
    log(&project, "Cache the lookup", &[]);
    project.write("restart.md", RESTART);
    project.ok(["publish", "--check"]);
    assert!(!project.read("site/index.html").contains("runbooks/index.html"));
    project.ok(["runbook", "new", "--file", "restart.md"]);
    let found = project.json(["search", "OrdersDown", "--json"]);
    assert_eq!(found["runbooks"][0]["name"], "ordersdown");
    assert!(project.ok(["search", "mitigation service:orders"]).contains("Restart orders"));
    assert_eq!(project.shipnote(["search", "mitigation service:billing"]).output().unwrap().status.code(), Some(1));

    project.ok(["publish", "--check"]);
    assert!(project.read("site/index.html").contains("runbooks/index.html"));
    assert!(project.read("site/services/orders.html").contains("../runbooks/ordersdown.html"));
    let index = project.read("site/runbooks/index.html");
    assert!(index.contains("OrdersDown") && index.contains("../services/orders.html"), "{index}");
    let page = project.read("site/runbooks/ordersdown.html");
    assert!(page.contains("run ordersdown") && page.contains("<h3>Mitigation</h3>"), "{page}");
    project.ok(["runbook", "delete", "ordersdown", "--reason", "gone"]);
    project.ok(["publish", "--check"]);
    assert!(!project.path("site/runbooks/ordersdown.html").exists());
    assert!(!project.read("site/services/orders.html").contains("runbooks/ordersdown"));
}

#[test]
fn a_secret_is_refused_and_masked_on_import() {
    let project = Project::new();
    let key = ["AKIA", "Q3EGRZTQHWJ4XN2M"].concat();
    project.write("leak.md", &format!("# Leak\n\nkey {key}\n"));
    assert!(project.refused(["runbook", "new", "--file", "leak.md"]).contains("body: looks like"));
    project.write("default.md", &RESTART.replace("nobody", &key));
    assert!(project.refused(["runbook", "new", "--file", "default.md"]).contains("variables[0].default: looks like"));
    project.ok(["runbook", "import", "leak.md"]);
    let text = project.ok(["runbook", "show", "leak"]);
    assert!(text.contains("[masked:") && !text.contains(&key), "{text}");
}
