//! The hermetic harness: a folder of its own, a cleared environment, a fixed clock.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The time that every command sees.
pub(crate) const NOW: &str = "2026-11-20T14:05:00Z";

/// An empty folder in which `shipnote` runs.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder after `shipnote init`.
    pub(crate) fn new() -> Self {
        let project = Self::empty();
        project.ok(["init", "--quiet"]);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `program` in this folder, with nothing of the machine's environment but where programs are.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("SHIPNOTE_NOW", NOW)
            .env("SHIPNOTE_ACTOR", "oncall")
            .env("COLUMNS", "100")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Team Orders")
            .env("GIT_AUTHOR_EMAIL", "team-orders@example.com")
            .env("GIT_COMMITTER_NAME", "Team Orders")
            .env("GIT_COMMITTER_EMAIL", "team-orders@example.com")
            .env("GIT_AUTHOR_DATE", NOW)
            .env("GIT_COMMITTER_DATE", NOW)
            .stdin(Stdio::null());
        command
    }

    /// `shipnote` in this folder.
    pub(crate) fn shipnote<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_shipnote"));
        command.args(args);
        command
    }

    /// Runs `git` and expects it to succeed; returns what it printed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self.program("git").args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs a command line with something on standard input.
    pub(crate) fn with_input<const N: usize>(&self, args: [&str; N], input: &[u8]) -> Output {
        let mut child =
            self.shipnote(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that refuses its input early closes the pipe: that is its right.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs a command line that must succeed; returns standard output.
    pub(crate) fn ok<const N: usize>(&self, args: [&str; N]) -> String {
        let output = self.shipnote(args).output().unwrap();
        assert!(output.status.success(), "{}", transcript(&args, &output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command line that must fail with exit code 2; returns standard error.
    pub(crate) fn refused<const N: usize>(&self, args: [&str; N]) -> String {
        let output = self.shipnote(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", transcript(&args, &output));
        assert!(output.stdout.is_empty(), "{}", transcript(&args, &output));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a command line; returns the command, what it printed and its exit code as one text.
    pub(crate) fn run<const N: usize>(&self, args: [&str; N]) -> String {
        let text = transcript(&args, &self.shipnote(args).output().unwrap());
        text.replace(&*self.folder.path().to_string_lossy(), "[PROJECT]")
    }

    /// The output of a command as JSON.
    pub(crate) fn json<const N: usize>(&self, args: [&str; N]) -> serde_json::Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }
}

/// A command, what it printed and its exit code as one text.
pub(crate) fn transcript(args: &[&str], output: &Output) -> String {
    let mut text = format!("$ shipnote {}\n", shlex::try_join(args.iter().copied()).unwrap());
    text += &String::from_utf8_lossy(&output.stdout);
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        text += &format!("! {line}\n");
    }
    text += &format!("exit {}\n", output.status.code().unwrap_or(-1));
    text
}
