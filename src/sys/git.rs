//! The git command line, run so that a hostile repository executes nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Settings that keep git from running programs that a repository's own configuration names, and its output stable.
const SAFE: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "log.showSignature=false",
    "log.showRoot=true",
    "gpg.program=false",
    "diff.external=",
    "protocol.allow=never",
];

/// What git answered.
#[derive(Debug)]
pub enum Answer {
    /// What it printed.
    Printed(Vec<u8>),
    /// It ended with an error: no repository, no such commit, nothing configured. What it said of it.
    Refused(String),
}

impl Answer {
    /// What it printed, as text; bytes that are no UTF-8 become U+FFFD.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Printed(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Self::Refused(_) => None,
        }
    }
}

/// Runs git in `folder`.
///
/// # Errors
/// When git could not be started.
pub fn run(folder: &Path, args: &[&str]) -> Result<Answer> {
    let output = Command::new("git")
        .args(SAFE.iter().flat_map(|setting| ["-c", setting]))
        .args(["--no-pager", "--no-optional-locks"])
        .args(args)
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("GIT_EXTERNAL_DIFF")
        // A repository may lack objects and name a program that would fetch them. Its `protocol.ext.allow` outranks the
        // setting above; nothing outranks these (the second is known to git 2.45 and newer).
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .output()
        .context("cannot run git: is it installed and on PATH?")?;
    if output.status.success() {
        Ok(Answer::Printed(output.stdout))
    } else {
        Ok(Answer::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}
