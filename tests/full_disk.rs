//! A disk that is full: one clear error, nothing half written, what was acknowledged is there, and with room again the same
//! command works.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by panicking and asks the machine")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::project::{Project, transcript};

/// A folder of four megabytes. Only root may mount one; for anybody else, no file may grow past a limit.
struct Small {
    project: Project,
    mounted: bool,
}

impl Small {
    fn new() -> Self {
        let project = Project::empty();
        std::fs::create_dir(project.path("small")).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "none"]).arg(project.path("small"));
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        let small = Self { project, mounted };
        assert!(small.run(&["init", "--quiet"]).status.success());
        small
    }

    fn folder(&self) -> PathBuf {
        self.project.path("small")
    }

    fn run(&self, args: &[&str]) -> Output {
        self.project.shipnote(args).current_dir(self.folder()).output().unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{}", transcript(args, &output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it without room for more than a few bytes, and expects the one error.
    fn refused(&self, args: &[&str]) {
        let filler = self.folder().join("filler");
        let output = if self.mounted {
            fill(&filler);
            self.run(args)
        } else {
            let mut limited = self.project.program("sh");
            limited.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_shipnote")]);
            limited.args(args).current_dir(self.folder()).output().unwrap()
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{}", transcript(args, &output));
        assert_eq!(said.matches("error:").count(), 1, "{}", transcript(args, &output));
        assert!(!said.contains("panicked"), "{said}");
        if self.mounted {
            assert!(said.contains("make room"), "{}", transcript(args, &output));
            std::fs::remove_file(filler).unwrap();
        }
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("--lazy").arg(self.folder()).output();
        }
    }
}

/// Writes until there is no room.
fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with("shipnote.db-"));
    names.sort();
    names
}

#[test]
fn a_full_disk_is_said_and_costs_nothing_that_was_acknowledged() {
    let small = Small::new();
    let id = serde_json::from_str::<serde_json::Value>(&small.ok(&["log", "First", "--json"])).unwrap();
    let id = id["id"].as_str().unwrap();
    let lines: String = (0..40).map(|number| format!("{{\"title\": \"imported {number}\"}}\n")).collect();
    std::fs::write(small.folder().join("many.jsonl"), lines).unwrap();
    let reason = "because ".repeat(3_000);
    for args in [
        &["log", "Second", "--key", "second", "--reason", &reason][..],
        &["edit", id, "--reason", &reason],
        &["import", "json", "many.jsonl"],
        &["db", "backup", "copy.db"],
        &["publish"],
    ] {
        let (before, here, beside) =
            (small.ok(&["export", "json"]), names(&small.folder()), names(&small.folder().join(".shipnote")));
        small.refused(args);
        assert_eq!(small.ok(&["export", "json"]), before, "{args:?}");
        assert_eq!(names(&small.folder()), here, "{args:?}");
        assert_eq!(names(&small.folder().join(".shipnote")), beside, "{args:?}");
        small.ok(args);
    }
    assert_eq!(small.ok(&["export", "json"]).lines().count(), 42);
    let output = small.run(&["doctor"]);
    // A disk of four megabytes has less than `doctor` wants to be free, and nothing else is wrong.
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.matches('✗').count() <= 1, "{said}");
}
