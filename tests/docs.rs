//! What is written agrees with what is done: the README's commands run, the command reference is current.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;
#[path = "docs/views.rs"]
mod views;

use std::fs;

use shipnote::config::KEYS;
use shipnote::model::{OUTPUT, limit};
use support::project::{Project, transcript};

/// The lines behind `$ ` of the `console` blocks, with their continuations.
fn console_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    let mut open = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && open {
            let last: &mut String = lines.last_mut().unwrap();
            last.push('\n');
            last.push_str(line);
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            lines.push(command.to_owned());
        }
        open = inside && line.ends_with('\\');
    }
    lines
}

#[test]
fn the_commands_of_the_readme_work_as_they_stand() {
    let project = Project::empty();
    project.git(&["init", "--quiet"]);
    project.write("src/api.py", "");
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "-m", "fix: retry reads in the client"]);
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_shipnote")).parent().unwrap().to_owned();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let lines = console_lines(include_str!("../README.md"));
    assert!(lines.len() > 12, "{lines:?}");
    for line in lines {
        let output = project.program("sh").args(["-c", &line]).env("PATH", &path).output().unwrap();
        assert!(output.status.success(), "{line}\n{}", transcript(&[], &output));
    }
    assert!(project.path("site/index.html").exists());
}

#[test]
fn the_readme_names_the_two_commands_that_do_everything() {
    let readme = include_str!("../README.md");
    assert!(readme.contains("cargo run --release -- demo") && readme.contains("tests/run"));
    for path in readme.split(['(', ')']).filter(|part| part.starts_with("docs/") || part.starts_with("LICENSE")) {
        assert!(std::path::Path::new(path).exists(), "{path}");
    }
}

