//! Steps: one command of a change or a runbook.

use serde::Serialize;

use super::Options;
use super::command::{self, Line};
use crate::model::{Outcome, digest};

/// What reads a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// Nothing: it is split into words and run as it is.
    None,
    /// The shell of the system.
    Sh,
    /// Bash.
    Bash,
}

/// One command of a change or a runbook, with a note and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is called.
    pub name: String,
    /// The command line.
    pub run: String,
    /// What to know before it is run.
    pub note: Option<String>,
    /// Text that its output must contain.
    pub expect: Option<String>,
    /// The command that undoes it.
    pub rollback: Option<String>,
    /// The folder to run it in, relative to the project.
    pub cwd: Option<String>,
    /// What reads the command line.
    pub shell: Shell,
    /// Whether it is asked for even where the others are not.
    pub confirm: bool,
}

impl Step {
    /// Tells whether two steps run the same, whatever they are called.
    pub fn digest(&self) -> String {
        digest(&(&self.run, &self.cwd, self.shell))
    }
}

/// Runs a step; it passes when it exits with 0 and its output contains what is expected.
pub fn step(step: &Step, options: &Options, live: &mut dyn FnMut(&[u8])) -> Outcome {
    let line = Line { run: &step.run, shell: step.shell, cwd: step.cwd.as_deref(), timeout: options.timeout };
    command::run(&line, options, live, |ended, output| match &step.expect {
        _ if ended.code != 0 => Some(format!("exit {}", ended.code)),
        Some(text) if !output.contains(text.as_str()) => Some(format!("its output does not contain {text:?}")),
        _ => None,
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::model::Conclusion;

    #[test]
    fn a_step_passes_when_it_exits_with_0_and_says_what_is_expected() {
        let run = |run: &str, expect: Option<&str>| {
            let (name, run, expect) = (String::new(), run.to_owned(), expect.map(str::to_owned));
            let (note, rollback, cwd) = (None, None, None);
            let one = Step { name, run, note, expect, rollback, cwd, shell: Shell::Sh, confirm: false };
            let variables = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
            let mut live = Vec::new();
            let outcome =
                step(&one, &Options { variables, ..Options::default() }, &mut |bytes| live.extend_from_slice(bytes));
            assert_eq!(String::from_utf8(live).unwrap(), outcome.output);
            (outcome.conclusion, outcome.detail)
        };
        assert_eq!(run("echo done | cat", Some("done")), (Conclusion::Passed, None));
        assert_eq!(run("echo done; exit 4", Some("done")), (Conclusion::Failed, Some("exit 4".into())));
        let missing = "its output does not contain \"rolled out\"".to_owned();
        assert_eq!(run("echo done", Some("rolled out")), (Conclusion::Failed, Some(missing)));
    }
}
