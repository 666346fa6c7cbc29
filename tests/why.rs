//! `why` tells which changes made a file, through its renames, and which one made a line.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use serde_json::Value;
use support::project::{Project, transcript};

fn repository() -> Project {
    let project = Project::new();
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project
}

/// Commits everything; returns the hash.
fn commit(project: &Project, message: &str) -> String {
    project.git(&["add", "-A"]);
    project.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
    project.git(&["rev-parse", "HEAD"])
}

fn record(project: &Project, title: &str, file: &str) -> String {
    let change = project.json(["log", title, "--file", file, "--json", "--quiet"]);
    change["id"].as_str().unwrap().to_owned()
}

/// Records a change of no file that holds a commit.
fn record_commit(project: &Project, title: &str, hash: &str) {
    let draft = serde_json::json!({
        "title": title,
        "reason": "Clients retry.",
        "owner": "team-orders",
        "expected": "p95 under 200 ms",
        "rollback": {"command": "git revert HEAD"},
        "commits": [hash],
    });
    let output = project.with_input(["log", "--from", "-", "--quiet"], draft.to_string().as_bytes());
    assert!(output.status.success(), "{}", transcript(&["log"], &output));
}

/// Exit code, standard output and standard error.
fn why<const N: usize>(project: &Project, args: [&str; N]) -> (i32, String, String) {
    let output = project.shipnote(["why"].iter().chain(&args)).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// The titles of a listing that must succeed, joined.
fn titles(project: &Project, path: &str) -> String {
    let found = project.json(["why", path, "--json"]);
    assert_eq!(found["schema"], "shipnote.changes/1");
    let titles = found["changes"].as_array().unwrap().iter().map(|change| change["title"].as_str().unwrap());
    titles.collect::<Vec<_>>().join(", ")
}

const BODY: &str = "def a():\n    return 1\n\ndef b():\n    return 2\n";

#[test]
fn a_file_that_was_renamed_twice_keeps_its_history() {
    let project = repository();
    project.write("src/old.py", BODY);
    commit(&project, "one");
    record(&project, "First", "src/old.py");
    project.git(&["mv", "src/old.py", "src/mid.py"]);
    commit(&project, "two");
    record(&project, "Second", "src/mid.py");
    std::fs::create_dir(project.path("lib")).unwrap();
    project.git(&["mv", "src/mid.py", "lib/new.py"]);
    project.write("lib/new.py", &format!("{BODY}# more\n"));
    commit(&project, "three");
    record(&project, "Third", "lib/new.py");
    record(&project, "Another", "src/other.py");

    let (code, data, said) = why(&project, ["lib/new.py"]);
    assert_eq!((code, data.lines().count()), (0, 3), "{data}");
    assert!(data.lines().zip(["Third", "Second", "First"]).all(|(line, title)| line.contains(title)), "{data}");
    assert_eq!(said, "also known as src/mid.py, src/old.py\n");
    let found = project.json(["why", "lib/new.py", "--json"]);
    assert_eq!(found["names"], serde_json::json!(["lib/new.py", "src/mid.py", "src/old.py"]));
    assert_eq!((&found["path"], &found["commit"], &found["line"]), (&"lib/new.py".into(), &Value::Null, &Value::Null));

    let (_, data, said) = why(&project, ["lib/new.py", "-n", "1"]);
    assert!(data.contains("Third") && data.lines().count() == 1, "{data}");
    assert!(said.contains("there are more; -n 0 lists all"), "{said}");
    assert_eq!(why(&project, ["lib/new.py", "-n", "3", "--quiet"]).2, "");
    // An earlier name has what was recorded until then.
    assert_eq!(titles(&project, "src/mid.py"), "Second, First");
    // From another folder, by another spelling, and after it was deleted.
    let below = project.shipnote(["why", "../lib/./new.py"]).current_dir(project.path("src")).output().unwrap();
    assert_eq!(String::from_utf8(below.stdout).unwrap().lines().count(), 3);
    let whole = project.path("lib/new.py");
    assert_eq!(titles(&project, whole.to_str().unwrap()), "Third, Second, First");
    project.git(&["rm", "--quiet", "lib/new.py"]);
    commit(&project, "four");
    assert_eq!(titles(&project, "lib/new.py"), "Third, Second, First");
}

#[test]
fn a_line_leads_to_the_change_that_made_it() {
    let project = repository();
    project.write("src/old.py", BODY);
    let first = commit(&project, "perf: begin");
    project.git(&["mv", "src/old.py", "src/api.py"]);
    project.write("src/api.py", &BODY.replace("return 2", "return 3"));
    let second = commit(&project, "fix: count to three\n\nBecause.");
    record(&project, "Touched the file", "src/api.py");

    // Not recorded: the commit is said, and the changes of the file follow.
    let (code, data, said) = why(&project, ["src/api.py:5"]);
    assert_eq!((code, data.lines().count()), (0, 1));
    assert!(data.contains("Touched the file"), "{data}");
    let expected = format!("commit {} of 2026-11-20: fix: count to three\nNo record holds that commit.", &second[..12]);
    assert!(said.contains(&expected), "{said}");
    assert!(said.contains(&format!("hint: shipnote log --from-git {}\n", &second[..12])), "{said}");
    let found = project.json(["why", "src/api.py:5", "--json"]);
    assert_eq!((&found["commit"], &found["line"]), (&second.as_str().into(), &Value::Null));
    assert_eq!(found["changes"][0]["title"], "Touched the file");

    // By its whole hash, by the beginning of it, and through the rename.
    record_commit(&project, "Whole", &second);
    record_commit(&project, "Abbreviated", &first[..7]);
    let (code, data, said) = why(&project, ["src/api.py:5"]);
    assert_eq!((code, said.as_str()), (0, ""));
    for part in ["Whole", "shipped", "team-orders", "p95 under 200 ms", "git revert HEAD", "Clients retry."] {
        assert!(data.contains(part), "{part}: {data}");
    }
    assert!(!data.contains("Commits") && !data.contains("Touched the file"), "{data}");
    assert!(why(&project, ["src/api.py:1:9"]).1.contains("Abbreviated"));
    let found = project.json(["why", "src/api.py:1", "--json"]);
    assert_eq!((&found["commit"], &found["line"]), (&first.as_str().into(), &1.into()));
    assert_eq!(found["changes"].as_array().unwrap().len(), 1);

    // A trailer comes first, and a record it names that is not here is passed over.
    let id = record(&project, "Named by the trailer", "elsewhere.py");
    project.write("src/api.py", &BODY.replace("return 1", "return 4").replace("return 2", "return 3"));
    let third = commit(&project, &format!("Count\n\nChange-Record: {id}\nChange-Record: zzzzzzzzzzzz"));
    record_commit(&project, "By its hash", &third);
    let (_, data, _) = why(&project, ["src/api.py:2"]);
    assert!(data.contains("Named by the trailer") && !data.contains("By its hash"), "{data}");
}

#[test]
fn lines_of_the_work_tree() {
    let project = repository();
    project.write("api.py", BODY);
    let hash = commit(&project, "one");
    record_commit(&project, "Made it", &hash);
    // The same line stands elsewhere in a file that is being changed; what is new is not committed.
    project
        .write("api.py", &format!("import os\r\n\r\n{}", BODY.replace("return 1", "return 7").replace('\n', "\r\n")));
    assert!(why(&project, ["api.py:7"]).1.contains("Made it"));
    for line in ["api.py:1", "api.py:4"] {
        let (code, data, said) = why(&project, [line]);
        assert_eq!((code, data.as_str()), (1, ""), "{said}");
        assert!(said.starts_with(&format!("Line {} of api.py is not committed yet.", &line[7..])), "{said}");
        assert!(said.contains("No recorded change touched api.py"), "{said}");
    }
    for (line, expected) in [
        ("api.py:8", "error: api.py has 7 lines, there is no line 8\nhint: "),
        ("api.py:0", "there is no line 0"),
        ("api.py:99999999999999999999999", "there is no line 18446744073709551615"),
    ] {
        let said = project.refused(["why", line]);
        assert!(said.contains(expected), "{said}");
    }
    project.write("new.py", "");
    assert!(project.refused(["why", "new.py:1"]).contains("new.py has 0 lines"));
    project.write("new.py", "a\n");
    assert!(why(&project, ["new.py:1"]).2.contains("is not committed yet"));
    assert!(why(&project, ["gone.py:1"]).2.contains("There is no gone.py, neither here nor in the last commit."));
    // Deleted here, still committed.
    std::fs::remove_file(project.path("api.py")).unwrap();
    assert!(why(&project, ["api.py:5"]).1.contains("Made it"));
    assert!(project.refused(["why", "api.py:6"]).contains("api.py has 5 lines"));
    #[cfg(unix)]
    {
        // What a link leads to is not the file: this one would never end.
        std::os::unix::fs::symlink("/dev/zero", project.path("api.py")).unwrap();
        assert!(why(&project, ["api.py:5"]).1.contains("Made it"));
    }
}

#[test]
fn without_git_the_records_alone_tell() {
    let project = Project::new();
    project.write("src/api.py", BODY);
    record(&project, "From the root", "src/api.py");
    let nothing = project.shipnote(["why", "src/api.py", "--quiet"]).env("PATH", "/nowhere").output().unwrap();
    assert!(nothing.status.success(), "{}", transcript(&[], &nothing));
    assert_eq!(titles(&project, "src/api.py"), "From the root");
    let below = project.shipnote(["why", "api.py", "-q"]).current_dir(project.path("src")).output().unwrap();
    assert!(String::from_utf8_lossy(&below.stdout).contains("From the root"));
    let (code, data, said) = why(&project, ["src/api.py:2"]);
    assert!(code == 0 && data.contains("From the root"), "{data}");
    assert!(said.contains("There is no git repository with src/api.py"), "{said}");
    let (code, data, said) = why(&project, ["src/gone.py"]);
    assert_eq!((code, data.as_str(), said.as_str()), (1, "", "No recorded change touched src/gone.py.\n"));
    let found: Value = serde_json::from_str(&why(&project, ["src/gone.py", "--json"]).1).unwrap();
    assert_eq!(found["changes"], serde_json::json!([]));
    // No commit yet, and a path that leads out.
    project.git(&["init", "--quiet"]);
    assert_eq!(titles(&project, "src/api.py"), "From the root");
    assert!(why(&project, ["src/api.py:1"]).2.contains("not committed yet"));
    record(&project, "Outside", "/etc/orders.conf");
    assert_eq!(titles(&project, "/etc/orders.conf"), "Outside");
    assert_eq!(why(&project, ["../nowhere"]).0, 1);
}

#[test]
fn records_that_write_a_path_another_way() {
    let project = repository();
    for file in ["README.md", "docs/README.md", "src/api.py", "src/deep/x.py"] {
        project.write(file, file);
    }
    commit(&project, "one");
    record(&project, "Of the docs", "docs/README.md");
    record(&project, "With a dot", "./README.md");
    record(&project, "With the repository", "orders/README.md");
    record(&project, "From below", "api.py");
    let whole = project.path("README.md");
    record(&project, "Whole", whole.to_str().unwrap());
    assert_eq!(titles(&project, "README.md"), "Whole, With the repository, With a dot");
    assert_eq!(titles(&project, "docs/README.md"), "Of the docs");
    // What was recorded as it is typed in the folder is found when nothing else is.
    let below = project.shipnote(["why", "api.py"]).current_dir(project.path("src")).output().unwrap();
    assert!(String::from_utf8_lossy(&below.stdout).contains("From below"));
    assert_eq!(String::from_utf8_lossy(&below.stderr), "none names src/api.py; these name api.py\n");
    // A folder has the changes of what is in it.
    record(&project, "Deep", "src/deep/x.py");
    assert_eq!(titles(&project, "src"), "Deep");
}

#[test]
fn names_that_mean_something_elsewhere() {
    let project = repository();
    let names = [
        "Prüfung/日本 語.txt",
        "-rf",
        "--output=stolen",
        "odd:12",
        ":(top)x",
        "pages/[id].tsx",
        "HEAD",
        "a b\tc",
        "odd",
    ];
    for name in names {
        project.write(name, &format!("{name}\n"));
    }
    project.write("pages/i.tsx", "");
    let first = commit(&project, "one");
    record_commit(&project, "Made the line", &first);
    for name in names {
        let title = format!("Of {}", name.replace('\t', " "));
        project.ok(["log", &title, &format!("--file={name}"), "--quiet"]);
        let list = |args: &[&str]| {
            let output = project.shipnote([&["why"], args].concat()).output().unwrap();
            assert!(output.status.success(), "{}", transcript(args, &output));
            String::from_utf8(output.stdout).unwrap()
        };
        let data = list(&["--", name]);
        assert!(data.contains(&title) && data.lines().count() == 1, "{name}: {data}");
        let line = format!("{name}:1");
        assert!(list(&["--", &line]).contains("Made the line"), "{line}");
    }
    assert!(!project.path("stolen").exists());
    // The file of that very name wins; without it, it is a line.
    assert_eq!(titles(&project, "odd:12"), "Of odd:12");
    assert!(project.refused(["why", "odd:13"]).contains("odd has 1 line, there is no line 13"));
    // Renames of such names are followed too.
    project.git(&["mv", "--", "-rf", "plain"]);
    project.git(&["--literal-pathspecs", "mv", "--", ":(top)x", "Prüfung/naïve.txt"]);
    commit(&project, "two");
    assert_eq!(
        (titles(&project, "plain"), titles(&project, "Prüfung/naïve.txt")),
        ("Of -rf".into(), "Of :(top)x".into())
    );
}

#[test]
fn what_git_and_records_say_does_nothing_to_the_terminal() {
    let project = repository();
    project.write("a.txt", "a\n");
    commit(&project, "Clear \u{1b}]0;x\u{7} \u{202e}it");
    project.git(&["mv", "a.txt", "b\u{1b}[2J.txt"]);
    commit(&project, "two");
    project.ok(["log", "Title \u{9b}2J", "--file", "a.txt", "--quiet"]);
    let (_, data, said) = why(&project, ["b\u{1b}[2J.txt:1"]);
    for text in [data, said] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
    }
}

