//! `log --from-git` records what `git show` says, in repositories of different shape, and executes nothing.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use support::project::Project;

fn repository() -> Project {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "-m", "chore: begin"]);
    project
}

fn commit(project: &Project, file: &str, message: &str) {
    project.write(file, message);
    project.git(&["add", "-A"]);
    project.git(&["commit", "--quiet", "-m", message]);
}

fn recorded(project: &Project, rev: &str) -> Value {
    project.json(["log", "--from-git", rev, "--json", "--quiet"])
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// What git itself says of the files of a commit: name and status, with renames taken apart.
fn files_by_git(project: &Project, rev: &str) -> BTreeSet<String> {
    let raw = project.git(&["show", "-z", "--first-parent", "-m", "--name-status", "--no-renames", "--format=", rev]);
    let fields: Vec<_> = raw.split('\0').filter(|field| !field.is_empty()).map(str::trim_start).collect();
    fields.chunks(2).map(|pair| pair[1].to_owned()).collect()
}

/// Compares a recorded change with `git show`, where the message is a plain one.
fn assert_says_what_git_says(project: &Project, rev: &str) {
    let change = recorded(project, rev);
    let show = |format: &str| project.git(&["show", "--no-patch", &format!("--format={format}"), rev]);
    let subject = show("%s");
    let title = change["title"].as_str().unwrap();
    assert!(subject.ends_with(title), "{subject} / {title}");
    assert_eq!(change["reason"].as_str().unwrap_or_default(), show("%b").trim(), "{rev}");
    assert_eq!(texts(&change["commits"]), [show("%H")]);
    assert_eq!(change["owner"], show("%aN"));
    let at: String = show("%cI").parse::<shipnote::model::Timestamp>().unwrap().to_string();
    assert_eq!(change["shipped_at"], at);
    let files: BTreeSet<_> = texts(&change["files"]).into_iter().map(str::to_owned).collect();
    assert_eq!(files, files_by_git(project, rev), "{rev}");
}

#[test]
fn a_plain_repository() {
    let project = repository();
    commit(
        &project,
        "services/orders/api.py",
        "perf(orders): cache the lookup (#812)\n\nClients retry.\n\nSigned-off-by: T <t@example.com>",
    );
    project.git(&["remote", "add", "origin", "https://oncall:hunter2@git.example.com/shop/orders.git"]);
    let change = recorded(&project, "HEAD");
    assert_eq!(change["title"], "cache the lookup (#812)");
    assert_eq!((&change["kind"], &change["reason"]), (&"performance".into(), &"Clients retry.".into()));
    assert_eq!((texts(&change["tags"]), texts(&change["files"])), (vec!["orders"], vec!["services/orders/api.py"]));
    assert_eq!((&change["branch"], &change["owner"]), (&"main".into(), &"Team Orders".into()));
    assert_eq!(change["links"][0]["url"], "https://git.example.com/shop/orders/pull/812");
    assert_says_what_git_says(&project, "HEAD~1");
    // Flags win; the owner comes from CODEOWNERS where there is one.
    project.write(".github/CODEOWNERS", "* @shop/team-platform\n/services/orders/ @shop/team-orders\n");
    let change = project.json(["log", "Another title", "--from-git", "HEAD", "--kind", "fix", "--json", "--quiet"]);
    assert_eq!((&change["title"], &change["kind"]), (&"Another title".into(), &"fix".into()));
    assert_eq!(change["owner"], "team-orders");
    let empty =
        project.shipnote(["log", "--from-git", "-q"]).current_dir(project.path("services/orders")).output().unwrap();
    assert!(empty.status.success(), "a subfolder is as good: {empty:?}");
}

#[test]
fn merges_renames_and_names_that_are_not_ascii() {
    let project = repository();
    commit(&project, "Prüfung/日本 語.txt", "Add a file\n\nWith a body of\nseveral lines.");
    assert_says_what_git_says(&project, "HEAD");
    project.git(&["mv", "Prüfung/日本 語.txt", "Prüfung/naïve.txt"]);
    project.git(&["commit", "--quiet", "-m", "Rename it"]);
    assert_says_what_git_says(&project, "HEAD");
    let change = recorded(&project, "HEAD");
    assert_eq!(texts(&change["files"]), ["Prüfung/naïve.txt", "Prüfung/日本 語.txt"]);
    project.git(&["checkout", "--quiet", "-b", "side"]);
    commit(&project, "side \"quoted\"\tname.txt", "On the side");
    assert_says_what_git_says(&project, "HEAD");
    project.git(&["checkout", "--quiet", "main"]);
    commit(&project, "main.txt", "On main");
    project.git(&["merge", "--quiet", "--no-ff", "-m", "Merge the side\n\nIt is done.", "side"]);
    assert_says_what_git_says(&project, "HEAD");
    assert_eq!(texts(&recorded(&project, "HEAD")["files"]), ["side \"quoted\"\tname.txt"]);
    let range = recorded(&project, "HEAD~2..HEAD");
    assert_eq!(range["title"], "3 commits: Merge the side");
    let by_git = project.git(&["rev-list", "--reverse", "HEAD~2..HEAD"]);
    assert_eq!(texts(&range["commits"]).len(), by_git.lines().count());
    assert!(range["reason"].as_str().unwrap().contains("- On the side"));
    project.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(recorded(&project, "HEAD")["branch"], Value::Null);
}

#[test]
fn ten_thousand_commits() {
    let project = repository();
    let mut stream = String::from("feature done\n");
    for number in 1..=10_000_u32 {
        let message = format!("Commit number {number}\n\nBecause of {}.\n", number * 7919 % 10_007);
        let content = number.to_string();
        stream += &format!(
            "commit refs/heads/long\ncommitter Team {} <team@example.com> {} +0200\ndata {}\n{message}\nM 100644 inline part{}/file{}.txt\ndata {}\n{content}\n",
            number % 13,
            1_700_000_000 + number * 60,
            message.len(),
            number % 20,
            number % 300,
            content.len(),
        );
    }
    stream += "done\n";
    let mut import = project.program("git").args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    for rev in ["long", "long~1", "long~17", "long~4999", "long~9998", "long~9999"] {
        assert_says_what_git_says(&project, rev);
    }
    let range = recorded(&project, "long~9999..long");
    assert_eq!(range["title"], "9999 commits: Commit number 10000");
    assert_eq!(range["files"].as_array().unwrap().len(), 300);
    let newest = project.git(&["rev-parse", "long"]);
    assert_eq!(texts(&range["commits"]).last(), Some(&newest.as_str()));
}

#[test]
fn what_cannot_be_read_is_said_with_what_to_do() {
    let project = repository();
    for (rev, expected) in [
        ("--output=stolen", "is not a revision"),
        ("nonsense", "git knows no revision `nonsense`"),
        ("shipnote.toml", "git knows no revision `shipnote.toml`"),
        ("HEAD..HEAD", "there are no commits in HEAD..HEAD"),
    ] {
        let said = project.refused(["log", &format!("--from-git={rev}")]);
        assert!(said.contains(expected), "{said}");
    }
    assert!(!project.path("stolen").exists());
    let outside = Project::new();
    assert!(outside.refused(["log", "--from-git"]).contains("there is no git repository"));
    outside.git(&["init", "--quiet"]);
    assert!(outside.refused(["log", "--from-git"]).contains("no commits yet"));
    let mut without_git = outside.shipnote(["log", "--from-git"]);
    let said = String::from_utf8(without_git.env("PATH", "/nowhere").output().unwrap().stderr).unwrap();
    assert!(said.contains("is it installed"), "{said}");
}

#[test]
fn a_hostile_repository_executes_nothing() {
    let project = repository();
    project.write("spy.sh", "#!/bin/sh\ntouch \"$SPY\"\ncat\n");
    let spy = format!("sh {}", project.path("spy.sh").display());
    project.write(".gitattributes", "*.txt diff=spy filter=spy\n");
    commit(&project, "a.txt", "First");
    commit(&project, "a.txt", "Second");
    for (name, value) in [
        ("log.showSignature", "true"),
        ("gpg.program", &spy),
        ("gpg.ssh.program", &spy),
        ("gpg.x509.program", &spy),
        ("diff.spy.textconv", &spy),
        ("diff.spy.command", &spy),
        ("diff.external", &spy),
        ("filter.spy.smudge", &spy),
        ("core.fsmonitor", &spy),
        ("core.pager", &spy),
        ("core.sshCommand", &spy),
        ("alias.log", &format!("!{spy}")),
        ("alias.rev-parse", &format!("!{spy}")),
        ("log.diffMerges", "on"),
    ] {
        project.git(&["config", name, value]);
    }
    let hooks = project.path("hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    project.git(&["config", "core.hooksPath", hooks.to_str().unwrap()]);
    let object = project.git(&["-c", "core.fsmonitor=false", "-c", "alias.log=", "rev-parse", "HEAD"]);
    // A commit that claims to be signed, so that a signature would be checked.
    let signed = format!(
        "tree {}\nauthor T <t@example.com> 1700000000 +0000\ncommitter T <t@example.com> 1700000000 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n\nSigned\n",
        project.git(&["-c", "core.fsmonitor=false", "rev-parse", "HEAD^{tree}"]),
    );
    project.write("signed", &signed);
    let signed = project.git(&["-c", "core.fsmonitor=false", "hash-object", "-t", "commit", "-w", "signed"]);
    let spied = project.path("spied");
    for rev in [signed.as_str(), object.as_str(), "HEAD", "HEAD~1..HEAD"] {
        let _ = std::fs::remove_file(&spied);
        let output = project.shipnote(["log", "--from-git", rev, "-q"]).env("SPY", &spied).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!spied.exists(), "{rev}: a program of the repository ran");
    }
    // The trap is real: plain git walks into it.
    let plain = project.program("git").args(["log", "-p", "-1", &signed]).env("SPY", &spied).output().unwrap();
    assert!(spied.exists(), "the repository is not hostile: {plain:?}");
}
