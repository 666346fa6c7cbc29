//! A real terminal: a tmux session of its own, answered at its prompts.

use std::time::{Duration, Instant};

use super::project::Project;

/// How long a text is waited for; far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A shell in a tmux session of its own.
pub(crate) struct Terminal<'a> {
    project: &'a Project,
    socket: String,
}

impl<'a> Terminal<'a> {
    /// Opens a terminal of 100 columns in the folder of a project.
    pub(crate) fn open(project: &'a Project) -> Self {
        let terminal = Self { project, socket: project.path("tmux").to_string_lossy().into_owned() };
        let shell = "PS1='$ ' exec sh -i";
        terminal.tmux(&["new-session", "-d", "-x", "100", "-y", "60", shell]);
        terminal
    }

    fn tmux(&self, args: &[&str]) -> String {
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_shipnote")).parent().unwrap();
        let path = std::env::join_paths(
            std::iter::once(bin.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
        );
        let mut command = self.project.program("tmux");
        command
            .args(["-f", "/dev/null", "-S", &self.socket])
            .args(args)
            .env("PATH", path.unwrap())
            .env("TERM", "screen");
        let output = command.output().unwrap();
        assert!(output.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types a line and Enter.
    pub(crate) fn enter(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.key("Enter");
    }

    /// Presses a key by tmux's name of it, for instance `C-c`.
    pub(crate) fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// The title that programs gave the terminal.
    pub(crate) fn title(&self) -> String {
        self.tmux(&["display-message", "-p", "#{pane_title}"])
    }

    /// Waits until the screen shows a text; returns the screen.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            assert!(began.elapsed() < PATIENCE, "`{text}` never came; the screen says:\n{screen}");
        }
    }

    /// Runs a command line to its end and returns its exit code; the screen is cleared first.
    pub(crate) fn start(&self, line: &str) {
        self.tmux(&["send-keys", "-R"]);
        self.tmux(&["clear-history"]);
        self.enter(&format!("{line}; echo exit code $?"));
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ = self.project.program("tmux").args(["-S", &self.socket, "kill-server"]).output();
    }
}
