//! The stories of the command line, as a person sees them: output, errors and exit code in one snapshot.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use insta::assert_snapshot;
use support::project::{Project, transcript};

/// A change with every field that has a flag.
const EVERY_FLAG: [&str; 48] = [
    "log",
    "Cache the order lookup behind GET /orders/{id}",
    "--key",
    "cache",
    "--kind",
    "perf",
    "-m",
    "Client SDK 4.2 retries after 500 ms, so a slow lookup doubled the load it was slow under.",
    "--file",
    "services/orders/api.py",
    "--file",
    "services/orders/cache.py",
    "--command",
    "alembic upgrade head",
    "--metric",
    "p95 latency: 480 ms -> 190 ms",
    "--owner",
    "team-orders",
    "--expected",
    "p95 under 200 ms",
    "--rollback",
    "The cache can be turned off alone.",
    "--rollback-command",
    "kubectl set env deploy/orders ORDER_CACHE=off",
    "--route",
    "GET /orders/{id}",
    "--input",
    "an order with more than 200 lines",
    "--symptom",
    "clients log `ReadTimeout`",
    "--location",
    "checkout page",
    "--baseline-command",
    "curl -s localhost:8000/orders/4711",
    "--assumption",
    "Orders change less than once a minute",
    "--service",
    "orders",
    "--env",
    "production",
    "--tag",
    "python",
    "--tag",
    "api-clients",
    "--link",
    "https://example.com/pull/812 pull request",
    "--shipped-at",
    "2026-11-18T09:30:00Z",
];

/// A project with two changes whose ids never change, because they come from keys.
fn recorded() -> Project {
    let project = Project::new();
    project.ok(EVERY_FLAG);
    project.ok([
        "log",
        "Renew the certificate",
        "--key",
        "certificate",
        "--kind",
        "operations",
        "--relation",
        "relates:g4ch",
    ]);
    project
}

const CACHE: &str = "g4ch";

#[test]
fn init_can_be_run_again() {
    let project = Project::empty();
    assert_snapshot!(project.run(["init", "services/orders"]) + &project.run(["init", "services/orders"]));
    assert!(project.path("services/orders/.shipnote/.gitignore").exists());
    project.write("services/orders/shipnote.toml", "owner = \"team-orders\"\n");
    project.ok(["init", "services/orders"]);
    assert_eq!(project.read("services/orders/shipnote.toml"), "owner = \"team-orders\"\n");
}

#[test]
fn every_field_has_a_flag() {
    let project = recorded();
    assert_snapshot!(project.run(["show", CACHE]));
    assert_snapshot!("every_field_as_json", project.run(["show", CACHE, "--json"]));
    assert_snapshot!("every_field_as_markdown", project.run(["show", CACHE, "--format", "markdown"]));
}

#[test]
fn what_is_missing_is_said_with_the_command_that_adds_it() {
    assert_snapshot!(Project::new().run(["log", "Renew the certificate", "--key", "certificate"]));
}

#[test]
fn a_key_records_once() {
    let project = Project::new();
    let first = project.run(["log", "Renew the certificate", "--key", "k", "--owner", "oncall"]);
    let again = project.run(["log", "Renew the certificate", "--key", "k", "--owner", "oncall"]);
    let other = project.run(["log", "Renew all certificates", "--key", "k", "--owner", "oncall"]);
    assert_snapshot!(first + &again + &other);
}

