//! What was committed since a revision, and what is staged.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::commit::{one_line, place};
use super::message::{Message, records};
use super::owners;
use crate::model::Timestamp;
use crate::sys::git::{self, Answer};

/// A commit as the gate sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    /// Its hash.
    pub hash: String,
    /// The first line of its message, without a conventional-commit prefix.
    pub title: String,
    /// When it was committed.
    pub at: Timestamp,
    /// Paths it touched, relative to the root; a rename lists both.
    pub files: Vec<String>,
    /// What its trailers `Change-Record:` say.
    pub records: Vec<String>,
}

/// Before the hash of a commit in a list of paths.
const MARK: &str = "commit:";

/// The commits after `rev` up to `until`, newest first; merges are left out, their parts are there.
///
/// # Errors
/// No git, no repository, no such revision.
pub fn shipped_since(folder: &Path, rev: &str, until: &str) -> Result<Vec<Shipped>> {
    place(folder)?;
    for rev in [rev, until] {
        if rev.is_empty() || rev.starts_with('-') || rev.contains("..") {
            bail!("`{rev}` is not a revision: name a commit, a tag or a branch, for instance origin/main");
        }
    }
    let range = format!("{rev}..{until}");
    let log = |rest: &[&str]| -> Result<Vec<u8>> {
        let mut args = vec!["log", "-z", "--no-merges", "--no-show-signature"];
        args.extend(rest);
        args.extend(["--end-of-options", &range, "--"]);
        match git::run(folder, &args)? {
            Answer::Printed(bytes) => Ok(bytes),
            Answer::Refused(said) => {
                bail!("git knows no revision `{rev}` or none `{until}`: `git log` lists those there are ({said})")
            }
        }
    };
    let messages = log(&["--no-patch", "--format=%H%n%cI%n%B"])?;
    let mut commits: Vec<_> = messages.split(|byte| *byte == 0).filter_map(parse).collect();
    let format = format!("--format={MARK}%H");
    let paths = log(&["--name-only", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv", &format])?;
    let mut next = 0;
    for word in paths.split(|byte| *byte == 0) {
        let word = word.strip_prefix(b"\n").unwrap_or(word);
        let begins = commits.get(next).is_some_and(|commit| word == format!("{MARK}{}", commit.hash).as_bytes());
        if begins {
            next += 1;
        } else if let Some(commit) = next.checked_sub(1).and_then(|at| commits.get_mut(at)).filter(|_| !word.is_empty())
        {
            commit.files.push(one_line(word));
        }
    }
    Ok(commits)
}

fn parse(bytes: &[u8]) -> Option<Shipped> {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.trim_start_matches('\n').splitn(3, '\n');
    let (hash, at, message) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
    let (title, records) = (Message::read(message).title, records(message));
    Some(Shipped { hash: hash.to_owned(), title, at: at.parse().ok()?, files: Vec::new(), records })
}

/// The paths that are staged, relative to the root.
///
/// # Errors
/// No git, no repository.
pub fn staged(folder: &Path) -> Result<Vec<String>> {
    place(folder)?;
    let args =
        ["diff", "--cached", "-z", "--name-only", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv"];
    match git::run(folder, &args)? {
        Answer::Printed(bytes) => {
            Ok(bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(one_line).collect())
        }
        Answer::Refused(said) => bail!("git could not say what is staged: {said}"),
    }
}

/// The branch that the one checked out follows, for instance `origin/main`.
///
/// # Errors
/// No git.
pub fn upstream(folder: &Path) -> Result<Option<String>> {
    let args = ["rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"];
    Ok(git::run(folder, &args)?.text().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()))
}

/// The names in the CODEOWNERS of the repository around `folder`, teams without the organisation; `None` where there is no
/// repository or no such file.
///
/// # Errors
/// No git.
pub fn known_owners(folder: &Path) -> Result<Option<std::collections::BTreeSet<String>>> {
    let root = git::run(folder, &["rev-parse", "--show-toplevel"]).context("cannot look for CODEOWNERS")?.text();
    Ok(root.and_then(|root| owners::names(Path::new(root.trim_end_matches('\n')))))
}
