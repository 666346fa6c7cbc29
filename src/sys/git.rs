//! The git command line, run so that a hostile repository executes nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Settings that keep git from running programs named by a repository's own configuration, and its output stable.
const SAFE: &[&str] = &[
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.pager=cat",
    "-c",
    "core.quotePath=false",
    "-c",
    "log.showSignature=false",
    "-c",
    "gpg.program=false",
    "-c",
    "diff.external=",
    "-c",
    "protocol.allow=never",
    "--no-pager",
    "--no-optional-locks",
];

/// Runs git in `folder` and returns what it printed, or `None` when it ended with an error (no repository, no such
/// commit, nothing configured).
///
/// # Errors
/// When git could not be started.
pub fn output(folder: &Path, args: &[&str]) -> Result<Option<Vec<u8>>> {
    let output = Command::new("git")
        .args(SAFE)
        .args(args)
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("GIT_EXTERNAL_DIFF")
        .stdin(Stdio::null())
        .output()
        .context("cannot run git: is it installed and on PATH?")?;
    Ok(output.status.success().then_some(output.stdout))
}