#[test]
fn bad_input_names_the_field_and_what_to_type_next() {
    let project = Project::new();
    let mut seen = String::new();
    seen += &project.run(["log"]);
    seen += &project.run(["log", "  "]);
    seen += &project.run(["log", "t", "--metric", "flux: 1 -> 2"]);
    seen += &project.run(["log", "t", "--metric", "p95 480 -> 190"]);
    seen += &project.run(["log", "t", "--shipped-at", "2026-02-30"]);
    seen += &project.run(["log", "t", "--shipped-at", "1969-12-31"]);
    seen += &project.run(["log", "t", "--relation", "likes:g4ch"]);
    seen += &project.run(["log", "t", "--relation", "fixes:g4ch"]);
    seen += &project.run(["log", "t", "--link", "javascript:alert(1)"]);
    seen += &project.run(["log", "t", "--reason", "token ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]);
    seen += &project.run(["log", "--from", "nowhere.json"]);
    seen += &project.run(["show", "zz"]);
    seen += &project.run(["show", "../../etc"]);
    seen += &project.run(["list", "--since", "nonsense"]);
    assert_snapshot!(seen);
    assert_eq!(project.run(["list"]), "$ shipnote list\n! No change matches.\nexit 1\n");
}

#[test]
fn a_day_that_is_still_to_come_is_asked_about() {
    let project = Project::new();
    assert!(project.run(["log", "t", "--shipped-at", "9999-12-31"]).contains("It is dated 9999-12-31"));
    assert!(!project.run(["log", "t"]).contains("It is dated"));
}

#[test]
fn json_that_is_not_a_change_is_refused_with_path_and_position() {
    let project = Project::new();
    let mut seen = String::new();
    for input in [
        "{\"title\": \"t\",\n  \"ownr\": \"x\"}",
        "{\"title\": \"t\", \"baseline\": {\"route\": \"a\", \"route\": \"b\"}}",
        "{\"title\": \"t\", \"metrics\": [{\"name\": \"p95\", \"before\": \"fast\"}]}",
        "{\"title\": \"t\", \"status\": \"done\"}",
        "{\"title\": ",
        "{}",
    ] {
        seen += &format!(
            "{input}\n{}\n",
            transcript(&["log", "--from", "-"], &project.with_input(["log", "--from", "-"], input.as_bytes()))
        );
    }
    assert_snapshot!(seen);
}

#[test]
fn without_a_project_the_way_to_one_is_said() {
    let project = Project::empty();
    assert_snapshot!(project.run(["list"]) + &project.run(["log", "t"]));
}

#[test]
fn a_draft_begins_with_its_baseline_and_ships() {
    let project = Project::new();
    let start =
        project.json(["start", "Orders are slow", "--symptom", "p95 of 480 ms", "--metric", "p95: 480 ms", "--json"]);
    let id = start["id"].as_str().unwrap();
    assert_eq!((start["status"].as_str(), &start["shipped_at"]), (Some("draft"), &serde_json::Value::Null));
    let shipped = project.json(["ship", id, "--metric", "p95: 190 ms", "--rollback-command", "off", "--json"]);
    assert_eq!((shipped["status"].as_str(), shipped["revision"].as_u64()), (Some("shipped"), Some(2)));
    assert_eq!(shipped["shipped_at"], "2026-11-20T14:05:00Z");
    assert_eq!(
        shipped["metrics"],
        serde_json::json!([
            {"name": "p95", "unit": "ms", "before": 480.0, "after": 190.0, "better": "lower"}
        ])
    );
    assert_eq!(shipped["baseline"]["symptom"], "p95 of 480 ms");
    assert!(project.refused(["ship", id]).contains("is shipped, not a draft"));
}

#[test]
fn an_edit_keeps_every_revision() {
    let project = recorded();
    project.ok(["edit", CACHE, "--owner", "oncall", "--tag", "cache"]);
    project.ok(["edit", CACHE, "--clear", "tags", "--reason", ""]);
    assert_snapshot!(project.run(["show", CACHE, "--history"]));
    assert!(project.refused(["edit", CACHE, "--revision", "1", "--owner", "x"]).contains("somebody else in between"));
    assert!(project.run(["edit", CACHE, "--owner", "oncall"]).contains("Nothing was changed"));
}

#[test]
fn a_form_that_does_not_validate_is_opened_again_with_the_error_on_top() {
    let project = recorded();
    // An editor that first breaks the form, and mends it when it sees the error.
    project.write(
        "editor.sh",
        "#!/bin/sh\nif grep -q '^# error:' \"$1\"; then\n  cp \"$1\" seen.md\n  sed -i 's/better-later/(lower)/' \"$1\"\nelse\n  \
         sed -i 's/^title = .*/title = \"A better title\"/; s/^- p95 latency: .*/- flux: 1 -> 2 better-later/' \"$1\"\nfi\n",
    );
    let output = project.shipnote(["edit", CACHE]).env("SHIPNOTE_EDITOR", "sh editor.sh").output().unwrap();
    assert!(output.status.success(), "{}", transcript(&["edit"], &output));
    let seen = project.read("seen.md");
    assert!(seen.contains("# error:") && seen.contains("A better title"), "{seen}");
    let change = project.json(["show", CACHE, "--json"]);
    assert_eq!(
        (change["title"].as_str(), change["metrics"][0]["name"].as_str()),
        (Some("A better title"), Some("flux"))
    );
}

#[test]
fn a_form_that_is_given_up_is_kept() {
    let project = Project::new();
    let editor = "#!/bin/sh\ntest -e once && exit 0; touch once\nsed -i 's/^title = .*/title = \"\"/' \"$1\"; echo 'a long text' >> \"$1\"\n";
    project.write("editor.sh", editor);
    let mut command = project.shipnote(["log", "Title", "--edit"]);
    let output = command.env("EDITOR", "sh editor.sh").env("TMPDIR", project.path("")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    let path = said.split("your text is kept in ").nth(1).unwrap().split(';').next().unwrap();
    assert!(std::fs::read_to_string(path).unwrap().contains("a long text"), "{said}");
}

#[test]
fn a_form_left_as_it_was_records_nothing() {
    let project = Project::new();
    let output = project.shipnote(["log", "Title", "--edit"]).env("EDITOR", "true").output().unwrap();
    assert_snapshot!(transcript(&["log", "Title", "--edit"], &output) + &project.run(["list"]));
    let none = project.run(["log", "Title", "--edit"]);
    assert!(none.contains("no editor is set"), "{none}");
}

#[test]
fn a_command_is_run_and_recorded_with_its_exit_code() {
    let project = Project::new();
    let output =
        project.shipnote(["log", "Migrate", "--json", "-q", "--", "sh", "-c", "echo out; exit 3"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let text = String::from_utf8(output.stdout).unwrap();
    let (printed, json) = text.split_once('\n').unwrap();
    assert_eq!(printed, "out");
    let change: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(change["commands"][0]["run"], "sh -c 'echo out; exit 3'");
    assert_eq!(change["commands"][0]["exit"], 3);
    assert!(change["commands"][0]["seconds"].as_f64().unwrap() >= 0.0);
    // What cannot be recorded is not run.
    let refused = project.refused(["log", "Bad", "--metric", "flux: 1 -> 2", "--", "touch", "ran"]);
    assert!(refused.contains("metrics[0]") && !project.path("ran").exists());
    let missing = project.refused(["log", "Missing", "--", "no-such-program"]);
    assert!(missing.contains("cannot run no-such-program"), "{missing}");
}

#[test]
fn a_dry_run_stores_nothing() {
    let project = Project::empty();
    project.write("shipnote.toml", "owner = \"team-orders\"\n");
    let shown = project.run(["log", "Renew the certificate", "--key", "k", "--dry-run"]);
    assert_snapshot!(shown);
    assert!(!project.path(".shipnote").exists());
}

#[test]
fn lists_and_hits_fit_the_terminal() {
    let project = recorded();
    let mut seen = project.run(["list"]) + &project.run(["search", "readtimeout"]);
    for columns in ["60", "40"] {
        let output = project.shipnote(["list"]).env("COLUMNS", columns).output().unwrap();
        seen += &format!("COLUMNS={columns} {}", transcript(&["list"], &output));
        let widest = String::from_utf8_lossy(&output.stdout).lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= columns.parse().unwrap(), "{widest} columns");
    }
    assert_snapshot!(seen);
}

#[test]
fn matches_are_highlighted_where_colours_are_wanted() {
    let project = recorded();
    let colored = project.run(["search", "lookup", "--color", "always"]);
    assert!(colored.contains("Cache the order \u{1b}[1m\u{1b}[31mlookup\u{1b}[0m"), "{colored:?}");
    assert!(!project.run(["search", "lookup"]).contains('\u{1b}'));
    let forced = project.shipnote(["search", "lookup", "--color", "always"]).env("NO_COLOR", "1").output().unwrap();
    assert!(String::from_utf8_lossy(&forced.stdout).contains('\u{1b}'), "a flag wins over the environment");
}

#[test]
fn punctuation_is_searched_as_it_stands_and_never_an_error() {
    let project = recorded();
    for query in
        ["\"", "\"abc", "NEAR(", "AND", "*", "^", "a-b", "x:y", "a'b", "", "(((", "file:[", "NOT", "-", "--", "{id}"]
    {
        let output = project.shipnote(["search", "--", query]).output().unwrap();
        let said = transcript(&["search", query], &output);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
        assert!(!said.to_lowercase().contains("sql") && !said.contains("syntax"), "{said}");
    }
    assert!(project.run(["search", "{id}"]).ends_with("exit 0\n"));
    let many = vec!["word"; 65].join(" ");
    assert!(project.refused(["search", &many]).contains("64"));
}

#[test]
fn a_list_says_that_there_are_more() {
    let project = recorded();
    let said = |args: &[&str]| String::from_utf8(project.shipnote(args).output().unwrap().stderr).unwrap();
    assert_eq!(said(&["list", "-n", "1"]), "there are more; -n 0 lists all\n");
    for all in ["0", "2", "18446744073709551615"] {
        assert_eq!(said(&["list", "-n", all]), "", "{all}");
    }
}

#[test]
fn the_json_of_lists_and_hits_has_its_schema() {
    let project = recorded();
    let list = project.json(["list", "--json"]);
    assert_eq!(
        (list["schema"].as_str(), list["changes"].as_array().map(Vec::len)),
        (Some("shipnote.changes/1"), Some(2))
    );
    let hits = project.json(["search", "lookup", "--json"]);
    assert_eq!(hits["schema"], "shipnote.hits/1");
    assert_eq!(hits["hits"][0]["id"], hits["hits"][0]["change"]["id"]);
    for field in ["score", "snippet", "why"] {
        assert!(hits["hits"][0].get(field).is_some(), "{field}");
    }
    assert!(project.run(["list", "--owner", "nobody", "--json"]).ends_with("exit 1\n"));
}

#[test]
fn a_rollback_marks_the_change_and_shows_the_way_back() {
    let project = recorded();
    assert_snapshot!(
        project.run(["rollback", CACHE, "-m", "stale prices"]) + &project.run(["list", "--status", "rolled-back"])
    );
    assert!(project.ok(["show", CACHE, "--history"]).contains("rollback by oncall (stale prices)"));
}

#[test]
fn a_deleted_change_is_said_to_be_deleted() {
    let project = recorded();
    let id = project.json(["show", CACHE, "--json"])["id"].as_str().unwrap().to_owned();
    assert_snapshot!(project.run(["delete", CACHE, "--reason", "recorded twice"]) + &project.run(["show", &id]));
    assert!(project.ok(["show", &id, "--history"]).contains("deleted on 2026-11-20 by oncall: recorded twice"));
    assert!(project.refused(["show", CACHE]).contains("no change has an id"));
}

#[test]
fn superseding_a_change_marks_it() {
    let project = recorded();
    project.ok(["log", "Cache better", "--relation", "supersedes:g4ch"]);
    assert_eq!(project.json(["show", CACHE, "--json"])["status"], "superseded");
    assert!(project.ok(["show", CACHE]).contains("superseded by"));
}

#[test]
fn an_ambiguous_beginning_lists_the_candidates() {
    let project = Project::new();
    for id in ["k7m2xq9dwv4p", "k7m3xq9dwv4p"] {
        let input = format!("{{\"id\": \"{id}\", \"title\": \"Change {id}\"}}");
        project.with_input(["log", "--from", "-"], input.as_bytes());
    }
    assert_snapshot!(project.run(["show", "K7M"]));
}

#[test]
fn exports_come_back_as_they_were() {
    let project = recorded();
    project.ok(["edit", CACHE, "--owner", "oncall"]);
    let lines = project.ok(["export", "json"]);
    let other = Project::new();
    other.write("changes.jsonl", &lines);
    assert_snapshot!(other.run(["import", "json", "changes.jsonl"]) + &other.run(["import", "json", "changes.jsonl"]));
    assert_eq!(other.ok(["export", "json"]), lines);
    other.ok(["export", "json", "--out", "out.jsonl"]);
    assert_eq!(other.read("out.jsonl"), lines);
    // What a person edited here is left alone; a record that says something new is a conflict.
    other.ok(["edit", CACHE, "--owner", "team-orders"]);
    assert!(other.run(["import", "json", "changes.jsonl"]).contains("0 imported, 2 unchanged"));
    other.write("changes.jsonl", &lines.replace("oncall", "team-platform"));
    let conflict = other.refused(["import", "json", "changes.jsonl"]);
    assert!(conflict.contains("record 1") && conflict.contains("owner"), "{conflict}");
}

#[test]
fn an_import_is_all_or_nothing() {
    let project = Project::new();
    project.write("changes.jsonl", "{\"title\": \"one\"}\n{\"title\": \"two\", \"ownr\": 1}\n");
    assert_snapshot!(project.run(["import", "json", "changes.jsonl"]) + &project.run(["list"]));
}

#[test]
fn what_is_stored_does_nothing_to_a_terminal() {
    let project = Project::new();
    let hostile = "red \u{1b}[31m \u{1b}]0;title\u{7} \u{9b}2J \u{202e}gnp.exe \u{200b}";
    project.ok([
        "log",
        hostile,
        "--owner",
        hostile,
        "--reason",
        hostile,
        "--command",
        hostile,
        "--tag",
        hostile,
        "--file",
        hostile,
        "--symptom",
        hostile,
        "--rollback",
        hostile,
        "--service",
        hostile,
    ]);
    let id = project.json(["list", "--json"])["changes"][0]["id"].as_str().unwrap().to_owned();
    let views: [&[&str]; 8] = [
        &["list"],
        &["search", "red"],
        &["show", &id],
        &["show", &id, "--history"],
        &["show", &id, "--format", "markdown"],
        &["show", &id, "--json"],
        &["search", "red", "--json"],
        &["rollback", &id, "-m", hostile],
    ];
    for view in views {
        let output = project.shipnote(view).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("red"), "{view:?}");
        let bad = |c: &char| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}\u{9b}".contains(*c);
        assert_eq!(text.chars().find(bad), None, "{view:?}: {text:?}");
    }
}

#[test]
fn settings_say_where_they_come_from() {
    let project = Project::new();
    project.write("shipnote.toml", "owner = \"team-orders\"\n[site]\ntitle = \"Orders\"\n");
    let config = project.json(["config", "--json"]);
    assert_eq!(config["owner"]["value"], "team-orders");
    assert!(config["owner"]["origin"].as_str().unwrap().ends_with("shipnote.toml"));
    assert_eq!(config["site.out"]["origin"], "default");
    let output = project.shipnote(["config", "--json"]).env("SHIPNOTE_SITE__TITLE", "Elsewhere").output().unwrap();
    let config: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(config["site.title"]["origin"], "environment SHIPNOTE_SITE__TITLE");
    project.write("shipnote.toml", "ownr = \"x\"\n");
    assert!(project.refused(["list"]).contains("`ownr` is not a setting"));
    project.write("shipnote.toml", "owner = \n");
    assert!(project.refused(["list"]).contains("is not valid TOML"));
}

#[test]
fn the_settings_fill_what_a_change_does_not_name() {
    let project = Project::new();
    project.write("shipnote.toml", "owner = \"team-orders\"\nservice = \"orders\"\nenvironment = \"production\"\n");
    let change = project.json(["log", "t", "--service", "billing", "--json", "-q"]);
    assert_eq!((change["owner"].as_str(), change["service"].as_str()), (Some("team-orders"), Some("billing")));
    assert_eq!(change["environment"], "production");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let project = recorded();
    let command = format!("for i in 1 2 3; do {} list -n 0; done | head -n 1", env!("CARGO_BIN_EXE_shipnote"));
    let output = project.program("bash").args(["-o", "pipefail", "-c", &command]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn shells_complete_values_from_the_database() {
    let project = recorded();
    assert!(project.ok(["completions", "bash"]).contains("COMPLETE"));
    assert!(project.refused(["completions", "tcsh"]).contains("one of bash"));
    let complete = |words: &[&str]| {
        let mut command = project.shipnote(["--", "shipnote"]);
        command.args(words).env("COMPLETE", "fish");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(complete(&["list", "--owner", ""]).contains("team-orders"));
    assert!(complete(&["list", "--tag", "py"]).contains("python"));
    let ids = complete(&["show", ""]);
    assert!(ids.contains(CACHE) && ids.contains("Cache the order lookup"), "{ids}");
}

#[test]
fn manual_pages_are_made_for_every_command() {
    let project = Project::empty();
    assert!(project.ok(["man"]).contains(".TH shipnote 1"));
    assert!(project.ok(["man", "log"]).contains("rollback\\-command"));
    project.ok(["man", "--out", "man1"]);
    assert!(project.path("man1/shipnote-log.1").exists());
    assert!(project.refused(["man", "nothing"]).contains("there is no command"));
}

/// Whatever is typed or pasted is a question, answered by yes or no.
#[test]
fn any_text_can_be_searched_for() {
    let project = Project::new();
    project.ok(["log", "Cache the lookup", "--quiet"]);
    let texts = [
        "\"",
        "\"abc",
        "NEAR(",
        "AND",
        "*",
        "^",
        "a-b",
        "x:y",
        "a'b",
        "-a",
        "",
        "(((",
        "file:[",
        "since:nonsense",
        "OR",
        "NOT",
        "title:",
        "metric:<",
        "@none",
        "cach*) OR (",
        "'; DROP TABLE change; --",
    ];
    for text in texts {
        let output = project.shipnote(["search", "--", text]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{text}: {said}");
        assert!(!said.contains("sql") && !said.contains("fts"), "{text}: {said}");
    }
    for bytes in [&b"\0\0"[..], b"\xff\xfe KeyError: \xff\0", b"", b"\x1b[31mKeyError: 'a'\x1b[0m"] {
        let output = project.with_input(["search", "--error", "-"], bytes);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_query_says_how_it_was_understood_and_what_it_took_as_it_stands() {
    let project = Project::new();
    project.write("shipnote.toml", "[searches]\nslow = \"kind:performance metric:p95\"\n");
    project.ok([
        "log",
        "Cache the order lookup",
        "--quiet",
        "--key",
        "a",
        "--kind",
        "performance",
        "--metric",
        "p95: 480 ms -> 190 ms",
        "--owner",
        "team-orders",
        "--rollback-command",
        "kubectl set env deploy/orders ORDER_CACHE=off",
    ]);
    let mut said = String::new();
    said += &project.run(["search", "@slow", "--explain"]);
    said += &project.run(["search", "(owner:oncall OR owner:team-orders) cache metric:p95<-20%"]);
    said += &project.run(["search", "onwer:team-orders"]);
    said += &project.run(["search", "cahce lokup"]);
    said += &project.run(["search", "--exact", "cahce"]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_pasted_error_finds_its_fix_and_recording_it_again_says_so() {
    let project = Project::new();
    let symptom = "Clients log `ReadTimeout: HTTPConnectionPool(host='orders', port=8000): Read timed out.`";
    project.ok([
        "log",
        "Cache the order lookup",
        "--quiet",
        "--key",
        "first",
        "--symptom",
        symptom,
        "--command",
        "kubectl rollout restart deploy/orders",
        "--rollback-command",
        "kubectl rollout undo deploy/orders",
    ]);
    project.write(
        "paste.log",
        "14:05:03 INFO orders: GET /orders/4711 200\n\
         14:05:04 ERROR orders: requests.exceptions.ReadTimeout: HTTPConnectionPool(host='orders', port=9311): Read timed out.\n",
    );
    let mut said = project.run(["search", "--error", "paste.log"]);
    said += &project.run(["log", "Raise the timeout", "--key", "second", "--symptom", symptom]);
    said += &project.run(["search", "--error", "missing.log"]);
    said += &project.run(["search"]);
    insta::assert_snapshot!(said);
}

#[test]
fn a_wrong_setting_is_named_with_its_table_and_no_line_of_another_place() {
    let project = Project::new();
    project.git(&["init", "--quiet"]);
    for (table, args) in [
        ("import", ["import", "git"]),
        ("check", ["check", "--staged"]),
        ("checklists", ["check", "--staged"]),
        ("secrets", ["list", "--json"]),
    ] {
        project.write("shipnote.toml", &format!("# one\n# two\n\n[searches]\nmine = \"x\"\n\n[{table}]\nwrong = 1\n"));
        let said = project.refused(args);
        assert!(said.contains(&format!("[{table}]")) && said.contains("`wrong`"), "{table}: {said}");
        assert!(!said.contains("line ") && said.contains("hint: "), "{table}: {said}");
    }
}