#[test]
fn a_hostile_repository_executes_nothing() {
    let project = repository();
    project.write("spy.sh", "#!/bin/sh\ntouch \"$SPY\"\ncat\n");
    let spy = format!("sh {}", project.path("spy.sh").display());
    project.write(".gitattributes", "*.txt diff=spy filter=spy\n");
    project.write("a.txt", "a\nb\n");
    commit(&project, "First");
    project.git(&["mv", "a.txt", "b.txt"]);
    let named = commit(&project, "Second\n\nChange-Record: zzzzzzzzzzzz");
    record(&project, "Recorded", "a.txt");
    // Changed here, so that git would read the work tree.
    project.write("b.txt", "a\nb\nc\n");
    for (name, value) in [
        ("log.showSignature", "true"),
        ("gpg.program", &*spy),
        ("diff.spy.textconv", &spy),
        ("diff.spy.command", &spy),
        ("diff.external", &spy),
        ("filter.spy.smudge", &spy),
        ("filter.spy.clean", &spy),
        ("filter.spy.process", &spy),
        ("trailer.change-record.command", &spy),
        ("trailer.change-record.cmd", &spy),
        ("core.fsmonitor", &spy),
        ("core.pager", &spy),
        ("core.sshCommand", &spy),
        ("alias.log", &format!("!{spy}")),
        ("alias.blame", &format!("!{spy}")),
        ("alias.ls-tree", &format!("!{spy}")),
    ] {
        project.git(&["config", name, value]);
    }
    let spied = project.path("spied");
    let runs_nothing = |args: &[&str], expected: &str| {
        let _ = std::fs::remove_file(&spied);
        let output = project.shipnote([&["why"], args].concat()).env("SPY", &spied).output().unwrap();
        let said = transcript(args, &output);
        assert!(said.contains(expected), "{said}");
        assert!(!spied.exists(), "{args:?}: a program of the repository ran");
    };
    runs_nothing(&["b.txt"], "also known as a.txt");
    runs_nothing(&["b.txt:1"], "First");
    runs_nothing(&["b.txt:3"], "not committed yet");
    // The trap is real: plain git walks into it.
    let plain = project.program("git").args(["blame", "b.txt"]).env("SPY", &spied).output().unwrap();
    assert!(spied.exists(), "the repository is not hostile: {plain:?}");

    // A repository that lacks an object, and names a program to fetch it with.
    let object = project.git(&["-c", "core.fsmonitor=", "rev-parse", &format!("{named}:b.txt")]);
    std::fs::remove_file(project.path(&format!(".git/objects/{}/{}", &object[..2], &object[2..]))).unwrap();
    project.write("fetch.sh", "#!/bin/sh\ntouch \"$SPY\"\n");
    for (name, value) in [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", &*format!("ext::sh {}", project.path("fetch.sh").display())),
        ("protocol.ext.allow", "always"),
    ] {
        project.git(&["config", name, value]);
    }
    runs_nothing(&["b.txt"], "also known as");
    runs_nothing(&["b.txt:1"], "error: git cannot read b.txt as it was committed");
    let args = ["-c", "protocol.allow=never", "cat-file", "blob", &object];
    let plain = project.program("git").args(args).env("SPY", &spied).output().unwrap();
    assert!(spied.exists(), "the repository is not hostile: {plain:?}");
}