/// `UPDATE_DOCS=1 cargo test --test docs` writes the file anew.
#[test]
fn the_command_reference_is_current() {
    let project = Project::empty();
    let help = |args: &[&str]| {
        let output = project.shipnote(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    let overview = help(&["--help"]);
    let commands = overview.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let mut text = "# Commands\n\nMade from `shipnote COMMAND --help` by a test; do not edit.\n".to_owned();
    text += &format!("\n```text\n{}\n```\n", overview.trim_end());
    for name in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        let own = help(&[name, "--help"]);
        text += &format!("\n## {name}\n\n```text\n{}\n```\n", own.trim_end());
        let inner = own.split("Commands:\n").nth(1).unwrap_or_default().split("\n\n").next().unwrap();
        for inner in inner.lines().filter_map(|line| line.split_whitespace().next()).filter(|inner| *inner != "help") {
            text += &format!("\n### {name} {inner}\n\n```text\n{}\n```\n", help(&[name, inner, "--help"]).trim_end());
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write("docs/commands.md", &text).unwrap();
    }
    let written = fs::read_to_string("docs/commands.md").unwrap_or_default();
    assert!(written == text, "docs/commands.md is out of date: UPDATE_DOCS=1 cargo test --test docs");
}

/// `UPDATE_DOCS=1 cargo test --test docs` writes the reference anew.
#[test]
fn the_template_reference_is_current_and_its_example_works() {
    const MARK: &str = "<!-- Made from the sources by a test: UPDATE_DOCS=1 cargo test --test docs -->\n";
    let written = fs::read_to_string("docs/templates.md").unwrap();
    let (by_hand, made) = written.split_once(MARK).unwrap();
    let reference = views::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write("docs/templates.md", format!("{by_hand}{MARK}{reference}")).unwrap();
    } else {
        assert!(made == reference, "docs/templates.md is out of date: UPDATE_DOCS=1 cargo test --test docs");
    }
    let project = Project::empty();
    project.ok(["demo", "--quiet"]);
    for block in by_hand.split("```html ").skip(1) {
        let (name, text) = block.split_once('\n').unwrap();
        project.write(&format!("shipnote-demo/{name}"), text.split("```").next().unwrap());
    }
    let folder = project.path("shipnote-demo");
    for args in [["templates", "check"], ["publish", "--quiet"]] {
        let output = project.shipnote(args).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{}", transcript(&args, &output));
    }
    let page = project.read("shipnote-demo/site/changes/k7m2xq9dwv4p.html");
    for text in ["On call: <a", "<p class=\"label\">orders</p>", "SHIPPED", "id=\"rollback\""] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_settings_file_names_every_setting() {
    let text = include_str!("../data/shipnote.toml");
    for key in KEYS {
        let name = key.name.rsplit('.').next().unwrap();
        assert!(text.contains(&format!("# {name} = ")), "{}", key.name);
    }
}

#[test]
fn the_help_of_search_names_every_field() {
    let text = include_str!("../docs/commands.md");
    let help = text.split("\n## search\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let named: Vec<&str> =
        help.split("Fields:").nth(1).unwrap().split('.').next().unwrap().split_whitespace().collect();
    assert_eq!(named, shipnote::query::FIELDS);
}

/// `UPDATE_DOCS=1 cargo test --test docs` writes the file anew.
#[test]
fn the_rules_of_the_gate_are_documented() {
    use shipnote::policy::{Judge, RULES};
    let mut text = "# The rules of the gate\n\nMade from the rules by a test; do not edit. How to set and waive them: \
                    [gate.md](gate.md).\n"
        .to_owned();
    for rule in RULES {
        let what = match rule.judge {
            Judge::Commit(_) => "commits",
            Judge::Change(_) => "changes",
        };
        text += &format!("\n## {}\n\n{} ({}, looks at {what})\n\n{}\n", rule.id, rule.wants, rule.level, rule.about);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write("docs/rules.md", &text).unwrap();
    }
    let written = fs::read_to_string("docs/rules.md").unwrap_or_default();
    assert!(written == text, "docs/rules.md is behind: UPDATE_DOCS=1 cargo test --test docs");
}

/// Promises name the tests that keep them, as `tests/FILE.rs::NAME`.
#[test]
fn every_promise_is_kept_by_a_test_that_is_there() {
    let mut named = 0;
    for document in ["docs/reliability.md", "docs/security.md"] {
        let text = fs::read_to_string(document).unwrap();
        for reference in text.split('`').filter(|part| part.starts_with("tests/") && part.contains(".rs::")) {
            let (file, name) = reference.split_once("::").unwrap();
            let name = name.rsplit("::").next().unwrap();
            let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{document}: {file}: {error}"));
            assert!(source.contains(&format!("fn {name}(")), "{document}: there is no {name} in {file}");
            named += 1;
        }
    }
    assert!(named > 20);
}

#[test]
fn limits_are_those_of_the_model() {
    let bytes = |bytes: usize| match bytes {
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    };
    let limits = [
        ("a title", bytes(limit::TITLE)),
        ("a line: a name, an owner, a tag, a path", bytes(limit::LINE)),
        ("a text of several lines", bytes(limit::TEXT)),
        ("tags of a change", limit::TAGS.to_string()),
        ("files of a change", limit::FILES.to_string()),
        ("commands of a change", limit::COMMANDS.to_string()),
        ("entries of any other list", limit::ENTRIES.to_string()),
        ("a change in JSON, all fields together", bytes(limit::RECORD)),
        ("a record as it is imported: a line of JSON, a row of CSV", bytes(limit::INPUT)),
        ("a change or runbook as Markdown", bytes(limit::MARKDOWN as usize)),
        ("a changelog that is imported", bytes(limit::CHANGELOG as usize)),
        ("a changelog that `export changelog` writes into", bytes(limit::OWN_CHANGELOG as usize)),
        ("another tool's settings that an import reads", bytes(limit::FOREIGN_SETTINGS as usize)),
        ("CODEOWNERS", bytes(limit::OWNERS as usize)),
        ("a file whose lines `why` looks up", bytes(limit::SOURCE as usize)),
        ("a checklist", bytes(limit::CHECKLIST as usize)),
        ("a style sheet of one's own", bytes(limit::STYLES as usize)),
        ("another file in `templates/`", bytes(limit::ASSET as usize)),
        ("what a check reads of an answer or an output", bytes(limit::ANSWER)),
        ("what is kept of it", bytes(OUTPUT)),
        ("words and conditions of a query", limit::TERMS.to_string()),
        ("parentheses of a query that stand in each other", limit::NESTED.to_string()),
    ];
    let table: Vec<String> = limits.iter().map(|(what, most)| format!("| {what} | {most} |")).collect();
    let text = fs::read_to_string("docs/security.md").unwrap();
    assert!(text.contains(&table.join("\n")), "docs/security.md should list the limits as\n{}", table.join("\n"));
}
