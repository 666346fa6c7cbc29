//! The git command line, run so that a hostile repository executes nothing.

use std::io::{BufRead, BufReader, Read, Seek};
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

const NO_GIT: &str = "cannot run git: is it installed and on PATH?";
/// Bytes of what git says when it fails that are read.
const MOST_SAID: u64 = 64 * 1024;
/// Bytes of a name and an address; more is none.
const LONGEST_IDENTITY: usize = 1024;

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
    let output = command(folder, args).output().context(NO_GIT)?;
    if output.status.success() {
        Ok(Answer::Printed(output.stdout))
    } else {
        Ok(Answer::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// Who git says makes commits in `folder`: `Name <address>`. Nothing where it was not told, or is not there.
pub fn identity(folder: &Path) -> Option<String> {
    // Otherwise it would make one up out of the names of the user and the machine.
    let answer = run(folder, &["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]).ok()?;
    let text = answer.text()?;
    // The time stands behind it.
    let end = text.rfind('>')?;
    let identity = text[..=end].trim();
    (identity.len() <= LONGEST_IDENTITY).then(|| identity.to_owned())
}

/// Runs git in `folder` and calls `each` with every part of its output that a NUL ends, without that, as it comes: memory
/// holds one part, and of that at most `most` bytes. Returns what git said when it ended with an error.
///
/// # Errors
/// When git could not be started, and what `each` returns; then git is ended.
pub fn stream(
    folder: &Path,
    args: &[&str],
    most: usize,
    each: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<Option<String>> {
    // A file takes whatever git has to say: a pipe that nobody reads would hold it up.
    let mut said = tempfile::tempfile().context("no temporary file could be made")?;
    let mut git = command(folder, args);
    let mut git = git.stdout(Stdio::piped()).stderr(said.try_clone()?).spawn().context(NO_GIT)?;
    let printed = git.stdout.take().context("git has no output")?;
    let read = parts(BufReader::with_capacity(1 << 16, printed), most, each);
    if read.is_err() {
        // It may have ended already.
        let _ = git.kill();
    }
    let status = git.wait().context("git could not be waited for")?;
    read?;
    if status.success() {
        return Ok(None);
    }
    let mut text = Vec::new();
    said.rewind()?;
    said.take(MOST_SAID).read_to_end(&mut text)?;
    Ok(Some(String::from_utf8_lossy(&text).trim().to_owned()))
}

fn parts(mut printed: impl BufRead, most: usize, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut part = Vec::new();
    loop {
        let buffer = printed.fill_buf().context("git's output could not be read")?;
        if buffer.is_empty() {
            return if part.is_empty() { Ok(()) } else { each(&part) };
        }
        let end = buffer.iter().position(|byte| *byte == 0);
        let new = &buffer[..end.unwrap_or(buffer.len())];
        part.extend_from_slice(&new[..new.len().min(most.saturating_sub(part.len()))]);
        let read = new.len() + usize::from(end.is_some());
        if end.is_some() {
            each(&part)?;
            part.clear();
        }
        printed.consume(read);
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
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
        .stdin(Stdio::null());
    command
}
